/* pack.h - what each tile of columns reads again and again, copied together for it. */
#ifndef NNC_PACK_H
#define NNC_PACK_H

#include "parallel.h"
#include "tile.h"

/* The largest array that is worth it: all it is read by is the lanes' variable, in one subscript by itself, and what
 * runs inside the body. NULL: there is none. `by` holds the dependents of each loop of the nest. */
const Array *packable(const Nest *nest, const Dependents *by, int lane_loop);

/* The lanes' variable is the last subscript of the array, so that a tile's part of it can be copied row by row. Where
 * it is another one, lanes read a transposed copy, and that is what is packed; without lanes there is none. */
bool lies_in_rows(const Nest *nest, int lane_loop, const Array *array);

/* What a nest waits for an array that is larger than the second cache, or packs it, on top of what is done with it. */
typedef struct Passes {
    const Array *array;
    long long along;  /* its extent along the lanes */
    long long width;  /* of a tile along the lanes */
    double outer;     /* iterations of the loops outside of the tiles */
    double row_tiles; /* tiles of rows in each */
} Passes;

double unpacked_cycles(const Passes *passes);
/* -1: not even a packed tile stays in the second cache. */
double packed_cycles(const Passes *passes);

/* How a nest that packs reads the array. */
const Expr *packed_load(const Stmt *body, const Array *array);

/* The nest that fills tile->pack.to: to[..][v] = from[..][base + v] for v < filled. */
Stmt *pack_tile(const Nest *nest, const Tile *tile, Expr *base, int filled);

#endif
