/* steps.h - steps and their kernels: made, copied so that a pass can try something, and asked. */
#ifndef NNC_STEPS_H
#define NNC_STEPS_H

#include "nnc.h"

/* A step with a kernel of its own, whose arrays are its own, too. */
Step *step_copy(const Step *step);
/* A phase with steps and tensors of its own. */
Phase *phase_copy(const Phase *phase);
/* Kernels that a pass makes, each once, by what they are made from. */
typedef struct Made_kernels {
    Names names;
    int count;
    Kernel **kernel;
} Made_kernels;
/* Where the kernel of a key is kept until another one is asked for: NULL the first time. */
Kernel **made_kernel(Made_kernels *made, const char *key);
/* One more at the end; the arguments of a step are parallel to the parameters of its kernel. */
void kernel_add(Kernel *kernel, Parameter parameter);
void step_add(Step *step, Argument argument);
/* Parameters that the kernel's body does not mention go, and their arguments. */
void drop_unmentioned(Step *step);
/* The one that stands for an array of the step's kernel, or NULL. */
Tensor *tensor_of(const Step *step, const Array *array);
/* `wanted`, with something behind it if an array of the kernel has it. */
const char *free_array_name(const Kernel *kernel, const char *wanted);
/* Each kernel belongs to the first step that runs it. */
void set_owners(const Model *model);
/* Reads or writes a tensor, or a view of it. */
bool step_touches(const Step *step, const Tensor *tensor);
/* The last of the steps that make rounds with this one, which is the first; itself if it makes none. */
int last_of_rounds(const Phase *phase, int first);
bool is_tensor_name(const Phase *phase, const char *name);
/* Those of a phase's tensors; `name`, with something behind it if it is taken, which it is then. */
Names tensor_names(const Phase *phase);
const char *take_name(Names *taken, const char *name);

#endif
