/* parameters.c - what every layer and loss keeps beside its values: shapes and fans of its parameters and statistics,
 * and their order in the parameters struct. Needs the sizes of a layer, which infer finds. */
#include "parameters.h"
#include "forms.h"
#include "sizes.h"

#include <limits.h>

/* ---- one of them ---- */

static double number_of(const Expr *expr, const Application *sizes)
{
    long long value = 1;
    size_value(expr, sizes, &value);
    return (double)value;
}

static bool option_on(const Choice *choice, const char *option)
{
    if (!option)
        return true;
    const Value *value = choice_value(choice, option);
    return !value || !value->count || value->numbers[0] != 0;
}

static void weight_shape(const Form *form, const char *variable, const Application *sizes, Shape *shape)
{
    for (int k = 0; k < form->kernels; k++) {
        const Array *array = array_named(form->kernel[k], variable);
        if (!array)
            continue;
        shape->rank = array->rank;
        for (int i = 0; i < array->rank; i++) {
            long long value = 1;
            size_value(array->dims[i], sizes, &value);
            shape->dims[i] = value > INT_MAX ? INT_MAX : (int)value;
        }
        return;
    }
}

static Weight *new_weight(const char *path, const char *owner, const char *name, const char *variable)
{
    Weight *weight = NEW(Weight);
    weight->name = format("%s.%s", path, name);
    weight->c_name = format("%s_%s", owner, name);
    weight->variable = variable;
    return weight;
}

/* What a `Param:` stands for in one layer or loss, whose initializer (NULL: the network's) is `initializer`. */
static Weight *param_weight(const Model *model, const char *path, const char *owner, const ParamTag *param,
                            const Form *form, const Application *sizes, Choice *initializer)
{
    Weight *weight = new_weight(path, owner, param->name, param->variable);
    weight_shape(form, param->variable, sizes, &weight->shape);
    weight->trained = true;
    weight->regularized = param->fan_in != NULL;
    weight->half = model->options->half && param->fan_in;
    weight->fan_in = param->fan_in ? number_of(param->fan_in, sizes) : 1;
    weight->fan_out = param->fan_out ? number_of(param->fan_out, sizes) : 1;
    if (param->initializer)
        weight->initializer =
            choice_made(model->library, INITIALIZER, param->initializer, param->initializer_value, model->name_span);
    else
        weight->initializer = initializer ? initializer : model->initializer;
    return weight;
}

static void check_weight(const Choice *choice, const Weight *weight)
{
    if (shape_elements(&weight->shape) > ELEMENTS_MAX)
        error_at(choice->span, "'%s' has %lld elements; the most is %lld", weight->name, shape_elements(&weight->shape),
                 ELEMENTS_MAX);
}

static void make_weights(const Model *model, Layer *layer)
{
    const Template *template = layer->choice->template;
    const Application *sizes = &layer->application[0];
    for (int i = 0; i < template->params; i++) {
        const ParamTag *param = &template->param[i];
        if (!option_on(layer->choice, param->option))
            continue;
        Weight *weight = param_weight(model, layer->path, layer->name, param, layer->form, sizes, layer->initializer);
        weight->trained = !layer->frozen;
        PUSH(layer->weight, layer->weights, weight);
    }
    for (int i = 0; i < template->states; i++) {
        const StateTag *state = &template->state[i];
        Weight *weight = new_weight(layer->path, layer->name, state->variable, state->variable);
        weight_shape(layer->form, state->variable, sizes, &weight->shape);
        weight->statistic = true;
        weight->fixed = form_is_fixed(layer->form, layer);
        weight->state_value = state->value;
        PUSH(layer->weight, layer->weights, weight);
    }
}

/* The weights of another layer are taken as they are: they must be what this layer would have had. */
static void take_shared(Layer *layer)
{
    const Layer *owner = layer->share;
    for (int i = 0; i < owner->weights; i++) {
        const Weight *weight = owner->weight[i];
        Shape shape = {0};
        weight_shape(layer->form, weight->variable, &layer->application[0], &shape);
        bool same = shape.rank == weight->shape.rank;
        for (int d = 0; d < shape.rank && same; d++)
            same = shape.dims[d] == weight->shape.dims[d];
        if (same)
            continue;
        error_at(layer->share_span, "'%s' cannot be shared: it is %s, but '%s' needs %s", weight->name,
                 shape_text(&weight->shape), layer->path, shape_text(&shape));
        note_at(owner->span, "'%s' is here; it reads %s", owner->path, shape_text(&owner->input[0]->shape));
        note_at(input_place(layer, 0), "'%s' reads %s", layer->path, shape_text(&layer->input[0]->shape));
        return;
    }
    layer->weights = owner->weights;
    layer->weight = owner->weight;
}

void give_weights(const Model *model, Layer *layer)
{
    layer->weights = 0;
    if (layer->share) {
        take_shared(layer);
        return;
    }
    make_weights(model, layer);
    for (int i = 0; i < layer->weights; i++)
        check_weight(layer->choice, layer->weight[i]);
}

void give_loss_weights(const Model *model, Loss *loss)
{
    const Template *template = loss->choice->template;
    for (int i = 0; i < template->params; i++) {
        const ParamTag *param = &template->param[i];
        if (!option_on(loss->choice, param->option))
            continue;
        Weight *weight =
            param_weight(model, loss->name, loss->name, param, loss->form, &loss->application, loss->initializer);
        check_weight(loss->choice, weight);
        PUSH(loss->weight, loss->weights, weight);
    }
    for (int i = 0; i < template->states; i++) {
        const StateTag *state = &template->state[i];
        Weight *weight = new_weight(loss->name, loss->name, state->variable, state->variable);
        weight_shape(loss->form, weight->variable, &loss->application, &weight->shape);
        weight->statistic = true;
        weight->state_value = state->value;
        PUSH(loss->state, loss->states, weight);
    }
}

/* ---- the order of the parameters struct ---- */

/* Of a layer that nothing changes; statistics belong to it, unless training renews them all the same. */
static bool is_constant(const Model *model, const Layer *layer, const Weight *weight)
{
    return model->options->const_frozen && layer->frozen && (!weight->statistic || weight->fixed);
}

/* layer: NULL for a weight of a loss. */
static void add_weight(Model *model, const Layer *layer, Weight *weight)
{
    weight->constant = layer && is_constant(model, layer, weight);
    if (weight->constant) {
        PUSH(model->constant, model->constants, weight);
        return;
    }
    weight->index = model->weights;
    PUSH(model->weight, model->weights, weight);
}

void order_weights(Model *model)
{
    model->weights = model->constants = 0;
    for (int pass = 0; pass < 3; pass++) {
        for (int i = 0; i < model->layers; i++)
            for (int w = 0; w < model->layer[i]->weights && !model->layer[i]->share; w++) {
                Weight *weight = model->layer[i]->weight[w];
                if ((weight->trained ? 0 : weight->statistic ? 2 : 1) == pass)
                    add_weight(model, model->layer[i], weight);
            }
        for (int i = 0; i < model->losses && pass == 0 && !model->options->inference; i++)
            for (int w = 0; w < model->loss[i]->weights; w++)
                add_weight(model, NULL, model->loss[i]->weight[w]);
    }
    long long elements = 0;
    for (int i = 0; i < model->weights; i++)
        elements += shape_elements(&model->weight[i]->shape);
    for (int i = 0; i < model->constants; i++) {
        model->constant[i]->index = model->weights + i;
        elements += shape_elements(&model->constant[i]->shape);
    }
    if (elements > ELEMENTS_MAX && !model->report->errors)
        error_at(model->name_span, "the network has %lld parameters; the most is %lld", elements, ELEMENTS_MAX);
}
