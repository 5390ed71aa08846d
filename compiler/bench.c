/* bench.c - `nnc bench`: the time of a training step and of a prediction, and their share of what the machine's
 * multiply-adds can reach, measured in the same run. One thread, pinned to the core on which it starts.
 *
 * The data are random: a few batches in turn, so that no step finds the very inputs of the one before. The network is
 * put back to its first parameters now and then, outside the measured time, so that it neither diverges nor learns the
 * batches by heart (with denormal gradients, which some machines are slow at). */
#define _GNU_SOURCE
#include "build.h"
#include "commands.h"
#include "compiling.h"
#include "machine.h"
#include "macs.h"

#include "nnc/random.h"

#include <dlfcn.h>
#include <jansson.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCHES = 8, RESTART = 2000, SAMPLES_MOST = 200000, SAMPLES_LEAST = 5, DEFAULT_MS = 500 };

/* A sample is at least this long: the clock itself takes 0.03. */
static const double sample_us = 20;

/* ---- time ---- */

typedef struct Timing {
    double median, minimum; /* us of one call */
    long long calls;
} Timing;

static double now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec * 1e-3;
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* What is timed. `restart` (NULL: none) is called now and then, outside the time. */
typedef struct Work {
    void *context;
    void (*call)(void *context);
    void (*restart)(void *context);
} Work;

/* Calls that make one sample; found while warming up. */
static int warm_up(const Work *work, double budget_us)
{
    double start = now_us(), spent = 0;
    int calls = 0;
    for (; calls < 3 || (spent < budget_us && calls < RESTART); calls++) {
        work->call(work->context);
        spent = now_us() - start;
    }
    double each = spent / calls;
    return each < sample_us ? (int)(sample_us / each) + 1 : 1;
}

static Timing measure(const Work *work, double budget_us)
{
    int block = warm_up(work, budget_us / 8), count = 0, since = 0;
    double *samples = NEW_ARRAY(SAMPLES_MOST, double), start = now_us();
    while (count < SAMPLES_MOST && (count < SAMPLES_LEAST || now_us() - start < budget_us)) {
        if (work->restart && since > RESTART) {
            work->restart(work->context);
            work->call(work->context);
            since = 0;
        }
        double before = now_us();
        for (int i = 0; i < block; i++)
            work->call(work->context);
        samples[count++] = (now_us() - before) / block;
        since += block;
    }
    qsort(samples, (size_t)count, sizeof *samples, ascending);
    return (Timing){samples[count / 2], samples[0], (long long)count * block};
}

static void pin_to_this_core(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    int core = sched_getcpu();
    if (core >= 0)
        CPU_SET((size_t)core, &set);
    if (core < 0 || sched_setaffinity(0, sizeof set, &set))
        fprintf(stderr, "nnc: warning: cannot stay on one core: times may vary more\n");
}

/* ---- the network's work ---- */

typedef struct Bench {
    const nnc_network *network;
    void *training, *first, *inference, *output; /* first: the training struct as it was initialized */
    const void **input[BATCHES], **target[BATCHES];
    int turn;
} Bench;

/* On a cache line of its own, as a program that cares for speed would put it. */
static void *aligned(size_t bytes)
{
    void *memory = aligned_alloc(64, (bytes + 64) / 64 * 64);
    if (!memory) {
        fprintf(stderr, "nnc: error: no memory for %zu bytes\n", bytes);
        exit(1);
    }
    memset(memory, 0, bytes);
    return memory;
}

static void put_real(void *numbers, size_t real_bytes, size_t i, double value)
{
    if (real_bytes == 8)
        ((double *)numbers)[i] = value;
    else
        ((float *)numbers)[i] = (float)value;
}

static const void *draw_port(const nnc_port *port, const nnc_network *network, uint32_t key, bool positive)
{
    size_t elements = (size_t)network->batch * port->elements;
    void *numbers = aligned(elements * network->real_bytes);
    for (size_t i = 0; i < elements; i++) {
        double uniform = nnc_random_uniform(key, (uint32_t)i);
        if (port->type == NNC_INT32)
            ((int32_t *)numbers)[i] = (int32_t)(uniform * port->classes);
        else
            put_real(numbers, network->real_bytes, i, positive ? uniform : nnc_random_normal(key, (uint32_t)i));
    }
    return numbers;
}

static void draw_batches(Bench *bench)
{
    const nnc_network *network = bench->network;
    for (int b = 0; b < BATCHES; b++) {
        bench->input[b] = NEW_ARRAY(network->inputs + 1, const void *);
        bench->target[b] = NEW_ARRAY(network->targets + 1, const void *);
        for (int p = 0; p < network->inputs; p++)
            bench->input[b][p] =
                draw_port(&network->input[p], network, nnc_random_key(1, (uint32_t)b, (uint32_t)p), false);
        for (int p = 0; p < network->targets; p++) {
            int copies = network->target[p].copies;
            uint32_t key = nnc_random_key(2, (uint32_t)b, (uint32_t)p);
            bench->target[b][p] =
                copies ? bench->input[b][copies - 1] : draw_port(&network->target[p], network, key, true);
        }
    }
}

static void prepare(Bench *bench, const nnc_network *network)
{
    *bench = (Bench){.network = network};
    bench->training = aligned(network->training_bytes);
    bench->first = aligned(network->training_bytes);
    bench->inference = aligned(network->inference_bytes);
    bench->output = aligned(network->output.elements * network->real_bytes);
    draw_batches(bench);
    network->initialize(bench->training, 1);
    memcpy(bench->first, bench->training, network->training_bytes);
}

static void restart(void *context)
{
    const Bench *bench = context;
    memcpy(bench->training, bench->first, bench->network->training_bytes);
}

static void train(void *context)
{
    Bench *bench = context;
    bench->network->train(bench->training, bench->input[bench->turn], bench->target[bench->turn]);
    bench->turn = (bench->turn + 1) % BATCHES;
}

static void predict(void *context)
{
    Bench *bench = context;
    bench->network->predict(bench->training, bench->inference, bench->input[bench->turn], bench->output);
    bench->turn = (bench->turn + 1) % BATCHES;
}

/* ---- the machine's multiply-adds ---- */

/* Independent chains: two units of four to five steps each are busy, and a machine with 16 registers holds them. */
enum { CHAINS = 12 };

typedef struct Peak {
    double (*run)(long rounds, double factor, double addend);
    long rounds;
} Peak;

/* C that multiplies and adds as fast as the target can, and returns what came out lest it be left out. */
static const char *peak_source(const Options *options)
{
    Text text = {0};
    text_add(&text, "#define NNC_REAL_BYTES %d\n#define NNC_LANES %d\n#include <nnc/lanes.h>\n",
             options->float64 ? 8 : 4, options->lanes);
    text_add(&text, "double peak(long rounds, double factor, double addend)\n{\n"
                    "    nnc_vec a = nnc_splat((nnc_real)factor), b = nnc_splat((nnc_real)addend);\n");
    for (int i = 0; i < CHAINS; i++)
        text_add(&text, "    nnc_vec s%d = nnc_splat(%d);\n", i, i);
    text_add(&text, "    for (long i = 0; i < rounds; i++) {\n");
    for (int i = 0; i < CHAINS; i++)
        text_add(&text, "        s%d = nnc_vfma(s%d, a, b);\n", i, i);
    text_add(&text, "    }\n    nnc_real lanes[NNC_LANES];\n    nnc_store(lanes, s0");
    for (int i = 1; i < CHAINS; i++)
        text_add(&text, " + s%d", i);
    text_add(&text, ");\n    return (double)lanes[0];\n}\n");
    return text.bytes;
}

static void run_peak(void *context)
{
    const Peak *peak = context;
    volatile double kept = peak->run(peak->rounds, 0.5, 1);
    (void)kept;
}

/* The options under which the peak is measured: the target's own, but this machine's if it has no lanes or no fma. */
static Options peak_options(const Options *options)
{
    Options own = *options;
    if (options->machine->vector_bytes && options->machine->fma)
        return own;
    own.machine = machine_find("native");
    own.lanes = 0;
    finish_options(&own);
    return own;
}

/* GFLOP/s, or 0 after a message. */
static double measure_peak(const Options *options)
{
    Peak peak = {.rounds = 20000};
    void *library = build_library(peak_source(options), options);
    void *symbol = library ? dlsym(library, "peak") : NULL;
    if (!symbol)
        return 0;
    memcpy(&peak.run, &symbol, sizeof peak.run);
    Timing timing = measure(&(Work){&peak, run_peak, NULL}, 100e3);
    return 2.0 * CHAINS * options->lanes * (double)peak.rounds / timing.minimum * 1e-3;
}

/* ---- what came out ---- */

typedef struct Result {
    const Built *built;
    const Options *options, *peak_options;
    Timing train, predict;
    double train_gflops, predict_gflops, peak_gflops; /* at the minimum */
} Result;

static double gflops(long long macs, Timing timing)
{
    return 2.0 * (double)macs / timing.minimum * 1e-3;
}

static void print_row(const char *what, Timing timing, double rate, double peak)
{
    printf("%-14s  %11.3f  %11.3f  %9.1f  %7.1f %%\n", what, timing.median, timing.minimum, rate, 100 * rate / peak);
}

static void print_result(const Result *result)
{
    const Options *options = result->options;
    printf("%s: target %s, lanes %d, %s, batch %d, one thread\n\n", result->built->model->name, options->machine->name,
           options->lanes, options->float64 ? "float64" : "float32", result->built->network->batch);
    printf("%-14s  %11s  %11s  %9s  %9s\n", "", "median us", "minimum us", "GFLOP/s", "of peak");
    print_row("training step", result->train, result->train_gflops, result->peak_gflops);
    print_row("prediction", result->predict, result->predict_gflops, result->peak_gflops);
    printf("%-14s  %11s  %11s  %9.1f  (%s, lanes %d)\n", "peak", "", "", result->peak_gflops,
           result->peak_options->machine->name, result->peak_options->lanes);
    printf("\nGFLOP/s is 2 x multiply-adds at the minimum; bias, activations, loss and update take time, too, and are "
           "not counted.\n");
}

static json_t *timing_json(Timing timing, double rate, double peak)
{
    return json_pack("{s:f, s:f, s:I, s:f, s:f}", "median_us", timing.median, "minimum_us", timing.minimum, "calls",
                     (json_int_t)timing.calls, "gflops", rate, "of_peak", rate / peak);
}

static void print_json(const Result *result)
{
    const Options *options = result->options;
    json_t *root = json_pack("{s:s, s:s, s:i, s:s, s:i, s:o, s:o, s:f}", "network", result->built->model->name,
                             "target", options->machine->name, "lanes", options->lanes, "dtype",
                             options->float64 ? "float64" : "float32", "batch", result->built->network->batch,
                             "training_step", timing_json(result->train, result->train_gflops, result->peak_gflops),
                             "prediction", timing_json(result->predict, result->predict_gflops, result->peak_gflops),
                             "peak_gflops", result->peak_gflops);
    json_dumpf(root, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(root);
}

/* ---- the command ---- */

typedef struct Request {
    bool json, help;
    int milliseconds;
} Request;

static const Option table[] = {
    {"--json", NULL, OPTION_FLAG, offsetof(Request, json), SIZE_MAX, NULL, "the same as JSON"},
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

static int run(Options *options, const Request *request)
{
    Built built = {0};
    if (!build_network(options, &built))
        return 1;
    const Options peak = peak_options(options);
    Bench bench;
    pin_to_this_core();
    prepare(&bench, built.network);
    double budget_us = 1e3 * request->milliseconds;
    Result result = {.built = &built, .options = options, .peak_options = &peak};
    result.peak_gflops = measure_peak(&peak);
    if (result.peak_gflops <= 0)
        return 1;
    result.train = measure(&(Work){&bench, train, restart}, budget_us);
    restart(&bench);
    result.predict = measure(&(Work){&bench, predict, NULL}, budget_us);
    result.train_gflops = gflops(training_macs(built.model), result.train);
    result.predict_gflops = gflops(prediction_macs(built.model), result.predict);
    (request->json ? print_json : print_result)(&result);
    return 0;
}

int command_bench(int count, char **words)
{
    Options options = {0};
    Request request = {.milliseconds = DEFAULT_MS};
    Options_words specs = {0};
    Trainer_error error = {0};
    Words rest;
    int status = compiling_take(count, words, "native", &options, &rest);
    if (status)
        return status;
    if (options_parse(table, ROWS, rest.count, rest.word, &request, &specs, &error))
        return wrong_usage(words[0], error.message);
    if (request.help)
        return print_help();
    options.spec_path = compiling_spec(words[0], &specs);
    return options.spec_path ? run(&options, &request) : 2;
}
