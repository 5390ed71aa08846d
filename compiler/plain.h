/* plain.h - what is printed for a target against the plain loops. */
#ifndef NNC_PLAIN_H
#define NNC_PLAIN_H

#include "nnc.h"

/* Prints, compiles and runs a network twice, as the options ask and for the target c, on the same data: some steps of
 * training, an evaluation, predictions. Writes one line on stdout: `PASS` if all bits are the same, or `FAIL` and what
 * is not; false then, or after a message. The numerics are fused or separate: `fast` promises no bits. */
bool plain_loops_agree(const Options *options, uint64_t seed);

#endif
