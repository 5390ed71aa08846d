/* advice.h - watches the loss of each step, and says when it goes wrong, at which step, and what to change.
 *
 * Losses are averaged over windows of at least 10 steps and 400 samples, so that the luck of a batch is no alarm. Each
 * warning is given once in a run. */
#ifndef NNC_TRAINER_ADVICE_H
#define NNC_TRAINER_ADVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ADVICE_WINDOWS = 8 };

/* Only doubles: a checkpoint keeps it as one row of numbers. */
typedef struct Advice {
    double steps, window_steps;          /* seen; in a window */
    double initial, previous;            /* losses: of the first step, of the last */
    double first, early;                 /* means: of the first 50 samples, of the first windows */
    double sum, jumps, in_window;        /* of the open window: losses, sizes of the changes, steps */
    double mean[ADVICE_WINDOWS];         /* of the windows that closed last, oldest first */
    double jump[ADVICE_WINDOWS];         /* the mean change from step to step */
    double windows;                      /* closed, all */
    double rises;                        /* since when the loss is far above where it began: windows */
    double diverges, oscillates, crawls; /* said */
} Advice;

/* What a step is judged by. */
typedef struct Advice_facts {
    uint64_t step, steps; /* this step, from 1; of the whole run */
    double rate;          /* the learning rate of the step */
    double batch;         /* samples */
    double input_peak, target_peak;
    bool classes; /* targets are not numbers: their size says nothing */
} Advice_facts;

enum { ADVICE_BYTES = 512 };

/* Takes the loss of a finished step. True if there is something to say, in `text`. The loss is finite. */
bool advice_step(Advice *advice, const Advice_facts *facts, double loss, char text[ADVICE_BYTES]);

/* What to say of a loss that is no number any more. */
void advice_not_finite(const Advice_facts *facts, double loss, char text[ADVICE_BYTES]);

#endif
