/* profile.h - where the time of a training step and of a prediction goes. */
#ifndef NNC_PROFILE_H
#define NNC_PROFILE_H

#include "build.h"
#include "timing.h"

/* A step of a phase: one function of the printed C, called once. */
typedef struct Profile_row {
    const Step *step;
    PhaseKind phase;
    Timing timing;
    double macs;  /* multiply-adds of its layer, as in macs.h */
    double bytes; /* that it reads and writes, each counted once */
    double spent; /* us, of the call that is being measured */
    double *samples;
} Profile_row;

typedef struct Step_profile {
    int rows;
    Profile_row *row;
    const Built *built;
    int first[PHASES]; /* of the rows of a phase */
    double last;       /* when the step before was done */
    double (*clock)(void);
} Step_profile;

/* Rows for all steps of training and of prediction, in their order, of a network that was built with options->timed. */
Step_profile profile_rows(const Built *built);
/* Measures those that a call passes through. */
void profile_measure(Step_profile *profile, const Work *work, double budget_us);

#endif
