/* standardize.h - means, scales and medians of columns. */
#ifndef NNC_TRAINER_STANDARDIZE_H
#define NNC_TRAINER_STANDARDIZE_H

#include "pool.h"

/* Mean and standard deviation (of the population) of each column of table[rows][width]. A constant column has scale 1,
 * a fixed one mean 0 and scale 1. */
Scaling standardize_learn(Context *context, const double *table, size_t rows, size_t width, const bool *fixed);

/* number = (number - mean) / scale, in place; nothing for a scaling of width 0. */
void standardize_apply(const Scaling *scaling, double *number);
/* The way back. */
void standardize_undo(const Scaling *scaling, double *number);

/* The mean or median of each column of what is not NAN. */
double *standardize_fill(Context *context, const double *table, size_t rows, size_t width, bool median,
                         const char *path);

#endif
