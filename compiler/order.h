/* order.h - the order of the nests within a step. */
#ifndef NNC_ORDER_H
#define NNC_ORDER_H

#include "nnc.h"

/* Puts the nests of each step of a phase in the order in which the least is alive at once. */
void order_nests(Phase *phase);

#endif
