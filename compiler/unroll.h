/* unroll.h - short loops are written out. */
#ifndef NNC_UNROLL_H
#define NNC_UNROLL_H

#include "nnc.h"

/* By what the target has: with lanes a loop may become longer. */
typedef enum Unrolling { UNROLL_SCALAR, UNROLL_LANES } Unrolling;

/* The statement with its short loops written out. */
Stmt *unroll(Stmt *stmt, Unrolling unrolling);
/* A nest that was cut into tiles, without any loop if it is short as a whole. */
Stmt *unroll_tiles(Stmt *tiles);

#endif
