/* differences.h - an analytic gradient against central differences. */
#ifndef NNC_DIFFERENCES_H
#define NNC_DIFFERENCES_H

#include "nnc.h"

#define DIFFERENCES_GATE 1e-6

/* A tensor of parameters, and what is claimed to be the derivative of the loss by each of its elements. */
typedef struct Claim {
    const char *name;
    long long elements;
    double *value;
    const double *gradient;
} Claim;

/* A function of parameters that can be evaluated. */
typedef struct Subject {
    void *context;
    /* The loss at the values as they stand, and a signature of the data-dependent branches on the way. */
    double (*loss)(void *context, uint64_t *branches);
    /* Other data, by number; the gradients of all claims are renewed. */
    void (*redraw)(void *context, int number);
    uint64_t seed;
    int claims;
    const Claim *claim;
    int draws; /* redraws so far */
} Subject;

typedef struct Sample {
    long long elements; /* tensors up to this size are checked whole, larger ones by this many elements */
    int directions;     /* through all elements of a larger one */
} Sample;

typedef struct Finding {
    long long elements; /* checked one by one */
    int directions, redrawn;
    double floor;             /* below this an element counts as small */
    double worst;             /* relative error */
    long long where;          /* its element; -1: a direction */
    double analytic, numeric; /* there */
    bool good;
    bool differs; /* not good: a difference was taken, and is another number; else a kink stood in every way */
} Finding;

/* |analytic - numeric|, relative to the larger of them or to the floor, whichever is largest; 1 if either is NaN. */
double relative_error(double analytic, double numeric, double floor);
Finding check_claim(Subject *subject, const Claim *claim, const Sample *sample);

#endif
