/* slice.h - the part of a step that makes one of its tensors. */
#ifndef NNC_SLICE_H
#define NNC_SLICE_H

#include "nnc.h"

/* A copy of a step that makes `wanted` and nothing else that could be left out. What the step makes besides and needs
 * for it is read, not made again, if it is much smaller: the statistics of a normalisation. NULL if the rest would
 * write more than values of the arena. */
Step *slice_of(const Step *step, const Tensor *wanted);
/* Roughly the operations of a step. */
double step_work(const Step *step);

#endif
