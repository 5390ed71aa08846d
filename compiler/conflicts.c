/* conflicts.c - options that do not go together, for every command that prints C or tells what it takes. */
#include "conflicts.h"

static const char *frozen_conflict(const Options *options)
{
    if (options->inference)
        return "--const-frozen is for training: with --inference all parameters are constants";
    if (options->incbin)
        return "--const-frozen prints its constants: it does not go with --incbin";
    return options->weights ? NULL : "--const-frozen needs --weights W.safetensors, which the constants come from";
}

static const char *half_conflict(const Options *options)
{
    if (!options->weights)
        return "--weights-dtype float16 needs --weights W.safetensors";
    if (!options->inference)
        return "--weights-dtype float16 is of constants, which are not trained: it needs --inference";
    if (options->float64)
        return "--weights-dtype float16 does not go with --dtype float64: arithmetic is in float32";
    return options->incbin
               ? "--incbin takes floats out of the file as they are: it does not go with --weights-dtype float16"
               : NULL;
}

const char *options_conflict(const Options *options)
{
    const char *conflict = NULL;
    if (options->checkpoint && options->inference)
        return "--checkpoint keeps what training owns: it does not go with --inference";
    if (options->incbin && !options->weights)
        return "--incbin needs --weights W.safetensors";
    if (options->const_frozen)
        conflict = frozen_conflict(options);
    return conflict || !options->half ? conflict : half_conflict(options);
}
