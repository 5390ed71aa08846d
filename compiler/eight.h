/* eight.h - functions whose vectors have eight lanes, where others have sixteen. */
#ifndef NNC_EIGHT_H
#define NNC_EIGHT_H

#include "estimate.h"

enum { EIGHT_LANES = 8 };

/* Whether a network can have such functions beside the others. */
bool may_have_eight_lanes(const Options *options);
/* Whether a kernel, flattened, is one of them: with eight lanes it takes no longer by estimate. */
bool takes_eight_lanes(Estimates *sixteen, Estimates *eight, const Kernel *kernel);
/* Lanes of its vectors, after schedule. */
int lanes_of(const Options *options, const Kernel *kernel);

#endif
