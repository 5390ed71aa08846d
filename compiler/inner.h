/* inner.h - what stands inside the body of a nest: its loops, its sums, and what the sums read. */
#ifndef NNC_INNER_H
#define NNC_INNER_H

#include "parallel.h"
#include "tile.h"

/* Sets of the nest's loops are masks: a bit for each, outermost first. */
typedef unsigned Loops;

static inline Loops loop_bit(int loop)
{
    return 1u << loop;
}

typedef struct Inner_loop {
    const Stmt *loop;
    Loops by;       /* those on which a limit depends */
    Loops named;    /* those whose variables a limit names */
    bool settles;   /* its limits are numbers if these variables are */
    double entered; /* in one iteration of the nest, at most */
} Inner_loop;

/* Innermost sums are what a tile keeps in registers. A sum of sums has its work in the inner ones. */
typedef struct Inner {
    int loops;
    Inner_loop *loop; /* in the order in which they are written */
    int sums;         /* accumulators */
    double trips;     /* of the loops around one of them, at most */
    double folded;    /* iterations of the loop that has the lanes, in all */
} Inner;

/* `by` holds the dependents of each loop of the nest; `fold` is the loop inside that has the lanes, or NULL. */
Inner inner_of(const Nest *nest, const Dependents *by, const Stmt *fold);

/* A load in an innermost sum. */
typedef struct Read {
    const Expr *load;
    Loops by;     /* those on which it depends */
    Loops window; /* of these, those whose variable is added to that of the sum */
} Read;

typedef struct Reads {
    const Nest *nest;
    const Dependents *by; /* of each loop of the nest */
    Dependents inner;     /* the loop in which the sum stands */
    int count;
    Read *read;
} Reads;

Reads reads_of(const Nest *nest, const Dependents *by);

#endif
