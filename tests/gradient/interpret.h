/* interpret.h - runs the steps of a derived model directly from the trees of the templates, in double.
 *
 * Nothing of bind, split, fuse, schedule, plan and emit takes part: what those make of a network can be compared with
 * this bit for bit. Parameters and gradients are laid out as in the generated structs. */
#ifndef NNC_TEST_INTERPRET_H
#define NNC_TEST_INTERPRET_H

#include "nnc.h"

typedef struct Code Code;
typedef struct Cells Cells;

typedef struct Interpreter {
    const Model *model;
    bool fused;        /* sums with products are rounded once */
    long long strays;  /* subscripts out of range; each became the nearest one inside */
    bool trapped;      /* divided an int by 0 */
    uint64_t branches; /* signature of the data-dependent branches since it was last set */
    uint64_t seed;
    uint32_t step;
    long long parameters; /* elements: all weights, statistics too */
    double *parameter, *gradient;
    double **state;      /* parallel to model->state */
    double **input;      /* [inputs] */
    double **target;     /* [targets], NULL where it is one of classes */
    int32_t **classes;   /* [targets] */
    Code **code[PHASES]; /* parallel to the steps */
    int cells[PHASES];
    Cells **cell[PHASES];
} Interpreter;

/* Room for everything; data and parameters are zeros. */
Interpreter *interpret_new(const Model *model, bool fused);
/* Makes the code of a step anew, after its template's tree was changed. */
void interpret_again(Interpreter *interpreter, PhaseKind phase, int step);
/* Forgets what the phase computed (reading it would give NaN), then runs steps first to last - 1: its value. */
void interpret_forget(Interpreter *interpreter, PhaseKind phase);
double interpret_steps(Interpreter *interpreter, PhaseKind phase, int first, int last);
/* What the phase has computed so far is kept, and comes back. */
void interpret_save(Interpreter *interpreter, PhaseKind phase);
void interpret_restore(Interpreter *interpreter, PhaseKind phase);
/* The whole phase. */
double interpret_phase(Interpreter *interpreter, PhaseKind phase);
/* The number of steps before the backward pass. */
int interpret_forward_steps(const Interpreter *interpreter);
/* As the generated initialize() and update() do, states and commits included. */
void interpret_initialize(Interpreter *interpreter, uint64_t seed);
void interpret_update(Interpreter *interpreter);
/* Where a tensor of a phase lies, if it holds reals. */
double *interpret_reals(const Interpreter *interpreter, PhaseKind phase, const Tensor *tensor);

#endif
