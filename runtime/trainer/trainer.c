/* trainer.c - training from files to files: one run, several seeds, or cross-validation. */
#include "trainer.h"

#include "confusion.h"
#include "file.h"
#include "folders.h"
#include "gnuplot.h"
#include "interrupt.h"
#include "plot.h"
#include "run.h"
#include "weights.h"

#include <errno.h>
#include <math.h>
#include <string.h>

typedef struct Job {
    const nnc_network *network;
    Data_spec spec; /* with the options' changes */
    Train_options options;
    Train_result *result;
    Pool *pool;
    int signal;
} Job;

/* ---- before anything is read: whatever can fail at the end is tried now ---- */

static void check_options(Context *context, const Job *job)
{
    const Train_options *options = &job->options;
    bool several = options->seeds > 1 || job->spec.folds > 0 || job->spec.fold_column != NULL;
    if (options->seeds < 0 || options->patience < 0)
        context_fail(context, "error: seeds and patience are counts, 0 or more");
    if (several && (options->resume || options->checkpoint != NULL))
        context_fail(context, "error: checkpoints belong to one run; there are several (data.folds, or seeds)");
    if (several && (options->history != NULL || options->plot != NULL))
        context_fail(context, "error: a history or plot belongs to one run; there are several (data.folds, or seeds)");
    const char *outputs[] = {options->weights, options->checkpoint, options->history};
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        if (outputs[i] != NULL)
            file_check_writable(context, outputs[i]);
    }
    if (options->plot != NULL)
        gnuplot_check(context, options->plot);
}

/* ---- one run ---- */

static void print_result(const Run *run, const Train_result *result)
{
    bool test = run->samples->test.samples > 0;
    const Train_score *score = test ? &result->test : &result->train;
    if (isnan(score->loss))
        fprintf(run->out, "%s: no loss is one of single samples", test ? "test" : "training");
    else
        fprintf(run->out, "%s: loss %.6g", test ? "test" : "training", score->loss);
    if (!isnan(score->accuracy))
        fprintf(run->out, ", accuracy %.2f %%", 100 * score->accuracy);
    if (test && !isnan(result->train.accuracy))
        fprintf(run->out, " (training %.2f %%, gap %.2f)", 100 * result->train.accuracy,
                100 * (result->train.accuracy - result->test.accuracy));
    else if (test && !isnan(score->loss))
        fprintf(run->out, " (training %.6g, gap %.3g)", result->train.loss, result->test.loss - result->train.loss);
    fputc('\n', run->out);
}

static void draw(Context *context, const Job *job, const Split *split, const Run *run)
{
    const Surface *surface =
        surface_make(context, job->pool, split, &job->spec, run->samples->encoding, run->scorer, run->training);
    plot_write(context, job->options.plot, job->network->name, &run->state.history, surface);
}

static void write_files(Context *context, const Job *job, const Split *split, const Run *run)
{
    const Train_options *options = &job->options;
    if (options->weights != NULL)
        weights_write(context, options->weights, job->network, run->training, run->samples->encoding, run->state.seed,
                      run->state.history.epochs);
    if (options->history != NULL)
        history_write(context, options->history, &run->state.history);
    if (options->plot != NULL)
        draw(context, job, split, run);
}

static void check_train(Context *context, const Job *job, const Samples *samples)
{
    if (samples->train.samples == 0)
        context_fail(context, "%serror: no sample is left to train on", pool_place(context, &job->spec));
}

static void train_once(Context *context, Job *job)
{
    Split split = split_holdout(context, job->pool, &job->spec);
    Samples *samples = samples_make(context, job->pool, &split, &job->spec, job->network, NULL);
    check_train(context, job, samples);
    for (int p = 0; p < 2; p++) { /* the raw numbers have served */
        for (size_t i = 0; i < job->pool->part[p].inputs; i++)
            context_discard(context, job->pool->part[p].input[i].values);
    }
    Run *run = run_open(context, job->network, samples, &job->options, job->options.seed);
    run_train(run);
    if (run->end == RUN_INTERRUPTED) {
        job->signal = interrupt_signal;
        if (job->options.history != NULL)
            history_write(context, job->options.history, &run->state.history);
        return;
    }
    Confusion *confusion = score_confusion(context, job->network);
    run_result(run, job->result, confusion);
    print_result(run, job->result);
    if (samples->test.samples > 0)
        confusion_print(run->out, confusion, &samples->encoding->classes[0]);
    write_files(context, job, &split, run);
}

/* ---- several runs ---- */

/* What is compared: accuracy where there is one (more is better), else loss. */
typedef struct Table {
    FILE *out;
    bool accuracy;
    int fold_width; /* of the folds' names */
    int runs;
    double sum, worst, best;
} Table;

static double figure(const Table *table, const Train_score *score)
{
    return table->accuracy ? score->accuracy : score->loss;
}

static void table_add(Table *table, double value)
{
    bool better = table->accuracy ? value > table->best : value < table->best;
    bool worse = table->accuracy ? value < table->worst : value > table->worst;
    table->best = table->runs == 0 || better ? value : table->best;
    table->worst = table->runs == 0 || worse ? value : table->worst;
    table->sum += value;
    table->runs++;
}

static void print_table(const Table *table, const char *of)
{
    if (isnan(table->sum)) {
        fprintf(table->out, "%d %s: no loss is one of single samples, so nothing is compared\n", table->runs, of);
        return;
    }
    const char *names[] = {"mean", "worst", "best"};
    double values[] = {table->sum / table->runs, table->worst, table->best};
    fprintf(table->out, "%s of %d %s:", table->accuracy ? "accuracy" : "loss", table->runs, of);
    for (int i = 0; i < 3; i++) {
        fprintf(table->out, "%s %s ", i == 0 ? "" : ",", names[i]);
        if (table->accuracy)
            fprintf(table->out, "%.2f %%", 100 * values[i]);
        else
            fprintf(table->out, "%#.4g", values[i]);
    }
    fputc('\n', table->out);
}

static void keep_table(const Table *table, Train_result *result)
{
    result->runs = table->runs;
    result->mean = table->sum / table->runs;
    result->worst = table->worst;
    result->best = table->best;
}

/* A run whose memory is given back. False if a signal ended it. */
static bool short_run(Context *context, Job *job, const Split *split, uint64_t seed, const char *weights,
                      Train_result *result)
{
    size_t mark = context->blocks;
    Train_options options = job->options;
    options.quiet = true;
    options.weights = NULL;
    Samples *samples = samples_make(context, job->pool, split, &job->spec, job->network, NULL);
    check_train(context, job, samples);
    Run *run = run_open(context, job->network, samples, &options, seed);
    run_train(run);
    bool complete = run->end != RUN_INTERRUPTED;
    if (complete)
        run_result(run, result, NULL);
    if (complete && weights != NULL)
        weights_write(context, weights, job->network, run->training, samples->encoding, seed,
                      run->state.history.epochs);
    context_release(context, mark);
    return complete;
}

enum { FOLD_WIDTH_MAX = 16 };

static Table table_open(const Job *job)
{
    Table table = {.out = job->options.out == NULL ? stdout : job->options.out,
                   .accuracy = job->network->metric != NNC_METRIC_NONE,
                   .fold_width = 4};
    for (size_t i = 0; i < job->pool->groups.count; i++) {
        size_t length = strlen(job->pool->groups.name[i]);
        if (length > (size_t)table.fold_width)
            table.fold_width = length < FOLD_WIDTH_MAX ? (int)length : FOLD_WIDTH_MAX;
    }
    return table;
}

/* Its number, or the value of the column that makes it. */
static const char *fold_name(Context *context, const Pool *pool, int fold)
{
    return pool->group != NULL ? pool->groups.name[fold] : context_format(context, "%d", fold + 1);
}

/* Ten characters wide; `-` where there is none. */
static const char *shown_loss(Context *context, double loss)
{
    return isnan(loss) ? "-" : context_format(context, "%#10.4g", loss);
}

static void print_line(Context *context, const Table *table, uint64_t seed, const char *fold, size_t samples,
                       const Train_result *result)
{
    fprintf(table->out, "%6llu  %*.*s  %7zu  %10s  %10s", (unsigned long long)seed, table->fold_width, FOLD_WIDTH_MAX,
            fold, samples, shown_loss(context, result->train.loss), shown_loss(context, result->test.loss));
    if (table->accuracy)
        fprintf(table->out, "  %6.2f %%  %6.2f %%", 100 * result->train.accuracy, 100 * result->test.accuracy);
    fputc('\n', table->out);
    fflush(table->out);
}

static void print_head(const Table *table, const char *set)
{
    fprintf(table->out, "%6s  %*s  %7s  %10s  %10s%s\n", "seed", table->fold_width, "fold", set, "train loss",
            "test loss", table->accuracy ? "     train      test" : "");
}

/* The same data, other random numbers. The weights of the first seed are kept: choosing by the test set would flatter.
 */
static void train_seeds(Context *context, Job *job)
{
    Table table = table_open(job);
    Split split = split_holdout(context, job->pool, &job->spec);
    bool test = split.test.count > 0;
    size_t samples = test ? split.test.count : split.train.count;
    print_head(&table, "samples");
    for (int i = 0; i < job->options.seeds; i++) {
        uint64_t seed = job->options.seed + (uint64_t)i;
        const char *weights = i == 0 ? job->options.weights : NULL;
        if (!short_run(context, job, &split, seed, weights, job->result)) {
            job->signal = interrupt_signal;
            return;
        }
        print_line(context, &table, seed, "-", samples, job->result);
        table_add(&table, figure(&table, test ? &job->result->test : &job->result->train));
    }
    print_table(&table, "seeds");
    keep_table(&table, job->result);
}

/* One seed's folds; its figure counts every sample once. */
static bool cross_validate(Context *context, Job *job, Table *folds, Table *seeds, uint64_t seed)
{
    double sum = 0, samples = 0;
    int count = split_folds(job->pool, &job->spec);
    for (int f = 0; f < count; f++) {
        size_t mark = context->blocks;
        Split split = split_fold(context, job->pool, &job->spec, seed, f);
        if (!short_run(context, job, &split, seed, NULL, job->result))
            return false;
        print_line(context, folds, seed, fold_name(context, job->pool, f), split.test.count, job->result);
        double value = figure(folds, &job->result->test);
        table_add(folds, value);
        sum += value * (double)split.test.count;
        samples += (double)split.test.count;
        context_release(context, mark);
    }
    table_add(seeds, sum / samples);
    return true;
}

static void train_folds(Context *context, Job *job)
{
    Table folds = table_open(job), seeds = folds;
    int count = job->options.seeds > 1 ? job->options.seeds : 1;
    print_head(&folds, "samples");
    for (int i = 0; i < count; i++) {
        if (!cross_validate(context, job, &folds, &seeds, job->options.seed + (uint64_t)i)) {
            job->signal = interrupt_signal;
            return;
        }
    }
    print_table(&folds, "folds");
    if (count > 1)
        print_table(&seeds, "seeds (all samples)");
    keep_table(&seeds, job->result);
    if (job->options.weights == NULL)
        return;
    Split all = split_holdout(context, job->pool, &job->spec);
    Train_result whole = {0};
    if (!short_run(context, job, &all, job->options.seed, job->options.weights, &whole))
        job->signal = interrupt_signal;
}

/* ---- the public function ---- */

static void note_strangers(const Context *context, const Strangers *strangers)
{
    if (strangers->samples > 0)
        fprintf(context->notes,
                "note: the %zu pictures of the test set are of classes that do not train (%zu: %s); the network has no "
                "outputs for them, so it is not tested on them\n",
                strangers->samples, strangers->classes.count, strangers->names);
}

static void train(Context *context, void *argument)
{
    Job *job = argument;
    check_options(context, job);
    job->pool = pool_read(context, &job->spec, job->network, job->options.data_directory, POOL_TRAIN | POOL_TEST, NULL);
    note_strangers(context, &job->pool->strangers);
    if (split_folds(job->pool, &job->spec) > 0)
        train_folds(context, job);
    else if (job->options.seeds > 1)
        train_seeds(context, job);
    else
        train_once(context, job);
    FILE *out = job->options.out == NULL ? stdout : job->options.out;
    if (fflush(out) != 0 || ferror(out))
        context_fail(context, "error: cannot write the results: %s", strerror(errno));
}

typedef struct Needed {
    const Data_spec *data;
    const char *directory;
} Needed;

static void check_words(Context *context, const Needed *needed, const Data_words *files)
{
    for (size_t i = 0; i < files->count; i++)
        file_check_readable(context, file_join(context, needed->directory, files->item[i]));
}

static void check_file(Context *context, const Needed *needed, const char *file)
{
    if (file != NULL)
        file_check_readable(context, file_join(context, needed->directory, file));
}

static void check_folder(Context *context, const Needed *needed, const char *folder)
{
    if (folder != NULL)
        folders_read(context, file_join(context, needed->directory, folder));
}

static void check_data(Context *context, void *argument)
{
    const Needed *needed = argument;
    const Data_source *sources[] = {&needed->data->train, &needed->data->test};
    for (int i = 0; i < 2; i++) {
        check_words(context, needed, &sources[i]->inputs);
        check_words(context, needed, &sources[i]->targets);
        check_words(context, needed, &sources[i]->files);
        check_file(context, needed, sources[i]->file);
    }
    check_folder(context, needed, needed->data->train.folder);
    check_folder(context, needed, needed->data->test.folder);
    check_file(context, needed, needed->data->index);
}

static void check_weights(Context *context, void *path)
{
    file_check_readable(context, path);
}

static int attempt(void (*work)(Context *, void *), void *argument, Trainer_error *error)
{
    Context context = {.block = NULL};
    bool done = context_attempt(&context, work, argument);
    context_release(&context, 0);
    *error = context.error;
    return done ? 0 : error->status;
}

int trainer_check_data(const Data_spec *data, const char *directory, Trainer_error *error)
{
    Needed needed = {data, directory};
    return attempt(check_data, &needed, error);
}

int trainer_check_weights(const char *path, Trainer_error *error)
{
    return attempt(check_weights, (void *)(uintptr_t)path, error);
}

int trainer_train(const nnc_network *network, const Data_spec *data, const Train_options *options, Train_result *result,
                  Trainer_error *error)
{
    Context context = {.notes = options->err == NULL ? stderr : options->err};
    Job job = {.network = network, .spec = *data, .options = *options, .result = result};
    job.spec.strict = options->strict_data;
    if (options->validation > 0)
        job.spec.validation = options->validation;
    *result = (Train_result){.epochs = 0};
    interrupt_catch();
    bool done = context_attempt(&context, train, &job);
    interrupt_release();
    context_release(&context, 0);
    *error = context.error;
    if (!done)
        return error->status;
    return job.signal != 0 ? 128 + job.signal : 0;
}
