/* parameters.h - what every layer and loss keeps beside its values, and the order of the parameters struct. */
#ifndef NNC_PARAMETERS_H
#define NNC_PARAMETERS_H

#include "nnc.h"

/* The parameters and statistics of a layer whose sizes are known, or those of the layer whose it shares; instead of
 * what it had. Reports what is too large or cannot be shared. */
void give_weights(const Model *model, Layer *layer);
/* The same of a loss. */
void give_loss_weights(const Model *model, Loss *loss);
/* Sets model->weight and model->constant anew: trained ones first, those of losses behind those of layers; then frozen
 * ones, then statistics. */
void order_weights(Model *model);

#endif
