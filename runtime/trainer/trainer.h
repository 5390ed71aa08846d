/* trainer.h - trains, evaluates and applies a generated network on real data. Link with runtime/images,
 * -lz -ljansson -ljpeg -lm.
 *
 * A network is known only by its descriptor (nnc/network.h), its data by a Data_spec. Functions return an exit status:
 * 0; 1 when the input is at fault (error->message says where and what, in one line); 128 + n when signal n stopped
 * training, after a checkpoint was saved. They print results to `out` (standard output) and progress, warnings and
 * notes to `err` (standard error); they never end the process. */
#ifndef NNC_TRAINER_TRAINER_H
#define NNC_TRAINER_TRAINER_H

#include "context.h"
#include "data.h"
#include "nnc/network.h"

#include <stdio.h>

/* Zero is the default everywhere but for epochs. Names of files may be NULL. */
typedef struct Train_options {
    const char *data_directory; /* file names of the Data_spec are relative to it */
    int epochs;                 /* at least 1 */
    uint64_t seed;              /* of initialisation, batches and dropout; not of splits (data.seed) */
    int seeds;                  /* above 1: trains with seed, seed + 1, ... and prints mean, worst and best */
    const char *weights;        /* where the parameters go, as safetensors */
    const char *checkpoint;     /* default: WEIGHTS.checkpoint, written only when training is interrupted */
    uint64_t checkpoint_every;  /* steps; 0: at the end of each epoch, if `checkpoint` is given */
    bool resume;                /* go on from the checkpoint, if there is one */
    const char *history;        /* CSV, a line for each epoch */
    const char *plot;           /* NAME.png or NAME.svg: curves, and the plane of two inputs, by gnuplot */
    double validation;          /* above 0: instead of data.validation */
    int patience;               /* stop after so many epochs without a better validation (or test) loss; 0: never */
    bool best;                  /* keep the parameters of the best epoch, not of the last; implied by patience */
    bool running_loss;          /* do not evaluate the training set after each epoch: show the loss of its steps */
    bool strict_data;           /* a picture that cannot be read is an error, not left out */
    bool quiet;                 /* no line for each epoch, no progress */
    FILE *out, *err;
} Train_options;

/* One set's figures. accuracy is NAN where the network has none, all are NAN where there is no such set. */
typedef struct Train_score {
    double loss, accuracy;
} Train_score;

typedef struct Train_result {
    int epochs; /* trained, resumed ones included */
    uint64_t steps;
    double objective; /* training loss and the regulariser's penalty */
    Train_score train, validation, test;
    int runs;                 /* of several seeds or folds */
    double mean, worst, best; /* of their accuracies (losses where there are none) on the test set */
} Train_result;

/* Trains. With data.folds: cross-validation, and, if weights are asked for, a network of all samples. */
int trainer_train(const nnc_network *network, const Data_spec *data, const Train_options *options, Train_result *result,
                  Trainer_error *error);

/* Can the files be read at all? For a message before anything that takes time. */
int trainer_check_data(const Data_spec *data, const char *directory, Trainer_error *error);
int trainer_check_weights(const char *path, Trainer_error *error);

typedef struct Evaluate_options {
    const char *data_directory;
    const char *weights;
    bool strict_data; /* as in Train_options */
    bool quiet;       /* no confusion matrix */
    FILE *out, *err;
} Evaluate_options;

/* Loss, accuracy and confusion matrix on the test set; on the training set if there is no other, and says so. */
int trainer_evaluate(const nnc_network *network, const Data_spec *data, const Evaluate_options *options,
                     Train_score *score, Trainer_error *error);

typedef struct Predict_options {
    const char *data_directory;
    const char *weights;
    Data_words inputs;   /* files in the format of the Data_spec; none, or "-": lines of CSV from `in` */
    const char *outputs; /* a file for the answers, written when all are there; NULL: `out`, line by line */
    bool numbers;        /* outputs as numbers even where classes have names */
    FILE *in, *out, *err;
} Predict_options;

/* One line for each sample: the class's name, or the outputs, separated by commas, in the targets' own units. The
 * points x1,x2 of a playground become its features. Labels may be missing from the lines, or are passed over. */
int trainer_predict(const nnc_network *network, const Data_spec *data, const Predict_options *options,
                    Trainer_error *error);

#endif
