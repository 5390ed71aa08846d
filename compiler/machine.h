/* machine.h - the table of targets. */
#ifndef NNC_MACHINE_H
#define NNC_MACHINE_H

#include "nnc.h"

/* The target of that name, or NULL; `native` is the best of the table that this machine runs. */
const Machine *machine_find(const char *name);
int machine_names(const char *const **names);

#endif
