/* generate.c - random small networks. A spec is drawn blindly within the ranges that a template declares, and drawn
 * again until the compiler accepts it; so nothing here knows a template by name but the helpers: dense in front, which
 * makes the gradient of the input count, and the random functional behind. */
#include "generate.h"
#include "forms.h"
#include "machine.h"
#include "sizes.h"
#include "spec.h"

#include "nnc/random.h"

#include <math.h>
#include <string.h>

/* A range of RANGE_MAX whole numbers is drawn from whole. */
enum { TRIES = 5000, NETWORK_ELEMENTS = 400, RANGE_MAX = 16 };

const Category differentiable[3] = {LAYER, LOSS, REGULARIZER};

bool is_backward(const Kernel *kernel)
{
    static const char *const suffixes[] = {"_backward", "_gradient"};
    size_t length = strlen(kernel->name);
    for (int i = 0; i < 2; i++) {
        size_t suffix = strlen(suffixes[i]);
        if (length > suffix && strcmp(kernel->name + length - suffix, suffixes[i]) == 0)
            return true;
    }
    return false;
}

/* ---- random numbers ---- */

static uint64_t random_word(Random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int random_below(Random *random, int limit)
{
    return (int)(random_word(random) % (uint64_t)limit);
}

double random_real(Random *random, double low, double high)
{
    return low + (high - low) * ((double)(random_word(random) >> 11) * 0x1p-53);
}

static double random_normal_number(Random *random)
{
    return nnc_random_normal((uint32_t)random_word(random), 0);
}

/* ---- attributes ---- */

static int draw_int(Random *random, const Attribute *attribute)
{
    int low = attribute->has_low ? (int)attribute->low + attribute->low_open : -3, range = attribute->has_low ? 4 : 7;
    if (attribute->has_high && attribute->high < low + RANGE_MAX)
        range = (int)attribute->high - low + 1;
    return low + random_below(random, range);
}

/* Well inside the range: its ends are other formulas, where they are one at all. */
static double draw_real(Random *random, const Attribute *attribute)
{
    double low = attribute->has_low ? attribute->low : -1, high = attribute->has_high ? attribute->high : low + 1.5;
    return random_real(random, low + 0.05 * (high - low), high - 0.05 * (high - low));
}

static const char *draw_number(Random *random, const Attribute *attribute, bool whole)
{
    return whole ? format("%d", draw_int(random, attribute)) : format("%.3f", draw_real(random, attribute));
}

static void draw_list(Random *random, const Attribute *attribute, bool whole, int count, Text *text)
{
    text_add(text, "[");
    for (int i = 0; i < count; i++)
        text_add(text, "%s%s", i ? ", " : "", draw_number(random, attribute, whole));
    text_add(text, "]");
}

static void draw_value(Random *random, const Attribute *attribute, Text *text)
{
    switch (attribute->type) {
    case ATTR_INT:
    case ATTR_REAL:
        if (attribute->variables > 1 && random_below(random, 3))
            draw_list(random, attribute, attribute->type == ATTR_INT, attribute->variables, text);
        else
            text_add(text, "%s", draw_number(random, attribute, attribute->type == ATTR_INT));
        return;
    case ATTR_WORD:
        text_add(text, "%s", attribute->word_list[random_below(random, attribute->words)]);
        return;
    case ATTR_BOOL:
        text_add(text, random_below(random, 2) ? "true" : "false");
        return;
    case ATTR_LIST:
        draw_list(random, attribute, attribute->list_of_ints, 1 + random_below(random, 4), text);
        return;
    case ATTR_PADDING: {
        static const char *const words[] = {"valid", "same"};
        int kind = random_below(random, 4), sides = kind == 3 ? attribute->variables : 2;
        Attribute side = {.has_low = true};
        if (kind == 0 && takes_words(attribute))
            text_add(text, "%s", words[random_below(random, 2)]);
        else if (kind <= 1)
            text_add(text, "%d", draw_int(random, &side));
        else
            draw_list(random, &side, true, sides, text);
        return;
    }
    }
}

static void draw_attributes(Random *random, const Template *template, Text *text)
{
    for (int i = 0; i < template->attributes; i++) {
        const Attribute *attribute = &template->attribute[i];
        if (attribute->optional && random_below(random, 4) == 0)
            continue;
        text_add(text, ", %s: ", attribute->name);
        draw_value(random, attribute, text);
    }
}

/* ---- specs ---- */

/* Small in all dimensions; or a vector that is longer than the 16 interleaved sums of a template. */
static void draw_shape(Random *random, Shape *shape)
{
    static const int sizes[] = {1, 2, 3, 3, 4, 4, 5, 6, 7}, long_sizes[] = {16, 17, 19, 32, 33};
    if (random_below(random, 10) == 0) {
        *shape = (Shape){.rank = 1, .dims = {long_sizes[random_below(random, sizeof long_sizes / sizeof *long_sizes)]}};
        return;
    }
    shape->rank = 1 + random_below(random, 7) / 2;
    for (int i = 0; i < shape->rank; i++)
        shape->dims[i] = sizes[random_below(random, sizeof sizes / sizeof *sizes)];
}

/* A shape to go with the first one: the same, the same but for its last dimension, its last dimension alone, or a map
 * of one position with that. */
static void draw_companion(Random *random, const Shape *first, Shape *shape)
{
    *shape = *first;
    int kind = random_below(random, 5);
    if (kind == 0)
        shape->dims[shape->rank - 1] = 1 + random_below(random, 4);
    if (kind == 1)
        *shape = (Shape){.rank = 1, .dims = {first->dims[first->rank - 1]}};
    for (int i = 0; kind == 2 && i < shape->rank - 1; i++)
        shape->dims[i] = 1;
}

static int inputs_wanted(Random *random, const Template *template)
{
    if (template->inputs != INPUTS_FIXED)
        return 2 + random_below(random, 2);
    const Kernel *forward = form_kernel(&template->form[template->forms - 1], "_forward");
    int count = 0;
    for (int i = 0; forward && i < forward->count; i++)
        count += forward->parameters[i].array && forward->parameters[i].array->name[0] == 'x' &&
                 strspn(forward->parameters[i].array->name + 1, "0123456789") ==
                     strlen(forward->parameters[i].array->name + 1);
    return count;
}

/* in_1 -> before_1, in_2 -> before_2, ...: each value that is tested depends on parameters. */
static void draw_front(Random *random, int count, Text *text)
{
    Shape first, shape;
    draw_shape(random, &first);
    int units[8];
    text_add(text, "input: {");
    for (int i = 0; i < count; i++) {
        if (i == 0)
            shape = first;
        else
            draw_companion(random, &first, &shape);
        units[i] = shape.dims[shape.rank - 1];
        shape.dims[shape.rank - 1] = 1 + random_below(random, 3);
        text_add(text, "%sin_%d: %s", i ? ", " : "", i + 1, shape_text(&shape));
    }
    text_add(text, "}\nlayers:\n");
    for (int i = 0; i < count; i++)
        text_add(text, "  - dense: {name: before_%d, input: in_%d, units: %d}\n", i + 1, i + 1, units[i]);
}

/* Frozen, it runs other functions. */
static bool can_be_fixed(const Template *template)
{
    for (int i = 0; i < template->forms; i++)
        if (form_kernel(&template->form[i], "_inference_backward"))
            return true;
    return false;
}

static void draw_layer(Random *random, const Template *template, Text *text)
{
    int count = inputs_wanted(random, template);
    draw_front(random, count, text);
    text_add(text, "  - %s: {name: tested, inputs: [", template->name);
    for (int i = 0; i < count; i++)
        text_add(text, "%sbefore_%d", i ? ", " : "", i + 1);
    text_add(text, "]");
    draw_attributes(random, template, text);
    if (can_be_fixed(template) && random_below(random, 2))
        text_add(text, ", trainable: false");
    text_add(text, "}\nloss:\n  - functional: {input: tested}\n");
    if (random_below(random, 3) == 0) /* a fork: the gradient of before_1 is added up */
        text_add(text, "  - functional: {input: before_1, weight: 0.5}\n");
}

static void draw_loss(Random *random, const Template *template, Text *text)
{
    static const char *const targets[] = {"", "", ", target: vector", ", target: class", ", target: positions"};
    draw_front(random, 1, text);
    text_add(text, "loss: {%s: {input: before_1, weight: %.3f%s", template->name, random_real(random, 0.5, 2),
             targets[random_below(random, sizeof targets / sizeof *targets)]);
    draw_attributes(random, template, text);
    text_add(text, "}}\n");
}

static void draw_regularizer(Random *random, const Template *template, Text *text)
{
    draw_front(random, 1, text);
    text_add(text, "loss: functional\nregularizer: {%s: {", template->name);
    Text attributes = {0};
    draw_attributes(random, template, &attributes);
    text_add(text, "%s}}\n", attributes.length > 2 ? attributes.bytes + 2 : "");
}

static void draw_choice(Random *random, Library *library, Category category, const char *key, Text *text)
{
    const char **names;
    int count = library_names(library, category, &names);
    const Template *template = library_find(library, category, names[random_below(random, count)]);
    Text attributes = {0};
    draw_attributes(random, template, &attributes);
    text_add(text, "%s: {%s: {%s}}\n", key, template->name, attributes.length > 2 ? attributes.bytes + 2 : "");
}

/* What follows the gradient. */
static void draw_update(Random *random, Library *library, Text *text)
{
    if (random_below(random, 2))
        draw_choice(random, library, OPTIMIZER, "optimizer", text);
    if (random_below(random, 3) == 0)
        draw_choice(random, library, SCHEDULE, "learning_rate", text);
    if (random_below(random, 3) == 0)
        draw_choice(random, library, CLIP, "clip", text);
    if (random_below(random, 3) == 0)
        draw_choice(random, library, REGULARIZER, "regularizer", text);
}

static const char *draw_spec(Random *random, Library *library, const Template *template, const char *name)
{
    static const char *const spreads[] = {"0.7", "1.5", "4"};
    Text text = {0};
    text_add(&text, "network: %s\n", name);
    if (template->category == LAYER)
        draw_layer(random, template, &text);
    else if (template->category == LOSS)
        draw_loss(random, template, &text);
    else
        draw_regularizer(random, template, &text);
    if (template->category != REGULARIZER)
        draw_update(random, library, &text);
    text_add(&text, "initializer: {normal: %s}\n", spreads[random_below(random, 3)]);
    text_add(&text, "train: {batch: %d}\n", 1 + random_below(random, 4));
    return text.bytes;
}

/* ---- models ---- */

static Report *quiet(void)
{
    static FILE *nowhere;
    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    Report *report = NEW(Report);
    report->stream = nowhere;
    return report;
}

static bool is_small(const Model *model)
{
    long long elements = 0;
    for (int i = 0; i < model->weights; i++)
        elements += shape_elements(&model->weight[i]->shape);
    for (int i = 0; i < model->layers; i++)
        elements += shape_elements(&model->layer[i]->shape);
    return elements <= NETWORK_ELEMENTS;
}

static const Choice *tested_choice(const Model *model, const Template *template)
{
    if (template->category == REGULARIZER)
        return model->regularizer[0];
    if (template->category == LOSS)
        return model->loss[0]->choice;
    for (int i = 0; i < model->layers; i++)
        if (strcmp(model->layer[i]->name, "tested") == 0)
            return model->layer[i]->choice;
    return NULL;
}

/* Does what is tested run this function? Other layers of the network may, too: dense stands in front. */
static bool runs(const Model *model, const Choice *choice, const Kernel *backward)
{
    for (int p = PHASE_GRADIENT; p <= PHASE_UPDATE; p++)
        for (int i = 0; model->phase[p] && i < model->phase[p]->steps; i++) {
            const Step *step = model->phase[p]->step[i];
            if (step->source == backward && step->span.line == choice->span.line)
                return true;
        }
    return false;
}

/* A view has no steps; here its functions run like all others. */
static void derive_without_views(Model *model, Template *template)
{
    const char *view = template->view;
    bool inference_view = template->inference_view;
    template->view = NULL;
    template->inference_view = false;
    derive(model);
    template->view = view;
    template->inference_view = inference_view;
}

static bool try_spec(Library *library, Template *template, const char *text, const Kernel *backward,
                     Sample_network *sample)
{
    Report *report = quiet();
    Options *options = NEW(Options);
    *options = (Options){.machine = machine_find("c"), .float64 = true, .lanes = 1};
    Model *model = spec_read(source_of_text("random.yaml", text, report), options, library);
    if (!model || report->errors)
        return false;
    infer(model);
    if (report->errors || !is_small(model))
        return false;
    *sample = (Sample_network){.text = text, .model = model, .choice = tested_choice(model, template)};
    derive_without_views(model, template);
    return report->errors == 0 && (!backward || runs(model, sample->choice, backward));
}

bool generate_from(Library *library, Template *template, const char *text, Sample_network *sample)
{
    return try_spec(library, template, text, NULL, sample);
}

bool generate_network(Random *random, Library *library, Template *template, const Kernel *backward, const char *name,
                      Sample_network *sample)
{
    for (int i = 0; i < TRIES; i++)
        if (try_spec(library, template, draw_spec(random, library, template, name), backward, sample))
            return true;
    return false;
}

/* ---- numbers ---- */

void generate_data(Random *random, Interpreter *in)
{
    const Model *model = in->model;
    long long batch = model->train.batch;
    for (int i = 0; i < model->inputs; i++)
        for (long long n = 0; n < batch * shape_elements(&model->input[i]->shape); n++)
            in->input[i][n] = random_normal_number(random);
    for (int i = 0; i < model->targets; i++) {
        const TargetPort *port = model->target[i];
        long long elements = shape_elements(&port->shape);
        for (long long n = 0; port->is_class && n < batch * elements; n++)
            in->classes[i][n] = random_below(random, port->classes);
        for (long long n = 0; !port->is_class && n < batch; n++) {
            double sum = 0, *row = in->target[i] + n * elements;
            for (long long k = 0; k < elements; k++)
                sum += row[k] = random_real(random, 0.05, 1);
            for (long long k = 0; k < elements; k++)
                row[k] /= sum;
        }
    }
}

static void stir(Random *random, double *value, long long elements, double low)
{
    for (long long i = 1; i < elements; i++)
        if (value[i] != value[0])
            return;
    for (long long i = 0; i < elements; i++)
        value[i] += random_real(random, low, 0.5);
}

void generate_parameters(Random *random, Interpreter *in)
{
    const Model *model = in->model;
    interpret_initialize(in, (uint64_t)random_below(random, 1 << 30));
    long long start = 0;
    for (int i = 0; i < model->weights; i++) {
        long long elements = shape_elements(&model->weight[i]->shape);
        stir(random, in->parameter + start, elements, model->weight[i]->statistic ? 0 : -0.5);
        start += elements;
    }
    for (int i = 0; i < model->states; i++)
        stir(random, in->state[i], shape_elements(&model->state[i]->shape), 0);
}

/* ---- templates ---- */

static bool can_be_tested(const Template *template)
{
    for (int i = 0; i < template->kernels; i++)
        if (is_backward(template->kernel[i]))
            return true;
    return false;
}

bool is_named(const Template *template, int names, char *const *name)
{
    for (int i = 0; i < names; i++)
        if (strcmp(name[i], template->name) == 0)
            return true;
    return names == 0;
}

int generate_templates(Library *library, Category category, Template ***templates)
{
    const char **names;
    int count = library_names(library, category, &names), found = 0;
    *templates = NULL;
    for (int i = 0; i < count; i++) {
        Template *template = library_find(library, category, names[i]);
        if (!template || !can_be_tested(template)) {
            fprintf(stderr, "%s %s has no backward function, or cannot be read\n", category_names[category], names[i]);
            continue;
        }
        PUSH(*templates, found, template);
    }
    return found;
}
