/* folds.h - accuracy by the protocol of Labeled Faces in the Wild, View 2 (Huang, Ramesh, Berg and Learned-Miller
 * 2007): for each fold, the threshold that is best for all the other folds decides about the fold's pairs; the figure
 * is the mean of the folds' accuracies, with its standard error. */
#ifndef FACES_FOLDS_H
#define FACES_FOLDS_H

#include "metrics.h"

/* Pairs in order of their folds: similarity[i], same[i] and fold[i]. Folds are numbered from 0 without gaps. */
typedef struct Fold_scores {
    size_t count;
    const float *similarity;
    const bool *same;
    const int *fold;
    int folds;
} Fold_scores;

/* The pairs of all folds but one, sorted; fold -1: of all. */
Trials folds_trials(Context *context, const Fold_scores *scores, int left_out);

/* The threshold at which most pairs of all folds but one are decided rightly; fold -1: of all. It lies in the middle of
 * two similarities that occur; of several that are equally good it is the middle one. */
double folds_threshold(Context *context, const Fold_scores *scores, int left_out);

/* The share of a fold's pairs that a threshold decides rightly; fold -1: of all. */
double folds_accuracy(const Fold_scores *scores, int fold, double threshold);

typedef struct Fold_result {
    double mean, standard_error; /* of the folds' accuracies; the error is the deviation / sqrt(folds) */
} Fold_result;

/* Needs two folds or more. */
Fold_result folds_evaluate(Context *context, const Fold_scores *scores);

#endif
