/* machine.h - the table of targets. */
#ifndef NNC_MACHINE_H
#define NNC_MACHINE_H

#include "nnc.h"

/* What --target may be, in words. */
#define MACHINE_NAMES                                                                                                  \
    "c, native, sse, avx2, avx512, neon, wasm, cortex-m0, cortex-m3, cortex-m4, cortex-m7, cortex-m33, cortex-m55, "   \
    "rv32imc, rv32imafc or avr"
/* Of a command that runs what is compiled for it. */
#define MACHINE_ELSEWHERE "'%s' is a target of other machines, and this command runs the network on this one"

/* The target of that name, or NULL; `native` is the best of the table that this machine runs. */
const Machine *machine_find(const char *name);
/* The same machine, whose flags name what turns float16 into float, too. */
const Machine *machine_with_halves(const Machine *machine);
/* What is compiled for the target runs on a processor of this kind. */
bool machine_is_here(const Machine *machine);
/* A microcontroller, whose C has no vectors and runs anywhere, with flags for this machine instead of its own; NULL:
 * the target is none. */
const Machine *machine_emulated(const Machine *machine);

#endif
