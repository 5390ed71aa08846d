/* check.c - `nnc check`: proves the gradients of a network. The network is printed in double with traced branches,
 * compiled, loaded, and its `gradient` compared with central differences of the loss that it returns. What a target
 * makes of the loops is compared by plain.c. */
#include "build.h"
#include "commands.h"
#include "compiling.h"
#include "differences.h"
#include "plain.h"
#include "sizes.h"

#include "nnc/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHECK_BATCH = 4, WHOLE_ELEMENTS = 64, DIRECTIONS = 4 };

typedef struct Check {
    const nnc_network *network;
    uint64_t *branches;
    int *loss_only;
    uint64_t seed;
    void *training;
    void **input, **target;
    double *gradients; /* a copy of what the last draw gave */
} Check;

/* ---- data ---- */

static double *parameters_of(const Check *check)
{
    return check->training;
}

/* The gradients lie behind the parameters, in the same order. */
static const double *gradients_of(const Check *check)
{
    return parameters_of(check) + check->network->parameters_bytes / sizeof(double);
}

/* Positive and with the sum 1 over a sample: a distribution, probabilities, and plain numbers, all at once. */
static void draw_vector_targets(double *target, size_t samples, size_t elements, uint32_t key)
{
    for (size_t n = 0; n < samples; n++) {
        double sum = 0, *row = target + n * elements;
        for (size_t i = 0; i < elements; i++)
            sum += row[i] = 0.05 + nnc_random_uniform(key, (uint32_t)(n * elements + i));
        for (size_t i = 0; i < elements; i++)
            row[i] /= sum;
    }
}

static void draw_class_targets(int32_t *target, size_t elements, int classes, uint32_t key)
{
    for (size_t i = 0; i < elements; i++)
        target[i] = (int32_t)(nnc_random_uniform(key, (uint32_t)i) * classes);
}

static void draw_data(Check *check, int number)
{
    const nnc_network *network = check->network;
    size_t batch = (size_t)network->batch;
    for (int p = 0; p < network->inputs; p++) {
        uint32_t key = nnc_random_key(check->seed, (uint32_t)number, (uint32_t)p);
        double *input = check->input[p];
        for (size_t i = 0; i < batch * network->input[p].elements; i++)
            input[i] = nnc_random_normal(key, (uint32_t)i);
    }
    for (int p = 0; p < network->targets; p++) {
        const nnc_port *port = &network->target[p];
        uint32_t key = nnc_random_key(check->seed, (uint32_t)number, (uint32_t)(network->inputs + p));
        if (port->type == NNC_INT32)
            draw_class_targets(check->target[p], batch * port->elements, port->classes, key);
        else if (port->copies)
            check->target[p] = check->input[port->copies - 1];
        else
            draw_vector_targets(check->target[p], batch, port->elements, key);
    }
}

static double gradient(const Check *check)
{
    return check->network->gradient(check->training, (const void *const *)check->input,
                                    (const void *const *)check->target);
}

static double loss(void *context, uint64_t *branches)
{
    const Check *check = context;
    *check->branches = 14695981039346656037u;
    *check->loss_only = 1;
    double value = gradient(check);
    *check->loss_only = 0;
    *branches = *check->branches;
    return value;
}

static void redraw(void *context, int number)
{
    Check *check = context;
    draw_data(check, number);
    gradient(check);
    memcpy(check->gradients, gradients_of(check), check->network->parameters_bytes);
}

/* ---- parameters ---- */

static bool is_constant(const double *value, size_t elements)
{
    for (size_t i = 1; i < elements; i++)
        if (value[i] != value[0])
            return false;
    return true;
}

/* Parameters and statistics that begin as zeros or ones would hide what is multiplied with them. What is added to a
 * statistic is positive, as a variance must be. */
static void stir(const Check *check)
{
    const nnc_network *network = check->network;
    for (int t = 0; t < network->tensors; t++) {
        const nnc_tensor *tensor = &network->tensor[t];
        double *value = (double *)(void *)((char *)check->training + tensor->offset);
        if (tensor->type != NNC_REAL || !is_constant(value, tensor->elements))
            continue;
        size_t fan = tensor->rank > 1 ? tensor->elements / (size_t)tensor->shape[tensor->rank - 1] : 1;
        double size = 0.5 / sqrt((double)fan), shift = tensor->trained ? 0.5 : 0;
        uint32_t key = nnc_random_key(check->seed, 1, (uint32_t)(100 + t));
        for (size_t i = 0; i < tensor->elements; i++)
            value[i] += size * (nnc_random_uniform(key, (uint32_t)i) - shift);
    }
}

static void start(Check *check, const Built *built, uint64_t seed)
{
    const nnc_network *network = built->network;
    *check = (Check){.network = network, .branches = built->branches, .loss_only = built->loss_only, .seed = seed};
    check->training = allocate(network->training_bytes);
    check->gradients = allocate(network->parameters_bytes);
    check->input = NEW_ARRAY(network->inputs + 1, void *);
    check->target = NEW_ARRAY(network->targets + 1, void *);
    size_t batch = (size_t)network->batch;
    for (int p = 0; p < network->inputs; p++)
        check->input[p] = allocate(batch * network->input[p].elements * sizeof(double));
    for (int p = 0; p < network->targets; p++)
        check->target[p] = allocate(batch * network->target[p].elements * sizeof(double));
    network->initialize(check->training, seed);
    stir(check);
    redraw(check, 0);
}

/* ---- the same again ---- */

/* A pass is a function of parameters, state and step: it leaves the parameters alone, and again gives the same bits. */
static bool repeats(Check *check)
{
    size_t bytes = check->network->parameters_bytes;
    void *before = allocate(bytes);
    memcpy(before, check->training, bytes);
    double first = gradient(check);
    memcpy(check->gradients, gradients_of(check), bytes);
    uint64_t branches;
    double alone = loss(check, &branches), second = gradient(check);
    const char *wrong = NULL;
    if (memcmp(&first, &second, sizeof first) || memcmp(&first, &alone, sizeof first) ||
        memcmp(check->gradients, gradients_of(check), bytes))
        wrong = "gradient, called twice, gives two results";
    else if (memcmp(before, check->training, bytes))
        wrong = "gradient changes the parameters";
    if (wrong)
        printf("%s\n", wrong);
    return !wrong;
}

/* ---- the table ---- */

static const char *dimensions(const nnc_tensor *tensor)
{
    Text text = {0};
    for (int i = 0; i < tensor->rank; i++)
        text_add(&text, "%s%d", i ? "x" : "", tensor->shape[i]);
    return text.bytes ? text.bytes : "1";
}

static int name_width(const nnc_network *network)
{
    size_t width = strlen("tensor");
    for (int t = 0; t < network->tensors; t++)
        if (network->tensor[t].trained && strlen(network->tensor[t].name) > width)
            width = strlen(network->tensor[t].name);
    return (int)width;
}

static void print_row(const nnc_tensor *tensor, const Finding *finding, int width)
{
    const char *checked = format("%lld", finding->elements);
    if (finding->directions)
        checked = format("%lld + %d dir", finding->elements, finding->directions);
    printf("%-*s  %-12s  %14s  %7d  %11.1e  %s", width, tensor->name, dimensions(tensor), checked, finding->redrawn,
           finding->worst,
           finding->good      ? "ok"
           : finding->differs ? "WRONG"
                              : "KINKED");
    if (!finding->good && !finding->differs)
        printf(": no difference could be taken, with other data neither");
    else if (!finding->good && finding->where >= 0)
        printf(": element %lld is %.9g, differences say %.9g", finding->where, finding->analytic, finding->numeric);
    else if (!finding->good)
        printf(": the slope along a direction is %.9g, differences say %.9g", finding->analytic, finding->numeric);
    printf("\n");
}

/* One for each trained tensor; tensor[] says which. */
static Claim *claims_of(const Check *check, const nnc_tensor **tensor, int *count)
{
    const nnc_network *network = check->network;
    Claim *claims = NEW_ARRAY(network->tensors, Claim);
    for (int t = 0; t < network->tensors; t++) {
        if (!network->tensor[t].trained)
            continue;
        size_t at = network->tensor[t].offset / sizeof(double);
        tensor[*count] = &network->tensor[t];
        claims[(*count)++] = (Claim){network->tensor[t].name, (long long)network->tensor[t].elements,
                                     parameters_of(check) + at, check->gradients + at};
    }
    return claims;
}

static bool check_all(Check *check, bool whole)
{
    const nnc_network *network = check->network;
    const nnc_tensor **tensor = NEW_ARRAY(network->tensors, const nnc_tensor *);
    Subject subject = {.context = check, .loss = loss, .redraw = redraw, .seed = check->seed};
    subject.claim = claims_of(check, tensor, &subject.claims);
    Sample sample = {.elements = whole ? ELEMENTS_MAX : WHOLE_ELEMENTS, .directions = DIRECTIONS};
    long long probes = 0, redrawn = 0;
    double worst = 0;
    int width = name_width(network), wrong = !repeats(check);
    printf("%-*s  %-12s  %14s  %7s  %11s  %s\n", width, "tensor", "shape", "checked", "redrawn", "worst error",
           "verdict");
    for (int t = 0; t < subject.claims; t++) {
        Finding finding = check_claim(&subject, &subject.claim[t], &sample);
        print_row(tensor[t], &finding, width);
        fflush(stdout);
        probes += finding.elements + finding.directions;
        redrawn += finding.redrawn;
        worst = fmax(worst, finding.worst);
        wrong += !finding.good;
    }
    wrong += !repeats(check);
    bool kinked = redrawn * 100 > probes && redrawn > 1;
    if (kinked)
        printf("more than 1 %% had to be redrawn because of kinks\n");
    printf("%s: %d tensors, %lld comparisons, %lld redrawn, worst relative error %.1e (limit %.0e)\n",
           wrong || kinked ? "FAIL" : "PASS", subject.claims, probes, redrawn, worst, DIFFERENCES_GATE);
    return !wrong && !kinked;
}

/* ---- the command ---- */

typedef struct Request {
    const char *only;
    uint64_t seed;
    int predict_batch;
    bool all, help;
} Request;

static const Option table[] = {
    {"--all", NULL, OPTION_FLAG, offsetof(Request, all), SIZE_MAX, NULL,
     "every element of every tensor, not a sample of the large ones"},
    {"--only", NULL, OPTION_TEXT, offsetof(Request, only), SIZE_MAX, "WHAT",
     "gradients: against differences; bits: of training and prediction, against plain loops"},
    {"--predict-batch", NULL, OPTION_COUNT, offsetof(Request, predict_batch), SIZE_MAX, "N",
     "a prediction of N samples, too"},
    {"--seed", NULL, OPTION_SEED, offsetof(Request, seed), SIZE_MAX, "N", "other data and parameters; 1 if left out"},
    {"--help", "-h", OPTION_HELP, offsetof(Request, help), SIZE_MAX, NULL, "this page"},
};
enum { ROWS = sizeof table / sizeof *table };

static int print_help(void)
{
    printf(
        "nnc check SPEC.yaml   proves the gradients: analytic against numeric, a row for each parameter tensor; and\n"
        "                      that what is printed for the target has the bits of plain loops\n\n");
    options_print(stdout, table, ROWS);
    compiling_print(stdout, "native");
    return 0;
}

/* In double and of a few samples, whatever is asked for. */
static bool check_gradients(const Options *options, const Request *request)
{
    Options traced = {.spec_path = options->spec_path,
                      .templates = options->templates,
                      .machine = options->machine,
                      .numerics = options->machine->fma ? NUMERICS_FUSED : NUMERICS_SEPARATE,
                      .float64 = true,
                      .branches = true,
                      .batch = options->batch,
                      .batch_most = CHECK_BATCH};
    Built built = {0};
    if (!build_network(&traced, &built))
        return false;
    if (!built.network->parameter_count) {
        error_at(built.model->name_span, "this network has no trained parameters: there is no gradient to check");
        return false;
    }
    Check check;
    start(&check, &built, request->seed);
    return check_all(&check, request->all);
}

/* What is printed for the target c are the plain loops, and `fast` promises no bits. */
static bool has_bits(const Options *options)
{
    return options->numerics != NUMERICS_FAST && strcmp(options->machine->name, "c") != 0;
}

static int run(Options *options, const Request *request)
{
    const bool gradients = !request->only || strcmp(request->only, "gradients") == 0,
               bits = !request->only || strcmp(request->only, "bits") == 0;
    if (!gradients && !bits)
        return wrong_usage("check", format("'%s' is not what is checked: gradients or bits", request->only));
    if (!gradients && !has_bits(options))
        return wrong_usage("check", options->numerics == NUMERICS_FAST
                                        ? "fast numerics promise no bits"
                                        : "target 'c' has the plain loops, and there is nothing to compare them with");
    if (gradients && !check_gradients(options, request))
        return 1;
    options->repeated = gradients;
    return !bits || !has_bits(options) || plain_loops_agree(options, request->seed) ? 0 : 1;
}

int command_check(int count, char **words)
{
    Options options = {.emulated = true};
    Request request = {.seed = 1};
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
