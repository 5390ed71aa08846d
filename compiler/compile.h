/* compile.h - the passes in their order. */
#ifndef NNC_COMPILE_H
#define NNC_COMPILE_H

#include "nnc.h"

/* From a spec to a planned model. NULL if the user has to mend something; messages are out by then. */
Model *compile(Options *options);
/* Only as far as shapes and weights are known. */
Model *compile_shapes(Options *options);
/* From a spec to a planned model, printed: exit status. */
int compile_and_emit(Options *options);

#endif
