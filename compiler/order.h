/* order.h - what is alive within a step. */
#ifndef NNC_ORDER_H
#define NNC_ORDER_H

#include "nnc.h"

/* The most elements of the arena that are alive in any nest of a step, of those that it touches. Its tensors are made
 * and die there if they do so in the steps first ... last of their phase. */
long long most_within(const Step *step, int first, int last);
/* Puts the nests of each step into the order in which the least is alive. */
void order_phase(Phase *phase);

#endif
