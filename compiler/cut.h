/* cut.h - the cheapest way to give each of several things one of two labels. */
#ifndef NNC_CUT_H
#define NNC_CUT_H

#include "nnc.h"

/* What it costs if two things have different labels; more than FORBIDDEN: they may not. */
typedef struct Seam {
    int one, other;
    double cost;
} Seam;

#define FORBIDDEN 1e30

/* labels[i] is true where thing i has the second label. The sum of first[i] over those with the first label, of
 * second[i] over the others, and of the seams between the two is the least there is; of equal ones that with fewer
 * second labels. */
bool *cheapest_labels(int count, const double *first, const double *second, int seams, const Seam *seam);

#endif
