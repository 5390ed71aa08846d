/* macs.h - how many multiply-adds a layer takes, counted in its template. */
#ifndef NNC_MACS_H
#define NNC_MACS_H

#include "nnc.h"

/* Of one sample in prediction. */
long long layer_macs(const Layer *layer);
/* The layers that a prediction runs, by their place in model->layer. */
const bool *predicted_layers(const Model *model);
long long prediction_macs(const Model *model);
/* Of a step of training on a batch, for each layer (by its place in model->layer): forward; and backward, once for the
 * gradient of its weights where they are trained, once for that of its input where something before it is trained. */
typedef struct Training_macs {
    long long forward, backward;
} Training_macs;
const Training_macs *training_macs_by_layer(const Model *model);
/* All of these together. */
long long training_macs(const Model *model);

#endif
