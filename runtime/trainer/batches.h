/* batches.h - an endless stream of samples, one shuffled epoch after the other, cut into batches.
 *
 * Batch `step` holds the samples at step * batch ... of the stream: a batch that an epoch does not fill goes on with
 * the next epoch's order, and no sample is seen twice before every other. The step is all there is to know of the
 * position. */
#ifndef NNC_TRAINER_BATCHES_H
#define NNC_TRAINER_BATCHES_H

#include "augment.h"
#include "samples.h"

typedef struct Batches {
    const Set *set;
    const nnc_network *network;
    uint64_t seed;
    uint64_t epoch; /* whose order is at hand; UINT64_MAX: none */
    uint32_t *order;
    const Augment *augment; /* NULL: samples are trained with as they are */
    void **input, **target; /* of the batch: [inputs], [targets] */
} Batches;

Batches *batches_open(Context *context, const Set *set, const nnc_network *network, const Augment *augment,
                      uint64_t seed);

/* Fills input and target with batch `step`. */
void batches_gather(Batches *batches, uint64_t step);

/* The first step that is not of epoch `epoch` (from 0) any more: a step belongs to the epoch of its first sample. */
uint64_t batches_end_of_epoch(const Batches *batches, uint64_t epoch);

#endif
