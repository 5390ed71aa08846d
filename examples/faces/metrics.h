/* metrics.h - how well similarities tell pairs of one person (genuine) from pairs of two (impostors).
 *
 * A pair is accepted if its similarity is the threshold or more. At each threshold
 *     false accepts = accepted impostors / impostors,  true accepts = accepted genuine pairs / genuine pairs,
 * and the curve of one over the other is the ROC. Pairs of equal similarity are accepted together. */
#ifndef FACES_METRICS_H
#define FACES_METRICS_H

#include "context.h"

typedef struct Trials {
    size_t genuines, impostors;
    float *genuine, *impostor; /* from the greatest similarity to the least, after metrics_sort() */
} Trials;

/* Room for so many pairs; filled by trials_add(). */
Trials trials_new(Context *context, size_t genuines, size_t impostors);
/* Of which kind there must be room. */
void trials_add_genuine(Trials *trials, float similarity);
void trials_add_impostor(Trials *trials, float similarity);
void metrics_sort(Trials *trials);

/* A point of the ROC. */
typedef struct Roc_point {
    float threshold;
    size_t genuines, impostors; /* accepted there */
} Roc_point;

/* From {INFINITY, 0, 0}, where nothing is accepted, to the next lower similarity that occurs. False at the end. */
bool roc_next(const Trials *trials, Roc_point *point);

/* All of these need at least one pair of each kind, sorted. */

/* The chance that a genuine pair is more similar than an impostor; equal ones count half. */
double metrics_area(const Trials *trials);
/* The rate at which false accepts equal false rejects, on the straight line between the two points of the ROC where
 * they cross. */
double metrics_equal_error(const Trials *trials);
/* The last point of the ROC whose false accepts are at most `rate`; its threshold is the lowest float that accepts no
 * more impostors, so that it also holds for similarities that did not occur. */
Roc_point metrics_at_false_accepts(const Trials *trials, double rate);

#endif
