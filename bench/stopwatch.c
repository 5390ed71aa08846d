/* stopwatch.c - the median and the minimum of many samples. A sample is a block of calls that is long beside what the
 * clock itself takes. The median is of the process's own clock, which stands still while others have the core, and which
 * virtual machines set back at times; the minimum is of the wall clock, which nothing can make too short. */
#define _POSIX_C_SOURCE 200809L
#include "stopwatch.h"

#include <stdlib.h>
#include <time.h>

enum { SAMPLES_MOST = 200000, SAMPLES_LEAST = 5, WARM_LEAST = 2, CALLS_TO_RESTART = 1000 };

static const double sample_us = 50;
static double samples[SAMPLES_MOST];

static double clock_us(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec * 1e-3;
}

static double now_us(void)
{
    return clock_us(CLOCK_PROCESS_CPUTIME_ID);
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void call(const Work *work, int calls)
{
    for (int i = 0; i < calls; i++)
        work->call(work->context);
}

/* The calls of one sample. */
static int warm_up(const Work *work, double budget_us)
{
    double start = now_us(), spent = 0;
    int calls = 0;
    for (; calls < WARM_LEAST || spent < budget_us; calls++) {
        call(work, 1);
        spent = now_us() - start;
    }
    double each = spent / calls;
    return each < sample_us ? (int)(sample_us / each) + 1 : 1;
}

Timing stopwatch(const Work *work, double milliseconds)
{
    double budget_us = 1e3 * milliseconds;
    int block = warm_up(work, budget_us / 8), count = 0, since = 0;
    double start = now_us(), least = 0;
    while (count < SAMPLES_LEAST || (count < SAMPLES_MOST && now_us() - start < budget_us)) {
        if (work->restart && since >= CALLS_TO_RESTART) {
            work->restart(work->context);
            call(work, 1);
            since = 0;
        }
        const double own = now_us(), wall = clock_us(CLOCK_MONOTONIC);
        call(work, block);
        const double passed = clock_us(CLOCK_MONOTONIC) - wall;
        samples[count++] = (now_us() - own) / block;
        least = count == 1 || passed / block < least ? passed / block : least;
        since += block;
    }
    qsort(samples, (size_t)count, sizeof *samples, ascending);
    return (Timing){samples[count / 2], least};
}
