/* macs.h - how many multiply-adds a layer takes, counted in its template. */
#ifndef NNC_MACS_H
#define NNC_MACS_H

#include "nnc.h"

/* Of one sample in prediction. */
long long layer_macs(const Layer *layer);
/* The layers that a prediction runs, by their place in model->layer. */
const bool *predicted_layers(const Model *model);
long long prediction_macs(const Model *model);
/* Of a whole step of training on a batch: each layer forward, for the gradient of its weights where they are trained,
 * and for the gradient of its input where something before it is trained. */
long long training_macs(const Model *model);

#endif
