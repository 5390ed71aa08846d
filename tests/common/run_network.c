/* run_network.c - trains generated networks on invented data and prints a hash of all that training leaves behind.
 *
 *     cc -DNETWORKS="X(left) X(right)" run_network.c left.c right.c;  a.out STEPS
 *
 * The data are small integers over powers of two, drawn by integer arithmetic: the same on every machine. The structs
 * come from malloc and are not cleared, so that a sanitizer sees what a network reads before it writes it. A prediction
 * of a batch (--predict-batch) must give each sample the bits of its own; if it does not, the program ends with
 * status 1. */
#include <nnc/network.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define X(NAME) const nnc_network *NAME##_network(void);
NETWORKS
#undef X

enum { PORTS_MAX = 4 };

typedef struct Data {
    const void *input[PORTS_MAX], *target[PORTS_MAX];
} Data;

static uint32_t draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

static void *allocate(size_t bytes)
{
    void *memory = malloc(bytes ? bytes : 1);
    if (!memory)
        exit(2);
    return memory;
}

static void set_real(void *data, size_t real_bytes, size_t index, double value)
{
    if (real_bytes == sizeof(float))
        ((float *)data)[index] = (float)value;
    else
        ((double *)data)[index] = value;
}

static void *draw_inputs(const nnc_network *network, const nnc_port *port, int samples, uint64_t *state)
{
    size_t count = port->elements * (size_t)samples;
    void *data = allocate(count * network->real_bytes);
    for (size_t i = 0; i < count; i++)
        set_real(data, network->real_bytes, i, (double)((int)(draw(state) % 4096) - 2048) / 1024.0);
    return data;
}

/* Rows that add up to 1 suit every loss but hinge, which wants signs. */
static void *draw_reals(const nnc_network *network, const nnc_port *port, uint64_t *state)
{
    size_t count = port->elements * (size_t)network->batch;
    size_t row = port->rank ? (size_t)port->shape[port->rank - 1] : 1;
    int *share = allocate(row * sizeof *share);
    void *data = allocate(count * network->real_bytes);
    for (size_t start = 0; start < count; start += row) {
        int sum = 0;
        for (size_t i = 0; i < row; i++)
            sum += share[i] = (int)(draw(state) % 100) + 1;
        for (size_t i = 0; i < row; i++)
            set_real(data, network->real_bytes, start + i,
                     network->metric == NNC_METRIC_SIGN ? (share[i] > 50 ? 1.0 : -1.0) : (double)share[i] / sum);
    }
    free(share);
    return data;
}

static void *draw_classes(const nnc_network *network, const nnc_port *port, uint64_t *state)
{
    size_t count = port->elements * (size_t)network->batch;
    int32_t *data = allocate(count * sizeof *data);
    for (size_t i = 0; i < count; i++)
        data[i] = (int32_t)(draw(state) % (uint32_t)port->classes);
    return data;
}

static Data draw_batch(const nnc_network *network, uint64_t *state)
{
    Data data = {{NULL}, {NULL}};
    for (int i = 0; i < network->inputs; i++)
        data.input[i] = draw_inputs(network, &network->input[i], network->batch, state);
    for (int i = 0; i < network->targets; i++) {
        const nnc_port *port = &network->target[i];
        data.target[i] = port->copies              ? NULL
                         : port->type == NNC_INT32 ? draw_classes(network, port, state)
                                                   : draw_reals(network, port, state);
    }
    return data;
}

static void forget(Data *data)
{
    for (int i = 0; i < PORTS_MAX; i++) {
        free((void *)(uintptr_t)data->input[i]);
        free((void *)(uintptr_t)data->target[i]);
    }
}

static uint64_t add_bytes(uint64_t hash, const void *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ ((const unsigned char *)data)[i]) * UINT64_C(1099511628211);
    return hash;
}

static uint64_t add_state(uint64_t hash, const nnc_network *network, const void *training)
{
    for (int i = 0; i < network->tensors; i++) {
        const nnc_tensor *tensor = &network->tensor[i];
        size_t bytes = tensor->type == NNC_REAL ? network->real_bytes : tensor->type == NNC_UINT64 ? 8 : 4;
        hash = add_bytes(hash, (const char *)training + tensor->offset, tensor->elements * bytes);
    }
    return hash;
}

static uint64_t add_prediction(uint64_t hash, const nnc_network *network, const void *training, const Data *data)
{
    void *inference = allocate(network->inference_bytes);
    void *output = allocate(network->output.elements * network->real_bytes);
    void *scored = allocate(network->scored.elements * network->real_bytes);
    network->predict(training, inference, data->input, output);
    double loss = network->evaluate(training, inference, data->input, data->target, scored);
    hash = add_bytes(hash, output, network->output.elements * network->real_bytes);
    hash = add_bytes(hash, scored, network->scored.elements * network->real_bytes);
    free(inference);
    free(output);
    free(scored);
    return add_bytes(hash, &loss, sizeof loss);
}

static void check_batch(const nnc_network *network, const void *training)
{
    const int samples = network->predict_batch_samples;
    const size_t bytes = network->output.elements * network->real_bytes;
    uint64_t state = 7;
    Data all = {{NULL}, {NULL}};
    for (int i = 0; i < network->inputs; i++)
        all.input[i] = draw_inputs(network, &network->input[i], samples, &state);
    void *inference = allocate(network->inference_bytes), *inference_batch = allocate(network->inference_batch_bytes);
    char *outputs = allocate((size_t)samples * bytes), *output = allocate(bytes);
    network->predict_batch(training, inference_batch, all.input, outputs);
    for (int n = 0; n < samples; n++) {
        const void *input[PORTS_MAX];
        for (int i = 0; i < network->inputs; i++)
            input[i] = (const char *)all.input[i] + (size_t)n * network->input[i].elements * network->real_bytes;
        network->predict(training, inference, input, output);
        if (memcmp(output, outputs + (size_t)n * bytes, bytes)) {
            printf("error: %s: sample %d of %d is predicted otherwise than alone\n", network->name, n, samples);
            exit(1);
        }
    }
    forget(&all);
    free(inference);
    free(inference_batch);
    free(outputs);
    free(output);
}

static void run(const nnc_network *network, int steps)
{
    uint64_t hash = UINT64_C(14695981039346656037), state = 1;
    char *training = allocate(network->training_bytes);
    double loss = 0;
    network->initialize(training, UINT64_C(0x0123456789abcdef));
    for (int i = 0; i < steps; i++) {
        Data data = draw_batch(network, &state);
        loss = network->train(training, data.input, data.target);
        const double extra[] = {loss, network->penalty(training), network->rate(training)};
        hash = add_bytes(hash, extra, sizeof extra);
        if (i + 1 == steps)
            hash = add_prediction(add_state(hash, network, training), network, training, &data);
        forget(&data);
    }
    if (network->predict_batch)
        check_batch(network, training);
    printf("%s %016llx %.9g\n", network->name, (unsigned long long)hash, loss);
    free(training);
}

int main(int count, char **arguments)
{
    int steps = count > 1 ? atoi(arguments[1]) : 1;
#define X(NAME) run(NAME##_network(), steps);
    NETWORKS
#undef X
    return 0;
}
