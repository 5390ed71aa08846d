/* half.h - weights of 16 bits: --weights-dtype float16, and the rounding to them. */
#ifndef NNC_COMPILER_HALF_H
#define NNC_COMPILER_HALF_H

#include "nnc.h"

/* --weights-dtype D; false if that is none. */
bool weights_dtype_read(const char *name, Options *options);
#define WEIGHTS_DTYPE_UNKNOWN "'%s' is not a dtype of weights: float32 or float16"
/* The bits of the half nearest to a number, the even one of two as near; those of infinity from halfway between the
 * largest, 65504, and 65536 on. */
unsigned half_bits(double number);

#endif
