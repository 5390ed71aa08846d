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

static long long place_type(const Profile *profile, Type type, int alignment, long long bound)
{
    Tensor **tensors = NULL;
    int count = 0;
    for (int i = 0; i < profile->tensors; i++)
        if (profile->tensor[i]->type == type)
            PUSH(tensors, count, profile->tensor[i]);
    return place_tensors(tensors, count, alignment, bound);
}

static void plan_phase(Phase *phase, int alignment, int real_bytes)
{
    find_lives(phase);
    Profile profile = profile_of(phase);
    long long reals = 0, ints = 0, bytes = 0;
    for (int t = 0; t < profile.times; t++) {
        long long live = profile.reals[t] * real_bytes + profile.ints[t] * 4;
        reals = profile.reals[t] > reals ? profile.reals[t] : reals;
        ints = profile.ints[t] > ints ? profile.ints[t] : ints;
        bytes = live > bytes ? live : bytes;
    }
    phase->arena_reals = place_type(&profile, TYPE_REAL, alignment, reals);
    phase->arena_ints = place_type(&profile, TYPE_INT, alignment, ints);
    phase->bound_reals = reals;
    phase->bound_bytes = bytes;
}

void plan(Model *model)
{
    const Options *options = model->options;
    for (int p = 0; p < PHASES; p++)
        if (model->phase[p])
            plan_phase(model->phase[p], options->lanes > 1 ? options->lanes : 1, options->float64 ? 8 : 4);
}
