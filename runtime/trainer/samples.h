/* samples.h - samples as the network reads them: resident, one after the other, ready for memcpy. */
#ifndef NNC_TRAINER_SAMPLES_H
#define NNC_TRAINER_SAMPLES_H

#include "split.h"

/* What one input or target takes: `bytes` for each sample; 0 for a target that is a copy of an input. */
typedef struct Block {
    size_t bytes;
    unsigned char *values;
    const void
        *level; /* reals [256]: pictures stay the bytes that they are, and this is what those stand for; or NULL */
} Block;

typedef struct Set {
    size_t samples;
    Block *input, *target; /* [network->inputs], [network->targets] */
} Set;

typedef struct Samples {
    Set train, validation, test;
    Encoding *encoding;
    double black, white;            /* of pictures, as the network reads them; white INFINITY: nobody knows */
    const Data_augment *augment;    /* how training changes them */
    double input_peak, target_peak; /* the largest sizes among training samples, after standardising */
} Samples;

/* Takes the rows of a split. What the spec wants to be learnt from the training rows (means, medians) is learnt, unless
 * `known` has it from a weights file. */
Samples *samples_make(Context *context, const Pool *pool, const Split *split, const Data_spec *spec,
                      const nnc_network *network, const Encoding *known);

/* Turns the numbers of a pool's sample, or of a line to be predicted, into the blocks of one sample. `number` is
 * changed: filled and standardised. */
void samples_write_inputs(Context *context, const nnc_network *network, const Encoding *encoding, double *number,
                          const Block *input, size_t sample, const char *place);

/* Copies a sample to where the network reads it. */
void samples_copy(const Block *block, size_t real_bytes, size_t sample, void *to);

size_t samples_port_bytes(const nnc_network *network, const nnc_port *port);

/* A fingerprint of all sets, to tell that a checkpoint goes on with the data it began with. */
uint64_t samples_hash(const Samples *samples, const nnc_network *network);

#endif
