/* run.c - one training run. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "run.h"

#include "checkpoint.h"
#include "file.h"
#include "interrupt.h"
#include "shuffle.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

/* Epochs are numbers of orders, and below those that name a purpose. */
enum { EPOCHS_MAX = SHUFFLE_TEST - 1 };

static const Set *watched(const Run *run)
{
    return run->samples->validation.samples > 0 ? &run->samples->validation : &run->samples->test;
}

static bool keeps_best(const Train_options *options)
{
    return options->best || options->patience > 0;
}

Run *run_open(Context *context, const nnc_network *network, const Samples *samples, const Train_options *options,
              uint64_t seed)
{
    if (options->epochs < 1 || options->epochs > EPOCHS_MAX)
        context_fail(context, "error: %d epochs; at least 1 is trained", options->epochs);
    Run *run = context_allocate(context, 1, sizeof *run);
    *run = (Run){.context = context, .network = network, .samples = samples, .options = options};
    run->out = options->out == NULL ? stdout : options->out;
    run->err = options->err == NULL ? stderr : options->err;
    run->verbose = !options->quiet;
    run->training = score_memory(context, network->training_bytes);
    run->scorer = score_open(context, network);
    run->scorer->stop = &interrupt_signal;
    const Augment *augment = augment_open(context, samples->augment, network, samples->black, samples->white, seed);
    run->batches = batches_open(context, &samples->train, network, augment, seed);
    run->state.seed = seed;
    if (keeps_best(options) && watched(run)->samples == 0)
        context_fail(context, "error: to tell the best epoch, data.validation or data.test must be there");
    if (keeps_best(options))
        run->state.best = score_memory(context, network->parameters_bytes);
    network->initialize(run->training, seed);
    return run;
}

/* ---- steps ---- */

/* Sizes are worth a word only where nothing has been done about them. */
static Advice_facts facts_of(const Run *run, double rate)
{
    const Encoding *encoding = run->samples->encoding;
    return (Advice_facts){.step = run->state.step + 1,
                          .steps = batches_end_of_epoch(run->batches, (uint64_t)run->options->epochs - 1),
                          .rate = rate,
                          .batch = (double)run->network->batch,
                          .input_peak = encoding->inputs.width > 0 ? 0 : run->samples->input_peak,
                          .target_peak = encoding->targets.width > 0 ? 0 : run->samples->target_peak,
                          .classes = run->network->metric != NNC_METRIC_NONE};
}

static void advise(Run *run, double loss)
{
    char text[ADVICE_BYTES];
    Advice_facts facts = facts_of(run, run->network->rate(run->training));
    if (!advice_step(&run->state.advice, &facts, loss, text))
        return;
    progress_clear(&run->progress);
    fprintf(run->err, "warning: %s\n", text);
    fflush(run->err);
}

static _Noreturn void fail_not_finite(Run *run, double rate, double loss)
{
    char text[ADVICE_BYTES];
    Advice_facts facts = facts_of(run, rate);
    advice_not_finite(&facts, loss, text);
    progress_clear(&run->progress);
    context_fail(run->context, "error: %s", text);
}

static const char *checkpoint_path(Run *run)
{
    const Train_options *options = run->options;
    if (options->checkpoint != NULL)
        return options->checkpoint;
    return options->weights == NULL ? NULL : context_format(run->context, "%s.checkpoint", options->weights);
}

static void save_checkpoint(Run *run)
{
    checkpoint_write(run->context, run->options->checkpoint, run);
    if (run->options->history != NULL)
        history_write(run->context, run->options->history, &run->state.history);
}

static void train_step(Run *run)
{
    batches_gather(run->batches, run->state.step);
    double rate = run->network->rate(run->training);
    double loss = run->network->train(run->training, (const void *const *)run->batches->input,
                                      (const void *const *)run->batches->target);
    if (!isfinite(loss))
        fail_not_finite(run, rate, loss);
    advise(run, loss);
    run->state.running_loss += loss;
    run->state.running_steps++;
    run->state.step++;
}

/* The steps of the epoch under way, whose number is the length of the history. */
static void train_epoch(Run *run)
{
    uint64_t epoch = run->state.history.epochs, end = batches_end_of_epoch(run->batches, epoch);
    uint64_t start = epoch == 0 ? 0 : batches_end_of_epoch(run->batches, epoch - 1);
    uint64_t every = run->options->checkpoint == NULL ? 0 : run->options->checkpoint_every;
    progress_epoch(&run->progress, run->state.step);
    while (run->state.step < end && !interrupt_signal) {
        train_step(run);
        progress_step(&run->progress, run->state.step, (int)epoch + 1,
                      (double)(run->state.step - start) / (double)(end - start),
                      run->state.running_loss / run->state.running_steps);
        if (every > 0 && run->state.step % every == 0 && run->state.step < end)
            save_checkpoint(run);
    }
}

/* ---- epochs ---- */

/* Positive: worse on what was not trained. */
static double gap(const double row[HISTORY_COLUMNS])
{
    bool test = !isnan(row[HISTORY_TEST_LOSS]);
    double loss = test ? row[HISTORY_TEST_LOSS] : row[HISTORY_VALIDATION_LOSS];
    double accuracy = test ? row[HISTORY_TEST_ACCURACY] : row[HISTORY_VALIDATION_ACCURACY];
    return isnan(accuracy) ? loss - row[HISTORY_TRAIN_LOSS] : row[HISTORY_TRAIN_ACCURACY] - accuracy;
}

static void score_epoch(Run *run, double row[HISTORY_COLUMNS])
{
    const Samples *samples = run->samples;
    Score train = {.loss = NAN, .accuracy = NAN};
    if (!run->options->running_loss)
        train = score_set(run->scorer, run->training, &samples->train, NULL);
    Score validation = score_set(run->scorer, run->training, &samples->validation, NULL);
    Score test = score_set(run->scorer, run->training, &samples->test, NULL);
    row[HISTORY_EPOCH] = (double)run->state.history.epochs + 1;
    row[HISTORY_STEP] = (double)run->state.step;
    row[HISTORY_RATE] = run->network->rate(run->training);
    row[HISTORY_RUNNING_LOSS] = run->state.running_loss / run->state.running_steps; /* NAN without a step */
    row[HISTORY_TRAIN_LOSS] = run->options->running_loss ? row[HISTORY_RUNNING_LOSS] : train.loss;
    row[HISTORY_OBJECTIVE] = row[HISTORY_TRAIN_LOSS];
    if (run->network->penalty != NULL)
        row[HISTORY_OBJECTIVE] += run->network->penalty(run->training);
    row[HISTORY_TRAIN_ACCURACY] = train.accuracy;
    row[HISTORY_VALIDATION_LOSS] = validation.loss;
    row[HISTORY_VALIDATION_ACCURACY] = validation.accuracy;
    row[HISTORY_TEST_LOSS] = test.loss;
    row[HISTORY_TEST_ACCURACY] = test.accuracy;
    row[HISTORY_GAP] = gap(row);
}

static void print_number(FILE *out, double value)
{
    if (isnan(value))
        fprintf(out, "  %10s", "-");
    else
        fprintf(out, "  %#10.4g", value);
}

static void print_share(FILE *out, double value)
{
    if (isnan(value))
        fprintf(out, "  %8s", "-");
    else
        fprintf(out, "  %6.2f %%", 100 * value);
}

/* Which columns a run has. */
typedef struct Layout {
    bool objective, accuracy, validation, test;
} Layout;

static Layout layout_of(const Run *run)
{
    return (Layout){.objective = run->network->penalty != NULL && run->network->penalty(run->training) > 0,
                    .accuracy = run->network->metric != NNC_METRIC_NONE,
                    .validation = run->samples->validation.samples > 0,
                    .test = run->samples->test.samples > 0};
}

static void print_header(const Run *run)
{
    Layout layout = layout_of(run);
    fprintf(run->out, "%6s  %10s  %10s", "epoch", "rate", "train loss");
    if (layout.objective)
        fprintf(run->out, "  %10s", "objective");
    fprintf(run->out, "%s", layout.accuracy ? "  accuracy" : "");
    if (layout.validation)
        fprintf(run->out, "  %10s%s", "val. loss", layout.accuracy ? "  accuracy" : "");
    if (layout.test)
        fprintf(run->out, "  %10s%s", "test loss", layout.accuracy ? "  accuracy" : "");
    fprintf(run->out, "%s\n",
            layout.validation || layout.test ? (layout.accuracy ? "       gap" : "         gap") : "");
}

static void print_epoch(Run *run, const double row[HISTORY_COLUMNS])
{
    Layout layout = layout_of(run);
    if (!run->verbose)
        return;
    if (!run->has_header)
        print_header(run);
    run->has_header = true;
    fprintf(run->out, "%6.0f", row[HISTORY_EPOCH]);
    fprintf(run->out, "  %10.4g", row[HISTORY_RATE]);
    print_number(run->out, row[HISTORY_TRAIN_LOSS]);
    if (layout.objective)
        print_number(run->out, row[HISTORY_OBJECTIVE]);
    if (layout.accuracy)
        print_share(run->out, row[HISTORY_TRAIN_ACCURACY]);
    if (layout.validation) {
        print_number(run->out, row[HISTORY_VALIDATION_LOSS]);
        if (layout.accuracy)
            print_share(run->out, row[HISTORY_VALIDATION_ACCURACY]);
    }
    if (layout.test) {
        print_number(run->out, row[HISTORY_TEST_LOSS]);
        if (layout.accuracy)
            print_share(run->out, row[HISTORY_TEST_ACCURACY]);
    }
    if (layout.test || layout.validation)
        layout.accuracy ? print_share(run->out, row[HISTORY_GAP]) : print_number(run->out, row[HISTORY_GAP]);
    fputc('\n', run->out);
    fflush(run->out);
}

/* True when no epoch of the last `patience` was better. */
static bool is_patience_over(Run *run, const double row[HISTORY_COLUMNS])
{
    Run_state *state = &run->state;
    bool validation = run->samples->validation.samples > 0;
    double loss = row[validation ? HISTORY_VALIDATION_LOSS : HISTORY_TEST_LOSS];
    if (state->best == NULL)
        return false;
    if (state->best_epoch == 0 || loss < state->best_loss) {
        state->best_loss = loss;
        state->best_epoch = row[HISTORY_EPOCH];
        memcpy(state->best, run->training, run->network->parameters_bytes);
    }
    return run->options->patience > 0 && row[HISTORY_EPOCH] - state->best_epoch >= run->options->patience;
}

/* Scores, notes and prints the epoch. An interruption leaves it unscored, to be scored when the run is resumed. */
static void end_epoch(Run *run)
{
    double row[HISTORY_COLUMNS];
    score_epoch(run, row);
    progress_clear(&run->progress);
    if (interrupt_signal)
        return;
    if (isnan(row[HISTORY_TRAIN_LOSS]) && run->state.running_steps > 0)
        fail_not_finite(run, row[HISTORY_RATE], row[HISTORY_TRAIN_LOSS]);
    history_add(run->context, &run->state.history, row);
    run->state.running_loss = run->state.running_steps = 0;
    print_epoch(run, row);
    if (is_patience_over(run, row))
        run->end = RUN_STOPPED_EARLY;
    if (run->options->checkpoint != NULL)
        save_checkpoint(run);
}

/* ---- the run ---- */

static void resume(Run *run)
{
    const char *path = checkpoint_path(run);
    if (path == NULL)
        context_fail(run->context, "error: to resume, name the checkpoint");
    run->state.samples_hash = samples_hash(run->samples, run->network);
    if (access(path, F_OK) != 0) {
        fprintf(run->err, "note: there is no checkpoint %s yet; training begins anew\n", path);
        return;
    }
    checkpoint_read(run->context, path, run);
    fprintf(run->err, "note: resumed from %s at step %llu, after %zu epochs\n", path,
            (unsigned long long)run->state.step, run->state.history.epochs);
}

static void interrupted(Run *run)
{
    const char *path = checkpoint_path(run);
    run->end = RUN_INTERRUPTED;
    progress_clear(&run->progress);
    if (path == NULL) {
        fprintf(run->err, "note: interrupted at step %llu; no checkpoint was asked for\n",
                (unsigned long long)run->state.step);
        return;
    }
    if (run->state.samples_hash == 0)
        run->state.samples_hash = samples_hash(run->samples, run->network);
    checkpoint_write(run->context, path, run);
    fprintf(run->err, "note: interrupted at step %llu, saved in %s; --resume goes on from there\n",
            (unsigned long long)run->state.step, path);
}

static void take_best(Run *run)
{
    Run_state *state = &run->state;
    if (run->end == RUN_STOPPED_EARLY && run->verbose)
        fprintf(run->out, "stopped early: no better %s loss since epoch %.0f\n",
                run->samples->validation.samples > 0 ? "validation" : "test", state->best_epoch);
    if (state->best == NULL || state->best_epoch == 0)
        return;
    memcpy(run->training, state->best, run->network->parameters_bytes);
    if (run->verbose)
        fprintf(run->out, "parameters of the best epoch, %.0f\n", state->best_epoch);
}

/* A run that had stopped early stays so when it is resumed. */
static bool had_stopped(const Run *run)
{
    return run->options->patience > 0 && run->state.best_epoch > 0 &&
           (double)run->state.history.epochs - run->state.best_epoch >= run->options->patience;
}

void run_train(Run *run)
{
    const Train_options *options = run->options;
    if (options->resume)
        resume(run);
    if (options->checkpoint != NULL && run->state.samples_hash == 0)
        run->state.samples_hash = samples_hash(run->samples, run->network);
    run->progress = progress_open(run->err, options->quiet, run->state.step,
                                  batches_end_of_epoch(run->batches, (uint64_t)options->epochs - 1),
                                  (uint64_t)run->network->batch, options->epochs);
    if (had_stopped(run))
        run->end = RUN_STOPPED_EARLY;
    while (run->end == RUN_COMPLETE && run->state.history.epochs < (size_t)options->epochs) {
        train_epoch(run);
        if (!interrupt_signal)
            end_epoch(run);
        if (interrupt_signal) {
            interrupted(run);
            return;
        }
    }
    take_best(run);
}

/* The figures of the parameters kept are in the history already; only the confusion is not. */
void run_result(Run *run, Train_result *result, Confusion *confusion)
{
    const Run_state *state = &run->state;
    bool is_best = state->best != NULL && state->best_epoch > 0;
    const double *row = state->history.row[(is_best ? (size_t)state->best_epoch : state->history.epochs) - 1];
    result->epochs = (int)state->history.epochs;
    result->steps = state->step;
    result->objective = row[HISTORY_OBJECTIVE];
    result->train = (Train_score){row[HISTORY_TRAIN_LOSS], row[HISTORY_TRAIN_ACCURACY]};
    result->validation = (Train_score){row[HISTORY_VALIDATION_LOSS], row[HISTORY_VALIDATION_ACCURACY]};
    result->test = (Train_score){row[HISTORY_TEST_LOSS], row[HISTORY_TEST_ACCURACY]};
    if (confusion == NULL)
        return;
    run->scorer->stop = NULL;
    score_set(run->scorer, run->training, &run->samples->test, confusion);
}
