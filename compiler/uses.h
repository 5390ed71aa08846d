/* uses.h - which arrays each nest of a kernel reads and writes. */
#ifndef NNC_USES_H
#define NNC_USES_H

#include "nnc.h"

typedef enum Use { USE_NONE = 0, USE_READ = 1, USE_WRITE = 2 } Use;

/* A table that is filled by one walk over the body, for passes that ask of every nest and every array. */
typedef struct Uses {
    int parameters;
    unsigned char *use; /* [nests][parameters]: of the parameter's array */
} Uses;

/* Sets read and written of the kernel's arrays on the way, as note_uses does. */
Uses uses_of_kernel(const Kernel *kernel);

static inline unsigned use_at(const Uses *uses, int nest, int parameter)
{
    return uses->use[nest * uses->parameters + parameter];
}

#endif
