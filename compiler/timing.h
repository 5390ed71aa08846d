/* timing.h - how long a call takes. */
#ifndef NNC_TIMING_H
#define NNC_TIMING_H

typedef struct Timing {
    double median, minimum; /* us of one call */
    long long calls;
} Timing;

enum { RESTART = 2000 };

/* What is timed. `restart` (NULL: none) is called every RESTART calls, outside the time. `clock`: NULL is now_us. */
typedef struct Work {
    void *context;
    void (*call)(void *context);
    void (*restart)(void *context);
    double (*clock)(void);
} Work;

/* By a clock that never goes back. */
double now_us(void);
/* What this process has had of it. Asking takes longer: a call of the system. */
double cpu_us(void);
/* Calls it again and again for so long, and a little longer to warm up. */
Timing measure(const Work *work, double budget_us);
/* Sorts the samples, one at least. */
Timing timing_of(double *samples, int count);

#endif
