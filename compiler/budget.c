/* budget.c - whether a planned network fits the spec's `memory:`, and if not, what is too large. Changes nothing. */
#include "emit.h"
#include "footprint.h"
#include "lives.h"
#include "sizes.h"

#include <stdlib.h>
#include <string.h>

/* Of what is listed: at most this many, and none below this share of the whole. */
enum { LISTED = 5, WEIGHTS_LISTED = 3, LEAST_SHARE = 20 };

static int real_bytes(const Model *model)
{
    return model->options->float64 ? 8 : 4;
}

/* ---- parameters ---- */

static Span place_of(const Model *model, const Weight *weight)
{
    for (int i = 0; i < model->layers; i++)
        for (int w = 0; w < model->layer[i]->weights; w++)
            if (model->layer[i]->weight[w] == weight)
                return model->layer[i]->span;
    for (int i = 0; i < model->losses; i++)
        for (int w = 0; w < model->loss[i]->weights; w++)
            if (model->loss[i]->weight[w] == weight)
                return model->loss[i]->span;
    return model->name_span;
}

static int larger_weight_first(const void *left, const void *right)
{
    const Weight *a = *(Weight *const *)left, *b = *(Weight *const *)right;
    long long own = shape_elements(&a->shape), other = shape_elements(&b->shape);
    return own != other ? (own < other) - (own > other) : strcmp(a->name, b->name);
}

static void list_weights(const Model *model, long long parameters)
{
    if (!model->weights)
        return;
    Weight **all = NEW_ARRAY(model->weights, Weight *);
    memcpy(all, model->weight, (size_t)model->weights * sizeof(Weight *));
    qsort(all, (size_t)model->weights, sizeof(Weight *), larger_weight_first);
    for (int i = 0; i < WEIGHTS_LISTED && i < model->weights; i++) {
        long long bytes = weight_bytes(model, all[i]);
        if (bytes * LEAST_SHARE >= parameters)
            note_at(place_of(model, all[i]), "%lld bytes of parameters: '%s', %s", bytes, all[i]->name,
                    shape_text(&all[i]->shape));
    }
}

/* ---- the arena ---- */

static const Phase *largest_phase(const Model *model, bool training)
{
    static const PhaseKind kinds[2][4] = {{PHASE_PREDICT, PHASE_EVALUATE, PHASE_PREDICT_BATCH, PHASE_PREDICT},
                                          {PHASE_GRADIENT, PHASE_TRAIN, PHASE_UPDATE, PHASE_INITIALIZE}};
    const Phase *largest = NULL;
    for (int i = 0; i < 4; i++) {
        const Phase *phase = model->phase[kinds[training][i]];
        if (phase && phase->steps && (!largest || phase->bound_bytes > largest->bound_bytes))
            largest = phase;
    }
    return largest;
}

static int larger_tensor_first(const void *left, const void *right)
{
    const Tensor *a = *(Tensor *const *)left, *b = *(Tensor *const *)right;
    return a->elements != b->elements ? (a->elements < b->elements) - (a->elements > b->elements)
                                      : strcmp(a->name, b->name);
}

/* "the backward step of 'conv2d_3'" */
static const char *step_text(const Step *step)
{
    const char *name = step->source->name;
    bool backward = strlen(name) > 9 && strcmp(name + strlen(name) - 9, "_backward") == 0;
    return format("the %sstep of '%s'", backward ? "backward " : step->again ? "repeated " : "", step->title);
}

static const char *dims_text(const Tensor *tensor)
{
    Text text = {0};
    for (int i = 0; i < tensor->rank; i++)
        text_add(&text, "%s%d", i ? ", " : "[", tensor->dims[i]);
    text_add(&text, "]");
    return text.bytes;
}

/* What is alive in the nest where most is. */
static void list_arena(const Model *model, const Phase *phase)
{
    const Profile profile = profile_of(phase, 1);
    int peak = 0;
    long long most = -1;
    for (int t = 0; t < profile.times; t++) {
        long long bytes = profile.reals[t] * real_bytes(model) + profile.ints[t] * 4;
        if (bytes <= most)
            continue;
        peak = t;
        most = bytes;
    }
    const Step *at = phase->step[profile.step[peak]];
    note_at(at->span, "the most that is alive at once is %lld bytes, in %s:", most, step_text(at));
    Tensor **alive = NULL;
    int count = 0;
    for (int i = 0; i < profile.tensors; i++)
        if (profile.tensor[i]->from <= peak && profile.tensor[i]->until >= peak)
            PUSH(alive, count, profile.tensor[i]);
    if (count)
        qsort(alive, (size_t)count, sizeof(Tensor *), larger_tensor_first);
    for (int i = 0; i < count && i < LISTED; i++) {
        long long bytes = tensor_bytes(alive[i], real_bytes(model));
        if (bytes * LEAST_SHARE >= most)
            note_at(phase->step[alive[i]->born]->span, "%lld bytes: '%s', %s, until %s", bytes, alive[i]->name,
                    dims_text(alive[i]), step_text(phase->step[alive[i]->dies]));
    }
}

/* ---- the budgets ---- */

static void list_contents(const Model *model, const Footprint *all)
{
    const Phase *phase = largest_phase(model, all->training);
    long long arena = all->training ? all->arena : all->scratch, rest = all->ram - arena;
    if (rest * LEAST_SHARE >= all->ram)
        list_weights(model, all->parameters);
    if (phase && arena * LEAST_SHARE >= all->ram)
        list_arena(model, phase);
}

static void advise(const Model *model, const Footprint *all)
{
    const Span span = model->ram_span;
    if (model->least_ram_bytes)
        hint(span, "%lld bytes are the least that `recompute: auto` can bring it to", model->least_ram_bytes);
    if (all->gradients > all->arena)
        hint(span, "`train: {update: fused}` keeps no gradients");
    else if (!model->train.recompute && all->arena > all->ram - model->ram_bytes)
        hint(span, "`train: {recompute: auto}` keeps less for the backward pass, and makes it again");
    if (model->train.batch > 1 && all->arena > all->parameters + all->state)
        hint(span, "the arena grows with the batch, which is %d", model->train.batch);
}

static bool within_ram(const Model *model, const Footprint *all)
{
    if (!model->ram_bytes || all->ram <= model->ram_bytes)
        return true;
    Span span = model->ram_span;
    error_at(span, "%s '%s' needs %lld bytes of memory, %lld more than the %lld that there are",
             all->training ? "training" : "prediction with", model->name, all->ram, all->ram - model->ram_bytes,
             model->ram_bytes);
    if (all->training)
        note_at(span, "parameters %lld, gradients %lld, state %lld, arena %lld, counters %lld", all->parameters,
                all->gradients, all->state, all->arena, all->counters);
    else
        note_at(span, "parameters %lld, scratch %lld", all->ram - all->scratch, all->scratch);
    list_contents(model, all);
    if (all->training)
        advise(model, all);
    return false;
}

static bool within_flash(const Model *model, const Footprint *all)
{
    if (!model->flash_bytes || all->flash <= model->flash_bytes)
        return true;
    long long weights = (model->options->weights ? all->parameters : 0) + all->frozen;
    error_at(model->flash_span, "the constants of '%s' take %lld bytes, %lld more than the %lld that there are",
             model->name, all->flash, all->flash - model->flash_bytes, model->flash_bytes);
    note_at(model->flash_span, "parameters %lld, lists %lld; code is not counted", weights, all->constants - weights);
    if (weights)
        list_weights(model, weights);
    return false;
}

bool within_budgets(const Model *model)
{
    const Footprint all = footprint_of(model);
    bool ram = within_ram(model, &all), flash = within_flash(model, &all);
    return ram && flash;
}

bool within_measured_budgets(const Model *model, long long flash)
{
    const Footprint all = footprint_of(model);
    bool ram = within_ram(model, &all), fits = !model->flash_bytes || flash <= model->flash_bytes;
    if (!fits)
        error_at(model->flash_span,
                 "code and constants of '%s' take %lld bytes, %lld more than the %lld that there are", model->name,
                 flash, flash - model->flash_bytes, model->flash_bytes);
    return ram && fits;
}
