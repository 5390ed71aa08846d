/* flatten.h - two loops over the rows and columns of whole tensors become one loop over all elements. */
#ifndef NNC_FLATTEN_H
#define NNC_FLATTEN_H

#include "nnc.h"

/* Joins the two outermost loops of a kernel that is a single nest; false if they cannot be. Repeat until false. */
bool flatten_kernel(Kernel *kernel);

#endif
