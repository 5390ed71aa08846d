/* interval.h - what is known of the values of integers. */
#ifndef NNC_INTERVAL_H
#define NNC_INTERVAL_H

#include "nnc.h"

typedef struct Interval {
    bool known;
    long long low, high;
} Interval;

/* From the ranges of the loop variables and locals in an expression, as far as learn() has seen them. */
Interval interval_of(const Expr *expr);
/* Takes note of a loop's or a declared int's range. */
void learn(const Stmt *stmt);
/* The same of all inside a statement, outer loops first. */
void learn_all(const Stmt *stmt);

#endif
