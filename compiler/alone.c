/* alone.c - finds the arrays that a kernel writes and that overlap nothing else it uses, in every step that runs it.
 * Needs plan.
 *
 * Where a nest writes y[m][c] and reads factor[c], a C compiler reads the factor again after each store, since it may
 * have been overwritten. Of these arrays it is told that it may not: the parameter is `restrict`. Not of what a program
 * passes in: that is nobody's promise but its own. */
#include "lives.h"
#include "sizes.h"

static bool is_argument(const Tensor *tensor)
{
    return tensor->role <= ROLE_SCORED;
}

/* A member of its struct by itself, not a row of several. */
static bool is_one_weight(const Tensor *tensor)
{
    return tensor->elements == shape_elements(&tensor->weight->shape);
}

static bool may_overlap(const Tensor *a, const Tensor *b)
{
    if (a == b)
        return true;
    if (in_arena(a) && in_arena(b))
        return places_overlap(a, b);
    if (is_argument(a) && is_argument(b))
        return true;
    if (a->role != b->role)
        return false;
    if (a->role == ROLE_WEIGHT || a->role == ROLE_GRADIENT)
        return a->weight == b->weight || !is_one_weight(a) || !is_one_weight(b);
    return a->role == ROLE_STATE && a->state == b->state;
}

static bool is_alone(const Step *step, int argument)
{
    const Tensor *own = step->arguments[argument].tensor ? root_tensor(step->arguments[argument].tensor) : NULL;
    bool alone = own && !is_argument(own), others = false;
    for (int a = 0; a < step->count && alone; a++) {
        const Tensor *tensor = step->arguments[a].tensor;
        if (a == argument || !tensor)
            continue;
        others = true;
        alone = !may_overlap(own, root_tensor(tensor));
    }
    return alone && others;
}

/* Kernels that were made from each other may have arrays in common, so each of their steps has a say. */
static void ask(const Phase *phase, bool first)
{
    for (int s = 0; phase && s < phase->steps; s++)
        for (int a = 0; a < phase->step[s]->count; a++) {
            Array *array = phase->step[s]->kernel->parameters[a].array;
            if (array)
                array->alone = array->written && (first || (array->alone && is_alone(phase->step[s], a)));
        }
}

void alone(Model *model)
{
    for (int round = 0; round < 2 && model->options->lanes > 1; round++)
        for (int p = 0; p < PHASES; p++)
            ask(model->phase[p], round == 0);
}
