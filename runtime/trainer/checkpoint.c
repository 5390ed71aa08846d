/* checkpoint.c - a run on disk.
 *
 * metadata: kind "checkpoint", network, spec_hash, and the encoding as in a weights file; tensors: the network's by
 * name, the best parameters as best.NAME, and trainer.counts, trainer.losses, trainer.advice, trainer.history. */
#include "checkpoint.h"

#include "weights.h"

#include <math.h>
#include <string.h>

enum { COUNT_SEED, COUNT_STEP, COUNT_HASH, COUNTS };
enum { LOSS_RUNNING, LOSS_RUNNING_STEPS, LOSS_BEST, LOSS_BEST_EPOCH, LOSSES };
enum { ADVICE_NUMBERS = sizeof(Advice) / sizeof(double) };

static void add_numbers(Context *context, Safetensors *file, const char *name, const char *dtype, const void *values,
                        size_t rows, size_t columns)
{
    Safetensor tensor = {.name = name,
                         .dtype = dtype,
                         .rank = columns > 0 ? 2 : 1,
                         .shape = {rows, columns},
                         .elements = rows * (columns > 0 ? columns : 1),
                         .values = values};
    safetensors_add(context, file, tensor);
}

static void add_tensors(Context *context, Safetensors *file, const Run *run)
{
    const nnc_network *network = run->network;
    for (int i = 0; i < network->tensors; i++)
        safetensors_add(context, file,
                        weights_tensor(network, &network->tensor[i], network->tensor[i].name, run->training));
    for (int i = 0; i < network->tensors && run->state.best_epoch > 0 && run->state.best != NULL; i++) {
        if (network->tensor[i].parameter)
            safetensors_add(context, file,
                            weights_tensor(network, &network->tensor[i],
                                           context_format(context, "best.%s", network->tensor[i].name),
                                           run->state.best));
    }
}

void checkpoint_write(Context *context, const char *path, const Run *run)
{
    size_t mark = context->blocks;
    const Run_state *state = &run->state;
    Safetensors file = {.path = path};
    uint64_t counts[COUNTS] = {state->seed, state->step, state->samples_hash};
    double losses[LOSSES] = {state->running_loss, state->running_steps, state->best_loss, state->best_epoch};
    safetensors_add_metadata(context, &file, "kind", "checkpoint");
    safetensors_add_metadata(context, &file, "network", run->network->name);
    safetensors_add_metadata(context, &file, "spec_hash", run->network->spec_hash);
    add_tensors(context, &file, run);
    add_numbers(context, &file, "trainer.counts", "U64", counts, COUNTS, 0);
    add_numbers(context, &file, "trainer.losses", "F64", losses, LOSSES, 0);
    add_numbers(context, &file, "trainer.advice", "F64", &state->advice, ADVICE_NUMBERS, 0);
    add_numbers(context, &file, "trainer.history", "F64", state->history.row, state->history.epochs, HISTORY_COLUMNS);
    weights_add_encoding(context, &file, run->network, run->samples->encoding);
    safetensors_write(context, path, &file);
    context_release(context, mark);
}

/* ---- reading ---- */

static const Safetensor *find(Context *context, const Safetensors *file, const char *name, const char *dtype, int rank)
{
    const Safetensor *found = safetensors_find(file, name);
    if (found == NULL || strcmp(found->dtype, dtype) != 0 || found->rank != rank)
        context_fail(context, "%s: error: the checkpoint's \"%s\" is %s", file->path, name,
                     found == NULL ? "missing" : safetensors_describe(context, found));
    return found;
}

static void take_numbers(Context *context, const Safetensors *file, const char *name, const char *dtype, size_t count,
                         void *values)
{
    const Safetensor *found = find(context, file, name, dtype, 1);
    if (found->elements != count)
        context_fail(context, "%s: error: the checkpoint's \"%s\" has %llu numbers instead of %zu", file->path, name,
                     (unsigned long long)found->elements, count);
    safetensors_decode(found, values);
}

static void take_history(Context *context, const Safetensors *file, History *history)
{
    const Safetensor *found = find(context, file, "trainer.history", "F64", 2);
    if (found->shape[1] != HISTORY_COLUMNS)
        context_fail(context, "%s: error: the checkpoint's history has %llu columns instead of %d", file->path,
                     (unsigned long long)found->shape[1], HISTORY_COLUMNS);
    history->epochs = history->capacity = (size_t)found->shape[0];
    history->row = context_allocate(context, history->capacity, sizeof *history->row);
    safetensors_decode(found, history->row);
}

static void check_origin(Context *context, const Safetensors *file, const Run *run)
{
    const char *kind = safetensors_metadata(file, "kind"), *name = safetensors_metadata(file, "network");
    const char *hash = safetensors_metadata(file, "spec_hash");
    if (kind == NULL || strcmp(kind, "checkpoint") != 0 || name == NULL || hash == NULL)
        context_fail(context, "%s: error: this is no checkpoint", file->path);
    if (strcmp(name, run->network->name) != 0)
        context_fail(context, "%s: error: the checkpoint is of network \"%.60s\", not of %s", file->path, name,
                     run->network->name);
    if (strcmp(hash, run->network->spec_hash) != 0)
        context_fail(
            context,
            "%s: error: the checkpoint was made from another version of the network's description (hash %.16s, "
            "now %s); undo the change, or begin anew without --resume",
            file->path, hash, run->network->spec_hash);
}

static void check_state(Context *context, const Safetensors *file, const Run *run, const uint64_t counts[COUNTS])
{
    if (counts[COUNT_SEED] != run->state.seed)
        context_fail(context, "%s: error: the checkpoint is of seed %llu, not %llu", file->path,
                     (unsigned long long)counts[COUNT_SEED], (unsigned long long)run->state.seed);
    if (counts[COUNT_HASH] != run->state.samples_hash)
        context_fail(context, "%s: error: the checkpoint was made with other data, or another split of them",
                     file->path);
}

static void check_place(Context *context, const Safetensors *file, const Run *run)
{
    const Run_state *state = &run->state;
    uint64_t epochs = state->history.epochs, step = state->step;
    uint64_t first = epochs == 0 ? 0 : batches_end_of_epoch(run->batches, epochs - 1);
    double best = state->best_epoch;
    if (!(best >= 0 && best <= (double)epochs && best == floor(best)))
        context_fail(context, "%s: error: the best of %llu epochs is %g", file->path, (unsigned long long)epochs, best);
    if (epochs > INT32_MAX || step < first || step > batches_end_of_epoch(run->batches, epochs))
        context_fail(context, "%s: error: step %llu is not of epoch %llu", file->path, (unsigned long long)step,
                     (unsigned long long)epochs + 1);
}

static void take_best(Context *context, const Safetensors *file, Run *run)
{
    const nnc_network *network = run->network;
    if (run->state.best == NULL || !(run->state.best_epoch > 0))
        return;
    for (int i = 0; i < network->tensors; i++) {
        if (network->tensor[i].parameter)
            weights_take(context, file, network, &network->tensor[i],
                         context_format(context, "best.%s", network->tensor[i].name), run->state.best);
    }
}

void checkpoint_read(Context *context, const char *path, Run *run)
{
    Safetensors *file = safetensors_read(context, path);
    check_origin(context, file, run);
    uint64_t counts[COUNTS];
    double losses[LOSSES];
    take_numbers(context, file, "trainer.counts", "U64", COUNTS, counts);
    check_state(context, file, run, counts);
    take_numbers(context, file, "trainer.losses", "F64", LOSSES, losses);
    take_numbers(context, file, "trainer.advice", "F64", ADVICE_NUMBERS, &run->state.advice);
    take_history(context, file, &run->state.history);
    run->state.step = counts[COUNT_STEP];
    run->state.running_loss = losses[LOSS_RUNNING];
    run->state.running_steps = losses[LOSS_RUNNING_STEPS];
    run->state.best_loss = losses[LOSS_BEST];
    run->state.best_epoch = losses[LOSS_BEST_EPOCH];
    check_place(context, file, run);
    for (int i = 0; i < run->network->tensors; i++)
        weights_take(context, file, run->network, &run->network->tensor[i], run->network->tensor[i].name,
                     run->training);
    take_best(context, file, run);
}
