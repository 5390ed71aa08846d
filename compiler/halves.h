/* halves.h - a half that several rows of a tile read becomes a float once. */
#ifndef NNC_HALVES_H
#define NNC_HALVES_H

#include "nnc.h"

/* In a nest that was cut into tiles: puts loads of halves before the loops on which they do not depend. */
void hoist_halves(Stmt *tiles);

#endif
