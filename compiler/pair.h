/* pair.h - an elementwise step, the consumer, and a step before it that makes what it reads, the producer: whether the
 * two can be one. */
#ifndef NNC_PAIR_H
#define NNC_PAIR_H

#include "nnc.h"

/* A single nest that computes each element from the same element of what it reads; perhaps with nests before it. */
typedef struct Consumer {
    Step *step;
    int hoisted;    /* declarations and nests before the nest */
    bool has_nests; /* nests among them */
    int depth;
    Stmt *loop[RANK_MAX];
    const Stmt *body;
    Array *joint; /* what it reads of the producer */
} Consumer;

/* One store in a nest over all elements. */
typedef struct Producer {
    Step *step;
    Array *joint;
    Stmt *store, *parent; /* parent: the block that holds the store */
    int at;
    int loops;
    const Stmt *loop[4 * RANK_MAX]; /* around the store */
    bool reduces;                   /* a loop beside the store in its block */
    int stores;
} Producer;

/* Dimensions of the consumer as groups of the producer's: what was flattened between them. */
typedef struct Groups {
    int first[RANK_MAX + 1]; /* of the producer's dimensions, for each loop of the consumer */
} Groups;

typedef struct Pair {
    Producer producer;
    Consumer consumer;
    Groups groups;
    Tensor *tensor; /* goes from the one to the other */
    bool keep;      /* it is more than a value between them: the store stays */
} Pair;

/* Reads two steps as a pair; false: their kernels are not of this form, or what else they share forbids it. What stands
 * between them in the phase is the caller's to know, and so is `keep`. */
bool read_pair(Step *producer, Step *consumer, Pair *pair);
/* The two as one: the producer's step, with the consumer's formula behind its store. */
void join_pair(const Pair *pair);

/* Which loop of the consumer a subscript is; -1: none. */
int loop_of(const Consumer *consumer, const Expr *subscript);
/* One memory, or one weight, gradient or state, by whatever view. */
bool same_place(const Tensor *left, const Tensor *right);
bool step_writes(const Step *step, int argument);
/* The first argument of a step that stands for a tensor; -1: none. */
int argument_of(const Step *step, const Tensor *tensor);

#endif
