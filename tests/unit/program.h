/* program.h - kernels and networks for the tests of the passes, from text. */
#ifndef NNC_TEST_PROGRAM_H
#define NNC_TEST_PROGRAM_H

#include "nnc.h"

/* What has been said since program_start(). */
const char *program_messages(void);
int program_start(void **state);
int program_stop(void **state);

/* Templates whose dimensions are numbers: their kernels are bound as they stand. */
Kernel **program_kernels(const char *text);
Kernel *program_kernel(const char *text);
/* A phase of such kernels, which tensors are passed by name: "f(a, b)" gives f's first array the tensor a. Tensors are
 * made when first named: `in...` are inputs, `out...` outputs, all others values of the arena. */
Phase *program_phase(const char *kernels, const char *const *calls, int count);
Model *program_model(Phase *phase);

/* Of a target: c, sse, avx2 or avx512. */
Options *program_options(const char *machine, int lanes);

/* A network from a spec, after these passes; NULL if it was refused. */
Model *program_read(const char *spec, Options *options);
Model *program_bound(const char *spec, Options *options);
/* The passes behind bind, as far as merge. */
void program_merge(Model *model);

/* A small random number from 0 to limit - 1. */
int program_random(int limit);
void program_seed(unsigned seed);

#endif
