/* standardize.c - means, scales and medians of columns. */
#include "standardize.h"

#include <math.h>
#include <stdlib.h>

/* Two passes: E[x^2] - mean^2 would cancel for a column far from 0. */
Scaling standardize_learn(Context *context, const double *table, size_t rows, size_t width, const bool *fixed)
{
    Scaling scaling = {.width = width,
                       .mean = context_allocate(context, width, sizeof *scaling.mean),
                       .scale = context_allocate(context, width, sizeof *scaling.scale)};
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < width; c++)
            scaling.mean[c] += table[r * width + c];
    }
    for (size_t c = 0; c < width; c++)
        scaling.mean[c] = fixed != NULL && fixed[c] ? 0 : scaling.mean[c] / (double)rows;
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < width; c++) {
            double distance = table[r * width + c] - scaling.mean[c];
            scaling.scale[c] += distance * distance;
        }
    }
    for (size_t c = 0; c < width; c++) {
        double deviation = sqrt(scaling.scale[c] / (double)rows);
        /* A column that is constant but for rounding: its scale would make noise of it. */
        bool constant = deviation <= 1e-12 * fabs(scaling.mean[c]);
        scaling.scale[c] = constant || (fixed != NULL && fixed[c]) ? 1 : deviation;
    }
    return scaling;
}

void standardize_apply(const Scaling *scaling, double *number)
{
    for (size_t i = 0; i < scaling->width; i++)
        number[i] = (number[i] - scaling->mean[i]) / scaling->scale[i];
}

void standardize_undo(const Scaling *scaling, double *number)
{
    for (size_t i = 0; i < scaling->width; i++)
        number[i] = number[i] * scaling->scale[i] + scaling->mean[i];
}

static int compare(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

static double middle(double *value, size_t count)
{
    qsort(value, count, sizeof *value, compare);
    return count % 2 == 1 ? value[count / 2] : (value[count / 2 - 1] + value[count / 2]) / 2;
}

static double average(const double *value, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += value[i];
    return sum / (double)count;
}

double *standardize_fill(Context *context, const double *table, size_t rows, size_t width, bool median,
                         const char *path)
{
    double *fill = context_allocate(context, width, sizeof *fill);
    double *value = context_allocate(context, rows, sizeof *value);
    for (size_t c = 0; c < width; c++) {
        size_t count = 0;
        for (size_t r = 0; r < rows; r++) {
            if (!isnan(table[r * width + c]))
                value[count++] = table[r * width + c];
        }
        if (count == 0)
            context_fail(context, "%s: error: input %zu has no value in any training sample", path, c + 1);
        fill[c] = median ? middle(value, count) : average(value, count);
    }
    context_discard(context, value);
    return fill;
}
