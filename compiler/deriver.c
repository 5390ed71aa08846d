/* deriver.c - tensors and steps of the phase that derive is at. */
#include "deriver.h"
#include "forms.h"

#include <string.h>

/* ---- names of one layer in one phase ---- */

void frame_put(Frame *frame, const char *name, Argument argument)
{
    frame->slots = push_grow(frame->slots, frame->count, sizeof(Slot));
    frame->slots[frame->count++] = (Slot){name, argument};
}

void frame_tensor(Frame *frame, const char *name, Tensor *tensor)
{
    frame_put(frame, name, (Argument){.tensor = tensor});
}

const Argument *frame_get(const Frame *frame, const char *name)
{
    for (int i = frame->count - 1; i >= 0; i--)
        if (strcmp(frame->slots[i].name, name) == 0)
            return &frame->slots[i].argument;
    return NULL;
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

Tensor *new_tensor(Phase *phase, const char *name, Role role, Type type)
{
    name = unique_name(phase, name, role);
    Tensor *tensor = NEW(Tensor);
    *tensor = (Tensor){.name = name, .role = role, .type = type, .elements = 1, .born = -1, .dies = -1};
    PUSH(phase->tensor, phase->tensors, tensor);
    return tensor;
}

void add_dimension(Tensor *tensor, long long size)
{
    tensor->dims[tensor->rank++] = (int)size;
    if (tensor->elements <= ELEMENTS_MAX)
        tensor->elements *= size;
}

Tensor *sample_tensor(Phase *phase, const char *name, Role role, Type type, const Shape *shape)
{
    Tensor *tensor = new_tensor(phase, name, role, type);
    add_dimension(tensor, phase->batch);
    for (int i = 0; i < shape->rank && tensor->rank < RANK_MAX; i++)
        add_dimension(tensor, shape->dims[i]);
    return tensor;
}

Tensor *shaped_tensor(Phase *phase, const char *name, Role role, const Weight *weight)
{
    Tensor *tensor = new_tensor(phase, name, role, TYPE_REAL);
    for (int i = 0; i < weight->shape.rank; i++)
        add_dimension(tensor, weight->shape.dims[i]);
    return tensor;
}

Tensor *scalar_tensor(Phase *phase, const char *name)
{
    Tensor *tensor = new_tensor(phase, name, ROLE_SCALAR, TYPE_REAL);
    add_dimension(tensor, 1);
    return tensor;
}

Tensor *array_tensor(Phase *phase, const char *name, Role role, const Array *array, const Application *sizes)
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

Tensor *weight_tensor(const Deriver *d, const Weight *weight)
{
    WeightState *state = &d->weights[weight->index];
    if (!state->value) {
        state->value = shaped_tensor(d->phase, weight->c_name, ROLE_WEIGHT, weight);
        state->value->weight = weight;
    }
    return state->value;
}

Tensor *gradient_tensor(const Deriver *d, const Weight *weight)
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

int find_state(Model *model, const char *c_name)
{
    return *names_at(&model->state_names, c_name) - 1;
}

Tensor *state_tensor(const Deriver *d, int at)
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

/* ---- attributes as arguments ---- */

void put_attributes(Frame *frame, Phase *phase, const Choice *choice)
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

Step *new_step(Deriver *d, Frame *frame, const Kernel *kernel, const char *title, Span span, const Application *sizes)
{
    Step *step = NEW(Step);
    *step = (Step){.title = title, .span = span, .source = kernel, .sizes = sizes, .count = kernel->count};
    step->arguments = NEW_ARRAY(kernel->count, Argument);
    for (int i = 0; i < kernel->count; i++)
        step->arguments[i] = resolve(d, frame, kernel, &kernel->parameters[i], title, sizes);
    PUSH(d->phase->step, d->phase->steps, step);
    return step;
}

/* ---- phases ---- */

Deriver new_deriver(Model *model, PhaseKind kind, int batch)
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

bool in_training(const Phase *phase)
{
    return phase->kind == PHASE_GRADIENT || phase->kind == PHASE_TRAIN;
}

void add_result(Phase *phase, Tensor *scalar, double weight)
{
    int count = phase->results;
    PUSH(phase->result, phase->results, scalar);
    phase->result_weight = push_grow(phase->result_weight, count, sizeof(double));
    phase->result_weight[count] = weight;
}
