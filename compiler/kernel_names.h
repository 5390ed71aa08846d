/* kernel_names.h - what the functions of kernels are called in the printed C. */
#ifndef NNC_KERNEL_NAMES_H
#define NNC_KERNEL_NAMES_H

#include "nnc.h"

/* The kernels that were asked for, in that order. */
typedef struct Kernel_names {
    int count;
    const Kernel **kernel;
    const char **name;
} Kernel_names;

/* Without the network's prefix; a kernel that is new and called as others before gets a number. */
const char *kernel_name(Kernel_names *names, const Kernel *kernel);
/* All kernels of a model, in the order in which they are printed. */
Kernel_names kernel_names_of(const Model *model);

/* The phases in the order in which they are printed. */
extern const PhaseKind printed_order[PHASES];

#endif
