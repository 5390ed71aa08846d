/* progress.h - a bar with rate and time left, on a terminal only. */
#ifndef NNC_TRAINER_PROGRESS_H
#define NNC_TRAINER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct Progress {
    FILE *stream;        /* NULL: no terminal, nothing is shown */
    double start, shown; /* seconds */
    double epoch_start;  /* of the epoch's steps */
    uint64_t epoch_step;
    uint64_t first_step, steps, batch; /* steps: the last one of the run */
    int epochs;
    bool visible;
} Progress;

/* step: where the run begins (a resumed one in the middle). */
Progress progress_open(FILE *stream, bool quiet, uint64_t step, uint64_t steps, uint64_t batch, int epochs);
/* Before the first step of an epoch. */
void progress_epoch(Progress *progress, uint64_t step);
/* After a step; looks at the clock only now and then. loss: of the epoch so far. share: of the epoch, 0 to 1. */
void progress_step(Progress *progress, uint64_t step, int epoch, double share, double loss);
/* Removes the bar, before a line is printed. */
void progress_clear(Progress *progress);

double progress_seconds(void);

#endif
