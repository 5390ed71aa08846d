/* fuse.h - elementwise steps move into their neighbours. */
#ifndef NNC_FUSE_H
#define NNC_FUSE_H

#include "nnc.h"

/* Fuses the steps of a phase that make something again, run by run: they do not move to where it was first made. */
void fuse_again(Phase *phase);

#endif
