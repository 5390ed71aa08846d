/* profile.c - the time of each step of a phase. The network is printed so that every step calls back when it is done;
 * what lies between two calls is the step's. The clock itself takes time, too: that is measured and taken off. */
#include "profile.h"
#include "macs.h"

#include <math.h>
#include <string.h>

enum { SAMPLES_MOST = 4000, SAMPLES_LEAST = 3, OVERHEAD_SAMPLES = 1000 };

/* ---- rows ---- */

static bool counted_before(const Step *step, int argument)
{
    const Tensor *own = step->arguments[argument].tensor;
    for (int a = 0; a < argument; a++) {
        const Tensor *other = step->arguments[a].tensor;
        if (other && root_tensor(other) == root_tensor(own) && other->elements == own->elements)
            return true;
    }
    return false;
}

static double bytes_of(const Step *step, int real_bytes)
{
    double bytes = 0;
    for (int a = 0; a < step->count; a++) {
        const Tensor *tensor = step->arguments[a].tensor;
        const Array *array = step->kernel->parameters[a].array;
        if (array && tensor && !counted_before(step, a))
            bytes += (array->read + array->written) * (double)tensor_bytes(tensor, real_bytes);
    }
    return bytes;
}

/* The layer of a step, by its title: -1 for a loss, an optimizer, ... */
static int layer_of(const Model *model, const Step *step)
{
    for (int i = 0; i < model->layers && step->source->template->category == LAYER; i++)
        if (strcmp(model->layer[i]->name, step->title) == 0)
            return i;
    return -1;
}

static double macs_of(const Model *model, const Training_macs *training, const Step *step, PhaseKind phase)
{
    int layer = layer_of(model, step);
    if (layer < 0)
        return 0;
    if (phase == PHASE_PREDICT || phase == PHASE_PREDICT_BATCH)
        return (double)layer_macs(model->layer[layer]) * model->phase[phase]->batch;
    bool backward = strstr(step->source->name, "_backward") != NULL;
    return (double)(backward ? training[layer].backward : training[layer].forward);
}

static void tick(void *context, int phase, int step)
{
    Step_profile *profile = context;
    double now = profile->clock();
    profile->row[profile->first[phase] + step].spent += now - profile->last;
    profile->last = now;
}

Step_profile profile_rows(const Built *built)
{
    static const PhaseKind order[] = {PHASE_GRADIENT, PHASE_UPDATE, PHASE_TRAIN, PHASE_PREDICT, PHASE_PREDICT_BATCH};
    const Model *model = built->model;
    const Training_macs *training = training_macs_by_layer(model);
    Step_profile profile = {.built = built};
    for (size_t p = 0; p < sizeof order / sizeof *order; p++) {
        const Phase *phase = model->phase[order[p]];
        profile.first[order[p]] = profile.rows;
        for (int i = 0; phase && i < phase->steps; i++) {
            profile.row = push_grow(profile.row, profile.rows, sizeof(Profile_row));
            profile.row[profile.rows++] =
                (Profile_row){.step = phase->step[i],
                              .phase = order[p],
                              .macs = macs_of(model, training, phase->step[i], order[p]),
                              .bytes = bytes_of(phase->step[i], (int)built->network->real_bytes),
                              .samples = NEW_ARRAY(SAMPLES_MOST, double)};
        }
    }
    return profile;
}

/* ---- time ---- */

/* us that one call of tick takes. */
static double overhead(double (*clock)(void))
{
    Profile_row row = {0};
    Step_profile profile = {.rows = 1, .row = &row, .clock = clock};
    double least = 1e9;
    for (int i = 0; i < OVERHEAD_SAMPLES; i++) {
        row.spent = 0;
        profile.last = clock();
        tick(&profile, 0, 0);
        least = row.spent < least ? row.spent : least;
    }
    return least;
}

/* One call; what it spent in each step goes to its row. */
static void pass_through(Step_profile *profile, const Work *work)
{
    for (int i = 0; i < profile->rows; i++)
        profile->row[i].spent = 0;
    profile->last = profile->clock();
    work->call(work->context);
}

void profile_measure(Step_profile *profile, const Work *work, double budget_us)
{
    profile->clock = work->clock ? work->clock : now_us;
    *profile->built->tick = tick;
    *profile->built->tick_context = profile;
    double clock_us = overhead(profile->clock), start = now_us();
    int count = 0;
    while (now_us() - start < budget_us / 8)
        pass_through(profile, work);
    while (count < SAMPLES_MOST && (count < SAMPLES_LEAST || now_us() - start < budget_us)) {
        if (work->restart && count % RESTART == RESTART - 1) {
            work->restart(work->context);
            pass_through(profile, work);
        }
        pass_through(profile, work);
        for (int i = 0; i < profile->rows; i++)
            profile->row[i].samples[count] = fmax(profile->row[i].spent - clock_us, 0);
        count++;
    }
    for (int i = 0; i < profile->rows; i++)
        if (profile->row[i].spent > 0) /* the call passes through it */
            profile->row[i].timing = timing_of(profile->row[i].samples, count);
}
