/* timing.c - how long a call takes, over many calls. */
#include "timing.h"

#include "nnc.h"

#include <stdlib.h>
#include <time.h>

enum { SAMPLES_MOST = 200000, SAMPLES_LEAST = 5 };

/* A sample is at least this long: the clock itself takes 0.03. */
static const double sample_us = 20;

static double clock_us(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec * 1e-3;
}

double now_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

double cpu_us(void)
{
    return clock_us(CLOCK_PROCESS_CPUTIME_ID);
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

Timing timing_of(double *samples, int count)
{
    qsort(samples, (size_t)count, sizeof *samples, ascending);
    return (Timing){samples[count / 2], samples[0], count};
}

/* Calls that make one sample; found while warming up. */
static int warm_up(const Work *work, double budget_us)
{
    double start = now_us(), spent = 0;
    int calls = 0;
    for (; calls < 3 || (spent < budget_us && calls < RESTART); calls++) {
        work->call(work->context);
        spent = now_us() - start;
    }
    double each = spent / calls;
    return each < sample_us ? (int)(sample_us / each) + 1 : 1;
}

Timing measure(const Work *work, double budget_us)
{
    int block = warm_up(work, budget_us / 8), count = 0, since = 0;
    double *samples = NEW_ARRAY(SAMPLES_MOST, double), start = now_us();
    double (*const clock)(void) = work->clock ? work->clock : now_us;
    while (count < SAMPLES_MOST && (count < SAMPLES_LEAST || now_us() - start < budget_us)) {
        if (work->restart && since > RESTART) {
            work->restart(work->context);
            work->call(work->context);
            since = 0;
        }
        double before = clock();
        for (int i = 0; i < block; i++)
            work->call(work->context);
        samples[count++] = (clock() - before) / block;
        since += block;
    }
    Timing timing = timing_of(samples, count);
    timing.calls *= block;
    return timing;
}
