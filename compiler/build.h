/* build.h - from a spec to a network that runs in this process. */
#ifndef NNC_BUILD_H
#define NNC_BUILD_H

#include "nnc.h"
#include "object.h"

#include "nnc/network.h"

typedef struct Built {
    Model *model;
    const nnc_network *network;
    int threads;        /* that run it: 1 if no loop of it is shared */
    uint64_t *branches; /* with options->branches: the trace of data-dependent branches */
    int *loss_only;     /* with options->branches: 1 makes gradient stop at the loss */
    /* with options->timed: called with *tick_context, the phase and the number of each step when it is done */
    void (**tick)(void *context, int phase, int step);
    void **tick_context;
} Built;

/* Compiles the spec with $CC (cc if unset) and loads it. False after a message. */
bool build_network(Options *options, Built *built);
/* The same in two steps: the model, which is all that nnc itself has to say; then $CC, which takes longer. */
bool build_model(Options *options, Built *built);
bool build_load(Options *options, Built *built);
/* Compiles the planned model with $CC to an object for $CC's machine, which may be another one, and reads it; `graph`:
 * the text of -fcallgraph-info=su. False after a message. */
bool build_object(Model *model, Options *options, Object *object, const char **graph);
/* Compiles C with $CC and the flags of the target and loads it: a handle for dlsym, or NULL after a message. */
void *build_library(const char *source, const Options *options);

#endif
