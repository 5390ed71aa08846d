/* infer_loss.h - the part of infer that is the losses'. */
#ifndef NNC_INFER_LOSS_H
#define NNC_INFER_LOSS_H

#include "nnc.h"

/* Sets form, sizes, target and weights; reports what does not fit. Needs the shapes of all layers. */
void infer_loss(Model *model, Loss *loss);

#endif
