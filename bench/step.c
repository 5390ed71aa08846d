/* step.c - the time of a training step or of a prediction of one generated network: one process of the benchmark.
 *
 *     nnc NET.yaml --describe -o net.c; cc -DNETWORK=NAME_network step.c stopwatch.c net.c -o step
 *     ./step train|predict MILLISECONDS      prints {"median_us": ..., "minimum_us": ...}
 *
 * As `nnc bench` does: random data, eight batches in turn, and the network put back to its first parameters now and
 * then, so that it does not learn the batches by heart. */
#include "stopwatch.h"

#include <nnc/network.h>
#include <nnc/random.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCHES = 8 };

const nnc_network *NETWORK(void);

typedef struct Bench {
    const nnc_network *network;
    void *training, *first, *inference, *output; /* first: the training struct as it was initialized */
    const void *input[BATCHES], *target[BATCHES];
    int turn;
} Bench;

/* On a page of its own, zeroed. */
static void *allocate(size_t bytes)
{
    size_t page = 4096;
    void *memory = aligned_alloc(page, (bytes + page) / page * page);
    if (!memory) {
        fprintf(stderr, "no memory for %zu bytes\n", bytes);
        exit(1);
    }
    return memset(memory, 0, bytes);
}

static void *draw(const nnc_port *port, int batch, uint32_t key)
{
    size_t count = (size_t)batch * port->elements;
    void *numbers = allocate(count * 4);
    for (size_t i = 0; i < count; i++)
        if (port->type == NNC_INT32)
            ((int32_t *)numbers)[i] = (int32_t)(nnc_random_uniform(key, (uint32_t)i) * port->classes);
        else
            ((float *)numbers)[i] = (float)nnc_random_normal(key, (uint32_t)i);
    return numbers;
}

static void prepare(Bench *bench, const nnc_network *network)
{
    *bench = (Bench){.network = network};
    bench->training = allocate(network->training_bytes);
    bench->inference = allocate(network->inference_bytes);
    bench->output = allocate(network->output.elements * 4);
    for (uint32_t b = 0; b < BATCHES; b++) {
        bench->input[b] = draw(network->input, network->batch, nnc_random_key(1, b, 0));
        bench->target[b] = draw(network->target, network->batch, nnc_random_key(2, b, 0));
    }
    network->initialize(bench->training, 1);
}

static void restart(void *context)
{
    const Bench *bench = context;
    memcpy(bench->training, bench->first, bench->network->training_bytes);
}

static void train(void *context)
{
    Bench *bench = context;
    bench->network->train(bench->training, &bench->input[bench->turn], &bench->target[bench->turn]);
    bench->turn = (bench->turn + 1) % BATCHES;
}

static void predict(void *context)
{
    Bench *bench = context;
    bench->network->predict(bench->training, bench->inference, &bench->input[bench->turn], bench->output);
    bench->turn = (bench->turn + 1) % BATCHES;
}

static Timing time_training(Bench *bench, double milliseconds)
{
    bench->first = allocate(bench->network->training_bytes);
    memcpy(bench->first, bench->training, bench->network->training_bytes);
    return stopwatch(&(Work){bench, train, restart}, milliseconds);
}

int main(int count, char **words)
{
    Bench bench;
    const nnc_network *network = NETWORK();
    if (count != 3 || network->inputs != 1 || network->targets != 1 || network->real_bytes != 4)
        return 2;
    prepare(&bench, network);
    double milliseconds = atof(words[2]);
    Timing timing = strcmp(words[1], "train") == 0 ? time_training(&bench, milliseconds)
                                                   : stopwatch(&(Work){&bench, predict, NULL}, milliseconds);
    printf("{\"median_us\": %.4f, \"minimum_us\": %.4f}\n", timing.median_us, timing.minimum_us);
}
