/* history.h - the figures of each epoch. */
#ifndef NNC_TRAINER_HISTORY_H
#define NNC_TRAINER_HISTORY_H

#include "context.h"

#include <stddef.h>

/* Columns of the CSV file, in order. What does not apply is NAN, and an empty field. */
#define HISTORY_FIELDS(X)                                                                                              \
    X(EPOCH, "epoch")                                                                                                  \
    X(STEP, "step")                                                                                                    \
    X(RATE, "learning_rate")                                                                                           \
    X(RUNNING_LOSS, "running_loss")                                                                                    \
    X(TRAIN_LOSS, "train_loss")                                                                                        \
    X(OBJECTIVE, "train_objective")                                                                                    \
    X(TRAIN_ACCURACY, "train_accuracy")                                                                                \
    X(VALIDATION_LOSS, "validation_loss")                                                                              \
    X(VALIDATION_ACCURACY, "validation_accuracy")                                                                      \
    X(TEST_LOSS, "test_loss")                                                                                          \
    X(TEST_ACCURACY, "test_accuracy")                                                                                  \
    X(GAP, "gap")

enum {
#define X(name, text) HISTORY_##name,
    HISTORY_FIELDS(X)
#undef X
        HISTORY_COLUMNS
};

/* gap: training accuracy minus test accuracy, or test loss minus training loss where there is no accuracy. */
typedef struct History {
    size_t epochs, capacity;
    double (*row)[HISTORY_COLUMNS];
} History;

void history_add(Context *context, History *history, const double row[HISTORY_COLUMNS]);
void history_write(Context *context, const char *path, const History *history);

#endif
