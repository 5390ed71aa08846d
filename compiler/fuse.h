/* fuse.h - elementwise steps move into their neighbours. */
#ifndef NNC_FUSE_H
#define NNC_FUSE_H

#include "nnc.h"

/* Fuses the steps begin ... end - 1 of a phase among themselves. */
void fuse_steps(Phase *phase, int begin, int end);

#endif
