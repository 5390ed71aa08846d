/* tune.c - `nnc tune`: measures the tiles that are cheapest by estimate, and writes a schedule file with those that are
 * faster than the estimate's choice on this machine.
 *
 * The whole network is compiled with another tile in one nest of each kernel at once, and every function is timed by
 * itself; then the next tile; then the next nest of the kernels that have several. Machines are shared, so variants
 * take turns and the least time of each counts; and what seems faster is kept only if it is so again when all that was
 * found is measured beside the estimate's choice. */
#include "build.h"
#include "commands.h"
#include "compiling.h"
#include "kernel_names.h"
#include "output.h"
#include "profile.h"
#include "tiles.h"
#include "workload.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MS = 100, DEFAULT_CANDIDATES = 4, CANDIDATES_MOST = 64 };
/* Turns of each variant. */
enum { TURNS = 5, LAST_TURNS = 10 };
/* Of one kernel so many nests are tried, each with this share of its cycles at least. */
enum { NESTS_MOST = 3 };
static const double NEST_SHARE = 0.1;
/* Kernels that take less of a training step or a prediction are left alone. */
static const double KERNEL_SHARE = 0.01;
/* A tile has to be so much faster, and by more than the clock's noise. */
static const double GAIN = 0.97, LEAST_GAIN_US = 0.02;
/* A training step, a prediction, a prediction of many; and what is long for one of them. */
enum { WORKS = 3 };
static const double LONG_US = 1000;
/* Of the time while it measures the process should have so much. */
static const double QUIET_SHARE = 0.9;

typedef struct Request {
    bool help;
    int milliseconds, candidates, predict_batch;
    const char *output;
} Request;

static const Option table[] = {
    {"--output", "-o", OPTION_TEXT, offsetof(Request, output), SIZE_MAX, "FILE", "the schedule; -: standard output"},
    {"--candidates", NULL, OPTION_COUNT, offsetof(Request, candidates), SIZE_MAX, "N",
     "tiles of each nest that are measured, with the estimate's own (4)"},
    {"--predict-batch", NULL, OPTION_COUNT, offsetof(Request, predict_batch), SIZE_MAX, "N",
     "a prediction of N samples at once, too"},
    {"--time", NULL, OPTION_COUNT, offsetof(Request, milliseconds), SIZE_MAX, "MS", "measure for so long each (100)"},
    {"--help", "-h", OPTION_HELP, offsetof(Request, help), SIZE_MAX, NULL, "this page"},
};
enum { ROWS = sizeof table / sizeof *table };

/* ---- what is tried ---- */

typedef struct Tried_nest {
    const Tiled_nest *nest;
    const Tile_words *taken; /* NULL: the estimate's */
} Tried_nest;

typedef struct Tried_kernel {
    const char *name;
    int nests; /* the heaviest first */
    Tried_nest nest[NESTS_MOST];
    double before, after; /* us, of all its calls */
} Tried_kernel;

/* The network with some tiles, compiled. */
typedef struct Variant {
    const Built *built;
    Step_profile profile;
    double *least; /* us of each row */
} Variant;

/* A candidate in one nest of each kernel. */
typedef struct Round {
    int place;     /* of the nest among those that are tried; -1: all are as taken */
    int candidate; /* of the nest */
} Round;

static const Round as_taken = {-1, 0};

typedef struct Tuner {
    const Options *options;
    const Request *request;
    Workload load;
    const Model *model; /* with the candidates of its nests */
    const Step_profile *profile;
    int kernels;
    Tried_kernel *kernel;
    int *kernel_of_row; /* -1: of none that is tried */
    int threads;
    double (*clock[WORKS])(void);
    double measured_us, own_us; /* while it measured: what went by, and what this process had of it */
} Tuner;

static double budget_us(const Tuner *tuner)
{
    return 1e3 * tuner->request->milliseconds;
}

/* ---- schedules as texts ---- */

static bool has_candidate(const Tried_kernel *kernel, Round round)
{
    return round.place >= 0 && round.place < kernel->nests &&
           round.candidate < kernel->nest[round.place].nest->candidates;
}

/* The tile of a nest in a round; NULL: the estimate's. */
static const Tile_words *tile_in(const Tried_kernel *kernel, int place, Round round)
{
    const Tried_nest *tried = &kernel->nest[place];
    return place == round.place && has_candidate(kernel, round) ? &tried->nest->candidate[round.candidate]
                                                                : tried->taken;
}

static const char *kernel_comment(const Tried_kernel *kernel)
{
    return kernel->before > 0 ? format("%.2f -> %.2f us", kernel->before, kernel->after) : NULL;
}

static int by_number(const void *left, const void *right)
{
    const Tile_line *one = left, *other = right;
    return (one->nest > other->nest) - (one->nest < other->nest);
}

static const char *schedule_text(const Tuner *tuner, Round round)
{
    Tile_line *lines = NEW_ARRAY(tuner->kernels * NESTS_MOST, Tile_line);
    int count = 0;
    for (int k = 0; k < tuner->kernels; k++) {
        const Tried_kernel *kernel = &tuner->kernel[k];
        const int first = count;
        for (int place = 0; place < kernel->nests; place++) {
            const Tile_words *tile = tile_in(kernel, place, round);
            const Tiled_nest *nest = kernel->nest[place].nest;
            if (tile)
                lines[count++] = (Tile_line){kernel->name, kernel_comment(kernel), nest->number, tile_text(tile),
                                             format("instead of {%s}", tile_text(&nest->tile))};
        }
        qsort(lines + first, (size_t)(count - first), sizeof *lines, by_number);
    }
    return tiles_text(tuner->model, lines, count);
}

/* ---- variants ---- */

/* A model is as large as the network: of all but the first one only what is compiled is kept. False after a message. */
static bool load_network(const Options *options, const char *text, Built *built)
{
    Options own = *options;
    own.schedule_text = text;
    const Mark mark = memory_mark();
    bool good = build_network(&own, built);
    memory_release(mark);
    built->model = NULL;
    return good;
}

/* With rows of its own. */
static Variant variant_of(const Step_profile *profile, Built *built)
{
    Variant variant = {.built = built, .profile = *profile, .least = NEW_ARRAY(profile->rows, double)};
    variant.profile.built = built;
    variant.profile.row = NEW_ARRAY(profile->rows, Profile_row);
    memcpy(variant.profile.row, profile->row, (size_t)profile->rows * sizeof *profile->row);
    return variant;
}

/* Its steps are those of the first one. False after a message. */
static bool build_timed(const Tuner *tuner, Round round, Variant *variant)
{
    Options timed = *tuner->options;
    Built *built = NEW(Built);
    timed.timed = true;
    if (!load_network(&timed, schedule_text(tuner, round), built))
        return false;
    *variant = variant_of(tuner->profile, built);
    return true;
}

static void note_least(Variant *variant)
{
    for (int i = 0; i < variant->profile.rows; i++) {
        const Timing timing = variant->profile.row[i].timing;
        if (timing.calls && (variant->least[i] == 0 || timing.minimum < variant->least[i]))
            variant->least[i] = timing.minimum;
    }
}

static void stopwatch_start(Tuner *tuner)
{
    tuner->measured_us -= now_us();
    tuner->own_us -= cpu_us();
}

static void stopwatch_stop(Tuner *tuner)
{
    tuner->measured_us += now_us();
    tuner->own_us += cpu_us();
}

/* What the network of the load does: how many works. */
static int works_of(Tuner *tuner, Work works[WORKS])
{
    Workload *load = &tuner->load;
    const Work all[WORKS] = {workload_training(load), workload_prediction(load), workload_batch(load)};
    for (int i = 0; i < WORKS; i++) {
        works[i] = all[i];
        works[i].clock = tuner->clock[i];
    }
    return load->network->predict_batch ? WORKS : WORKS - 1;
}

/* What is measured next finds the first parameters. */
static void restart(const Work *work)
{
    if (work->restart)
        work->restart(work->context);
}

static void measure_once(Tuner *tuner, Variant *variant)
{
    Work works[WORKS];
    workload_use(&tuner->load, variant->built->network);
    int count = works_of(tuner, works);
    for (int i = 0; i < count; i++) {
        profile_measure(&variant->profile, &works[i], budget_us(tuner));
        restart(&works[i]);
    }
    note_least(variant);
}

/* In turns, so that what else the machine does falls on all of them. */
static void measure_in_turns(Tuner *tuner, Variant *variants, int count, int turns)
{
    for (int i = 0; i < count; i++)
        memset(variants[i].least, 0, (size_t)variants[i].profile.rows * sizeof(double));
    stopwatch_start(tuner);
    for (int turn = 0; turn < turns; turn++)
        for (int i = 0; i < count; i++)
            measure_once(tuner, &variants[i]);
    stopwatch_stop(tuner);
}

static double kernel_us(const Tuner *tuner, const Variant *variant, int kernel)
{
    double us = 0;
    for (int i = 0; i < variant->profile.rows; i++)
        us += tuner->kernel_of_row[i] == kernel ? variant->least[i] : 0;
    return us;
}

static bool is_faster(double us, double than)
{
    return us < GAIN * than && us < than - LEAST_GAIN_US;
}

/* ---- which kernels and nests ---- */

static int work_of(PhaseKind phase)
{
    return phase == PHASE_PREDICT ? 1 : phase == PHASE_PREDICT_BATCH ? 2 : 0;
}

/* What takes longer than other programs wait is interrupted by them each time: then what this process has of the time
 * counts. Threads that wait for each other have too much of it. */
static void choose_clocks(Tuner *tuner, const Variant *variant)
{
    double us[WORKS] = {0};
    for (int i = 0; i < variant->profile.rows; i++)
        us[work_of(variant->profile.row[i].phase)] += variant->least[i];
    for (int i = 0; i < WORKS; i++)
        tuner->clock[i] = tuner->threads == 1 && us[i] > LONG_US ? cpu_us : NULL;
}

/* The share of a kernel in the work where it is largest. */
static double greatest_share(const Variant *variant, const Kernel *kernel)
{
    double own[WORKS] = {0}, all[WORKS] = {0}, greatest = 0;
    for (int i = 0; i < variant->profile.rows; i++) {
        const Profile_row *row = &variant->profile.row[i];
        all[work_of(row->phase)] += variant->least[i];
        own[work_of(row->phase)] += row->step->kernel == kernel ? variant->least[i] : 0;
    }
    for (int i = 0; i < WORKS; i++)
        greatest = all[i] > 0 && own[i] / all[i] > greatest ? own[i] / all[i] : greatest;
    return greatest;
}

static void add_nest(Tried_kernel *kernel, const Tiled_nest *nest)
{
    int at = kernel->nests;
    while (at > 0 && kernel->nest[at - 1].nest->cycles < nest->cycles)
        at--;
    if (at == NESTS_MOST)
        return;
    kernel->nests += kernel->nests < NESTS_MOST;
    for (int i = kernel->nests - 1; i > at; i--)
        kernel->nest[i] = kernel->nest[i - 1];
    kernel->nest[at] = (Tried_nest){.nest = nest};
}

/* The nests in which a kernel spends its time, by estimate. */
static void add_nests(const Tiles *tiles, Tried_kernel *kernel)
{
    double cycles = 0;
    for (int i = 0; i < tiles->nests; i++)
        cycles += strcmp(tiles->nest[i].kernel, kernel->name) == 0 ? tiles->nest[i].cycles : 0;
    for (int i = 0; i < tiles->nests; i++) {
        const Tiled_nest *nest = &tiles->nest[i];
        if (strcmp(nest->kernel, kernel->name) == 0 && nest->candidates && nest->cycles >= NEST_SHARE * cycles)
            add_nest(kernel, nest);
    }
}

static int tried_before(const Tuner *tuner, const char *name)
{
    for (int i = 0; i < tuner->kernels; i++)
        if (strcmp(tuner->kernel[i].name, name) == 0)
            return i;
    return -1;
}

/* The number of a row's kernel among those that are tried; -1: it is not worth it, or there is nothing to try. */
static int try_kernel(Tuner *tuner, Kernel_names *names, const Variant *variant, const Kernel *kernel)
{
    Tried_kernel tried = {.name = kernel_name(names, kernel)};
    int before = tried_before(tuner, tried.name);
    if (before >= 0 || greatest_share(variant, kernel) < KERNEL_SHARE)
        return before;
    add_nests(tuner->model->tiles, &tried);
    if (!tried.nests)
        return -1;
    PUSH(tuner->kernel, tuner->kernels, tried);
    return tuner->kernels - 1;
}

/* From what the estimate's tiles take. */
static void find_kernels(Tuner *tuner, const Variant *variant)
{
    Kernel_names names = kernel_names_of(tuner->model);
    tuner->kernel_of_row = NEW_ARRAY(variant->profile.rows, int);
    for (int i = 0; i < variant->profile.rows; i++)
        tuner->kernel_of_row[i] = try_kernel(tuner, &names, variant, variant->profile.row[i].step->kernel);
}

/* ---- rounds ---- */

static bool is_needed(const Tuner *tuner, Round round)
{
    bool needed = false;
    for (int k = 0; k < tuner->kernels; k++)
        needed |= has_candidate(&tuner->kernel[k], round);
    return needed;
}

/* Each kernel takes the candidate with which it was fastest. variants[0] is what is taken so far. */
static bool take_fastest(Tuner *tuner, int place, const Variant *variants, int count)
{
    bool changed = false;
    for (int k = 0; k < tuner->kernels; k++) {
        Tried_kernel *kernel = &tuner->kernel[k];
        double least = kernel_us(tuner, &variants[0], k), first = least;
        for (int i = 1; i < count; i++) {
            const Round round = {place, i - 1};
            double us = kernel_us(tuner, &variants[i], k);
            if (!has_candidate(kernel, round) || !is_faster(us, first) || us >= least)
                continue;
            least = us;
            kernel->nest[place].taken = tile_in(kernel, place, round);
            changed = true;
        }
    }
    return changed;
}

/* Tries the candidates of the nests at this place of their kernels. `base` is what is taken so far, before and after.
 * False after a message. */
static bool try_place(Tuner *tuner, int place, Variant *base)
{
    Variant *variants = NEW_ARRAY(tuner->request->candidates, Variant);
    int count = 1;
    variants[0] = *base;
    for (; count < tuner->request->candidates && is_needed(tuner, (Round){place, count - 1}); count++)
        if (!build_timed(tuner, (Round){place, count - 1}, &variants[count]))
            return false;
    if (count == 1)
        return true;
    fprintf(stderr, "nnc: measuring %d tiles of a nest of each kernel\n", count);
    measure_in_turns(tuner, variants, count, TURNS);
    return !take_fastest(tuner, place, variants, count) || build_timed(tuner, as_taken, base);
}

static bool is_changed(const Tried_kernel *kernel)
{
    bool changed = false;
    for (int i = 0; i < kernel->nests; i++)
        changed |= kernel->nest[i].taken != NULL;
    return changed;
}

static int count_changed(const Tuner *tuner)
{
    int changed = 0;
    for (int k = 0; k < tuner->kernels; k++)
        changed += is_changed(&tuner->kernel[k]);
    return changed;
}

/* The second look: what is not faster again is given up. */
static void confirm(Tuner *tuner, const Variant *first, const Variant *taken)
{
    Variant both[] = {*first, *taken};
    fprintf(stderr, "nnc: measuring what was fastest beside the estimate's tiles\n");
    measure_in_turns(tuner, both, 2, LAST_TURNS);
    for (int k = 0; k < tuner->kernels; k++) {
        Tried_kernel *kernel = &tuner->kernel[k];
        kernel->before = kernel_us(tuner, &both[0], k);
        kernel->after = kernel_us(tuner, &both[1], k);
        for (int i = 0; i < kernel->nests && !is_faster(kernel->after, kernel->before); i++)
            kernel->nest[i].taken = NULL;
    }
}

/* ---- the whole ---- */

typedef struct Whole {
    double us[WORKS]; /* the least; 0: not measured */
} Whole;

static void measure_whole(Tuner *tuner, const nnc_network *network, Whole *whole)
{
    Work works[WORKS];
    workload_use(&tuner->load, network);
    int count = works_of(tuner, works);
    for (int i = 0; i < count; i++) {
        const Timing timing = measure(&works[i], budget_us(tuner));
        restart(&works[i]);
        if (whole->us[i] == 0 || timing.minimum < whole->us[i])
            whole->us[i] = timing.minimum;
    }
}

/* As they are compiled for use, which timed ones are not. */
static bool measure_wholes(Tuner *tuner, const char *text, Whole *before, Whole *after)
{
    Built first = {0}, second = {0};
    if (!load_network(tuner->options, NULL, &first) || !load_network(tuner->options, text, &second))
        return false;
    stopwatch_start(tuner);
    for (int turn = 0; turn < LAST_TURNS; turn++) {
        measure_whole(tuner, first.network, before);
        measure_whole(tuner, second.network, after);
    }
    stopwatch_stop(tuner);
    return true;
}

/* ---- what came out ---- */

static double gain_percent(double before, double after)
{
    return 100 * (before - after) / before;
}

static void print_kernel(FILE *stream, const Tried_kernel *kernel)
{
    for (int i = 0; i < kernel->nests; i++) {
        const Tried_nest *tried = &kernel->nest[i];
        fprintf(stream, "%-36s %4d  %-46s %-46s", i ? "" : kernel->name, tried->nest->number,
                tile_text(&tried->nest->tile), tried->taken ? tile_text(tried->taken) : "the same");
        if (!i && is_changed(kernel))
            fprintf(stream, " %10.2f %10.2f %6.1f %%", kernel->before, kernel->after,
                    gain_percent(kernel->before, kernel->after));
        fprintf(stream, "\n");
    }
}

static void print_whole(FILE *stream, const Tuner *tuner, const Whole *before, const Whole *after)
{
    const char *const what[] = {"training step", "prediction", format("of %d samples", tuner->options->predict_batch)};
    fprintf(stream, "\n%-16s %12s %12s\n", "", "before us", "after us");
    for (int i = 0; i < WORKS; i++)
        if (before->us[i] > 0)
            fprintf(stream, "%-16s %12.3f %12.3f %6.1f %%\n", what[i], before->us[i], after->us[i],
                    gain_percent(before->us[i], after->us[i]));
}

static void print_kernels(FILE *stream, const Tuner *tuner)
{
    if (!tuner->kernels) {
        fprintf(stream, "there is no nest whose tile could be another one\n");
        return;
    }
    fprintf(stream, "%-36s %4s  %-46s %-46s %10s %10s %8s\n", "function", "nest", "tile by estimate", "fastest tile",
            "before us", "after us", "gain");
    for (int k = 0; k < tuner->kernels; k++)
        print_kernel(stream, &tuner->kernel[k]);
    if (!count_changed(tuner))
        fprintf(stream, "\nno other tile is faster by 3 %%, measured twice\n");
}

/* What is interrupted all the time has no least time that says anything. */
static void warn_if_busy(const Tuner *tuner)
{
    if (tuner->own_us < QUIET_SHARE * tuner->measured_us)
        fprintf(stderr,
                "nnc: warning: %.0f %% of the time went to other programs: measure again when the machine is quiet\n",
                100 * (1 - tuner->own_us / tuner->measured_us));
}

static int write_schedule(const Tuner *tuner, const char *text)
{
    const char *output = tuner->request->output;
    return strcmp(output, "-") == 0 ? output_stdout(&(Text){.bytes = (char *)text, .length = strlen(text)})
                                    : output_file(output, text, strlen(text));
}

/* ---- the command ---- */

/* Finds what is fastest; false after a message. */
static bool tune(Tuner *tuner, Variant *first)
{
    measure_in_turns(tuner, first, 1, 1);
    choose_clocks(tuner, first);
    find_kernels(tuner, first);
    Variant taken = *first;
    for (int place = 0; place < NESTS_MOST; place++)
        if (!try_place(tuner, place, &taken))
            return false;
    if (count_changed(tuner))
        confirm(tuner, first, &taken);
    return true;
}

static int run(const Options *options, const Request *request)
{
    Tuner tuner = {.options = options, .request = request};
    Options timed = *options;
    Built *built = NEW(Built);
    timed.timed = true;
    timed.candidates = request->candidates - 1;
    if (options->threads)
        setenv("OMP_PROC_BIND", "true", 0);
    if (!build_network(&timed, built))
        return 1;
    if (built->threads == 1)
        stay_on_this_core();
    const Step_profile profile = profile_rows(built);
    tuner.model = built->model;
    tuner.profile = &profile;
    tuner.threads = built->threads;
    workload_prepare(&tuner.load, built->network);
    Variant first = variant_of(&profile, built);
    if (!tune(&tuner, &first))
        return 1;
    const char *text = schedule_text(&tuner, as_taken);
    Whole before = {0}, after = {0};
    if (count_changed(&tuner) && !measure_wholes(&tuner, text, &before, &after))
        return 1;
    if (write_schedule(&tuner, text))
        return 1;
    warn_if_busy(&tuner);
    FILE *stream = strcmp(request->output, "-") == 0 ? stderr : stdout;
    print_kernels(stream, &tuner);
    if (count_changed(&tuner))
        print_whole(stream, &tuner, &before, &after);
    return 0;
}

/* Told before everything is measured. */
static bool output_is_good(const char *output, const char *spec)
{
    if (strcmp(output, "-") == 0)
        return true;
    if (!output_is_file(output, spec))
        return output_is_possible(output);
    fprintf(stderr, "nnc: error: the output '%s' would overwrite the input '%s'\n", output, spec);
    return false;
}

static int print_help(void)
{
    printf(
        "nnc tune SPEC.yaml -o FILE   measures the best tiles of each kernel on this machine, for --schedule FILE\n\n");
    options_print(stdout, table, ROWS);
    compiling_print(stdout, "native");
    return 0;
}

int command_tune(int count, char **words)
{
    Options options = {0};
    Request request = {.milliseconds = DEFAULT_MS, .candidates = DEFAULT_CANDIDATES};
    Options_words specs = {0};
    int status =
        compiling_parse((Words){count, words}, "native", (Option_table){ROWS, table}, &options, &request, &specs);
    if (status || request.help)
        return status ? status : print_help();
    if (!compiling_samples(words[0], request.predict_batch, &options))
        return 2;
    if (options.schedule)
        return wrong_usage(words[0], "tune makes a schedule, and starts from none: leave out --schedule");
    if (request.candidates < 2 || request.candidates > CANDIDATES_MOST)
        return wrong_usage(words[0], format("%d candidates: 2 to %d", request.candidates, CANDIDATES_MOST));
    options.spec_path = compiling_spec(words[0], &specs);
    if (!options.spec_path)
        return 2;
    if (!request.output)
        return wrong_usage(words[0], "no output is given: -o FILE");
    return output_is_good(request.output, options.spec_path) ? run(&options, &request) : 1;
}
