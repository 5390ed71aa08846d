/* infer.c - gives every layer its sizes and its output shape, and its weights theirs.
 *
 * A template's signature is its shape rule: `const float x[N][H][W][C]` against the incoming shape binds H, W and C;
 * attributes bind what they name; `Size:` lines compute; the declared dimensions of y are the output's. A size that
 * is bound twice must agree, and a clash names both places. Leaves application, form, shape, weight, target set. */
#include "forms.h"
#include "infer_loss.h"
#include "parameters.h"
#include "sizes.h"
#include "trial.h"

#include <string.h>

static int input_arrays(const Kernel *kernel, const Array **inputs)
{
    int count = 0;
    for (int i = 0; i < kernel->count && count < RANK_MAX; i++) {
        const Array *array = kernel->parameters[i].array;
        if (array && array->name[0] == 'x' && strspn(array->name + 1, "0123456789") == strlen(array->name + 1))
            inputs[count++] = array;
    }
    return count;
}

static Trial new_trial(const Layer *layer, bool quiet)
{
    Span span = layer->choice->span;
    return (Trial){.quiet = quiet, .span = span, .name = layer->name, .layer = layer, .train = layer->train};
}

static bool number_of_inputs_fits(const Layer *layer, int wanted, bool quiet)
{
    if (layer->inputs == wanted)
        return true;
    if (quiet)
        return false;
    error_at(layer->choice->span, "'%s' takes %d input%s, but %d %s given", layer->name, wanted, wanted == 1 ? "" : "s",
             layer->inputs, layer->inputs == 1 ? "is" : "are");
    if (layer->inputs < wanted)
        hint(layer->choice->span, "write %s: {inputs: [NAME, NAME]}", layer->choice->template->name);
    return false;
}

static bool try_form(Layer *layer, Form *form, bool quiet)
{
    const Template *template = layer->choice->template;
    const Kernel *forward = form_kernel(form, "_forward");
    const Array *arrays[RANK_MAX], *output = forward ? array_named(forward, "y") : NULL;
    if (!output || !form_condition(form, layer->choice))
        return false;
    if (!number_of_inputs_fits(layer, input_arrays(forward, arrays), quiet))
        return false;
    Trial trial = new_trial(layer, quiet);
    if (form_is_fixed(form, layer))
        trial.train = NULL;
    bind_attributes(&trial, form, layer->choice);
    bind_size(&trial, "rank(x)", layer->input[0]->shape.rank, input_place(layer, 0));
    check_requirements(&trial, template); /* those on attributes and rank alone */
    check_lists(&trial, form, layer->choice);
    for (int i = 0; i < layer->inputs && !trial.failed; i++) {
        trial.source = layer->input[i];
        unify(&trial, template, arrays[i], &layer->input[i]->shape, input_place(layer, i));
    }
    trial.source = NULL;
    if (!trial.failed) {
        bind_defaults(&trial, layer->choice);
        bind_padding(&trial, layer->choice);
    }
    check_requirements(&trial, template);
    compute_sizes(&trial, template, form);
    for (int i = 0; i < layer->inputs; i++)
        check_computed(&trial, template, arrays[i], &layer->input[i]->shape, input_place(layer, i));
    check_complete(&trial, form);
    if (trial.failed || !form_size_condition(form, &trial.sizes))
        return false;
    shape_of_array(&trial, template, output, 1, &layer->shape);
    layer->form = form;
    layer->applications = 1;
    layer->application = NEW(Application);
    *layer->application = trial.sizes;
    return true;
}

static const SizeTag *size_with_rule(const Template *template, SizeRule rule)
{
    for (int i = 0; i < template->sizes; i++)
        if (template->size[i].rule == rule)
            return &template->size[i];
    return NULL;
}

/* `Inputs: each`: all sizes agree but the one that is summed, which is the last dimension of x. */
static bool try_each(Layer *layer, Form *form, bool quiet)
{
    const Template *template = layer->choice->template;
    const Kernel *forward = form_kernel(form, "_forward");
    const SizeTag *earlier = size_with_rule(template, SIZE_EARLIER), *total = size_with_rule(template, SIZE_TOTAL);
    const Array *x;
    if (!forward || !earlier || !total || input_arrays(forward, &x) != 1)
        return false;
    const char *joined = earlier->value->symbol->name;
    long long start = 0, sum = 0;
    for (int i = 0; i < layer->inputs; i++)
        sum += layer->input[i]->shape.rank ? layer->input[i]->shape.dims[layer->input[i]->shape.rank - 1] : 1;
    layer->application = NEW_ARRAY(layer->inputs, Application);
    Trial first = {0};
    for (int i = 0; i < layer->inputs; i++) {
        Trial trial = new_trial(layer, quiet);
        bind_attributes(&trial, form, layer->choice);
        check_lists(&trial, form, layer->choice);
        for (int b = 0; b < first.sizes.bindings; b++) {
            const Binding *old = &first.sizes.binding[b];
            if (strcmp(old->name, joined) && strcmp(old->name, earlier->variable))
                bind_size(&trial, old->name, old->value, old->span);
        }
        trial.source = layer->input[i];
        unify(&trial, template, x, &layer->input[i]->shape, input_place(layer, i));
        trial.source = NULL;
        bind_size(&trial, earlier->variable, start, layer->span);
        bind_size(&trial, total->variable, sum, layer->span);
        compute_sizes(&trial, template, form);
        check_complete(&trial, form);
        if (trial.failed)
            return false;
        start += binding_find(&trial.sizes, joined)->value;
        layer->application[i] = trial.sizes;
        if (i == 0)
            first = trial;
    }
    shape_of_array(&first, template, array_named(forward, "y"), 1, &layer->shape);
    layer->form = form;
    layer->applications = layer->inputs;
    return true;
}

static bool try_layer(Layer *layer, Form *form, bool quiet)
{
    return layer->choice->template->inputs == INPUTS_EACH ? try_each(layer, form, quiet) : try_form(layer, form, quiet);
}

/* The first form whose condition holds and whose shapes fit; if none does, the last candidate's complaint. */
static bool choose_form(Layer *layer)
{
    const Template *template = layer->choice->template;
    Form *candidate = NULL;
    for (int i = 0; i < template->forms; i++) {
        if (!form_condition(&template->form[i], layer->choice))
            continue;
        candidate = &template->form[i];
        if (try_layer(layer, candidate, true))
            return true;
    }
    int before = layer->span.source->report->errors;
    if (candidate)
        try_layer(layer, candidate, false);
    if (layer->span.source->report->errors == before)
        error_at(layer->choice->span, "no form of '%s' fits this input", template->name);
    return false;
}

/* A view's shape is the attribute `shape`, if it has one; the number of elements must agree. Or all in
 * one dimension. */
static void reshape(Layer *layer)
{
    const Value *value = choice_value(layer->choice, "shape");
    if (!layer->choice->template->view)
        return;
    const long long before = shape_elements(&layer->input[0]->shape);
    if (!value || !value->given) {
        layer->shape = (Shape){.rank = 1, .dims = {(int)before}};
        return;
    }
    layer->shape.rank = 0;
    for (int i = 0; i < value->count && i < RANK_MAX - 1; i++)
        layer->shape.dims[layer->shape.rank++] = (int)value->numbers[i];
    const long long after = shape_elements(&layer->shape);
    layer->known = before == after && value->count < RANK_MAX;
    if (layer->known)
        return;
    if (value->count >= RANK_MAX) {
        error_at(value->span, "a shape of %d dimensions; the most is %d", value->count, RANK_MAX - 1);
        return;
    }
    error_at(value->span, "%s has %lld elements, but the input has %lld", shape_text(&layer->shape), after, before);
    note_at(layer->input[0]->span, "the input comes from here");
}

static Layer *pair_of(const Layer *layer, Layer *left, int right, const char *suffix)
{
    Layer *pair = NEW(Layer);
    *pair = *layer;
    pair->name = format("%s%s", layer->name, suffix);
    pair->path = format("%s%s", layer->path, suffix);
    pair->inputs = 2;
    pair->input = NEW_ARRAY(2, Layer *);
    pair->input[0] = left;
    pair->input[1] = layer->input[right];
    pair->input_span = NEW_ARRAY(2, Span);
    pair->input_span[0] = layer->input_span[right - 1];
    pair->input_span[1] = layer->input_span[right];
    return pair;
}

/* `Inputs: fold` over k inputs is k - 1 layers of two: the first ones are new, the last one keeps the name. */
static void unfold(Model *model)
{
    Layer **layers = NULL;
    int count = 0;
    for (int i = 0; i < model->layers; i++) {
        Layer *layer = model->layer[i];
        int last = layer->inputs - 1;
        if (layer->choice->template->inputs == INPUTS_FOLD && last > 1) {
            Layer *left = layer->input[0];
            for (int part = 1; part < last; part++) {
                left = pair_of(layer, left, part, format("_part_%d", part));
                PUSH(layers, count, left);
            }
            const Layer *pair = pair_of(layer, left, last, "");
            layer->inputs = pair->inputs;
            layer->input = pair->input;
            layer->input_span = pair->input_span;
        }
        PUSH(layers, count, layer);
    }
    model->layer = layers;
    model->layers = count;
    for (int i = 0; i < count; i++)
        layers[i]->index = i;
    for (int i = 0; i < model->inputs; i++)
        model->input[i]->index = count + i;
}

static bool check_elements(const Layer *layer)
{
    long long elements = shape_elements(&layer->shape), batch = layer->train ? layer->train->batch : 1;
    if (elements > ELEMENTS_MAX) {
        error_at(layer->choice->span, "the output of '%s' has %lld elements; the most is %lld", layer->name, elements,
                 ELEMENTS_MAX);
    } else if (elements * batch > ELEMENTS_MAX) {
        error_at(layer->choice->span, "the output of '%s' has %lld elements with a batch of %lld; the most is %lld",
                 layer->name, elements * batch, batch, ELEMENTS_MAX);
        if (layer->train->batch_span.line)
            note_at(layer->train->batch_span, "the batch comes from here");
    } else {
        return true;
    }
    return false;
}

static void infer_layer(Model *model, Layer *layer)
{
    for (int i = 0; i < layer->inputs; i++)
        if (!layer->input[i]->known)
            return;
    if (layer->share && !layer->share->known)
        return;
    layer->known = choose_form(layer);
    if (!layer->known)
        return;
    reshape(layer);
    layer->known = layer->known && check_elements(layer);
    if (!layer->known)
        return;
    give_weights(model, layer);
}

void infer(Model *model)
{
    for (int i = 0; i < model->inputs; i++)
        model->input[i]->known = true;
    for (int i = 0; i < model->layers; i++)
        model->layer[i]->train = model->losses ? &model->train : NULL;
    unfold(model);
    for (int i = 0; i < model->layers; i++)
        infer_layer(model, model->layer[i]);
    for (int i = 0; i < model->losses; i++)
        infer_loss(model, model->loss[i]);
    order_weights(model);
}
