/* playground.h - the features of a point of TensorFlow playground's plane. */
#ifndef NNC_TRAINER_PLAYGROUND_H
#define NNC_TRAINER_PLAYGROUND_H

#include "data.h"

/* The features that the spec asks for, x1 and x2 by default. */
void playground_features(const Data_spec *spec, double x, double y, double *values);

#endif
