/* feature_order.c - the order in which a tool whose channels stand first has the features behind a flatten.
 *
 * A view of [H][W][C] as one dimension has feature (h W + w) C + c here, and c H W + h W + w there; a view of one
 * dimension as [H][W][C] asks the same of what it reads. Layers that keep their last dimension hand the order on, in
 * both directions. So the values of one dimension fall into classes with one order each, and the arrays that have such
 * a dimension, `w[I][O]` behind `x[N][M][I]`, are permuted along it. No layer is known by name: a view is known by its
 * tag, what is kept by the names in the signature. */
#include "feature_order.h"
#include "forms.h"
#include "sizes.h"

#include <string.h>

/* The features of one value, or what stands for all of its class (`same` NULL). */
typedef struct Class {
    struct Class *same;
    const Layer *layer; /* whose value it is */
    int count;
    int *order;        /* order[ours] = theirs; NULL: nothing asks for one */
    const Layer *from; /* the view that asks */
} Class;

struct Features {
    const Model *model;
    Class *input, *layer; /* parallel to those of the model; count 0: the value has several dimensions */
};

static Class *class_of(const Features *features, const Layer *layer)
{
    const Model *model = features->model;
    Class *class = NULL;
    for (int i = 0; i < model->inputs && !class; i++)
        if (model->input[i] == layer)
            class = &features->input[i];
    for (int i = 0; i < model->layers && !class; i++)
        if (model->layer[i] == layer)
            class = &features->layer[i];
    if (!class || !class->count)
        return NULL;
    while (class->same)
        class = class->same;
    return class;
}

static bool is_identity(const Class *class)
{
    for (int i = 0; class->order && i < class->count; i++)
        if (class->order[i] != i)
            return false;
    return true;
}

static bool same_order(const Class *class, const int *order)
{
    return memcmp(class->order, order, (size_t) class->count * sizeof *order) == 0;
}

static void refuse(const Layer *layer, const Layer *other)
{
    error_at(layer->span, "'%s' and '%s' ask for features in two different orders, when channels stand first",
             layer->name, other->name);
    note_at(other->span, "'%s' is here", other->name);
    hint(layer->span, "if the other tool flattens as nnc does: weights: {flattened: channels_last}");
}

static void ask(Class *class, int *order, const Layer *from)
{
    if (!class->order) {
        class->order = order;
        class->from = from;
    } else if (!same_order(class, order)) {
        refuse(from, class->from);
    }
}

static void join(Class *one, Class *other)
{
    if (!one || !other || one == other || one->count != other->count)
        return;
    if (one->order && other->order && !same_order(one, other->order))
        refuse(other->from, one->from);
    if (!one->order) {
        one->order = other->order;
        one->from = other->from;
    }
    other->same = one;
}

/* ---- what a layer does with its last dimension ---- */

static int *order_of(const Shape *shape)
{
    int elements = (int)shape_elements(shape), channels = shape->dims[shape->rank - 1];
    int positions = elements / channels;
    int *order = NEW_ARRAY(elements, int);
    for (int p = 0; p < positions; p++)
        for (int c = 0; c < channels; c++)
            order[p * channels + c] = c * positions + p;
    return order;
}

static const char *last_name(const Array *array)
{
    const Expr *dim = array && array->rank ? array->dims[array->rank - 1] : NULL;
    return dim && dim->kind == EX_NAME ? dim->symbol->name : "";
}

/* The array of input k: x, or x1, x2, ... */
static const Array *input_array(const Layer *layer, int k)
{
    if (layer->choice->template->category == LOSS)
        return loss_input(layer->form);
    const Array *array = form_array(layer->form, format("x%d", k + 1));
    return array ? array : form_array(layer->form, "x");
}

static bool keeps(const Layer *layer, int k)
{
    const char *name = last_name(input_array(layer, k));
    return *name && strcmp(name, last_name(form_array(layer->form, "y"))) == 0;
}

static void see_view(const Features *features, const Layer *layer)
{
    Class *in = class_of(features, layer->input[0]), *out = class_of(features, layer);
    if (in && out)
        join(in, out);
    else if (out)
        ask(out, order_of(&layer->input[0]->shape), layer);
    else if (in)
        ask(in, order_of(&layer->shape), layer);
}

static void see_layer(const Features *features, const Layer *layer)
{
    if (layer->choice->template->view) {
        see_view(features, layer);
        return;
    }
    for (int k = 0; k < layer->inputs; k++)
        if (keeps(layer, k))
            join(class_of(features, layer->input[k]), class_of(features, layer));
    if (layer->share) {
        join(class_of(features, layer->share), class_of(features, layer));
        for (int k = 0; k < layer->inputs && k < layer->share->inputs; k++)
            join(class_of(features, layer->share->input[k]), class_of(features, layer->input[k]));
    }
}

/* Features that are put one behind another keep their orders. */
static void see_joined(const Features *features, const Layer *layer)
{
    Class *out = class_of(features, layer);
    int *order = out ? NEW_ARRAY(out->count, int) : NULL, start = 0;
    const Layer *from = NULL;
    for (int k = 0; out && k < layer->inputs; k++) {
        const Class *in = class_of(features, layer->input[k]);
        if (!in || start + in->count > out->count)
            return;
        for (int i = 0; i < in->count; i++)
            order[start + i] = start + (in->order ? in->order[i] : i);
        start += in->count;
        from = in->order ? in->from : from;
    }
    if (out && (from || out->order))
        ask(out, order, from ? from : layer);
}

/* ---- what cannot be mended by permuting parameters ---- */

static bool has_dimension(const Layer *layer, const char *name)
{
    const Template *template = layer->choice->template;
    for (int i = 0; i < template->params; i++) {
        const Array *array = form_array(layer->form, template->param[i].variable);
        for (int d = 0; array && d < array->rank; d++)
            if (is_size(array->dims[d], name))
                return true;
    }
    return false;
}

static void check_reader(const Features *features, const Layer *layer)
{
    const Template *template = layer->choice->template;
    for (int k = 0; k < layer->inputs && !template->view && template->inputs != INPUTS_EACH; k++) {
        const Class *in = class_of(features, layer->input[k]);
        if (!in || is_identity(in) || in == class_of(features, layer) ||
            has_dimension(layer, last_name(input_array(layer, k))))
            continue;
        error_at(layer->span, "'%s' reads features that stand in another order when channels stand first", layer->name);
        note_at(in->from->span, "'%s' is here", in->from->name);
        hint(layer->span, "if the other tool flattens as nnc does: weights: {flattened: channels_last}");
    }
}

/* ---- all of it ---- */

Features *features_of(const Model *model)
{
    Features *features = NEW(Features);
    *features = (Features){model, NEW_ARRAY(model->inputs, Class), NEW_ARRAY(model->layers, Class)};
    for (int i = 0; i < model->inputs; i++)
        if (model->input[i]->shape.rank == 1)
            features->input[i] = (Class){.layer = model->input[i], .count = model->input[i]->shape.dims[0]};
    for (int i = 0; i < model->layers; i++)
        if (model->layer[i]->shape.rank == 1)
            features->layer[i] = (Class){.layer = model->layer[i], .count = model->layer[i]->shape.dims[0]};
    if (model->naming.channels_last)
        return features;
    for (int i = 0; i < model->layers; i++)
        see_layer(features, model->layer[i]);
    for (int i = 0; i < model->layers; i++)
        if (model->layer[i]->choice->template->inputs == INPUTS_EACH)
            see_joined(features, model->layer[i]);
    for (int i = 0; i < model->layers; i++)
        check_reader(features, model->layer[i]);
    return model->report->errors ? NULL : features;
}

const int *feature_order(const Features *features, const Layer *layer, const Array *array, int dimension)
{
    const Class *class = NULL;
    for (int k = 0; k < layer->inputs && !class; k++)
        if (is_size(array->dims[dimension], last_name(input_array(layer, k))))
            class = class_of(features, layer->input[k]);
    if (!class && is_size(array->dims[dimension], last_name(form_array(layer->form, "y"))))
        class = class_of(features, layer);
    return class && !is_identity(class) ? class->order : NULL;
}
