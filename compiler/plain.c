/* plain.c - what is printed for a target against the plain loops: the other half of `nnc check`.
 *
 * Differences of the loss prove a template's loops, in double and of a few samples. Tiles, lanes, layouts and packed
 * copies come after that, and depend on the batch and on the machine; but they never change a bit. So the network is
 * printed as it will be used, and once more for the target c, whose loops stay as the templates have them, and the two
 * learn and predict side by side. */
#include "plain.h"
#include "build.h"
#include "machine.h"
#include "workload.h"

#include <math.h>
#include <string.h>

enum { PLAIN_STEPS = 3 };

typedef struct Side {
    Built built;
    Workload load;
    void *scored;
} Side;

typedef struct Comparison {
    Side plain, tuned;
    const char *wrong; /* the first difference, in words; NULL: none */
} Comparison;

/* ---- numbers ---- */

static size_t bytes_of(nnc_type type, size_t real_bytes)
{
    return type == NNC_REAL ? real_bytes : type == NNC_UINT64 ? 8 : 4;
}

static double real_at(const void *numbers, size_t real_bytes, size_t i)
{
    return real_bytes == 8 ? ((const double *)numbers)[i] : (double)((const float *)numbers)[i];
}

/* Bit for bit, but for what is no number, whose bits depend on the order of operands. */
static bool same_element(const void *a, const void *b, nnc_type type, size_t real_bytes, size_t i)
{
    const size_t bytes = bytes_of(type, real_bytes);
    return memcmp((const char *)a + i * bytes, (const char *)b + i * bytes, bytes) == 0 ||
           (type == NNC_REAL && isnan(real_at(a, real_bytes, i)) && isnan(real_at(b, real_bytes, i)));
}

/* Of `elements` numbers named `name`; the first difference of all is the one that is told. */
static void compare(Comparison *comparison, const char *name, const void *plain, const void *tuned, nnc_type type,
                    size_t elements)
{
    const size_t real_bytes = comparison->plain.built.network->real_bytes;
    size_t i = 0;
    while (i < elements && same_element(plain, tuned, type, real_bytes, i))
        i++;
    if (i == elements || comparison->wrong)
        return;
    const char *values = "";
    if (type == NNC_REAL)
        values = format(" is %.9g, in plain loops %.9g", real_at(tuned, real_bytes, i), real_at(plain, real_bytes, i));
    comparison->wrong = format("%s: element %zu%s", name, i, *values ? values : " differs");
}

static void compare_losses(Comparison *comparison, const char *name, double plain, double tuned)
{
    if (memcmp(&plain, &tuned, sizeof plain) && !(isnan(plain) && isnan(tuned)) && !comparison->wrong)
        comparison->wrong = format("%s is %.9g, in plain loops %.9g", name, tuned, plain);
}

/* ---- the network at work ---- */

/* Parameters and states lie at places of their own in each struct. */
static void compare_tensors(Comparison *comparison, const char *when)
{
    const nnc_network *plain = comparison->plain.built.network, *tuned = comparison->tuned.built.network;
    for (int t = 0; t < plain->tensors; t++)
        compare(comparison, format("%s, %s", when, plain->tensor[t].name),
                (const char *)comparison->plain.load.training.memory + plain->tensor[t].offset,
                (const char *)comparison->tuned.load.training.memory + tuned->tensor[t].offset, plain->tensor[t].type,
                plain->tensor[t].elements);
}

static double train(Side *side, int batch)
{
    return side->built.network->train(side->load.training.memory, side->load.input[batch], side->load.target[batch]);
}

static void compare_training(Comparison *comparison)
{
    compare_tensors(comparison, "at first");
    for (int step = 0; step < PLAIN_STEPS; step++) {
        const double plain = train(&comparison->plain, step), tuned = train(&comparison->tuned, step);
        compare_losses(comparison, format("the loss of step %d", step + 1), plain, tuned);
        compare_tensors(comparison, format("after step %d", step + 1));
    }
}

static double evaluate(Side *side)
{
    return side->built.network->evaluate(side->load.training.memory, side->load.inference.memory, side->load.input[0],
                                         side->load.target[0], side->scored);
}

static void compare_evaluation(Comparison *comparison)
{
    const nnc_port *scored = &comparison->plain.built.network->scored;
    const double plain = evaluate(&comparison->plain), tuned = evaluate(&comparison->tuned);
    compare_losses(comparison, "the loss of an evaluation", plain, tuned);
    compare(comparison, "what an evaluation counts", comparison->plain.scored, comparison->tuned.scored, scored->type,
            scored->elements);
}

static void predict(Side *side, size_t sample)
{
    const nnc_network *network = side->built.network;
    const void **input = NEW_ARRAY(network->inputs + 1, const void *);
    for (int p = 0; p < network->inputs; p++)
        input[p] = (const char *)side->load.input[0][p] + sample * network->input[p].elements * network->real_bytes;
    network->predict(side->load.training.memory, side->load.inference.memory, input, side->load.output);
}

static void compare_predictions(Comparison *comparison)
{
    Side *plain = &comparison->plain, *tuned = &comparison->tuned;
    const nnc_network *network = tuned->built.network;
    const size_t elements = network->output.elements;
    predict(plain, 0);
    predict(tuned, 0);
    compare(comparison, "a prediction", plain->load.output, tuned->load.output, NNC_REAL, elements);
    if (!network->predict_batch)
        return;
    network->predict_batch(tuned->load.training.memory, tuned->load.inference_batch.memory, tuned->load.input[0],
                           tuned->load.output);
    for (size_t n = 0; n < (size_t)network->predict_batch_samples; n++) {
        predict(plain, n);
        compare(comparison, format("sample %zu of a prediction of %d", n, network->predict_batch_samples),
                plain->load.output, (const char *)tuned->load.output + n * elements * network->real_bytes, NNC_REAL,
                elements);
    }
}

/* ---- both of them ---- */

/* The loops of target c, compiled for the processor of another, so that a fused multiply-add is one instruction. */
static const Machine *loops_on(const Machine *machine)
{
    Machine *loops = NEW(Machine);
    *loops = *machine_find("c");
    loops->flags = machine->flags;
    return loops;
}

static bool build_side(Options options, uint64_t seed, Side *side)
{
    if (!build_network(&options, &side->built))
        return false;
    const nnc_network *network = side->built.network;
    workload_prepare(&side->load, network);
    network->initialize(side->load.training.memory, seed);
    side->scored = aligned_memory(network->scored.elements * network->real_bytes);
    return true;
}

static const char *dtype_name(const Options *options)
{
    return options->float64 ? "float64" : "float32";
}

bool plain_loops_agree(const Options *options, uint64_t seed)
{
    Comparison *comparison = NEW(Comparison);
    Options plain = *options, tuned = *options;
    plain.machine = loops_on(options->machine);
    plain.schedule = NULL;
    plain.threads = false;
    tuned.repeated = true;
    if (!build_side(plain, seed, &comparison->plain) || !build_side(tuned, seed, &comparison->tuned))
        return false;
    compare_training(comparison);
    compare_evaluation(comparison);
    compare_predictions(comparison);
    const char *machine =
        options->machine == machine_find("native") ? "this machine" : format("target %s", options->machine->name);
    const char *work = format("batch %d, %s, %s", comparison->plain.built.network->batch, dtype_name(options),
                              options->numerics == NUMERICS_FUSED ? "fused" : "separate");
    if (comparison->wrong)
        printf("FAIL: for %s, %s: %s\n", machine, work, comparison->wrong);
    else
        printf("PASS: for %s, %s: %d steps and a prediction have the bits of plain loops\n", machine, work,
               PLAIN_STEPS);
    return !comparison->wrong;
}
