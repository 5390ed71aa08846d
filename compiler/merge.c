/* merge.c - steps whose kernels are equal share one, so that it is scheduled and printed once: layers of equal shape,
 * and zeros of every size that occurs. Needs kernels that no later pass changes for one of their steps alone.
 *
 * Two kernels are equal if they read the same: parameters with their types and sizes, and the body. */
#include "print.h"

static const char *text_of(const Kernel *kernel)
{
    Text signature = {0}, body = {0};
    print_kernel(&signature, &body, kernel, false, false);
    return format("%s(%s)\n%s", kernel->name, signature.bytes, body.bytes);
}

/* The kernels that were seen first, each with its text, by numbers from 1. */
typedef struct Merger {
    Names texts;
    int count;
    Kernel **kernel;
} Merger;

static void merge_step(Merger *merger, Step *step)
{
    const Mark mark = memory_mark();
    const char *text = text_of(step->kernel);
    const int *known = names_find(&merger->texts, text);
    if (known) {
        step->kernel = merger->kernel[*known - 1];
        memory_release(mark);
        return;
    }
    PUSH(merger->kernel, merger->count, step->kernel);
    *names_at(&merger->texts, text) = merger->count;
}

void merge(Model *model)
{
    Merger merger = {0};
    for (int p = 0; p < PHASES; p++)
        for (int i = 0; model->phase[p] && i < model->phase[p]->steps; i++)
            merge_step(&merger, model->phase[p]->step[i]);
}
