/* mutate.h - every small mistake that can be made in a template function. */
#ifndef NNC_TEST_MUTATE_H
#define NNC_TEST_MUTATE_H

#include "nnc.h"

/* One mistake: `slot` points to a part of the parsed tree, `now` takes its place. */
typedef struct Mutant {
    const Kernel *kernel;
    Span span;
    const char *what; /* in words, unique at its place */
    void **slot, *was, *now;
} Mutant;

int mutants_of(const Kernel *kernel, Mutant **mutants);
void mutant_apply(const Mutant *mutant);
void mutant_undo(const Mutant *mutant);
/* FUNCTION LINE:COLUMN WHAT, the line counted from that of the function's name, which is 1. */
const char *mutant_name(const Mutant *mutant);

#endif
