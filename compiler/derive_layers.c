/* derive_layers.c - layers and losses, forward and backward.
 *
 * The names in the signatures say which tensor an array is: x is the layer's input, y its output, w a parameter, dy, dx
 * and dw their gradients; an array that a forward function fills and its backward function reads is kept between the
 * two. The backward pass visits the layers in reverse; the first to reach a value assigns its gradient, the others add
 * to it. */
#include "deriver.h"
#include "forms.h"

#include <string.h>

/* ---- forward ---- */

/* The random numbers of a layer or a loss. Prediction and evaluation know no step: they always draw the same. */
static void put_key(const Deriver *d, Frame *frame, int stream)
{
    const char *from = in_training(d->phase) ? "seed, net->step + 1" : "0, 0";
    frame_put(frame, "key", (Argument){.text = format("nnc_random_key(%s, %d)", from, stream)});
}

/* Who reads a statistic that layers share finds it as the one before has left it; the last of them renews it. */
static void put_statistic(Deriver *d, Frame *frame, const Layer *layer, const Weight *weight, const Kernel *kernel)
{
    WeightState *state = &d->weights[weight->index];
    const char *next_name = format("%s_next", weight->variable);
    frame_tensor(frame, weight->variable, state->renewed ? state->renewed : weight_tensor(d, weight));
    if (!in_training(d->phase) || !array_named(kernel, next_name)) {
        frame_put(frame, next_name, (Argument){.dead = true});
        return;
    }
    int next = find_state(d->model, format("%s_next", weight->c_name));
    if (--state->renewals == 0)
        state->renewed = state_tensor(d, next);
    else
        state->renewed =
            shaped_tensor(d->phase, format("%s_%s_passed", layer->name, weight->variable), ROLE_VALUE, weight);
    frame_tensor(frame, next_name, state->renewed);
}

static void put_parameter(const Deriver *d, Frame *frame, const Weight *weight)
{
    frame_tensor(frame, weight->variable, weight_tensor(d, weight));
    if (!in_training(d->phase))
        return;
    Argument argument = {.dead = !weight->trained};
    if (weight->trained)
        argument.tensor = gradient_tensor(d, weight);
    frame_put(frame, format("d%s", weight->variable), argument);
}

/* Parameters that an option switches off read as 0, and their gradients are nobody's. */
static void put_absent_parameters(Frame *frame, const Template *template)
{
    for (int i = 0; i < template->params; i++)
        if (!frame_get(frame, template->param[i].variable)) {
            frame_put(frame, template->param[i].variable, (Argument){.literal = "0.0"});
            frame_put(frame, format("d%s", template->param[i].variable), (Argument){.dead = true});
        }
}

static void put_weights(Deriver *d, Frame *frame, const Layer *layer, const Kernel *kernel)
{
    for (int i = 0; i < layer->weights; i++)
        if (layer->weight[i]->statistic)
            put_statistic(d, frame, layer, layer->weight[i], kernel);
        else
            put_parameter(d, frame, layer->weight[i]);
    put_absent_parameters(frame, layer->choice->template);
}

static const char *input_name(const Layer *layer, int i)
{
    return layer->choice->template->inputs != INPUTS_EACH && layer->inputs > 1 ? format("x%d", i + 1) : "x";
}

/* A view has no step: its value is the input's under another shape. */
static bool is_view(const Deriver *d, const Layer *layer)
{
    const Template *template = layer->choice->template;
    return template->view || (template->inference_view && !in_training(d->phase));
}

static Tensor *view_of(Deriver *d, const Layer *layer, const char *name, Tensor *of)
{
    Tensor *view = sample_tensor(d->phase, name, of->role, of->type, &layer->shape);
    view->view = root_tensor(of);
    return view;
}

static const Kernel *forward_kernel(const Deriver *d, const Layer *layer)
{
    bool training = in_training(d->phase) && !form_is_fixed(layer->form, layer);
    return training ? form_kernel(layer->form, "_forward") : prediction_kernel(layer->form);
}

static void forward_layer(Deriver *d, const Layer *layer)
{
    LayerState *state = state_of(d, layer);
    state->frame = (Frame){0};
    Frame *frame = &state->frame;
    for (int i = 0; i < layer->inputs; i++) {
        LayerState *input = state_of(d, layer->input[i]);
        frame_tensor(frame, input_name(layer, i), input->value);
        state->needs_gradient |= input->needs_gradient;
    }
    for (int i = 0; i < layer->weights; i++)
        state->needs_gradient |= layer->weight[i]->trained;
    if (is_view(d, layer)) {
        state->value = view_of(d, layer, layer->name, state_of(d, layer->input[0])->value);
        return;
    }
    state->value = sample_tensor(d->phase, layer->name, ROLE_VALUE, TYPE_REAL, &layer->shape);
    frame_tensor(frame, "y", state->value);
    const Kernel *kernel = forward_kernel(d, layer);
    put_attributes(frame, d->phase, layer->choice);
    put_weights(d, frame, layer, kernel);
    put_key(d, frame, layer->index);
    for (int i = 0; i < layer->applications; i++) {
        if (layer->choice->template->inputs == INPUTS_EACH)
            frame_tensor(frame, "x", state_of(d, layer->input[i])->value);
        new_step(d, frame, kernel, layer->name, layer->choice->span, &layer->application[i]);
    }
}

/* Whether each layer is needed for the losses, or for the output. A layer reads what stands before it. */
static bool *needed_layers(const Model *model, bool with_losses, bool with_output)
{
    bool *needed = NEW_ARRAY(model->layers + model->inputs, bool);
    if (with_output)
        needed[model->output->index] = true;
    for (int i = 0; i < model->losses && with_losses; i++)
        needed[model->loss[i]->input->index] = true;
    for (int i = model->layers - 1; i >= 0; i--)
        for (int k = 0; needed[i] && k < model->layer[i]->inputs; k++)
            needed[model->layer[i]->input[k]->index] = true;
    return needed;
}

static void count_renewals(Deriver *d, const Layer *layer)
{
    for (int i = 0; i < layer->weights; i++) {
        const Weight *weight = layer->weight[i];
        if (weight->statistic && array_named(forward_kernel(d, layer), format("%s_next", weight->variable)))
            d->weights[weight->index].renewals++;
    }
}

void forward_steps(Deriver *d, bool with_losses, bool with_output)
{
    Model *model = d->model;
    const bool *needed = needed_layers(model, with_losses, with_output);
    d->layers = NEW_ARRAY(model->layers + model->inputs, LayerState);
    for (int i = 0; i < model->layers; i++)
        if (needed[i] && in_training(d->phase))
            count_renewals(d, model->layer[i]);
    for (int i = 0; i < model->inputs; i++) {
        Tensor *input = sample_tensor(d->phase, model->input[i]->name, ROLE_INPUT, TYPE_REAL, &model->input[i]->shape);
        input->port = i;
        d->layers[model->layers + i].value = input;
    }
    for (int i = 0; i < model->layers; i++)
        if (needed[i])
            forward_layer(d, model->layer[i]);
}

/* ---- losses ---- */

static Tensor *target_tensor(Deriver *d, const TargetPort *target)
{
    if (target->input)
        return state_of(d, target->input)->value;
    for (int i = 0; i < d->phase->tensors; i++)
        if (d->phase->tensor[i]->role == ROLE_TARGET && strcmp(d->phase->tensor[i]->name, target->name) == 0)
            return d->phase->tensor[i];
    Tensor *tensor =
        sample_tensor(d->phase, target->name, ROLE_TARGET, target->is_class ? TYPE_INT : TYPE_REAL, &target->shape);
    for (int i = 0; i < d->model->targets; i++)
        if (d->model->target[i] == target)
            tensor->port = i;
    return tensor;
}

static void put_loss_states(Deriver *d, Frame *frame, const Loss *loss)
{
    for (int i = 0; i < loss->states; i++) {
        const Weight *weight = loss->state[i];
        frame_tensor(frame, weight->variable, state_tensor(d, find_state(d->model, weight->c_name)));
        Argument next = {.dead = !in_training(d->phase)};
        if (!next.dead)
            next.tensor = state_tensor(d, find_state(d->model, format("%s_next", weight->c_name)));
        frame_put(frame, format("%s_next", weight->variable), next);
    }
}

void forward_loss(Deriver *d, const Loss *loss, Frame *frame)
{
    frame_tensor(frame, loss_input(loss->form)->name, state_of(d, loss->input)->value);
    if (loss->target)
        frame_tensor(frame, "t", target_tensor(d, loss->target));
    Tensor *scalar = scalar_tensor(d->phase, loss->name);
    frame_tensor(frame, "loss", scalar);
    put_attributes(frame, d->phase, loss->choice);
    for (int i = 0; i < loss->weights; i++)
        put_parameter(d, frame, loss->weight[i]);
    put_absent_parameters(frame, loss->choice->template);
    put_loss_states(d, frame, loss);
    frame_put(frame, "scale", (Argument){.literal = number_text(loss->factor)});
    put_key(d, frame, d->model->layers + loss->input->index);
    new_step(d, frame, form_kernel(loss->form, "_forward"), loss->name, loss->choice->span, &loss->application);
    add_result(d->phase, scalar, loss->factor);
}

/* ---- backward ---- */

/* The gradient of a layer's output, made when first asked for; of a view it is the input's under another shape. */
static Tensor *gradient_of(Deriver *d, const Layer *layer)
{
    LayerState *state = state_of(d, layer);
    if (state->gradient)
        return state->gradient;
    const char *name = format("d_%s", layer->name);
    if (layer->choice && is_view(d, layer))
        state->gradient = view_of(d, layer, name, gradient_of(d, layer->input[0]));
    else
        state->gradient = sample_tensor(d->phase, name, ROLE_VALUE, TYPE_REAL, &layer->shape);
    return state->gradient;
}

/* A view is reached when its input is. */
static LayerState *root_state(const Deriver *d, const Layer *layer)
{
    while (layer->choice && is_view(d, layer))
        layer = layer->input[0];
    return state_of(d, layer);
}

/* Where a consumer of a layer's value puts its part of the gradient. */
static Argument contribution(Deriver *d, const Layer *layer)
{
    LayerState *state = root_state(d, layer);
    if (!state->needs_gradient)
        return (Argument){.dead = true};
    Argument argument = {.tensor = gradient_of(d, layer), .accumulate = state->reached};
    state->reached = true;
    return argument;
}

/* The first backward step that reaches a weight assigns its gradient, those of the layers that share it add to it. */
static void put_gradients(Deriver *d, Frame *frame, Weight *const *weight, int weights)
{
    for (int i = 0; i < weights; i++) {
        WeightState *state = &d->weights[weight[i]->index];
        if (!weight[i]->trained)
            continue;
        frame_put(frame, format("d%s", weight[i]->variable),
                  (Argument){.tensor = state->gradient, .accumulate = state->begun});
        state->begun = true;
    }
}

static void backward_layer(Deriver *d, const Layer *layer)
{
    LayerState *state = state_of(d, layer);
    bool fixed = form_is_fixed(layer->form, layer);
    const Kernel *kernel = form_kernel(layer->form, fixed ? "_inference_backward" : "_backward");
    if (!state->reached || is_view(d, layer) || !kernel)
        return;
    Frame *frame = &state->frame;
    frame_tensor(frame, "dy", state->gradient);
    for (int i = 0; i < layer->applications; i++) {
        if (layer->choice->template->inputs == INPUTS_EACH) {
            frame_tensor(frame, "x", state_of(d, layer->input[i])->value);
            frame_put(frame, "dx", contribution(d, layer->input[i]));
        } else {
            for (int x = 0; x < layer->inputs; x++)
                frame_put(frame, format("d%s", input_name(layer, x)), contribution(d, layer->input[x]));
        }
        put_gradients(d, frame, layer->weight, layer->weights);
        new_step(d, frame, kernel, layer->name, layer->choice->span, &layer->application[i]);
    }
}

static void backward_loss(Deriver *d, const Loss *loss, Frame *frame)
{
    const Kernel *kernel = form_kernel(loss->form, "_backward");
    frame_put(frame, format("d%s", loss_input(loss->form)->name), contribution(d, loss->input));
    put_gradients(d, frame, loss->weight, loss->weights);
    if (kernel)
        new_step(d, frame, kernel, loss->name, loss->choice->span, &loss->application);
}

/* A layer that no loss reads is trained all the same if it shares its parameters with one that is. */
static void check_reached(const Deriver *d)
{
    for (int i = 0; i < d->model->layers; i++) {
        const Layer *layer = d->model->layer[i];
        bool idle = false;
        for (int w = 0; w < layer->weights; w++)
            idle |= layer->weight[w]->trained && !d->weights[layer->weight[w]->index].begun;
        if (idle && !layer->share && !state_of(d, layer)->reached) {
            error_at(layer->span, "no loss reads what '%s' computes, so it cannot be trained", layer->name);
            hint(layer->span, "give it `trainable: false`, or a loss");
        }
    }
}

void gradient_steps(Deriver *d, void (*after)(Deriver *d, Weight *const *weight, int weights))
{
    const Model *model = d->model;
    forward_steps(d, true, false);
    Frame *frames = NEW_ARRAY(model->losses, Frame);
    for (int i = 0; i < model->losses; i++)
        forward_loss(d, model->loss[i], &frames[i]);
    for (int i = model->losses - 1; i >= 0; i--) {
        backward_loss(d, model->loss[i], &frames[i]);
        if (after)
            after(d, model->loss[i]->weight, model->loss[i]->weights);
    }
    for (int i = model->layers - 1; i >= 0; i--) {
        backward_layer(d, model->layer[i]);
        if (after && !model->layer[i]->share)
            after(d, model->layer[i]->weight, model->layer[i]->weights);
    }
    check_reached(d);
}
