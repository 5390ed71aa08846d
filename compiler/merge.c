/* merge.c - steps whose kernels are equal share one, so that it is scheduled and printed once: layers of equal shape,
 * and zeros of every size that occurs. Needs kernels that no later pass changes for one of their steps alone.
 *
 * Two kernels are equal if they read the same: parameters with their types and sizes, and the body. */
#include "print.h"

#include <stdlib.h>
#include <string.h>

typedef struct Written {
    const char *text;
    int order;
    Step *step;
} Written;

static int compare_written(const void *left, const void *right)
{
    const Written *a = left, *b = right;
    int order = strcmp(a->text, b->text);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

static const char *text_of(const Kernel *kernel)
{
    Text signature = {0}, body = {0};
    print_kernel(&signature, &body, kernel, false, false);
    return format("%s(%s)\n%s", kernel->name, signature.bytes, body.bytes);
}

void merge(Model *model)
{
    Written *all = NULL;
    int count = 0;
    for (int p = 0; p < PHASES; p++)
        for (int i = 0; model->phase[p] && i < model->phase[p]->steps; i++) {
            Step *step = model->phase[p]->step[i];
            all = push_grow(all, count, sizeof *all);
            all[count] = (Written){text_of(step->kernel), count, step};
            count++;
        }
    if (count)
        qsort(all, (size_t)count, sizeof *all, compare_written);
    for (int i = 1; i < count; i++)
        if (strcmp(all[i - 1].text, all[i].text) == 0)
            all[i].step->kernel = all[i - 1].step->kernel;
}
