/* plan.c - gives every tensor of the arena its place. Needs steps in their final order; leaves lives and offsets set,
 * and of each phase the arena's size and the lower bound of it.
 *
 * Who may take whose place is found out before the nests are cut into tiles (share), where it is easy to see; the
 * places are given when all steps are as they will be printed (plan). */
#include "lives.h"
#include "place.h"

static void share_phase(Phase *phase)
{
    find_lives(phase);
    find_heirs(phase);
}

void share(Model *model)
{
    for (int p = 0; p < PHASES; p++)
        if (model->phase[p])
            share_phase(model->phase[p]);
}

static long long larger(long long a, long long b)
{
    return a > b ? a : b;
}

/* What the last of the tensors that live together need not be rounded up by, at most. */
static long long largest_rest(const Profile *profile, Type type, int alignment, int time)
{
    long long most = 0;
    for (int i = 0; i < profile->tensors; i++) {
        const Tensor *tensor = profile->tensor[i];
        if (tensor->type == type && tensor->from <= time && tensor->until >= time)
            most = larger(rounded_up(tensor->elements, alignment) - tensor->elements, most);
    }
    return most;
}

/* Nothing smaller holds tensors that begin at whole vectors: `profile` counts those. The time of the most comes first:
 * few others come close to it. */
static long long least_elements(const Profile *profile, Type type, int alignment)
{
    const long long *live = type == TYPE_INT ? profile->ints : profile->reals;
    int peak = 0;
    for (int t = 1; t < profile->times; t++)
        peak = live[t] > live[peak] ? t : peak;
    long long least = profile->times ? live[peak] - largest_rest(profile, type, alignment, peak) : 0;
    for (int t = 0; t < profile->times; t++)
        if (live[t] > least)
            least = larger(live[t] - largest_rest(profile, type, alignment, t), least);
    return least;
}

static long long place_type(const Profile *profile, Type type, int alignment)
{
    Tensor **tensors = NULL;
    int count = 0;
    for (int i = 0; i < profile->tensors; i++)
        if (profile->tensor[i]->type == type)
            PUSH(tensors, count, profile->tensor[i]);
    return place_tensors(tensors, count, alignment, least_elements(profile, type, alignment));
}

/* The nest that is the last to read an input of the network; -1: none does. */
static int last_of_inputs(const Phase *phase)
{
    int last = -1;
    for (int i = 0; i < phase->tensors; i++)
        if (phase->tensor[i]->role == ROLE_INPUT && !phase->tensor[i]->view && phase->tensor[i]->until > last)
            last = phase->tensor[i]->until;
    return last;
}

static long long input_elements(const Phase *phase)
{
    long long elements = 0;
    for (int i = 0; i < phase->tensors; i++)
        if (phase->tensor[i]->role == ROLE_INPUT && !phase->tensor[i]->view)
            elements += phase->tensor[i]->elements;
    return elements;
}

static void set_bounds(Phase *phase, const Profile *profile, int real_bytes)
{
    const long long input_bytes = input_elements(phase) * real_bytes;
    const int read_until = last_of_inputs(phase);
    phase->bound_reals = phase->bound_ints = phase->bound_bytes = phase->with_input_bytes = 0;
    for (int t = 0; t < profile->times; t++) {
        long long live = profile->reals[t] * real_bytes + profile->ints[t] * 4;
        long long with_input = live + (t <= read_until ? input_bytes : 0);
        phase->bound_reals = larger(profile->reals[t], phase->bound_reals);
        phase->bound_ints = larger(profile->ints[t], phase->bound_ints);
        phase->bound_bytes = larger(live, phase->bound_bytes);
        phase->with_input_bytes = larger(with_input, phase->with_input_bytes);
    }
}

/* With room to begin at a whole vector, wherever the memory begins. */
static long long aligned_arena(long long elements, int alignment)
{
    return elements ? elements + alignment - 1 : 0;
}

static void plan_phase(Phase *phase, int alignment, int real_bytes)
{
    find_lives(phase);
    const Profile profile = profile_of(phase, 1), in_vectors = profile_of(phase, alignment);
    set_bounds(phase, &profile, real_bytes);
    const long long reals = place_type(&in_vectors, TYPE_REAL, alignment);
    const long long ints = place_type(&in_vectors, TYPE_INT, alignment);
    phase->arena_reals = aligned_arena(reals, alignment);
    phase->arena_ints = aligned_arena(ints, alignment);
}

void plan(Model *model)
{
    const Options *options = model->options;
    for (int p = 0; p < PHASES; p++)
        if (model->phase[p])
            plan_phase(model->phase[p], options->lanes > 1 ? options->lanes : 1, options->float64 ? 8 : 4);
}
