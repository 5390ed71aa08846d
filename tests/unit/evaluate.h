/* evaluate.h - what a bound program computes, so that the program before a pass can be compared with the one after it.
 *
 * Every real is a double, every operation runs in the order of the tree; the lanes of a vector one after the other. A
 * read outside an array, a read of what nothing has written, and lanes that the print would lose end the test. */
#ifndef NNC_TEST_EVALUATE_H
#define NNC_TEST_EVALUATE_H

#include "nnc.h"

/* Where the tensors of a phase lie. */
typedef enum Places {
    PLACES_OWN,  /* each has memory of its own */
    PLACES_ARENA /* where plan.c put them */
} Places;

typedef struct Memory {
    const Model *model;
    Places places;
    int count;
    const void **owner; /* a tensor, a weight or a state */
    double **reals;
    int **ints;
} Memory;

/* What is shown when a program cannot be evaluated: the spec that it comes from. */
void evaluate_subject(const char *text);
/* The value of an int expression over symbols[count] with these values. */
long long evaluate_int(Expr *expr, Symbol *const *symbols, const long long *values, int count);

/* Runs all steps from inputs that depend on the names of the tensors alone. */
void evaluate_phase(Memory *memory, const Phase *phase);
/* One kernel over arrays that are filled by their names: what it leaves in the arrays that it writes, as a hash. */
uint64_t evaluate_kernel(const Kernel *kernel, int lanes);

/* A hash of what the phase hands out: outputs, gradients, parameters, states, scalars. */
uint64_t evaluate_results(const Memory *memory, const Phase *phase);

/* The same of all phases of a model; and the test ends if a pass changed any. */
void evaluate_model(const Model *model, const char *spec, Places places, uint64_t results[PHASES]);
void evaluate_same(const char *pass, const uint64_t before[PHASES], const uint64_t after[PHASES]);

#endif
