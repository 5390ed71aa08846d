/* trial.h - one small network in the interpreter, with data, and the gradient that its templates claim. */
#ifndef NNC_TEST_TRIAL_H
#define NNC_TEST_TRIAL_H

#include "differences.h"
#include "generate.h"

typedef struct Trial {
    Sample_network network;
    Interpreter *in;
    Random random;
    Category category;
    PhaseKind phase; /* of the backward functions: of a regularizer's gradient it is the update */
    int first, last; /* steps of the backward pass in that phase */
    int claims;
    Claim *claim;
    double *floor; /* [claims], after trial_check(): below it an element counts as small */
    double loss;
} Trial;

/* A network with random data and parameters, and its gradient. */
bool trial_new(Random *random, Library *library, Template *template, const Kernel *backward, const char *name,
               Trial *trial);
/* The same around a given network; its numbers are the caller's to fill in. */
void trial_begin(Trial *trial, const Sample_network *network, Category category);
/* Forward at the values as they stand; kept for all that trial_backward() does from then on. */
void trial_forward(Trial *trial);
/* Runs the backward steps behind that forward pass, and nothing else: what they leave out is NaN. */
void trial_backward(Trial *trial);
/* Compares every element with differences. NULL if all agree, else what does not; the number of elements and of redrawn
 * ones is added, *worst is raised to the largest error. */
const char *trial_check(Trial *trial, long long *elements, long long *redrawn, double *worst);

#endif
