/* traffic.h - how much memory the loops inside a nest go through. */
#ifndef NNC_TRAFFIC_H
#define NNC_TRAFFIC_H

#include "nnc.h"

/* How far a variable of a nest moves within one tile. */
typedef struct Reach {
    const Symbol *symbol; /* may be NULL */
    long long span;
} Reach;

/* Elements that one passage through a nest's body reads, each array counted once. */
double passage_elements(const Stmt *body, const Reach *reaches, int count);

/* The caches, as they are in most of today's machines or a little smaller. */
enum {
    REAL_BYTES = 4,
    LINE_BYTES = 64,
    LINE_ELEMENTS = LINE_BYTES / REAL_BYTES,
    FIRST_CACHE_BYTES = 32 << 10,
    SECOND_CACHE_BYTES = 1 << 20,
    SECOND_CACHE_WAYS = 16,
    SECOND_CACHE_SETS = SECOND_CACHE_BYTES / LINE_BYTES / SECOND_CACHE_WAYS
};

/* Cycles in which so many bytes come in, if they do not stay in the first cache from one passage to the next. */
double memory_cycles(double bytes);
/* The same on top of that, where they come from behind the second cache. */
double far_memory_cycles(double bytes);

/* What jumps cost on top, where so many bytes come in by pieces of so many elements. */
double jump_cycles(double bytes, int elements);

/* Numbers in an array. */
double array_elements(const Array *array);

/* Iterations of a loop; of a window that is cut at a border as many as inside. */
double usual_trips(const Stmt *loop);

#endif
