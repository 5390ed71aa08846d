/* compile.h - the passes in their order. */
#ifndef NNC_COMPILE_H
#define NNC_COMPILE_H

#include "nnc.h"

/* All passes over a model that was read, with the tiles of its schedule file, and the invariants behind each. False
 * after a message. */
bool run_passes(Model *model);
/* From a spec to a planned model. NULL if the user has to mend something; messages are out by then. */
Model *compile(Options *options);
/* Only as far as shapes and weights are known. */
Model *compile_shapes(Options *options);
/* From a spec to a planned model, printed: exit status. */
int compile_and_emit(Options *options);

#endif
