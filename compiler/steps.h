/* steps.h - copies of steps, so that a pass can try something. */
#ifndef NNC_STEPS_H
#define NNC_STEPS_H

#include "nnc.h"

/* A step with a kernel of its own, whose arrays are its own, too. */
Step *step_copy(const Step *step);
/* A phase with steps and tensors of its own. */
Phase *phase_copy(const Phase *phase);
/* `name`, with something behind it if a tensor of the phase has it. */
const char *free_tensor_name(const Phase *phase, const char *name);

#endif
