/* transpose.h - copies of arrays with another dimension innermost, for the lanes. */
#ifndef NNC_TRANSPOSE_H
#define NNC_TRANSPOSE_H

#include "choose.h"

/* A copy of an array with one dimension innermost. */
typedef struct Transpose {
    const Array *from;
    Array *to;
    int dimension; /* of `from`, the last one of `to` */
    const Symbol *variable;
} Transpose;

/* Those of a kernel. */
typedef struct Transposes {
    int count;
    Transpose *transpose;
} Transposes;

/* The nest with a copy for each read that would jump along the chosen lanes. What makes the copies goes into `into`,
 * unless it was made before; the copies are new parameters of the kernel. */
Nest transpose_jumps(Transposes *made, Kernel *kernel, const Nest *nest, Choice_of_tile *choice, Stmt *into);

#endif
