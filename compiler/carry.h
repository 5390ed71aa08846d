/* carry.h - sums over many iterations, taken up again in each of them. */
#ifndef NNC_CARRY_H
#define NNC_CARRY_H

#include "tile.h"

/* Where each iteration of a nest is `sum = 0; for i: ...; w = sum`: two statements in a block, a nest of w = 0, and the
 * loop over i around a nest of `sum = w; ...; w = sum`. NULL: it is of another form. */
Stmt *carried(const Nest *nest);

#endif
