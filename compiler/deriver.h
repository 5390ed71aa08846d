/* deriver.h - what the parts of derive share: the phase that is being made, and how its tensors and steps are. */
#ifndef NNC_DERIVER_H
#define NNC_DERIVER_H

#include "sizes.h"

/* What stands for the names in a template's signatures; of two of one name the later one. */
typedef struct Slot {
    const char *name;
    Argument argument;
} Slot;

typedef struct Frame {
    int count;
    Slot *slots;
} Frame;

typedef struct LayerState {
    Frame frame;
    Tensor *value, *gradient;
    bool needs_gradient; /* something trained lies at or before it */
    bool reached;        /* its gradient has been begun */
} LayerState;

/* What a phase knows of a weight: several layers may use one. */
typedef struct WeightState {
    Tensor *value, *gradient;
    bool begun;      /* a backward step has assigned the gradient: the others add to it */
    int renewals;    /* of a statistic: layers that renew it and have not yet */
    Tensor *renewed; /* by the last of them */
    long long start; /* in the parameters struct */
} WeightState;

typedef struct Deriver {
    Model *model;
    Phase *phase;
    LayerState *layers;   /* by Layer.index */
    WeightState *weights; /* by Weight.index */
    Tensor **members;     /* of the training struct, by the order of model->state */
    Frame figures;        /* what the optimizer's step works out for its sweeps */
} Deriver;

/* ---- deriver.c: phases and names ---- */

/* A phase of the model, with no steps so far. */
Deriver new_deriver(Model *model, PhaseKind kind, int batch);
/* It changes the parameters, or says how. */
bool in_training(const Phase *phase);
void frame_put(Frame *frame, const char *name, Argument argument);
void frame_tensor(Frame *frame, const char *name, Tensor *tensor);
/* NULL: nothing stands for the name. */
const Argument *frame_get(const Frame *frame, const char *name);
/* The attributes of a template under the names of their variables. */
void put_attributes(Frame *frame, Phase *phase, const Choice *choice);

/* ---- deriver.c: tensors ---- */

/* Of no dimensions yet: one element. */
Tensor *new_tensor(Phase *phase, const char *name, Role role, Type type);
void add_dimension(Tensor *tensor, long long size);
/* [batch][shape]. */
Tensor *sample_tensor(Phase *phase, const char *name, Role role, Type type, const Shape *shape);
/* A tensor of a weight's shape. */
Tensor *shaped_tensor(Phase *phase, const char *name, Role role, const Weight *weight);
Tensor *scalar_tensor(Phase *phase, const char *name);
/* A tensor of the declared dimensions of an array. */
Tensor *array_tensor(Phase *phase, const char *name, Role role, const Array *array, const Application *sizes);
/* The one of a weight in this phase, made when first asked for. */
Tensor *weight_tensor(const Deriver *d, const Weight *weight);
/* A member of the training struct, or with `update: fused` a value that the update consumes as soon as it is complete. */
Tensor *gradient_tensor(const Deriver *d, const Weight *weight);
/* The place of a member in model->state, or -1; and its tensor. */
int find_state(Model *model, const char *c_name);
Tensor *state_tensor(const Deriver *d, int at);

/* ---- deriver.c: steps ---- */

/* At the end of the phase. What the frame has no name for is made, and put into it. */
Step *new_step(Deriver *d, Frame *frame, const Kernel *kernel, const char *title, Span span, const Application *sizes);
/* A scalar, times a weight, is part of what the phase's function returns. */
void add_result(Phase *phase, Tensor *scalar, double weight);

/* ---- derive_layers.c ---- */

static inline LayerState *state_of(const Deriver *d, const Layer *layer)
{
    return &d->layers[layer->index];
}

/* The layers that the losses need, or the output, or both. */
void forward_steps(Deriver *d, bool with_losses, bool with_output);
void forward_loss(Deriver *d, const Loss *loss, Frame *frame);
/* Forward and losses, then backward; `after` (NULL: nothing) is told of weights whose gradients are complete. The owner
 * of shared parameters stands before all that share them, so backward comes to it last. */
void gradient_steps(Deriver *d, void (*after)(Deriver *d, Weight *const *weight, int weights));

/* ---- derive_update.c: phases ---- */

void derive_update(Model *model);
/* Gradient and update in one. */
void derive_train(Model *model);
void derive_penalty(Model *model);

#endif
