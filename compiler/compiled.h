/* compiled.h - what the C compiler makes of a network: bytes of code and constants, and the depth of the stack. */
#ifndef NNC_COMPILED_H
#define NNC_COMPILED_H

#include "object.h"
#include "stack.h"

#include <jansson.h>

typedef struct Compiled_function {
    const char *name;
    Depth depth;
} Compiled_function;

typedef struct Compiled {
    const char *compiler; /* $CC */
    Object object;
    long long flash; /* code, constants and the first values of data */
    int functions;   /* those of the network's header, in its order */
    Compiled_function *function;
} Compiled;

/* Prints the planned network's C to a temporary file, compiles it with $CC and $CFLAGS for $CC's machine, and reads
 * what comes out. False after a message. */
bool compiled_measure(Model *model, Options *options, Compiled *compiled);
void compiled_print(const Compiled *compiled);
json_t *compiled_json(const Compiled *compiled);
/* 1234567 -> 1,234,567 */
const char *grouped(long long number);

#endif
