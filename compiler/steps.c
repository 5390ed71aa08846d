/* steps.c - steps and their kernels: made, copied so that a pass can try something, and asked. */
#include "steps.h"
#include "expr.h"

#include <string.h>

typedef struct Arrays {
    int count;
    Array **from, **to;
} Arrays;

static Expr *copied_load(void *context, const Expr *load, Expr **subscripts)
{
    const Arrays *arrays = context;
    for (int i = 0; i < arrays->count; i++)
        if (arrays->from[i] == load->array)
            return expr_load(arrays->to[i], load->count, subscripts);
    return NULL;
}

static Array *array_copy(Arrays *arrays, Array *from)
{
    Array *to = NEW(Array);
    *to = *from;
    int count = arrays->count;
    PUSH(arrays->from, arrays->count, from);
    PUSH(arrays->to, count, to);
    return to;
}

void kernel_add(Kernel *kernel, Parameter parameter)
{
    kernel->parameters = push_grow(kernel->parameters, kernel->count, sizeof parameter);
    kernel->parameters[kernel->count++] = parameter;
}

const char *free_array_name(const Kernel *kernel, const char *wanted)
{
    const char *name = wanted;
    for (int i = 0, number = 1; i < kernel->count; i++)
        if (kernel->parameters[i].array && strcmp(kernel->parameters[i].array->name, name) == 0) {
            name = format("%s_%d", wanted, ++number);
            i = -1;
        }
    return name;
}

void step_add(Step *step, Argument argument)
{
    step->arguments = push_grow(step->arguments, step->count, sizeof argument);
    step->arguments[step->count++] = argument;
}

static bool is_mentioned(const Kernel *kernel, const Parameter *parameter)
{
    if (!parameter->array)
        return stmt_mentions(kernel->body, parameter->symbol);
    return parameter->array->read || parameter->array->written;
}

void drop_unmentioned(Step *step)
{
    Kernel *kernel = step->kernel;
    int kept = 0;
    note_uses(kernel);
    for (int i = 0; i < step->count; i++)
        if (kernel->body && is_mentioned(kernel, &kernel->parameters[i])) {
            kernel->parameters[kept] = kernel->parameters[i];
            step->arguments[kept++] = step->arguments[i];
        }
    kernel->count = step->count = kept;
}

Tensor *tensor_of(const Step *step, const Array *array)
{
    for (int a = 0; a < step->count; a++)
        if (step->kernel->parameters[a].array == array && step->arguments[a].tensor)
            return root_tensor(step->arguments[a].tensor);
    return NULL;
}

Step *step_copy(const Step *step)
{
    const Kernel *from = step->kernel;
    Step *copy = NEW(Step);
    Kernel *kernel = NEW(Kernel);
    *copy = *step;
    *kernel = *from;
    copy->kernel = kernel;
    kernel->owner = copy;
    kernel->parameters = NULL;
    copy->arguments = NULL;
    kernel->count = copy->count = 0;
    Arrays arrays = {0};
    for (int i = 0; i < from->count; i++) {
        Parameter parameter = from->parameters[i];
        if (parameter.array)
            parameter.array = array_copy(&arrays, parameter.array);
        kernel_add(kernel, parameter);
        step_add(copy, step->arguments[i]);
    }
    Changes changes = {.load = copied_load, .context = &arrays};
    kernel->body = stmt_copy(&changes, from->body);
    note_uses(kernel);
    return copy;
}

bool step_touches(const Step *step, const Tensor *tensor)
{
    for (int a = 0; a < step->count; a++)
        if (step->arguments[a].tensor && root_tensor(step->arguments[a].tensor) == tensor)
            return true;
    return false;
}

Kernel **made_kernel(Made_kernels *made, const char *key)
{
    int *number = names_at(&made->names, key);
    if (!*number) {
        PUSH(made->kernel, made->count, NULL);
        *number = made->count;
    }
    return &made->kernel[*number - 1];
}

int last_of_rounds(const Phase *phase, int first)
{
    const Rounds *rounds = phase->step[first]->rounds;
    int last = first;
    while (rounds && last + 1 < phase->steps && phase->step[last + 1]->rounds == rounds)
        last++;
    return last;
}

void set_owners(const Model *model)
{
    for (int p = PHASES - 1; p >= 0; p--)
        for (int i = model->phase[p] ? model->phase[p]->steps - 1 : -1; i >= 0; i--)
            model->phase[p]->step[i]->kernel->owner = model->phase[p]->step[i];
}

static Tensor *copy_of(const Phase *copy, const Tensor *tensor)
{
    return tensor ? copy->tensor[tensor->users] : NULL;
}

Phase *phase_copy(const Phase *phase)
{
    Phase *copy = NEW(Phase);
    *copy = *phase;
    copy->tensor = NULL;
    copy->tensors = 0;
    copy->step = NULL;
    copy->steps = 0;
    for (int i = 0; i < phase->tensors; i++) {
        Tensor *tensor = NEW(Tensor);
        phase->tensor[i]->users = i;
        *tensor = *phase->tensor[i];
        tensor->heir = NULL;
        tensor->heirs = 0;
        PUSH(copy->tensor, copy->tensors, tensor);
    }
    for (int i = 0; i < phase->tensors; i++)
        copy->tensor[i]->view = copy_of(copy, phase->tensor[i]->view);
    for (int s = 0; s < phase->steps; s++) {
        Step *step = step_copy(phase->step[s]);
        for (int a = 0; a < step->count; a++)
            step->arguments[a].tensor = copy_of(copy, step->arguments[a].tensor);
        PUSH(copy->step, copy->steps, step);
    }
    copy->result = NEW_ARRAY(phase->results + 1, Tensor *);
    for (int i = 0; i < phase->results; i++)
        copy->result[i] = copy_of(copy, phase->result[i]);
    return copy;
}

bool is_tensor_name(const Phase *phase, const char *name)
{
    for (int i = 0; i < phase->tensors; i++)
        if (strcmp(phase->tensor[i]->name, name) == 0)
            return true;
    return false;
}

Names tensor_names(const Phase *phase)
{
    Names names = {0};
    for (int i = 0; i < phase->tensors; i++)
        names_at(&names, phase->tensor[i]->name);
    return names;
}

const char *take_name(Names *taken, const char *name)
{
    while (names_find(taken, name))
        name = format("%s_again", name);
    names_at(taken, name);
    return name;
}
