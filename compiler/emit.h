/* emit.h - the parts of the output (emit_*.c) and what they share. */
#ifndef NNC_EMIT_H
#define NNC_EMIT_H

#include "kernel_names.h"
#include "nnc.h"

typedef struct Emitter {
    const Model *model;
    const char *name, *upper; /* lenet5, LENET5 */
    const char *real;         /* float, double */
    bool training;
    bool fused;         /* gradient and update in one: no gradients are kept */
    int batch;          /* samples of the second prediction; 0: there is none */
    long long trained;  /* numbers that the optimizer changes */
    Kernel_names names; /* of the kernels that are printed so far */
    int constants;      /* lists of the spec, printed so far */
    const char **constant;
    Text *text;
} Emitter;

/* Both files as texts. `header` is the name in net.c's #include, which may be a path; NULL: net.c begins with the
 * header itself. False after a message. */
bool emit_texts(const Model *model, const char *header, Text *header_text, Text *source_text);
/* net.h: sizes, structs, functions. */
void emit_header(Emitter *emitter, Text *text);
/* The kernels of a phase that are not printed yet, and the phase's function. */
void emit_phase(Emitter *emitter, const Phase *phase);
/* `static double NAME_rate(const void *training)`: the learning rate of the coming step. */
void emit_rate(Emitter *emitter, const Phase *phase);
/* The function NAME_network() of --describe. */
void emit_description(Emitter *emitter);
/* Of what gives a checkpoint its meaning: names and shapes of all that is kept, kind of every layer and of the
 * optimizer, batch. Learning rate, epochs and data may change between two runs. */
uint64_t spec_hash(const Model *model);
/* The functions NAME_save() and NAME_restore() of --checkpoint, and their prototypes. */
void emit_checkpoint(Emitter *emitter);
void emit_checkpoint_prototypes(const Emitter *emitter, Text *text);
/* False after a message: more state than a checkpoint can hold. */
bool checkpoint_is_possible(const Emitter *emitter);
/* Bytes of the training struct that outlive a step. */
long long checkpoint_bytes(const Emitter *emitter);
/* `const NAME_parameters NAME_weights = {...};` from --weights. False after a message. */
bool emit_weights(Emitter *emitter);
/* `static const struct {...} NAME_frozen = {...};` with --const-frozen. False after a message. */
bool emit_frozen(Emitter *emitter);
/* A member of a struct: `float dense_1_weight[3][8];` */
void emit_member(const Emitter *emitter, const char *type, const char *name, const Shape *shape);
/* The runtime's headers: included, or with --standalone what `code` uses of them. */
void emit_runtime(const Emitter *emitter, Text *text, const char *code);
/* For --checkpoint: the interface to flash, for net.h, and the code behind it, for net.c. */
void emit_flash_interface(const Emitter *emitter, Text *text);
void emit_flash_runtime(const Emitter *emitter, Text *text);

const char *upper_case(const char *text);
/* A path without its folders: output names no folder of the machine. */
const char *base_name(const char *path);
/* A sentence for the comment above a function, broken into lines of at most 116 columns. */
void emit_comment(Text *text, const char *indent, const char *words);
/* `opening` and the items of a list (one a line in `items`), separated by commas and broken before column 120. */
void emit_list(Text *text, const char *opening, const char *items, const char *closing);
/* `void NAME_predict(...)`; of a batch with the suffix `_batch`. */
void emit_predict_prototype(const Emitter *emitter, Text *text, const char *suffix);
/* `float NAME_train(NAME_training *net, ...)`. */
void emit_step_prototype(const Emitter *emitter, Text *text, const char *function);
/* The arguments of the generated functions: `, const float *input` and `, const int32_t *target`. */
void emit_input_arguments(const Emitter *emitter, Text *text);
void emit_target_arguments(const Emitter *emitter, Text *text);
/* sizeof the structs. */
long long training_bytes(const Emitter *emitter);
long long inference_bytes(const Emitter *emitter);
long long inference_batch_bytes(const Emitter *emitter);
long long parameters_elements(const Model *model);
/* sizeof the parameters struct; of one of its members; and how many of its numbers are halves. */
long long parameters_bytes(const Model *model);
long long weight_bytes(const Model *model, const Weight *weight);
long long half_elements(const Model *model);
/* An odd number of halves behind floats has one more number, 0: not every machine would leave that hole by itself. */
bool pads_halves(const Model *model);
/* The next of the weights in the order of the struct, from -1; model->weights after the last. */
int next_weight(const Model *model, int index);

#endif
