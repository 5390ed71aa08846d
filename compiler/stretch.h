/* stretch.h - where the limits of loops inside a nest change their form. */
#ifndef NNC_STRETCH_H
#define NNC_STRETCH_H

#include "tile.h"

/* Part of the range of a loop of constant limits. */
typedef struct Stretch {
    long long from, to;
} Stretch;

/* The longest stretch of a loop of the nest in which no limit inside depends on a choice that the loop's variable
 * makes; false if no limit does anyhow, or if no stretch has two iterations. */
bool even_stretch(const Nest *nest, int loop, Stretch *stretch);
/* Makes the choices that are the same in a whole stretch of the variable. */
void decide_limits(Stmt *stmt, const Symbol *variable, Stretch stretch);

#endif
