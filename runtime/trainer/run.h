/* run.h - one training run: a seed, the samples of a split, from the first step (or a checkpoint's) to the last. */
#ifndef NNC_TRAINER_RUN_H
#define NNC_TRAINER_RUN_H

#include "advice.h"
#include "batches.h"
#include "history.h"
#include "progress.h"
#include "score.h"
#include "trainer.h"

/* All of a run that a checkpoint keeps, besides the network's tensors. */
typedef struct Run_state {
    uint64_t seed, step;   /* step: the next one */
    uint64_t samples_hash; /* 0: not computed */
    double running_loss;   /* the sum over the steps of this epoch */
    double running_steps;
    double best_loss, best_epoch; /* of early stopping; best_epoch 0: none yet */
    void *best;                   /* parameters of that epoch; NULL: not kept */
    Advice advice;
    History history;
} Run_state;

typedef enum Run_end { RUN_COMPLETE, RUN_STOPPED_EARLY, RUN_INTERRUPTED } Run_end;

typedef struct Run {
    Context *context;
    const nnc_network *network;
    const Samples *samples;
    const Train_options *options;
    FILE *out, *err;
    void *training; /* the network's struct: its parameters come first */
    Scorer *scorer;
    Batches *batches;
    Progress progress;
    Run_state state;
    bool verbose, has_header; /* a line for each epoch, below a header */
    Run_end end;
} Run;

/* Prepares a run with freshly initialised parameters. */
Run *run_open(Context *context, const nnc_network *network, const Samples *samples, const Train_options *options,
              uint64_t seed);

/* Trains to the last epoch, or until early stopping or a signal. Leaves the parameters asked for (last or best). */
void run_train(Run *run);

/* The figures of the parameters at hand. confusion (of the test set) may be NULL. */
void run_result(Run *run, Train_result *result, Confusion *confusion);

#endif
