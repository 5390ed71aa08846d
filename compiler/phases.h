/* phases.h - cuts loops by the remainder of their variable, where loops inside start at one. */
#ifndef NNC_PHASES_H
#define NNC_PHASES_H

#include "tile.h"

/* The nests that take the place of a nest whose inner loops run over every second (third, ...) tap: one for each
 * remainder, with inner loops of step 1. NULL: there is no such loop, or its limits are not understood. */
Stmt *cut_in_remainders(const Nest *nest);

#endif
