/* feature_order.h - the order in which a tool whose channels stand first has the features behind a flatten. */
#ifndef NNC_FEATURE_ORDER_H
#define NNC_FEATURE_ORDER_H

#include "nnc.h"

typedef struct Features Features;

/* Of a model after infer. NULL after a message: no order of the other tool's gives the same network. */
Features *features_of(const Model *model);

/* order[ours] = theirs for the numbers along dimension `dimension` of a layer's array; NULL: the same. */
const int *feature_order(const Features *features, const Layer *layer, const Array *array, int dimension);

#endif
