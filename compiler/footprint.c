/* footprint.c - what a network needs in bytes. Needs plan; changes nothing. */
#include "footprint.h"
#include "emit.h"
#include "sizes.h"

#include <string.h>

/* ---- bytes ---- */

static const PhaseKind training_phases[] = {PHASE_INITIALIZE, PHASE_GRADIENT, PHASE_UPDATE, PHASE_TRAIN};
static const PhaseKind inference_phases[] = {PHASE_PREDICT, PHASE_EVALUATE};

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
        live = larger(live, phase->bound_reals);
    }
    *bytes = reals * real_bytes + ints * 4;
    *bound = live * real_bytes + ints * 4;
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
                bytes += tensor->elements * (tensor->type == TYPE_INT ? 4 : real_bytes);
            PUSH(seen, count, tensor->name);
        }
    return bytes;
}

Footprint footprint_of(const Model *model)
{
    const Options *options = model->options;
    int real_bytes = options->float64 ? 8 : 4;
    Footprint all = {.fused = model->phase[PHASE_TRAIN] != NULL};
    all.training = all.fused || model->phase[PHASE_GRADIENT];
    const Emitter emitter = {.model = model, .fused = all.fused, .training = all.training};
    all.parameters = parameters_elements(model) * real_bytes;
    for (int i = 0; i < model->weights; i++)
        if (model->weight[i]->statistic)
            all.statistics += shape_elements(&model->weight[i]->shape) * real_bytes;
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
    long long weights = options->weights ? all.parameters : 0;
    all.constants = weights + list_bytes(model, real_bytes);
    all.ram = all.training ? all.training_total : all.inference + all.parameters - weights;
    all.flash = all.constants;
    return all;
}

/* ---- budgets ---- */

static bool within_ram(const Model *model, const Footprint *all)
{
    if (!model->ram_bytes || all->ram <= model->ram_bytes)
        return true;
    Span span = model->ram_span;
    error_at(span, "%s '%s' needs %lld bytes of memory, %lld more than the %lld that there are",
             all->training ? "training" : "prediction with", model->name, all->ram, all->ram - model->ram_bytes,
             model->ram_bytes);
    if (!all->training) {
        note_at(span, "parameters %lld, scratch %lld", all->ram - all->inference, all->inference);
        return false;
    }
    note_at(span, "parameters %lld, gradients %lld, state %lld, arena %lld, counters %lld", all->parameters,
            all->gradients, all->state, all->arena, all->counters);
    bool gradients = all->gradients > all->arena;
    if (gradients)
        hint(span, "`train: {update: fused}` keeps no gradients");
    else if (model->train.batch > 1 && all->arena > all->parameters + all->state)
        hint(span, "the arena grows with the batch, which is %d", model->train.batch);
    return false;
}

static bool within_flash(const Model *model, const Footprint *all)
{
    if (!model->flash_bytes || all->flash <= model->flash_bytes)
        return true;
    error_at(model->flash_span, "the constants of '%s' take %lld bytes, %lld more than the %lld that there are",
             model->name, all->flash, all->flash - model->flash_bytes, model->flash_bytes);
    note_at(model->flash_span, "parameters %lld, lists %lld; code is not counted",
            model->options->weights ? all->parameters : 0,
            all->constants - (model->options->weights ? all->parameters : 0));
    return false;
}

bool within_budgets(const Model *model)
{
    const Footprint all = footprint_of(model);
    bool ram = within_ram(model, &all), flash = within_flash(model, &all);
    return ram && flash;
}
