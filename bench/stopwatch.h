/* stopwatch.h - how long a call takes, over many calls: the same measure for nnc (step.c) and for ONNX Runtime
 * (peer_ort.c). */
#ifndef STOPWATCH_H
#define STOPWATCH_H

typedef struct Work {
    void *context;
    void (*call)(void *context);
    void (*restart)(void *context); /* called now and then, outside the measured time; NULL: never */
} Work;

typedef struct Timing {
    double median_us, minimum_us;
} Timing;

/* Warms up, then measures for so long, but at least a few calls. */
Timing stopwatch(const Work *work, double milliseconds);

#endif
