/* derive.c - turns the network into phases of steps: what each generated function does, in order.
 *
 * A step is a kernel of a template with a tensor for every array. The names in the signatures say which: x is the
 * layer's input, y its output, w a parameter, dy, dx and dw their gradients; an array that a forward function fills
 * and its backward function reads is kept between the two. The backward pass visits the layers in reverse; the first
 * to reach a value assigns its gradient, the others add to it. */
#include "forms.h"
#include "sizes.h"

#include <string.h>

/* ---- names of one layer in one phase ---- */

typedef struct Slot {
    const char *name;
    Argument argument;
} Slot;

typedef struct Frame {
    int count;
    Slot *slots;
} Frame;

static void frame_put(Frame *frame, const char *name, Argument argument)
{
    frame->slots = push_grow(frame->slots, frame->count, sizeof(Slot));
    frame->slots[frame->count++] = (Slot){name, argument};
}

static void frame_tensor(Frame *frame, const char *name, Tensor *tensor)
{
    frame_put(frame, name, (Argument){.tensor = tensor});
}

static const Argument *frame_get(const Frame *frame, const char *name)
{
    for (int i = frame->count - 1; i >= 0; i--)
        if (strcmp(frame->slots[i].name, name) == 0)
            return &frame->slots[i].argument;
    return NULL;
}

/* ---- the state of the pass ---- */

typedef struct LayerState {
    Frame frame;
    Tensor *value, *gradient;
    bool needs_gradient; /* something trained lies at or before it */
    bool reached;        /* its gradient has been begun */
} LayerState;

/* What a phase knows of a weight: several layers may use one. */
typedef struct WeightState {
    Tensor *value, *gradient;
    bool begun;      /* a backward step has assigned the gradient: the others add to it */
    int renewals;    /* of a statistic: layers that renew it and have not yet */
    Tensor *renewed; /* by the last of them */
    long long start; /* in the parameters struct */
} WeightState;

typedef struct Deriver {
    Model *model;
    Phase *phase;
    LayerState *layers;   /* by Layer.index */
    WeightState *weights; /* by Weight.index */
    Tensor **members;     /* of the training struct, by the order of model->state */
    Frame figures;        /* what the optimizer's step works out for its sweeps */
} Deriver;

static LayerState *state_of(const Deriver *d, const Layer *layer)
{
    return &d->layers[layer->index];
}

/* ---- tensors ---- */

/* Two tensors that become variables of one function have different names: x, x_2, x_3. What is tried is remembered. */
static const char *unique_name(Phase *phase, const char *name, Role role)
{
    bool variable = role == ROLE_VALUE || role == ROLE_SCRATCH || role == ROLE_SCALAR || role == ROLE_CONSTANT;
    int number = *names_at(&phase->names, name);
    const char *unique = name;
    while (variable && number && *names_at(&phase->names, unique = format("%s_%d", name, number + 1)))
        number++;
    if (variable && number)
        *names_at(&phase->names, name) = number + 1;
    if (!*names_at(&phase->names, unique))
        *names_at(&phase->names, unique) = 1;
    return unique;
}

static Tensor *new_tensor(Phase *phase, const char *name, Role role, Type type)
{
    name = unique_name(phase, name, role);
    Tensor *tensor = NEW(Tensor);
    *tensor = (Tensor){.name = name, .role = role, .type = type, .elements = 1, .born = -1, .dies = -1};
    PUSH(phase->tensor, phase->tensors, tensor);
    return tensor;
}

static void add_dimension(Tensor *tensor, long long size)
{
    tensor->dims[tensor->rank++] = (int)size;
    if (tensor->elements <= ELEMENTS_MAX)
        tensor->elements *= size;
}

static Tensor *sample_tensor(Phase *phase, const char *name, Role role, Type type, const Shape *shape)
{
    Tensor *tensor = new_tensor(phase, name, role, type);
    add_dimension(tensor, phase->batch);
    for (int i = 0; i < shape->rank && tensor->rank < RANK_MAX; i++)
        add_dimension(tensor, shape->dims[i]);
    return tensor;
}

/* A tensor of a weight's shape. */
static Tensor *shaped_tensor(Phase *phase, const char *name, Role role, const Weight *weight)
{
    Tensor *tensor = new_tensor(phase, name, role, TYPE_REAL);
    for (int i = 0; i < weight->shape.rank; i++)
        add_dimension(tensor, weight->shape.dims[i]);
    return tensor;
}

static Tensor *weight_tensor(const Deriver *d, const Weight *weight)
{
    WeightState *state = &d->weights[weight->index];
    if (!state->value) {
        state->value = shaped_tensor(d->phase, weight->c_name, ROLE_WEIGHT, weight);
        state->value->weight = weight;
    }
    return state->value;
}

/* A member of the training struct, or with `update: fused` a value that the update consumes as soon as it
 * is complete. */
static Tensor *gradient_tensor(const Deriver *d, const Weight *weight)
{
    WeightState *state = &d->weights[weight->index];
    if (!state->gradient && d->phase->kind == PHASE_TRAIN) {
        state->gradient = shaped_tensor(d->phase, format("d_%s", weight->c_name), ROLE_VALUE, weight);
    } else if (!state->gradient) {
        state->gradient = shaped_tensor(d->phase, weight->c_name, ROLE_GRADIENT, weight);
        state->gradient->weight = weight;
    }
    return state->gradient;
}

/* The place of a member in model->state, or -1. */
static int find_state(Model *model, const char *c_name)
{
    return *names_at(&model->state_names, c_name) - 1;
}

static State *add_state(Model *model, const char *name, const char *c_name, Shape shape, double initial)
{
    State *state = NEW(State);
    *state = (State){.name = name, .c_name = c_name, .shape = shape, .initial = initial};
    PUSH(model->state, model->states, state);
    *names_at(&model->state_names, c_name) = model->states;
    return state;
}

static Tensor *state_tensor(const Deriver *d, int at)
{
    if (d->members[at])
        return d->members[at];
    const State *state = d->model->state[at];
    Tensor *tensor = new_tensor(d->phase, state->c_name, ROLE_STATE, TYPE_REAL);
    tensor->state = state;
    for (int i = 0; i < state->shape.rank; i++)
        add_dimension(tensor, state->shape.dims[i]);
    d->members[at] = tensor;
    return tensor;
}

static Tensor *scalar_tensor(Phase *phase, const char *name)
{
    Tensor *tensor = new_tensor(phase, name, ROLE_SCALAR, TYPE_REAL);
    add_dimension(tensor, 1);
    return tensor;
}

/* A tensor of the declared dimensions of an array. */
static Tensor *array_tensor(Phase *phase, const char *name, Role role, const Array *array, const Application *sizes)
{
    Application all = {0};
    for (int i = 0; i < sizes->bindings; i++)
        binding_add(&all, sizes->binding[i].name, sizes->binding[i].value, sizes->binding[i].span);
    binding_add(&all, "N", phase->batch, (Span){0});
    Tensor *tensor = new_tensor(phase, name, role, array->type);
    for (int i = 0; i < array->rank; i++) {
        long long size = 1;
        size_value(array->dims[i], &all, &size);
        add_dimension(tensor, size);
    }
    return tensor;
}

/* ---- attributes as arguments ---- */

static void put_attributes(Frame *frame, Phase *phase, const Choice *choice)
{
    const Template *template = choice->template;
    for (int i = 0; i < template->attributes; i++) {
        const Attribute *attribute = &template->attribute[i];
        const Value *value = &choice->values[i];
        if (attribute->type == ATTR_REAL && value->count)
            for (int v = 0; v < attribute->variables && v < value->count; v++)
                frame_put(frame, attribute->variable[v], (Argument){.literal = number_text(value->numbers[v])});
        if (attribute->type != ATTR_LIST || template->view)
            continue;
        Tensor *list = new_tensor(phase, format("%s_%s", template->name, attribute->name), ROLE_CONSTANT,
                                  attribute->list_of_ints ? TYPE_INT : TYPE_REAL);
        if (value->count)
            add_dimension(list, value->count);
        list->numbers = value->numbers;
        frame_put(frame, attribute->variable[0],
                  (Argument){.tensor = value->given ? list : NULL,
                             .literal = value->given ? NULL : number_text(attribute->number)});
    }
}

/* ---- steps ---- */

static bool is_scratch(const Template *template, const char *name)
{
    for (int i = 0; i < template->scratches; i++)
        if (strcmp(template->scratch[i], name) == 0)
            return true;
    return false;
}

/* What stands for one parameter. An array that nothing provides is made here: scratch for this step alone, anything
 * else to be found again under its name (what forward keeps for backward). */
static Argument resolve(Deriver *d, Frame *frame, const Kernel *kernel, const Parameter *parameter, const char *title,
                        const Application *sizes)
{
    const char *name = parameter->array ? parameter->array->name : parameter->symbol->name;
    bool scratch = is_scratch(kernel->template, name);
    const Argument *known = scratch ? NULL : frame_get(frame, name);
    if (known)
        return *known;
    if (parameter->symbol) {
        if (parameter->symbol->kind == SYM_KNOB)
            error_at(parameter->symbol->span, "nothing provides '%s'", name);
        return (Argument){0};
    }
    if (parameter->array->constant) {
        error_at(parameter->array->span, "nothing fills '%s' before '%s' reads it", name, kernel->name);
        return (Argument){0};
    }
    Tensor *tensor = array_tensor(d->phase, format("%s_%s", title, name), scratch ? ROLE_SCRATCH : ROLE_VALUE,
                                  parameter->array, sizes);
    if (!scratch)
        frame_tensor(frame, name, tensor);
    return (Argument){.tensor = tensor};
}

static Step *add_step(Deriver *d, Frame *frame, const Kernel *kernel, const char *title, Span span,
                      const Application *sizes)
{
    Step *step = NEW(Step);
    *step = (Step){.title = title, .span = span, .source = kernel, .sizes = sizes, .count = kernel->count};
    step->arguments = NEW_ARRAY(kernel->count, Argument);
    for (int i = 0; i < kernel->count; i++)
        step->arguments[i] = resolve(d, frame, kernel, &kernel->parameters[i], title, sizes);
    PUSH(d->phase->step, d->phase->steps, step);
    return step;
}

/* ---- forward ---- */

static bool in_training(const Phase *phase)
{
    return phase->kind == PHASE_GRADIENT || phase->kind == PHASE_TRAIN;
}

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
        add_step(d, frame, kernel, layer->name, layer->choice->span, &layer->application[i]);
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

static void forward(Deriver *d, bool with_losses, bool with_output)
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

static void add_result(Phase *phase, Tensor *scalar, double weight)
{
    int count = phase->results;
    PUSH(phase->result, phase->results, scalar);
    phase->result_weight = push_grow(phase->result_weight, count, sizeof(double));
    phase->result_weight[count] = weight;
}

static void forward_loss(Deriver *d, const Loss *loss, Frame *frame)
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
    add_step(d, frame, form_kernel(loss->form, "_forward"), loss->name, loss->choice->span, &loss->application);
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
        add_step(d, frame, kernel, layer->name, layer->choice->span, &layer->application[i]);
    }
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

static Deriver new_deriver(Model *model, PhaseKind kind, int batch)
{
    Phase *phase = NEW(Phase);
    *phase = (Phase){.kind = kind, .batch = batch, .whole = model->options->machine->late_loads};
    model->phase[kind] = phase;
    Deriver d = {.model = model, .phase = phase};
    d.weights = NEW_ARRAY(model->weights + model->constants, WeightState);
    d.members = NEW_ARRAY(model->states, Tensor *);
    long long start = 0;
    for (int i = 0; i < model->weights; i++) {
        d.weights[i].start = start;
        start += shape_elements(&model->weight[i]->shape);
    }
    return d;
}

static void backward_loss(Deriver *d, const Loss *loss, Frame *frame)
{
    const Kernel *kernel = form_kernel(loss->form, "_backward");
    frame_put(frame, format("d%s", loss_input(loss->form)->name), contribution(d, loss->input));
    put_gradients(d, frame, loss->weight, loss->weights);
    if (kernel)
        add_step(d, frame, kernel, loss->name, loss->choice->span, &loss->application);
}

/* Forward and losses, then backward; `after` (NULL: nothing) is told of weights whose gradients are complete. The owner
 * of shared parameters stands before all that share them, so backward comes to it last. */
static void gradient_steps(Deriver *d, void (*after)(Deriver *d, Weight *const *weight, int weights))
{
    const Model *model = d->model;
    forward(d, true, false);
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

static void derive_gradient(Model *model)
{
    Deriver d = new_deriver(model, PHASE_GRADIENT, model->train.batch);
    gradient_steps(&d, NULL);
}

/* ---- prediction and evaluation ---- */

/* The tensor that a phase hands out takes the place of the arena's, unless it is an argument itself. */
static void hand_out(Deriver *d, const Layer *layer, Role role)
{
    Tensor *value = state_of(d, layer)->value;
    Tensor *root = root_tensor(value);
    if (root->role != ROLE_VALUE) {
        error_at(layer->span, "the output of '%s' is the network's input itself", layer->name);
        return;
    }
    root->role = role;
    value->role = role;
    for (int i = 0; i < d->phase->tensors; i++)
        if (d->phase->tensor[i]->view == root)
            d->phase->tensor[i]->role = role;
}

static void derive_predict(Model *model)
{
    Deriver d = new_deriver(model, PHASE_PREDICT, 1);
    forward(&d, false, true);
    hand_out(&d, model->output, ROLE_OUTPUT);
}

static bool draws_numbers(const Kernel *kernel)
{
    for (int i = 0; i < kernel->count; i++)
        if (kernel->parameters[i].symbol && strcmp(kernel->parameters[i].symbol->name, "key") == 0)
            return true;
    return false;
}

/* Each sample is to have the bits of a prediction of its own, which random numbers by index would not give it. */
static void derive_predict_batch(Model *model)
{
    Deriver d = new_deriver(model, PHASE_PREDICT_BATCH, model->options->predict_batch);
    forward(&d, false, true);
    for (int i = 0; i < d.phase->steps; i++) {
        const Step *step = d.phase->step[i];
        if (draws_numbers(step->source))
            error_at(step->span, "'%s' draws random numbers in a prediction, other ones for each sample of a batch",
                     step->title);
    }
    hand_out(&d, model->output, ROLE_OUTPUT);
}

/* What a template requires of the batch does not hold for one sample. */
static bool compares_samples(const Loss *loss)
{
    const Template *template = loss->choice->template;
    Application sizes = {0};
    for (int i = 0; i < loss->application.bindings; i++)
        binding_add(&sizes, loss->application.binding[i].name, loss->application.binding[i].value, loss->span);
    binding_add(&sizes, "N", 1, loss->span);
    long long holds = 1;
    for (int i = 0; i < template->requires && holds; i++)
        if (!size_value(template->require[i].condition, &sizes, &holds))
            holds = 1;
    return !holds;
}

bool loss_measures_samples(const Loss *loss)
{
    return loss->states == 0 && !draws_numbers(form_kernel(loss->form, "_forward")) && !compares_samples(loss);
}

static void derive_evaluate(Model *model)
{
    Deriver d = new_deriver(model, PHASE_EVALUATE, 1);
    forward(&d, true, false);
    Frame first = {0};
    for (int i = 0; i < model->losses; i++)
        if (loss_measures_samples(model->loss[i]))
            forward_loss(&d, model->loss[i], i == 0 ? &first : &(Frame){0});
    const char *scored = model->loss[0]->choice->template->scored;
    const Argument *counted = scored ? frame_get(&first, scored) : NULL;
    if (counted)
        counted->tensor->role = ROLE_SCORED;
    else
        hand_out(&d, model->loss[0]->input, ROLE_SCORED);
}

/* ---- initialization ---- */

static void derive_initialize(Model *model)
{
    Deriver d = new_deriver(model, PHASE_INITIALIZE, 1);
    for (int i = 0; i < model->weights; i++) {
        const Weight *weight = model->weight[i];
        if (weight->statistic)
            continue;
        const Choice *choice = weight->initializer;
        Frame frame = {0};
        put_attributes(&frame, d.phase, choice);
        frame_tensor(&frame, "w", weight_tensor(&d, weight));
        frame_put(&frame, "fan_in", (Argument){.literal = number_text(weight->fan_in)});
        frame_put(&frame, "fan_out", (Argument){.literal = number_text(weight->fan_out)});
        frame_put(&frame, "key", (Argument){.text = format("nnc_random_key(seed, 0, %d)", i + 1)});
        Application *sizes = NEW(Application);
        const Form *form = simple_form(choice);
        initializer_sizes(form->kernel[0], choice, weight, sizes);
        add_step(&d, &frame, form->kernel[0], weight->name, choice->span, sizes);
    }
}

/* ---- update ---- */

/* A run of trained weights that are treated alike: they lie side by side in the parameters struct. */
typedef struct Run {
    const Weight *first;
    long long start, elements;
    bool regularized;
} Run;

static int weight_runs(const Model *model, Run **runs)
{
    int count = 0;
    long long start = 0;
    *runs = NULL;
    for (int i = 0; i < model->weights && model->weight[i]->trained; i++) {
        const Weight *weight = model->weight[i];
        long long elements = shape_elements(&weight->shape);
        bool regularized = weight->regularized && model->regularizers;
        if (count && (*runs)[count - 1].regularized == regularized) {
            (*runs)[count - 1].elements += elements;
        } else {
            *runs = push_grow(*runs, count, sizeof(Run));
            (*runs)[count++] = (Run){weight, start, elements, regularized};
        }
        start += elements;
    }
    return count;
}

static Tensor *run_tensor(Phase *phase, const Run *run, Role role)
{
    Tensor *tensor = new_tensor(phase, run->first->c_name, role, TYPE_REAL);
    tensor->weight = run->first;
    add_dimension(tensor, run->elements);
    return tensor;
}

static Application *sizes_of(const Choice *choice, long long elements)
{
    Application *sizes = NEW(Application);
    choice_sizes(choice, sizes);
    binding_add(sizes, "P", elements, choice->span);
    return sizes;
}

/* One step of an optimizer, schedule, clip or regularizer; nothing if the form has no such function. */
static void add_plain_step(Deriver *d, Frame *frame, const Choice *choice, const char *suffix, long long elements)
{
    const Kernel *kernel = form_kernel(simple_form(choice), suffix);
    if (kernel)
        add_step(d, frame, kernel, choice->template->name, choice->span, sizes_of(choice, elements));
}

/* An int may have 16 bits; and what has decayed for so long stays decayed. */
static void put_steps_made(Frame *frame)
{
    frame_put(frame, "step", (Argument){.text = "net->step < INT32_MAX ? (int32_t)net->step : INT32_MAX - 1"});
}

static void derive_rate(Deriver *d, Tensor *rate)
{
    const Choice *choice = d->model->learning_rate;
    Frame frame = {0};
    put_attributes(&frame, d->phase, choice);
    put_steps_made(&frame);
    frame_tensor(&frame, "rate", rate);
    add_plain_step(d, &frame, choice, "", 1);
    if (d->model->warm_up_steps == 0)
        return;
    const char *steps = format("%lld", (long long)d->model->warm_up_steps);
    const Choice *warm_up = choice_made(d->model->library, SCHEDULE, "warm_up", steps, choice->span);
    if (warm_up)
        add_plain_step(d, &frame, warm_up, "", 1);
}

/* The sum of squares (or whatever a clip measures) over all gradients, and what follows from it. */
static void measure_gradients(Deriver *d, const Choice *clip, Frame *frame, const Run *runs, int count)
{
    const Form *form = simple_form(clip);
    if (!form_kernel(form, "_measure"))
        return;
    frame_tensor(frame, "sum", scalar_tensor(d->phase, "clip_sum"));
    frame_tensor(frame, "factor", scalar_tensor(d->phase, "clip_factor"));
    for (int r = 0; r < count; r++) {
        frame_tensor(frame, "g", run_tensor(d->phase, &runs[r], ROLE_GRADIENT));
        add_plain_step(d, frame, clip, "_measure", runs[r].elements);
    }
    add_plain_step(d, frame, clip, "_step", 1);
}

/* A step that makes gradient h of w and g; h is the next step's g. */
static Tensor *transform_gradient(Deriver *d, Frame frame, const Choice *choice, const char *suffix, Tensor *w,
                                  Tensor *g)
{
    Tensor *h = new_tensor(d->phase, format("%s_%s", choice->template->name, w->name), ROLE_VALUE, TYPE_REAL);
    add_dimension(h, g->elements);
    frame_tensor(&frame, "w", w);
    frame_tensor(&frame, "g", g);
    frame_tensor(&frame, "h", h);
    add_plain_step(d, &frame, choice, suffix, g->elements);
    return h;
}

/* A part of an optimizer's state: `elements` from `start` on. */
static Tensor *state_part(Phase *phase, const State *state, const Run *run)
{
    Tensor *tensor = new_tensor(phase, state->c_name, ROLE_STATE, TYPE_REAL);
    tensor->state = state;
    tensor->offset = run->start;
    add_dimension(tensor, run->elements);
    return tensor;
}

static void put_optimizer_state(Deriver *d, Frame *frame, const Run *run)
{
    const Template *template = d->model->optimizer->template;
    for (int i = 0; i < template->states; i++) {
        int state = find_state(d->model, format("optimizer_%s", template->state[i].variable));
        if (state < 0)
            continue;
        bool fixed = state_is_fixed(simple_form(d->model->optimizer), template->state[i].variable);
        if (fixed)
            frame_tensor(frame, template->state[i].variable, state_tensor(d, state));
        else if (run)
            frame_tensor(frame, template->state[i].variable, state_part(d->phase, d->model->state[state], run));
    }
    for (int i = 0; i < d->figures.count; i++)
        frame_put(frame, d->figures.slots[i].name, d->figures.slots[i].argument);
}

/* What runs once before the sweeps. An array that it fills and that is no state lies on the stack. */
static void derive_optimizer_step(Deriver *d)
{
    const Choice *choice = d->model->optimizer;
    const Kernel *kernel = form_kernel(simple_form(choice), "_step");
    Frame frame = {0};
    put_attributes(&frame, d->phase, choice);
    put_optimizer_state(d, &frame, NULL);
    put_steps_made(&frame);
    for (int i = 0; kernel && i < kernel->count; i++) {
        const Array *array = kernel->parameters[i].array;
        if (!array || array->constant || frame_get(&frame, array->name))
            continue;
        Tensor *figure = array_tensor(d->phase, format("%s_%s", choice->template->name, array->name), ROLE_SCALAR,
                                      array, sizes_of(choice, 1));
        frame_tensor(&d->figures, array->name, figure);
        frame_tensor(&frame, array->name, figure);
    }
    add_plain_step(d, &frame, choice, "_step", 1);
}

/* Clips, regularizers and the optimizer's sweep over one run of weights, whose gradient is g. */
static void update_run(Deriver *d, const Run *run, Tensor *g, const Frame *clips)
{
    Model *model = d->model;
    Tensor *w = run_tensor(d->phase, run, ROLE_WEIGHT);
    for (int i = 0; i < model->clips; i++)
        g = transform_gradient(d, clips[i], model->clip[i], "_apply", w, g);
    for (int i = 0; i < model->regularizers && run->regularized; i++) {
        Frame frame = {0};
        put_attributes(&frame, d->phase, model->regularizer[i]);
        g = transform_gradient(d, frame, model->regularizer[i], "_gradient", w, g);
    }
    Frame frame = {0};
    put_attributes(&frame, d->phase, model->optimizer);
    put_optimizer_state(d, &frame, run);
    frame_put(&frame, "rate", (Argument){.text = "rate[0]"});
    frame_tensor(&frame, "w", w);
    frame_tensor(&frame, "g", g);
    add_plain_step(d, &frame, model->optimizer, "_update", run->elements);
}

static void derive_update(Model *model)
{
    Deriver d = new_deriver(model, PHASE_UPDATE, 1);
    Run *runs;
    int count = weight_runs(model, &runs);
    derive_rate(&d, scalar_tensor(d.phase, "rate"));
    Frame *clips = NEW_ARRAY(model->clips, Frame);
    for (int i = 0; i < model->clips; i++) {
        put_attributes(&clips[i], d.phase, model->clip[i]);
        measure_gradients(&d, model->clip[i], &clips[i], runs, count);
    }
    derive_optimizer_step(&d);
    for (int r = 0; r < count; r++)
        update_run(&d, &runs[r], run_tensor(d.phase, &runs[r], ROLE_GRADIENT), clips);
}

/* ---- gradient and update in one ---- */

static void update_weights(Deriver *d, Weight *const *weights, int count)
{
    Model *model = d->model;
    Frame *clips = NEW_ARRAY(model->clips, Frame);
    for (int i = 0; i < model->clips; i++)
        put_attributes(&clips[i], d->phase, model->clip[i]);
    for (int i = 0; i < count; i++) {
        const Weight *weight = weights[i];
        const WeightState *state = &d->weights[weight->index];
        if (!state->begun)
            continue;
        Run run = {weight, state->start, shape_elements(&weight->shape), weight->regularized && model->regularizers};
        update_run(d, &run, state->gradient, clips);
    }
}

/* Each gradient is consumed as soon as it is complete: legal because a weight is updated after the last backward step
 * that reads it, whole (fuse moves the update into the store of dw only where nothing behind reads the weight), and
 * nothing asks for all gradients at once. */
static void derive_train(Model *model)
{
    for (int i = 0; i < model->clips; i++)
        if (form_kernel(simple_form(model->clip[i]), "_measure")) {
            error_at(model->clip[i]->span, "'%s' needs all gradients at once, but `update: fused` keeps none",
                     model->clip[i]->template->name);
            return;
        }
    Deriver d = new_deriver(model, PHASE_TRAIN, model->train.batch);
    derive_rate(&d, scalar_tensor(d.phase, "rate"));
    derive_optimizer_step(&d);
    gradient_steps(&d, update_weights);
}

static void derive_penalty(Model *model)
{
    Deriver d = new_deriver(model, PHASE_PENALTY, 1);
    Run *runs;
    int count = weight_runs(model, &runs);
    for (int i = 0; i < model->regularizers; i++)
        for (int r = 0; r < count; r++) {
            if (!runs[r].regularized)
                continue;
            Frame frame = {0};
            Tensor *penalty = scalar_tensor(d.phase, format("penalty_%d", d.phase->results + 1));
            put_attributes(&frame, d.phase, model->regularizer[i]);
            frame_tensor(&frame, "w", run_tensor(d.phase, &runs[r], ROLE_WEIGHT));
            frame_tensor(&frame, "penalty", penalty);
            add_plain_step(&d, &frame, model->regularizer[i], "_penalty", runs[r].elements);
            add_result(d.phase, penalty, 1);
        }
}

/* ---- what the training struct keeps ---- */

static void add_states(Model *model)
{
    for (int i = 0; i < model->weights; i++)
        if (model->weight[i]->statistic && !model->weight[i]->fixed) {
            const Weight *weight = model->weight[i];
            State *next = add_state(model, format("next.%s", weight->name), format("%s_next", weight->c_name),
                                    weight->shape, weight->state_value);
            next->next_of = weight;
        }
    for (int i = 0; i < model->losses; i++)
        for (int w = 0; w < model->loss[i]->states; w++) {
            const Weight *weight = model->loss[i]->state[w];
            State *state = add_state(model, weight->name, weight->c_name, weight->shape, weight->state_value);
            State *next = add_state(model, format("next.%s", weight->name), format("%s_next", weight->c_name),
                                    weight->shape, weight->state_value);
            next->next_to = state;
        }
    long long parameters = 0;
    for (int i = 0; i < model->weights; i++)
        if (model->weight[i]->trained)
            parameters += shape_elements(&model->weight[i]->shape);
    const Template *optimizer = model->optimizer->template;
    for (int i = 0; i < optimizer->states; i++) {
        const char *variable = optimizer->state[i].variable;
        const Array *array = form_array(simple_form(model->optimizer), variable);
        if (!array)
            continue;
        Shape shape = {.rank = 1, .dims = {(int)parameters}};
        if (state_is_fixed(simple_form(model->optimizer), variable))
            shape.dims[0] = (int)array->dims[0]->number;
        if (!shape.dims[0])
            continue;
        add_state(model, format("optimizer.%s", variable), format("optimizer_%s", variable), shape,
                  optimizer->state[i].value);
    }
}

/* What lies within a step has no shape of its own in the spec: a scratch of [N][K][K], say. */
static void check_sizes(const Model *model)
{
    for (int p = 0; p < PHASES; p++)
        for (int i = 0; model->phase[p] && i < model->phase[p]->steps && !model->report->errors; i++) {
            const Step *step = model->phase[p]->step[i];
            for (int a = 0; a < step->count; a++) {
                const Tensor *tensor = step->arguments[a].tensor;
                if (!tensor || tensor->elements <= ELEMENTS_MAX)
                    continue;
                error_at(step->span, "'%s' would take more than %lld numbers, which is the most", tensor->name,
                         ELEMENTS_MAX);
                return;
            }
        }
}

void derive(Model *model)
{
    if (!model->options->inference && model->losses) {
        add_states(model);
        derive_initialize(model);
        if (model->train.fused_update && !model->options->branches) {
            derive_train(model);
        } else {
            derive_gradient(model);
            derive_update(model);
        }
        derive_penalty(model);
    }
    derive_predict(model);
    if (model->options->predict_batch && !model->report->errors)
        derive_predict_batch(model);
    if (model->options->describe && model->losses)
        derive_evaluate(model);
    check_sizes(model);
}
