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

/* Iterations of a loop; of a window that is cut at a border as many as inside. */
double usual_trips(const Stmt *loop);

#endif
