/* footprint.c - what a network needs in bytes. Needs plan; changes nothing. */
#include "footprint.h"
#include "emit.h"
#include "sizes.h"

#include <string.h>

/* ---- bytes ---- */

static const PhaseKind training_phases[] = {PHASE_INITIALIZE, PHASE_GRADIENT, PHASE_UPDATE, PHASE_TRAIN};
static const PhaseKind inference_phases[] = {PHASE_PREDICT, PHASE_EVALUATE};
static const PhaseKind batch_phases[] = {PHASE_PREDICT_BATCH};

static long long larger(long long a, long long b)
{
    return a > b ? a : b;
}

/* The arena serves one phase after the other, so it is as large as the largest. */
static void measure_arena(const Model *model, const PhaseKind *kinds, int count, int real_bytes, long long *bytes,
                          long long *bound)
{
    long long reals = 0, ints = 0, live = 0;
    for (int i = 0; i < count; i++) {
        const Phase *phase = model->phase[kinds[i]];
        if (!phase)
            continue;
        reals = larger(reals, phase->arena_reals);
        ints = larger(ints, phase->arena_ints);
        live = larger(live, phase->bound_bytes);
    }
    *bytes = reals * real_bytes + ints * 4;
    *bound = live;
}

static bool is_used(const Phase *phase, const Tensor *tensor)
{
    for (int i = 0; i < phase->steps; i++)
        for (int a = 0; a < phase->step[i]->count; a++)
            if (phase->step[i]->arguments[a].tensor == tensor)
                return true;
    return false;
}

/* Lists of the spec that are printed as arrays: each once, whatever the phases that read it. */
static long long list_bytes(const Model *model, int real_bytes)
{
    const char **seen = NULL;
    int count = 0;
    long long bytes = 0;
    for (int p = 0; p < PHASES; p++)
        for (int i = 0; model->phase[p] && i < model->phase[p]->tensors; i++) {
            const Tensor *tensor = model->phase[p]->tensor[i];
            if (tensor->role != ROLE_CONSTANT || !is_used(model->phase[p], tensor))
                continue;
            bool known = false;
            for (int k = 0; k < count; k++)
                known |= strcmp(seen[k], tensor->name) == 0;
            if (!known)
                bytes += tensor_bytes(tensor, real_bytes);
            PUSH(seen, count, tensor->name);
        }
    return bytes;
}

static int repeated_steps(const Phase *phase)
{
    int count = 0;
    for (int i = 0; phase && i < phase->steps; i++)
        count += phase->step[i]->again;
    return count;
}

Footprint footprint_of(const Model *model)
{
    const Options *options = model->options;
    int real_bytes = options->float64 ? 8 : 4;
    Footprint all = {.fused = model->phase[PHASE_TRAIN] != NULL};
    all.training = all.fused || model->phase[PHASE_GRADIENT];
    const Emitter emitter = {.model = model, .fused = all.fused, .training = all.training};
    all.parameters = parameters_bytes(model);
    for (int i = 0; i < model->weights; i++)
        if (model->weight[i]->statistic)
            all.statistics += weight_bytes(model, model->weight[i]);
    for (int i = 0; i < model->states; i++)
        all.state += shape_elements(&model->state[i]->shape) * real_bytes;
    measure_arena(model, training_phases, 4, real_bytes, &all.arena, &all.arena_bound);
    if (all.training) {
        all.gradients = all.fused ? 0 : all.parameters;
        all.training_total = training_bytes(&emitter);
        all.counters = all.training_total - all.parameters - all.gradients - all.state - all.arena;
    }
    long long inference;
    measure_arena(model, inference_phases, 2, real_bytes, &inference, &all.inference_bound);
    all.inference = inference_bytes(&emitter);
    if (model->phase[PHASE_PREDICT_BATCH]) {
        long long arena;
        measure_arena(model, batch_phases, 1, real_bytes, &arena, &all.batch_bound);
        all.batch = inference_batch_bytes(&emitter);
    }
    all.scratch = larger(all.inference, all.batch);
    if (model->phase[PHASE_PREDICT])
        all.inference_with_input = model->phase[PHASE_PREDICT]->with_input_bytes;
    all.repeated = repeated_steps(model->phase[all.fused ? PHASE_TRAIN : PHASE_GRADIENT]);
    long long weights = options->weights ? all.parameters : 0;
    for (int i = 0; i < model->constants; i++)
        all.frozen += weight_bytes(model, model->constant[i]);
    all.constants = weights + all.frozen + list_bytes(model, real_bytes);
    all.ram = all.training ? all.training_total : all.scratch + all.parameters - weights;
    all.flash = all.constants;
    return all;
}
