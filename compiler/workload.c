/* workload.c - a network at work on random data, to be measured.
 *
 * The data are a few batches in turn, so that no step finds the very inputs of the one before. The network is put back
 * to its first parameters now and then, outside the measured time, so that it neither diverges nor learns the batches
 * by heart (with denormal gradients, which some machines are slow at). */
#define _GNU_SOURCE
#include "workload.h"

#include "nnc.h"

#include "nnc/random.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

void stay_on_this_core(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    int core = sched_getcpu();
    if (core >= 0)
        CPU_SET((size_t)core, &set);
    if (core < 0 || sched_setaffinity(0, sizeof set, &set))
        fprintf(stderr, "nnc: warning: cannot stay on one core: times may vary more\n");
}

void *aligned_memory(size_t bytes)
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

static const void *draw_port(const nnc_port *port, const nnc_network *network, int samples, uint32_t key, bool positive)
{
    size_t elements = (size_t)samples * port->elements;
    void *numbers = aligned_memory(elements * network->real_bytes);
    for (size_t i = 0; i < elements; i++) {
        double uniform = nnc_random_uniform(key, (uint32_t)i);
        if (port->type == NNC_INT32)
            ((int32_t *)numbers)[i] = (int32_t)(uniform * port->classes);
        else
            put_real(numbers, network->real_bytes, i, positive ? uniform : nnc_random_normal(key, (uint32_t)i));
    }
    return numbers;
}

static void draw_batches(Workload *load, const nnc_network *network, int samples)
{
    for (int b = 0; b < WORKLOAD_BATCHES; b++) {
        load->input[b] = NEW_ARRAY(network->inputs + 1, const void *);
        load->target[b] = NEW_ARRAY(network->targets + 1, const void *);
        for (int p = 0; p < network->inputs; p++)
            load->input[b][p] =
                draw_port(&network->input[p], network, samples, nnc_random_key(1, (uint32_t)b, (uint32_t)p), false);
        for (int p = 0; p < network->targets; p++) {
            int copies = network->target[p].copies;
            uint32_t key = nnc_random_key(2, (uint32_t)b, (uint32_t)p);
            load->target[b][p] =
                copies ? load->input[b][copies - 1] : draw_port(&network->target[p], network, samples, key, true);
        }
    }
}

void workload_prepare(Workload *load, const nnc_network *network)
{
    /* Of a step, or of a prediction of many. */
    const int samples =
        network->batch > network->predict_batch_samples ? network->batch : network->predict_batch_samples;
    *load = (Workload){0};
    load->output = aligned_memory((size_t)samples * network->output.elements * network->real_bytes);
    draw_batches(load, network, samples);
    workload_use(load, network);
}

static void make_room(Room *room, size_t bytes)
{
    if (room->bytes && room->bytes >= bytes)
        return;
    free(room->memory);
    *room = (Room){bytes, aligned_memory(bytes)};
}

void workload_use(Workload *load, const nnc_network *network)
{
    load->network = network;
    load->turn = 0;
    make_room(&load->training, network->training_bytes);
    make_room(&load->first, network->training_bytes);
    make_room(&load->inference, network->inference_bytes);
    if (network->predict_batch)
        make_room(&load->inference_batch, network->inference_batch_bytes);
    network->initialize(load->training.memory, 1);
    memcpy(load->first.memory, load->training.memory, network->training_bytes);
}

static void restart(void *context)
{
    const Workload *load = context;
    memcpy(load->training.memory, load->first.memory, load->network->training_bytes);
}

static void train(void *context)
{
    Workload *load = context;
    load->network->train(load->training.memory, load->input[load->turn], load->target[load->turn]);
    load->turn = (load->turn + 1) % WORKLOAD_BATCHES;
}

static void predict(void *context)
{
    Workload *load = context;
    load->network->predict(load->training.memory, load->inference.memory, load->input[load->turn], load->output);
    load->turn = (load->turn + 1) % WORKLOAD_BATCHES;
}

static void predict_batch(void *context)
{
    Workload *load = context;
    load->network->predict_batch(load->training.memory, load->inference_batch.memory, load->input[load->turn],
                                 load->output);
    load->turn = (load->turn + 1) % WORKLOAD_BATCHES;
}

Work workload_training(Workload *load)
{
    return (Work){.context = load, .call = train, .restart = restart};
}

Work workload_prediction(Workload *load)
{
    return (Work){.context = load, .call = predict};
}

Work workload_batch(Workload *load)
{
    return (Work){.context = load, .call = predict_batch};
}
