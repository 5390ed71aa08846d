/* split.h - which rows of a pool train, validate and test. */
#ifndef NNC_TRAINER_SPLIT_H
#define NNC_TRAINER_SPLIT_H

#include "pool.h"

typedef struct Rows {
    int part; /* of the pool */
    size_t count;
    uint32_t *row; /* ascending */
} Rows;

typedef struct Split {
    Rows train, validation, test;
} Split;

/* The split of a single run: data.test.split (or the test file) and data.validation, by data.seed. Where targets are
 * classes, each has its share everywhere. */
Split split_holdout(Context *context, const Pool *pool, const Data_spec *spec);

/* How many folds: data.folds, or one for each value of its column. 0: no cross-validation. */
int split_folds(const Pool *pool, const Data_spec *spec);

/* Fold `fold` is the test set, the others train; by `seed`, unless a column says it. Folds of all numbers make up the
 * set. */
Split split_fold(Context *context, const Pool *pool, const Data_spec *spec, uint64_t seed, int fold);

#endif
