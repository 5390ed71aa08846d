/* workload.h - a network at work on random data, to be measured. */
#ifndef NNC_WORKLOAD_H
#define NNC_WORKLOAD_H

#include "timing.h"

#include "nnc/network.h"

#include <stddef.h>

enum { WORKLOAD_BATCHES = 8 };

typedef struct Room {
    size_t bytes;
    void *memory;
} Room;

typedef struct Workload {
    const nnc_network *network;
    Room training, first, inference, inference_batch; /* first: the training struct as it was initialized */
    void *output;
    const void **input[WORKLOAD_BATCHES], **target[WORKLOAD_BATCHES];
    int turn;
} Workload;

/* Draws the data; the network is the one that works. */
void workload_prepare(Workload *load, const nnc_network *network);
/* From now on this one works, from its first parameters; it differs from the one before in nothing but its tiles. */
void workload_use(Workload *load, const nnc_network *network);
/* A training step, a prediction, a prediction of many samples. */
Work workload_training(Workload *load);
Work workload_prediction(Workload *load);
Work workload_batch(Workload *load);

/* Zeroed, on a cache line of its own, as a program that cares for speed would put it; ends the process if there is
 * none. */
void *aligned_memory(size_t bytes);
/* The process stays on the core on which it runs. */
void stay_on_this_core(void);

#endif
