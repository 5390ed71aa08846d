/* footprint.h - the bytes that a planned network needs, and whether the spec's `memory:` allows them. */
#ifndef NNC_FOOTPRINT_H
#define NNC_FOOTPRINT_H

#include "nnc.h"

typedef struct Footprint {
    bool training, fused;             /* fused: no gradients are kept */
    long long parameters, statistics; /* statistics: the part of the parameters that is not trained but kept */
    long long gradients, state, arena, arena_bound, counters; /* with the parameters they are the training struct */
    long long training_total;                                 /* sizeof NAME_training */
    long long inference, inference_bound;                     /* sizeof NAME_inference */
    long long inference_with_input; /* the most that is alive at once, with the input as long as it is read */
    long long batch, batch_bound;   /* sizeof NAME_inference_batch; 0 without --predict-batch */
    long long scratch;              /* the larger of the two: a program may use one memory for both */
    int repeated;                   /* steps of training that make something again */
    long long constants;            /* weights (--weights) and lists of the spec */
    long long frozen;               /* of these, what --const-frozen takes out of the parameters struct */
    long long ram, flash;           /* what `memory:` limits */
} Footprint;

Footprint footprint_of(const Model *model);
/* False after a message at each budget that does not suffice (budget.c). */
bool within_budgets(const Model *model);
/* The same, with what the compiled network takes of the flash: code and constants. */
bool within_measured_budgets(const Model *model, long long flash);

#endif
