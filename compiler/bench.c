/* bench.c - `nnc bench`: the time of a training step and of a prediction, and their share of what the machine's
 * multiply-adds can reach, measured in the same run. One thread, pinned to the core on which it starts; or, with
 * --threads, as many as OpenMP gives, and then they all measure what the machine can do. */
#include "build.h"
#include "commands.h"
#include "compiling.h"
#include "machine.h"
#include "macs.h"
#include "profile.h"
#include "timing.h"
#include "workload.h"

#include <dlfcn.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MS = 500 };

/* ---- what the machine can do ---- */

/* Independent chains: two units of four to five steps each are busy, and a machine with 16 registers holds them. */
enum { CHAINS = 12 };

/* What an optimizer does: two arrays are read, one of them written. */
typedef struct Sweep {
    void (*run)(long elements, double factor, void *to, const void *from);
    long elements;
    void *to, *from;
} Sweep;

typedef struct Peak {
    double (*run)(long rounds, double factor, double addend);
    long rounds;
} Peak;

/* C that multiplies and adds as fast as the target can, and returns what came out lest it be left out; and a sweep.
 * Without -fopenmp the directives say nothing. */
static const char *peak_source(const Options *options)
{
    Text text = {0};
    text_add(&text, "#define NNC_REAL_BYTES %d\n#define NNC_LANES %d\n#include <nnc/lanes.h>\n",
             options->float64 ? 8 : 4, options->lanes);
    text_add(&text, "double peak(long rounds, double factor, double addend)\n{\n    double total = 0;\n"
                    "#pragma omp parallel reduction(+ : total)\n    {\n"
                    "    nnc_vec a = nnc_splat((nnc_real)factor), b = nnc_splat((nnc_real)addend);\n");
    for (int i = 0; i < CHAINS; i++)
        text_add(&text, "    nnc_vec s%d = nnc_splat(%d);\n", i, i);
    text_add(&text, "    for (long i = 0; i < rounds; i++) {\n");
    for (int i = 0; i < CHAINS; i++)
        text_add(&text, "        s%d = nnc_vfma(s%d, a, b);\n", i, i);
    text_add(&text, "    }\n    nnc_real lanes[NNC_LANES];\n    nnc_store(lanes, s0");
    for (int i = 1; i < CHAINS; i++)
        text_add(&text, " + s%d", i);
    text_add(&text, ");\n    total += (double)lanes[0];\n    }\n    return total;\n}\n");
    text_add(&text, "void sweep(long elements, double factor, nnc_real *to, const nnc_real *from)\n{\n"
                    "    const nnc_vec a = nnc_splat((nnc_real)factor);\n"
                    "#pragma omp parallel for\n"
                    "    for (long i = 0; i < elements; i += NNC_LANES)\n"
                    "        nnc_store(to + i, nnc_vfma(nnc_load(from + i), a, nnc_load(to + i)));\n}\n");
    return text.bytes;
}

static void run_peak(void *context)
{
    const Peak *peak = context;
    volatile double kept = peak->run(peak->rounds, 0.5, 1);
    (void)kept;
}

/* The options under which the peak is measured: all lanes of the target, or of this machine if it has none or
 * no fma. */
static Options peak_options(const Options *options)
{
    Options own = *options;
    if (!options->machine->vector_bytes || !options->machine->fma)
        own.machine = machine_find("native");
    own.lanes = 0;
    finish_options(&own);
    return own;
}

static void run_sweep(void *context)
{
    const Sweep *sweep = context;
    sweep->run(sweep->elements, 0x1p-20, sweep->to, sweep->from);
}

typedef struct Limits {
    double gflops; /* multiply-adds */
    double gbytes; /* a second, read and written, over as much memory as training takes */
} Limits;

static double measure_sweep(Sweep *sweep, const Options *options, size_t bytes)
{
    size_t real_bytes = options->float64 ? 8 : 4, least = 64 * 1024;
    size_t half = (bytes < least ? least : bytes) / 2 / (64 * real_bytes) * 64;
    sweep->elements = (long)half;
    sweep->to = aligned_memory(half * real_bytes);
    sweep->from = aligned_memory(half * real_bytes);
    Timing timing = measure(&(Work){.context = sweep, .call = run_sweep}, 100e3);
    free(sweep->to);
    free(sweep->from);
    return 3.0 * (double)(half * real_bytes) / timing.minimum * 1e-3;
}

/* Of so many threads. False after a message. */
static bool measure_limits(const Options *options, int threads, size_t bytes, Limits *limits)
{
    Peak peak = {.rounds = 20000};
    Sweep sweep = {0};
    void *library = build_library(peak_source(options), options);
    void *multiply = library ? dlsym(library, "peak") : NULL, *stream = library ? dlsym(library, "sweep") : NULL;
    if (!multiply || !stream)
        return false;
    memcpy(&peak.run, &multiply, sizeof peak.run);
    memcpy(&sweep.run, &stream, sizeof sweep.run);
    Timing timing = measure(&(Work){.context = &peak, .call = run_peak}, 100e3);
    limits->gflops = 2.0 * CHAINS * threads * options->lanes * (double)peak.rounds / timing.minimum * 1e-3;
    limits->gbytes = measure_sweep(&sweep, options, bytes);
    return true;
}

/* ---- what came out ---- */

typedef struct Result {
    const Built *built;
    const Options *options, *peak_options;
    Timing train, predict, predict_batch;
    double train_gflops, predict_gflops, predict_batch_gflops; /* at the minimum */
    Limits limits;
    Step_profile profile; /* no rows: not asked for */
} Result;

static double gflops(double macs, Timing timing)
{
    return timing.minimum > 0 ? 2.0 * macs / timing.minimum * 1e-3 : 0;
}

static double gbytes(const Profile_row *row)
{
    return row->timing.minimum > 0 ? row->bytes / row->timing.minimum * 1e-3 : 0;
}

static void print_row(const char *what, Timing timing, double rate, double peak)
{
    printf("%-14s  %11.3f  %11.3f  %9.1f  %7.1f %%\n", what, timing.median, timing.minimum, rate, 100 * rate / peak);
}

static const char *phase_title(PhaseKind phase)
{
    return phase == PHASE_PREDICT         ? "prediction"
           : phase == PHASE_PREDICT_BATCH ? "batch"
           : phase == PHASE_UPDATE        ? "update"
                                          : "training";
}

/* What a kernel spends on multiply-adds and on memory; where a figure says nothing, there is none. */
static void print_profile_row(const Profile_row *row, const Limits *limits)
{
    double rate = gflops(row->macs, row->timing), bytes = gbytes(row);
    printf("%-11s %-24s %-44s %10.3f %10.3f", phase_title(row->phase), row->step->title, row->step->kernel->name,
           row->timing.median, row->timing.minimum);
    if (row->macs > 0)
        printf(" %8.1f %6.1f %%", rate, 100 * rate / limits->gflops);
    else
        printf(" %8s %8s", "", "");
    printf(" %8.1f %6.1f %%\n", bytes, 100 * bytes / limits->gbytes);
}

static void print_profile(const Result *result)
{
    printf("\n%-11s %-24s %-44s %10s %10s %8s %8s %8s %8s\n", "phase", "layer", "function", "median us", "minimum us",
           "GFLOP/s", "of peak", "GB/s", "of peak");
    for (int i = 0; i < result->profile.rows; i++)
        print_profile_row(&result->profile.row[i], &result->limits);
}

static const char *threads_text(const Result *result)
{
    const Built *built = result->built;
    if (built->threads > 1)
        return format("%d threads", built->threads);
    return result->options->threads && !built->model->shared_loops ? "one thread: no loop is large enough to be shared"
                                                                   : "one thread";
}

static void print_result(const Result *result)
{
    const Options *options = result->options;
    const Limits *limits = &result->limits;
    printf("%s: target %s, lanes %d, %s, batch %d, %s\n\n", result->built->model->name, options->machine->name,
           options->lanes, options->float64 ? "float64" : "float32", result->built->network->batch,
           threads_text(result));
    printf("%-14s  %11s  %11s  %9s  %9s\n", "", "median us", "minimum us", "GFLOP/s", "of peak");
    print_row("training step", result->train, result->train_gflops, limits->gflops);
    print_row("prediction", result->predict, result->predict_gflops, limits->gflops);
    if (options->predict_batch)
        print_row(format("of %d samples", options->predict_batch), result->predict_batch, result->predict_batch_gflops,
                  limits->gflops);
    printf("%-14s  %11s  %11s  %9.1f  (%s, lanes %d)\n", "peak", "", "", limits->gflops,
           result->peak_options->machine->name, result->peak_options->lanes);
    printf("%-14s  %11s  %11s  %9.1f  GB/s, read and written, in as much memory as training takes\n", "memory", "", "",
           limits->gbytes);
    if (result->profile.rows)
        print_profile(result);
    printf("\nGFLOP/s is 2 x multiply-adds at the minimum; bias, activations, loss and update take time, too, and are "
           "not counted.\nA function may move more than the memory does: what it reads is still in the caches.\n");
}

static json_t *timing_json(Timing timing, double rate, double peak)
{
    return json_pack("{s:f, s:f, s:I, s:f, s:f}", "median_us", timing.median, "minimum_us", timing.minimum, "calls",
                     (json_int_t)timing.calls, "gflops", rate, "of_peak", rate / peak);
}

static json_t *profile_json(const Result *result)
{
    json_t *rows = json_array();
    for (int i = 0; i < result->profile.rows; i++) {
        const Profile_row *row = &result->profile.row[i];
        double rate = gflops(row->macs, row->timing), bytes = gbytes(row);
        json_t *item = timing_json(row->timing, rate, result->limits.gflops);
        json_object_set_new(item, "phase", json_string(phase_title(row->phase)));
        json_object_set_new(item, "layer", json_string(row->step->title));
        json_object_set_new(item, "function", json_string(row->step->kernel->name));
        json_object_set_new(item, "multiply_adds", json_real(row->macs));
        json_object_set_new(item, "bytes", json_real(row->bytes));
        json_object_set_new(item, "gbytes_per_second", json_real(bytes));
        json_object_set_new(item, "of_memory", json_real(bytes / result->limits.gbytes));
        json_array_append_new(rows, item);
    }
    return rows;
}

static void print_json(const Result *result)
{
    const Options *options = result->options;
    const Limits *limits = &result->limits;
    json_t *root =
        json_pack("{s:s, s:s, s:i, s:s, s:i, s:i, s:o, s:o, s:f, s:f}", "network", result->built->model->name, "target",
                  options->machine->name, "lanes", options->lanes, "dtype", options->float64 ? "float64" : "float32",
                  "batch", result->built->network->batch, "threads", result->built->threads, "training_step",
                  timing_json(result->train, result->train_gflops, limits->gflops), "prediction",
                  timing_json(result->predict, result->predict_gflops, limits->gflops), "peak_gflops", limits->gflops,
                  "memory_gbytes_per_second", limits->gbytes);
    if (options->predict_batch) {
        json_t *batch = timing_json(result->predict_batch, result->predict_batch_gflops, limits->gflops);
        json_object_set_new(batch, "samples", json_integer(options->predict_batch));
        json_object_set_new(root, "prediction_batch", batch);
    }
    if (result->profile.rows)
        json_object_set_new(root, "steps", profile_json(result));
    json_dumpf(root, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(root);
}

/* ---- the command ---- */

typedef struct Request {
    bool json, totals, help;
    int milliseconds, predict_batch;
} Request;

static const Option table[] = {
    {"--json", NULL, OPTION_FLAG, offsetof(Request, json), SIZE_MAX, NULL, "the same as JSON"},
    {"--totals", NULL, OPTION_FLAG, offsetof(Request, totals), SIZE_MAX, NULL, "leaves the single steps out"},
    {"--predict-batch", NULL, OPTION_COUNT, offsetof(Request, predict_batch), SIZE_MAX, "N",
     "a prediction of N samples at once, too"},
    {"--time", NULL, OPTION_COUNT, offsetof(Request, milliseconds), SIZE_MAX, "MS", "measure for so long each (500)"},
    {"--help", "-h", OPTION_HELP, offsetof(Request, help), SIZE_MAX, NULL, "this page"},
};
enum { ROWS = sizeof table / sizeof *table };

static int print_help(void)
{
    printf(
        "nnc bench SPEC.yaml   time of a training step and of a prediction, and the share of the machine's peak\n\n");
    options_print(stdout, table, ROWS);
    compiling_print(stdout, "native");
    return 0;
}

static void measure_network(const nnc_network *network, double budget_us, Result *result)
{
    Workload load;
    workload_prepare(&load, network);
    const Work training = workload_training(&load), prediction = workload_prediction(&load),
               batch = workload_batch(&load);
    result->train = measure(&training, budget_us);
    training.restart(&load);
    result->predict = measure(&prediction, budget_us);
    result->train_gflops = gflops((double)training_macs(result->built->model), result->train);
    double macs = (double)prediction_macs(result->built->model);
    result->predict_gflops = gflops(macs, result->predict);
    if (!network->predict_batch)
        return;
    result->predict_batch = measure(&batch, budget_us);
    result->predict_batch_gflops = gflops(macs * network->predict_batch_samples, result->predict_batch);
}

/* The network once more, in a form that tells when each step is done. */
static bool measure_steps(const Options *options, double budget_us, Result *result)
{
    Built *built = NEW(Built);
    Options timed = *options;
    timed.timed = timed.repeated = true;
    if (!build_network(&timed, built))
        return false;
    Workload load;
    workload_prepare(&load, built->network);
    const Work training = workload_training(&load), prediction = workload_prediction(&load),
               batch = workload_batch(&load);
    result->profile = profile_rows(built);
    profile_measure(&result->profile, &training, budget_us);
    training.restart(&load);
    profile_measure(&result->profile, &prediction, budget_us);
    if (built->network->predict_batch)
        profile_measure(&result->profile, &batch, budget_us);
    return true;
}

static int run(Options *options, const Request *request)
{
    Built built = {0};
    const Options as_given = *options;
    if (options->threads) /* each stays on a core of its own, as one thread does */
        setenv("OMP_PROC_BIND", "true", 0);
    if (!build_network(options, &built))
        return 1;
    Options peak = peak_options(options);
    double budget_us = 1e3 * request->milliseconds;
    Result result = {.built = &built, .options = options, .peak_options = &peak};
    peak.threads = built.threads > 1;
    if (!peak.threads)
        stay_on_this_core();
    if (!measure_limits(&peak, built.threads, built.network->training_bytes, &result.limits))
        return 1;
    measure_network(built.network, budget_us, &result);
    if (!request->totals && !measure_steps(&as_given, budget_us, &result))
        return 1;
    (request->json ? print_json : print_result)(&result);
    return 0;
}

int command_bench(int count, char **words)
{
    Options options = {0};
    Request request = {.milliseconds = DEFAULT_MS};
    Options_words specs = {0};
    int status =
        compiling_parse((Words){count, words}, "native", (Option_table){ROWS, table}, &options, &request, &specs);
    if (status || request.help)
        return status ? status : print_help();
    if (!compiling_samples(words[0], request.predict_batch, &options))
        return 2;
    options.spec_path = compiling_spec(words[0], &specs);
    return options.spec_path ? run(&options, &request) : 2;
}
