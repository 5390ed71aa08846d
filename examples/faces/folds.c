/* folds.c - a threshold from the other folds. */
#include "folds.h"

#include "metrics.h"

#include <math.h>

Trials folds_trials(Context *context, const Fold_scores *scores, int left_out)
{
    Trials trials = trials_new(context, scores->count, scores->count);
    for (size_t i = 0; i < scores->count; i++) {
        if (scores->fold[i] == left_out)
            continue;
        if (scores->same[i])
            trials_add_genuine(&trials, scores->similarity[i]);
        else
            trials_add_impostor(&trials, scores->similarity[i]);
    }
    metrics_sort(&trials);
    return trials;
}

static size_t right_at(const Trials *trials, const Roc_point *point)
{
    return point->genuines + trials->impostors - point->impostors;
}

/* Accepts what the point accepts: in the middle between its threshold and the next. */
static double middle_of(const Trials *trials, Roc_point point)
{
    double threshold = (double)point.threshold;
    if (!roc_next(trials, &point))
        return threshold;
    return isinf(threshold) ? nextafterf(point.threshold, INFINITY) : (threshold + (double)point.threshold) / 2;
}

double folds_threshold(Context *context, const Fold_scores *scores, int left_out)
{
    size_t mark = context->blocks, best = 0, ties = 0;
    Trials trials = folds_trials(context, scores, left_out);
    Roc_point point = {INFINITY, 0, 0};
    do {
        size_t right = right_at(&trials, &point);
        ties = right > best ? 1 : ties + (right == best);
        best = right > best ? right : best;
    } while (roc_next(&trials, &point));
    point = (Roc_point){INFINITY, 0, 0};
    size_t skip = (ties - 1) / 2;
    while (right_at(&trials, &point) != best || skip-- > 0)
        roc_next(&trials, &point);
    double threshold = middle_of(&trials, point);
    context_release(context, mark);
    return threshold;
}

double folds_accuracy(const Fold_scores *scores, int fold, double threshold)
{
    size_t pairs = 0, right = 0;
    for (size_t i = 0; i < scores->count; i++) {
        if (fold >= 0 && scores->fold[i] != fold)
            continue;
        pairs++;
        right += ((double)scores->similarity[i] >= threshold) == scores->same[i];
    }
    return (double)right / (double)pairs;
}

Fold_result folds_evaluate(Context *context, const Fold_scores *scores)
{
    double sum = 0, squares = 0, *accuracy = context_allocate(context, (size_t)scores->folds, sizeof *accuracy);
    for (int fold = 0; fold < scores->folds; fold++) {
        accuracy[fold] = folds_accuracy(scores, fold, folds_threshold(context, scores, fold));
        sum += accuracy[fold];
    }
    double mean = sum / scores->folds;
    for (int fold = 0; fold < scores->folds; fold++)
        squares += (accuracy[fold] - mean) * (accuracy[fold] - mean);
    return (Fold_result){mean, sqrt(squares / (scores->folds - 1)) / sqrt(scores->folds)};
}
