/* steps.h - copies of steps, so that a pass can try something. */
#ifndef NNC_STEPS_H
#define NNC_STEPS_H

#include "nnc.h"

/* A step with a kernel of its own, whose arrays are its own, too. */
Step *step_copy(const Step *step);
/* A phase with steps and tensors of its own. */
Phase *phase_copy(const Phase *phase);
/* One more at the end; the arguments of a step are parallel to the parameters of its kernel. */
void kernel_add(Kernel *kernel, Parameter parameter);
void step_add(Step *step, Argument argument);
/* Each kernel belongs to the first step that runs it. */
void set_owners(const Model *model);
/* Reads or writes a tensor, or a view of it. */
bool step_touches(const Step *step, const Tensor *tensor);
/* `name`, with something behind it if a tensor of the phase has it. */
const char *free_tensor_name(const Phase *phase, const char *name);

#endif
