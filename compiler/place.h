/* place.h - puts tensors side by side in the arena. */
#ifndef NNC_PLACE_H
#define NNC_PLACE_H

#include "nnc.h"

/* Gives each of tensors[count] its offset, a multiple of `alignment`, so that none lies in the bytes of another that
 * lives at the same time, unless it is its heir. Returns the elements that they take together. `enough`: what no
 * placement can go below. */
long long place_tensors(Tensor **tensors, int count, int alignment, long long enough);

#endif
