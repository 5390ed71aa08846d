/* metrics.c - the ROC of two sorted lists, and what is read from it. */
#include "metrics.h"

#include <math.h>
#include <stdlib.h>

Trials trials_new(Context *context, size_t genuines, size_t impostors)
{
    return (Trials){0, 0, context_allocate(context, genuines, sizeof(float)),
                    context_allocate(context, impostors, sizeof(float))};
}

void trials_add_genuine(Trials *trials, float similarity)
{
    trials->genuine[trials->genuines++] = similarity;
}

void trials_add_impostor(Trials *trials, float similarity)
{
    trials->impostor[trials->impostors++] = similarity;
}

static int falling(const void *one, const void *other)
{
    float a = *(const float *)one, b = *(const float *)other;
    return (a < b) - (a > b);
}

void metrics_sort(Trials *trials)
{
    qsort(trials->genuine, trials->genuines, sizeof(float), falling);
    qsort(trials->impostor, trials->impostors, sizeof(float), falling);
}

bool roc_next(const Trials *trials, Roc_point *point)
{
    float genuine = point->genuines < trials->genuines ? trials->genuine[point->genuines] : -INFINITY;
    float impostor = point->impostors < trials->impostors ? trials->impostor[point->impostors] : -INFINITY;
    point->threshold = genuine > impostor ? genuine : impostor;
    if (point->threshold == -INFINITY)
        return false;
    while (point->genuines < trials->genuines && trials->genuine[point->genuines] >= point->threshold)
        point->genuines++;
    while (point->impostors < trials->impostors && trials->impostor[point->impostors] >= point->threshold)
        point->impostors++;
    return true;
}

/* A column of the area for the impostors of each threshold: beside it stand the genuine pairs above, and half of those
 * at it. */
double metrics_area(const Trials *trials)
{
    double area = 0;
    Roc_point before = {INFINITY, 0, 0}, point = before;
    for (; roc_next(trials, &point); before = point)
        area += (double)(point.impostors - before.impostors) * ((double)before.genuines + (double)point.genuines) / 2;
    return area / ((double)trials->genuines * (double)trials->impostors);
}

double metrics_equal_error(const Trials *trials)
{
    double accepts = 0, rejects = 1; /* false ones */
    Roc_point point = {INFINITY, 0, 0};
    while (roc_next(trials, &point)) {
        double next_accepts = (double)point.impostors / (double)trials->impostors;
        double next_rejects = 1 - (double)point.genuines / (double)trials->genuines;
        if (next_accepts >= next_rejects) {
            double above = rejects - accepts, below = next_accepts - next_rejects;
            return accepts + above / (above + below) * (next_accepts - accepts);
        }
        accepts = next_accepts;
        rejects = next_rejects;
    }
    return accepts;
}

/* How many of the list, which falls, are `least` or more. */
static size_t count_from(const float *list, size_t count, float least)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list[middle] >= least)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

Roc_point metrics_at_false_accepts(const Trials *trials, double rate)
{
    /* 0.001 of 3,000 is 3, though the product of the two doubles may be a little less. */
    size_t allowed = (size_t)floor(rate * (double)trials->impostors * (1 + 1e-12));
    float threshold = allowed < trials->impostors ? nextafterf(trials->impostor[allowed], INFINITY) : -1;
    return (Roc_point){threshold, count_from(trials->genuine, trials->genuines, threshold),
                       count_from(trials->impostor, trials->impostors, threshold)};
}
