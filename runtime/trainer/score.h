/* score.h - loss, accuracy and confusion of a set, each sample seen once, as in prediction. */
#ifndef NNC_TRAINER_SCORE_H
#define NNC_TRAINER_SCORE_H

#include "samples.h"

#include <signal.h>

/* actual by predicted. */
typedef struct Confusion {
    size_t classes; /* 0: the network is not counted by classes */
    uint64_t *count;
} Confusion;

typedef struct Score {
    double loss;             /* the mean; NAN without samples */
    double accuracy;         /* right / counted; NAN without a metric */
    uint64_t right, counted; /* samples, or positions and elements of them */
} Score;

/* What evaluating needs besides parameters. */
typedef struct Scorer {
    const nnc_network *network;
    void *inference, *scored;
    const void **input, **target;      /* [inputs], [targets] */
    void **room;                       /* [inputs]: for a sample that is not in memory as the network reads it */
    const volatile sig_atomic_t *stop; /* set: give up; may be NULL */
} Scorer;

Scorer *score_open(Context *context, const nnc_network *network);
Confusion *score_confusion(Context *context, const nnc_network *network);

/* confusion may be NULL. */
Score score_set(const Scorer *scorer, const void *parameters, const Set *set, Confusion *confusion);

/* What the first loss reads of one sample: [network->scored.elements]. */
void score_values(const Scorer *scorer, const void *parameters, const Set *set, size_t sample, double *values);

/* Memory for one of the network's structs. */
void *score_memory(Context *context, size_t bytes);

#endif
