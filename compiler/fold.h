/* fold.h - layers that only scale and shift channels, as a part of the weights of the layer before them. */
#ifndef NNC_FOLD_H
#define NNC_FOLD_H

#include "nnc.h"

/* The layers that went into another one's weights, in the order of computation. */
typedef struct Fold {
    int channels;
    const Weight *bias; /* takes the shift */
    int layers;
    const Layer **layer;
} Fold;

/* scale y + shift, of one channel. */
typedef struct Scaling {
    double scale, shift;
} Scaling;

/* The trained number of one channel of a weight, [channels]. */
typedef double Channel_number(void *context, const Weight *weight, int channel);

/* All layers of a fold together. */
Scaling fold_scaling(const Fold *fold, int channel, Channel_number *number, void *context);

#endif
