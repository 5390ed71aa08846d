/* infer.c - gives every layer its sizes and its output shape, and its weights theirs.
 *
 * A template's signature is its shape rule: `const float x[N][H][W][C]` against the incoming shape binds H, W and C;
 * attributes bind what they name; `Size:` lines compute; the declared dimensions of y are the output's. A size that
 * is bound twice must agree, and a clash names both places. Leaves application, form, shape, weight, target set. */
#include "expr.h"
#include "forms.h"
#include "parameters.h"
#include "sizes.h"

#include <limits.h>
#include <string.h>

/* ---- unification of one array with one shape ---- */

/* The dimensions that an `Any:` stands for. */
typedef struct Any_dims {
    bool bound;
    int rank, dims[RANK_MAX];
} Any_dims;

/* What is tried for one form: sizes so far, and whether a mismatch is told or only noted. */
typedef struct Trial {
    Application sizes;
    Any_dims any[RANK_MAX]; /* parallel to Template.any */
    bool failed, quiet;
    Span span; /* the layer's place */
    const char *name;
    const Layer *layer;    /* NULL: a loss */
    const Layer *source;   /* whose shape is matched, or NULL */
    const Training *train; /* whose batch a requirement may name; NULL: nothing is trained */
} Trial;

static bool same_place(Span a, Span b)
{
    return a.line == b.line && a.column == b.column;
}

/* The input whose shape fixed a size, or NULL. */
static const Layer *source_at(const Trial *trial, Span span)
{
    for (int i = 0; trial->layer && i < trial->layer->inputs; i++)
        if (same_place(trial->layer->input[i]->span, span))
            return trial->layer->input[i];
    return NULL;
}

static void note_source(const Layer *source)
{
    note_at(source->span, "the %s '%s' has the shape %s", source->choice ? "value of" : "input", source->name,
            shape_text(&source->shape));
}

static void refuse_size(const Trial *trial, const char *name, const Binding *old, long long value, Span span)
{
    const Layer *other = trial->source ? source_at(trial, old->span) : NULL;
    if (other && other != trial->source) {
        error_at(span, "'%s' cannot join shapes that do not fit: %s is %s, but %s is %s", trial->name,
                 trial->source->name, shape_text(&trial->source->shape), other->name, shape_text(&other->shape));
        note_source(other);
        note_source(trial->source);
        return;
    }
    error_at(span, "'%s' needs %s = %lld here, but it is %lld", trial->name, name, old->value, value);
    note_at(old->span, "%s = %lld comes from here", name, old->value);
}

/* A size that a shape fixes comes from the layer that has this shape. */
static void bind_size(Trial *trial, const char *name, long long value, Span span)
{
    const Binding *old = binding_find(&trial->sizes, name);
    if (!old) {
        binding_add(&trial->sizes, name, value, trial->source ? trial->source->span : span);
    } else if (old->value != value) {
        if (!trial->quiet && !trial->failed)
            refuse_size(trial, name, old, value, span);
        trial->failed = true;
    }
}

static void bind_any(Trial *trial, const Template *template, const AnyTag *tag, const int *dims, int rank, Span span)
{
    long long product = 1;
    for (int i = 0; i < rank; i++)
        product *= dims[i];
    Any_dims *any = &trial->any[tag - template->any];
    if (!any->bound) {
        any->bound = true;
        any->rank = rank;
        memcpy(any->dims, dims, (size_t)rank * sizeof *dims);
    }
    bind_size(trial, tag->variable, product, span);
}

/* How many dimensions each of the array's stands for, in order; false if the shape cannot have them. */
static bool count_dimensions(const Trial *trial, const Template *template, const Array *array, const Shape *shape,
                             int *counts)
{
    int left = shape->rank, rest = 0;
    for (int i = 1; i < array->rank; i++) {
        const AnyTag *tag = any_tag(template, array->dims[i]);
        long long count = 1;
        if (tag && !tag->rank)
            rest = i;
        if (tag && tag->rank && (!size_value(tag->rank, &trial->sizes, &count) || count < 0 || count > shape->rank))
            return false;
        counts[i] = (int)count;
        left -= i == rest ? 0 : counts[i];
    }
    if (rest)
        counts[rest] = left;
    return rest ? left >= 0 : left == 0;
}

/* Dimensions of the array behind the batch against a shape. A dimension that is an expression is left to
 * check_computed(): its names may not be known yet. */
static void unify(Trial *trial, const Template *template, const Array *array, const Shape *shape, Span span)
{
    int fixed = array->rank - 1, counts[RANK_MAX] = {0};
    for (int i = 1; i < array->rank; i++)
        fixed -= any_tag(template, array->dims[i]) != NULL;
    if (array->rank < 1 || !count_dimensions(trial, template, array, shape, counts)) {
        if (!trial->quiet && !trial->failed) {
            error_at(span, "'%s' takes %s%d dimension%s, but this has the shape %s", trial->name,
                     fixed < array->rank - 1 ? "at least " : "", fixed, fixed == 1 ? "" : "s", shape_text(shape));
            if (trial->source)
                note_source(trial->source);
        }
        trial->failed = true;
        return;
    }
    int at = 0;
    for (int i = 1; i < array->rank; at += counts[i++]) {
        const Expr *dim = array->dims[i];
        const AnyTag *tag = any_tag(template, dim);
        if (tag)
            bind_any(trial, template, tag, shape->dims + at, counts[i], span);
        else if (dim->kind == EX_NAME)
            bind_size(trial, dim->symbol->name, shape->dims[at], span);
    }
}

/* Computed dimensions of an array that has been unified. */
static void check_computed(Trial *trial, const Template *template, const Array *array, const Shape *shape, Span span)
{
    if (trial->failed || (template->anys && array->rank - 1 != shape->rank))
        return;
    for (int i = 1; i < array->rank; i++) {
        long long value;
        if (array->dims[i]->kind != EX_NAME && size_value(array->dims[i], &trial->sizes, &value) &&
            value != shape->dims[i - 1]) {
            if (!trial->quiet)
                error_at(span, "'%s' needs %lld here, but it is %d", trial->name, value, shape->dims[i - 1]);
            trial->failed = true;
        }
    }
}

/* ---- attributes ---- */

static void bind_list(Trial *trial, const Form *form, const Attribute *attribute, const Value *value, Span span)
{
    for (int k = 0; k < form->kernels; k++) {
        const Array *array = array_named(form->kernel[k], attribute->variable[0]);
        if (array && array->dims[0]->kind == EX_NAME && value->given)
            bind_size(trial, array->dims[0]->symbol->name, value->count, span);
    }
    bind_size(trial, format("length(%s)", attribute->name), value->given ? value->count : 0, span);
    for (int i = 0; attribute->list_of_ints && value->given && i < value->count; i++)
        bind_size(trial, format("%s[%d]", attribute->name, i), (long long)value->numbers[i], span);
}

static void bind_attributes(Trial *trial, const Form *form, const Choice *choice)
{
    const Template *template = choice->template;
    for (int i = 0; i < template->attributes; i++) {
        const Attribute *attribute = &template->attribute[i];
        const Value *value = &choice->values[i];
        Span span = value->span.line ? value->span : choice->span;
        if (attribute->type == ATTR_LIST)
            bind_list(trial, form, attribute, value, span);
        if (attribute->type == ATTR_BOOL && value->numbers)
            bind_size(trial, attribute->name, value->numbers[0] != 0, span);
        if (attribute->type == ATTR_INT)
            for (int v = 0; v < attribute->variables && v < value->count; v++)
                bind_size(trial, attribute->variable[v], (long long)value->numbers[v], span);
        if (attribute->type == ATTR_PADDING && !(value->word && strcmp(value->word, "same") == 0))
            for (int v = 0; v < attribute->variables; v++)
                bind_size(trial, attribute->variable[v], v < value->count ? (long long)value->numbers[v] : 0, span);
    }
}

/* `const int axes[3]`: the form is for lists of three. */
static void check_lists(Trial *trial, const Form *form, const Choice *choice)
{
    for (int i = 0; i < choice->template->attributes; i++) {
        const Attribute *attribute = &choice->template->attribute[i];
        const Value *value = &choice->values[i];
        const Array *array = attribute->type == ATTR_LIST ? form_array(form, attribute->variable[0]) : NULL;
        if (!array || array->dims[0]->kind != EX_INT || !value->given || value->count == array->dims[0]->number)
            continue;
        if (!trial->quiet && !trial->failed)
            error_at(value->span, "'%s' takes a list of %lld, not of %d", attribute->name, array->dims[0]->number,
                     value->count);
        trial->failed = true;
    }
}

/* A default that is a size of the input: `Attr: stop = L`. */
static void bind_defaults(Trial *trial, const Choice *choice)
{
    for (int i = 0; i < choice->template->attributes; i++) {
        const Attribute *attribute = &choice->template->attribute[i];
        const Value *value = &choice->values[i];
        const Binding *size =
            attribute->type == ATTR_INT && !value->count ? binding_find(&trial->sizes, attribute->word) : NULL;
        for (int v = 0; size && v < attribute->variables; v++)
            bind_size(trial, attribute->variable[v], size->value, size->span);
    }
}

static long long size_or(const Trial *trial, const char *name, long long otherwise)
{
    const Binding *binding = binding_find(&trial->sizes, name);
    return binding ? binding->value : otherwise;
}

/* TensorFlow's `same`: ceil(size / stride) outputs; of an odd total the larger half behind. The axis' sizes are named
 * by convention: H with KH, SH, DH; W with KW, SW, DW; a padding of two variables is that of W. */
static void bind_same(Trial *trial, const Attribute *attribute, int first, const char *axis, Span span)
{
    long long size = size_or(trial, axis, 1);
    long long kernel = size_or(trial, format("K%s", axis), 1);
    long long stride = size_or(trial, format("S%s", axis), 1);
    long long dilation = size_or(trial, format("D%s", axis), 1);
    long long outputs = (size + stride - 1) / stride;
    long long total = (outputs - 1) * stride + dilation * (kernel - 1) + 1 - size;
    if (total < 0)
        total = 0;
    bind_size(trial, attribute->variable[first], total / 2, span);
    bind_size(trial, attribute->variable[first + 1], total - total / 2, span);
}

static void bind_padding(Trial *trial, const Choice *choice)
{
    for (int i = 0; i < choice->template->attributes; i++) {
        const Attribute *attribute = &choice->template->attribute[i];
        const Value *value = &choice->values[i];
        if (attribute->type != ATTR_PADDING || !value->word || strcmp(value->word, "same") != 0)
            continue;
        if (attribute->variables == 4)
            bind_same(trial, attribute, 0, "H", value->span);
        bind_same(trial, attribute, attribute->variables - 2, "W", value->span);
    }
}

/* ---- sizes, requirements, form ---- */

static bool form_has_size(const Form *form, const char *name)
{
    for (int k = 0; k < form->kernels; k++)
        for (int i = 0; i < form->kernel[k]->count; i++) {
            const Symbol *symbol = form->kernel[k]->parameters[i].symbol;
            if (symbol && strcmp(symbol->name, name) == 0)
                return true;
        }
    return false;
}

static bool any_form_has(const Template *template, int size)
{
    for (int i = 0; i < template->forms; i++)
        if (form_has_size(&template->form[i], template->size[size].variable))
            return true;
    return false;
}

/* Sizes that only other forms have may be unknown. */
static void compute_sizes(Trial *trial, const Template *template, const Form *form)
{
    for (int i = 0; i < template->sizes && !trial->failed; i++) {
        long long value;
        if (template->size[i].rule != SIZE_EXPRESSION)
            continue;
        if (size_value(template->size[i].value, &trial->sizes, &value)) {
            bind_size(trial, template->size[i].variable, value, trial->span);
        } else if (form_has_size(form, template->size[i].variable) || !any_form_has(template, i)) {
            if (!trial->quiet)
                error_at(template->size[i].span, "a size in this line is not known");
            trial->failed = true;
        }
    }
}

/* The message with every {NAME} replaced by its size. */
static const char *filled_in(const char *message, const Application *sizes)
{
    Text text = {0};
    while (*message) {
        size_t plain = strcspn(message, "{");
        text_add(&text, "%.*s", (int)plain, message);
        message += plain;
        if (*message) {
            size_t length = strcspn(message, "}");
            const Binding *binding = binding_find(sizes, format("%.*s", (int)length - 1, message + 1));
            text_add(&text, "%lld", binding ? binding->value : 0);
            message += length + (message[length] == '}');
        }
    }
    return text.bytes ? text.bytes : "";
}

/* The places of the sizes in a condition: of attributes, or of the layers whose shapes fixed them. The first
 * attribute's is where the message points, the others are notes. */
static void collect_places(const Expr *expr, const Trial *trial, const Application *sizes, bool shapes, Span *places,
                           int *count)
{
    const Binding *binding = expr->kind == EX_NAME ? binding_find(sizes, expr->symbol->name) : NULL;
    bool known = !binding || same_place(binding->span, trial->span) || !binding->span.line ||
                 (source_at(trial, binding->span) != NULL) != shapes;
    for (int i = 0; i < *count && !known; i++)
        known = same_place(places[i], binding->span);
    if (!known && *count < RANK_MAX)
        places[(*count)++] = binding->span;
    for (int i = 0; i < expr->count; i++)
        collect_places(expr->args[i], trial, sizes, shapes, places, count);
}

static void refuse_requirement(const Trial *trial, const RequireTag *require, const Application *sizes)
{
    Span places[RANK_MAX];
    int count = 0;
    collect_places(require->condition, trial, sizes, false, places, &count);
    error_at(count ? places[0] : trial->span, "%s", filled_in(require->message, sizes));
    for (int p = 1; p < count; p++)
        note_at(places[p], "a size comes from here");
    count = 0;
    collect_places(require->condition, trial, sizes, true, places, &count);
    for (int p = 0; p < count; p++)
        note_source(source_at(trial, places[p]));
}

static void check_requirements(Trial *trial, const Template *template)
{
    Application sizes = {0};
    for (int i = 0; i < trial->sizes.bindings; i++)
        binding_add(&sizes, trial->sizes.binding[i].name, trial->sizes.binding[i].value, trial->sizes.binding[i].span);
    if (trial->train)
        binding_add(&sizes, "N", trial->train->batch,
                    trial->train->batch_span.line ? trial->train->batch_span : trial->span);
    for (int i = 0; i < template->requires && !trial->failed; i++) {
        long long holds = 1;
        const RequireTag *require = &template->require[i];
        if (!size_value(require->condition, &sizes, &holds) || holds)
            continue;
        trial->failed = true;
        if (!trial->quiet)
            refuse_requirement(trial, require, &sizes);
    }
}

static void shape_of_array(const Trial *trial, const Template *template, const Array *array, int first, Shape *shape)
{
    shape->rank = 0;
    for (int i = first; i < array->rank; i++) {
        const AnyTag *tag = any_tag(template, array->dims[i]);
        if (tag) {
            const Any_dims *any = &trial->any[tag - template->any];
            for (int a = 0; a < any->rank && shape->rank < RANK_MAX; a++)
                shape->dims[shape->rank++] = any->dims[a];
            continue;
        }
        long long value = 0;
        size_value(array->dims[i], &trial->sizes, &value);
        if (shape->rank < RANK_MAX)
            shape->dims[shape->rank++] = value > INT_MAX ? INT_MAX : (int)value; /* refused by check_elements() */
    }
}

/* Every size that the form's functions name must be known by now, and positive where it is a dimension. */
static void check_complete(Trial *trial, const Form *form)
{
    for (int k = 0; k < form->kernels && !trial->failed; k++)
        for (int i = 0; i < form->kernel[k]->count && !trial->failed; i++) {
            const Parameter *parameter = &form->kernel[k]->parameters[i];
            if (parameter->symbol) {
                const Symbol *symbol = parameter->symbol;
                if (symbol->kind == SYM_SIZE && strcmp(symbol->name, "N") &&
                    !binding_find(&trial->sizes, symbol->name)) {
                    if (!trial->quiet)
                        error_at(symbol->span, "nothing fixes the size '%s'", symbol->name);
                    trial->failed = true;
                }
                continue;
            }
            for (int d = 0; d < parameter->array->rank && !trial->failed; d++) {
                long long value = 1;
                if (size_value(parameter->array->dims[d], &trial->sizes, &value) && value < 1) {
                    if (!trial->quiet)
                        error_at(trial->span, "dimension %d of '%s' in '%s' would be %lld", d, parameter->array->name,
                                 trial->name, value);
                    trial->failed = true;
                }
            }
        }
}

/* ---- layers ---- */

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

/* ---- losses ---- */

/* What the loss compares with: as the spec says, or the template's natural kind (also for a target with a name). */
static bool target_fits(const Loss *loss, const Array *target)
{
    static const char *const reals[] = {"vector", "input"}, *const classes[] = {"class", "positions"};
    const char *given = loss->target_name, *natural = loss->choice->template->target;
    for (int i = 0; i < 2; i++) {
        if (given && strcmp(given, classes[i]) == 0)
            return target && target->type == TYPE_INT;
        if (given && strcmp(given, reals[i]) == 0)
            return target && target->type == TYPE_REAL;
    }
    if (!natural || !target)
        return true;
    return (strcmp(natural, "class") == 0) == (target->type == TYPE_INT);
}

static const char *target_name(const Loss *loss)
{
    const char *name = loss->target_name;
    bool natural = !name || strcmp(name, "class") == 0 || strcmp(name, "vector") == 0 || strcmp(name, "positions") == 0;
    return natural ? "target" : name;
}

/* The attribute that gives a size. */
static const char *attribute_of(const Template *template, const char *variable)
{
    for (int i = 0; i < template->attributes; i++)
        if (strcmp(template->attribute[i].variable[0], variable) == 0)
            return template->attribute[i].name;
    return variable;
}

static long long classes_elsewhere(const Model *model, const Loss *loss, Span *span);

/* As many classes as the spec says, or as another loss with the same target has. */
static void bind_classes(Trial *trial, const Model *model, const Loss *loss)
{
    const Template *template = loss->choice->template;
    if (!template->classes || binding_find(&trial->sizes, template->classes))
        return;
    Span span = loss->span;
    long long classes = classes_elsewhere(model, loss, &span);
    if (classes) {
        bind_size(trial, template->classes, classes, span);
        return;
    }
    trial->failed = true;
    if (trial->quiet)
        return;
    const char *attribute = attribute_of(template, template->classes);
    error_at(trial->span, "'%s' needs '%s': no other loss says how many there are of the target '%s'", template->name,
             attribute, target_name(loss));
    hint(trial->span, "write %s: {%s: NUMBER}", template->name, attribute);
}

static bool try_loss(const Model *model, Loss *loss, Form *form, Shape *target_shape, bool quiet)
{
    const Template *template = loss->choice->template;
    const Array *input = loss_input(form), *target = array_named(form_kernel(form, "_forward"), "t");
    if (!form_condition(form, loss->choice) || !target_fits(loss, target))
        return false;
    Trial trial = {.quiet = quiet, .span = loss->choice->span, .name = template->name, .train = &model->train};
    bind_attributes(&trial, form, loss->choice);
    check_lists(&trial, form, loss->choice);
    bind_classes(&trial, model, loss);
    trial.source = loss->input;
    unify(&trial, template, input, &loss->input->shape, loss->span);
    trial.source = NULL;
    compute_sizes(&trial, template, form);
    check_computed(&trial, template, input, &loss->input->shape, loss->span);
    if (!trial.failed)
        check_requirements(&trial, template);
    check_complete(&trial, form);
    if (trial.failed)
        return false;
    loss->form = form;
    loss->application = trial.sizes;
    if (target)
        shape_of_array(&trial, template, target, 1, target_shape);
    return true;
}

static TargetPort *find_target(Model *model, const Loss *loss, const TargetPort *wanted)
{
    for (int i = 0; i < model->targets; i++) {
        TargetPort *target = model->target[i];
        if (strcmp(target->name, wanted->name) != 0 || target->input != wanted->input)
            continue;
        bool same =
            target->is_class == wanted->is_class && shape_elements(&target->shape) == shape_elements(&wanted->shape);
        if (same && target->classes == wanted->classes)
            return target;
        Span place = loss->target_span.line ? loss->target_span : loss->span;
        if (same)
            error_at(place, "two losses read the target '%s', this one as one of %d classes, the other as one of %d",
                     target->name, wanted->classes, target->classes);
        else
            error_at(place, "two losses read the target '%s' as different things", target->name);
        note_at(target->span, "the other one is here");
        hint(target->span, "give one of them a target of its own: target: NAME");
        return target;
    }
    return NULL;
}

typedef struct Selected {
    const Array *target;
    const Application *sizes;
    long long classes; /* 0: none so far */
} Selected;

static void note_selected(void *context, Expr *expr, bool write)
{
    Selected *selected = context;
    (void)write;
    for (int i = 0; expr->kind == EX_LOAD && i < expr->count; i++) {
        long long size;
        if (expr->args[i]->kind == EX_LOAD && expr->args[i]->array == selected->target &&
            size_value(expr->array->dims[i], selected->sizes, &size) &&
            (!selected->classes || size < selected->classes))
            selected->classes = size;
    }
}

/* What the template says; or as many as there are where the target selects an element; where it selects none, the
 * outputs of a position. */
static int classes_of(const Loss *loss, const Array *target)
{
    Selected selected = {.target = target, .sizes = &loss->application};
    const Shape *measured = &loss->input->shape;
    const char *said = loss->choice->template->classes;
    if (said)
        return (int)binding_find(&loss->application, said)->value;
    visit_stmt(form_kernel(loss->form, "_forward")->body, note_selected, &selected);
    if (!selected.classes && measured->rank)
        selected.classes = measured->dims[measured->rank - 1];
    return (int)selected.classes;
}

static void attach_target(Model *model, Loss *loss, const Shape *shape)
{
    const Array *array = array_named(form_kernel(loss->form, "_forward"), "t");
    if (!array)
        return;
    TargetPort wanted = {.name = target_name(loss), .shape = *shape};
    wanted.span = loss->span;
    wanted.is_class = array->type == TYPE_INT;
    wanted.classes = wanted.is_class ? classes_of(loss, array) : 0;
    if (loss->target_name && strcmp(loss->target_name, "input") == 0) {
        wanted.input = model->input[0];
        if (shape_elements(&wanted.input->shape) != shape_elements(shape)) {
            error_at(loss->target_span, "the input has %lld elements, but '%s' compares %lld",
                     shape_elements(&wanted.input->shape), loss->choice->template->name, shape_elements(shape));
            note_at(wanted.input->span, "the input's shape comes from here");
        }
    }
    loss->target = find_target(model, loss, &wanted);
    if (loss->target)
        return;
    loss->target = NEW(TargetPort);
    *loss->target = wanted;
    PUSH(model->target, model->targets, loss->target);
}

/* The first form that fits; otherwise `candidate` is the last that could have. */
static bool find_loss_form(const Model *model, Loss *loss, Shape *target_shape, Form **candidate)
{
    const Template *template = loss->choice->template;
    for (int i = 0; i < template->forms; i++) {
        if (!form_condition(&template->form[i], loss->choice))
            continue;
        *candidate = &template->form[i];
        if (try_loss(model, loss, *candidate, target_shape, true))
            return true;
    }
    return false;
}

static bool says_classes(const Loss *loss)
{
    const char *size = loss->choice->template->classes;
    return !size || choice_value(loss->choice, attribute_of(loss->choice->template, size))->count;
}

/* How many classes another loss takes this one's target for; 0 if none does. A loss that would ask in its turn is not
 * asked. */
static long long classes_elsewhere(const Model *model, const Loss *loss, Span *span)
{
    for (int i = 0; i < model->losses; i++) {
        Loss *other = model->loss[i];
        Shape shape;
        Form *candidate;
        if (other == loss || !other->input->known || !says_classes(other) ||
            strcmp(target_name(other), target_name(loss)) != 0 || !find_loss_form(model, other, &shape, &candidate))
            continue;
        const Array *target = array_named(form_kernel(other->form, "_forward"), "t");
        if (!target || target->type != TYPE_INT)
            continue;
        *span = other->span;
        return classes_of(other, target);
    }
    return 0;
}

static void infer_loss(Model *model, Loss *loss)
{
    if (!loss->input->known)
        return;
    const Template *template = loss->choice->template;
    Shape target_shape = {0};
    Form *candidate = NULL;
    if (!find_loss_form(model, loss, &target_shape, &candidate)) {
        int before = model->report->errors;
        if (candidate)
            try_loss(model, loss, candidate, &target_shape, false);
        if (model->report->errors == before)
            error_at(loss->choice->span, "no form of '%s' fits its input and target", template->name);
        return;
    }
    attach_target(model, loss, &target_shape);
    give_loss_weights(model, loss);
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
