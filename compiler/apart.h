/* apart.h - the proof that the iterations of a loop may run at the same time. */
#ifndef NNC_APART_H
#define NNC_APART_H

#include "nnc.h"

/* No iteration of `loop` touches what another one writes, neither in one iteration of `around` nor in several: a loop
 * that holds nothing else, or the same one. For loops of a scheduled kernel, with so many lanes. */
bool is_apart(const Kernel *kernel, const Stmt *loop, const Stmt *around, int lanes);

#endif
