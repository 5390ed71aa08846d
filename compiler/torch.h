/* torch.h - what PyTorch calls a weight, and where it keeps each of its numbers. */
#ifndef NNC_TORCH_H
#define NNC_TORCH_H

#include "nnc.h"

typedef struct Foreign {
    const Weight *weight;
    const Layer *layer;          /* whose it is; a loss with parameters counts as a layer that nothing reads */
    const char *name;            /* features.0.weight */
    Span span;                   /* of the name that was given for it, or of the layer */
    Shape shape;                 /* there */
    long long *offset[RANK_MAX]; /* element [i][j]... of ours is element offset[0][i] + offset[1][j] + ... of theirs */
} Foreign;

typedef struct Foreigns {
    int count;
    Foreign *item; /* in the order of the parameters struct */
} Foreigns;

/* Of a model after infer, by the Torch tags of its templates and the names of `weights:`. False after a message. */
bool torch_weights(Model *model, Foreigns *foreigns);
/* Elements `ours` and the count - 1 behind it are `theirs` + offset[0], + offset[1], ... */
typedef void Foreign_run(void *context, long long ours, long long theirs, const long long *offset, int count);
/* All elements, in runs along our last dimension; a block of it at a time, so that both sides stay in the cache. */
void foreign_walk(const Foreign *foreign, Foreign_run *run, void *context);
/* True for a tensor that PyTorch stores beside the weights of these layers and nnc does not need. */
bool torch_ignores(const Model *model, const char *name);
/* True if `name` is `module` or begins with it and a dot. */
bool is_within(const char *name, const char *module);

#endif
