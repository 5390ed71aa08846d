/* tile.h - a nest of parallel loops as tiles of registers. */
#ifndef NNC_TILE_H
#define NNC_TILE_H

#include "nnc.h"

enum { CHAIN_MAX = 2 * RANK_MAX };

/* Loops one directly inside the other, outermost first, all parallel; the body of the innermost. */
typedef struct Nest {
    int depth;
    Stmt *loop[CHAIN_MAX];
    Stmt *body;
} Nest;

enum { FULL_MAX = 2 };

/* A copy of an array for one tile: the numbers along the last dimension that the tile reads. */
typedef struct Pack {
    const Array *from;
    Array *to;
} Pack;

/* How a nest is cut: `columns` vectors (or, with lanes = 1, scalars) along one loop times `rows` along another, times
 * all of what is left of a few short loops. */
typedef struct Tile {
    int lane_loop;    /* index into the nest; -1: none */
    const Stmt *fold; /* a loop inside the body that has the lanes, its results added in their order; NULL: none */
    int row_loop;     /* -1: none */
    int lanes;
    int rows, columns;
    bool numbered; /* each tile of rows stands by itself, with a number as its first row: limits become numbers, too */
    Pack pack;     /* what is copied for each tile of columns; from NULL: nothing */
    int fulls;     /* loops of constant limits whose iterations are all in the tile */
    int full_loop[FULL_MAX];
} Tile;

/* A loop that ends with `sum += part`, where nothing else in it knows `sum` or goes from one iteration to the next. */
bool is_fold(const Stmt *loop);
/* Iterations of the loops that are whole in a tile. */
int tile_full_rows(const Nest *nest, const Tile *tile);

/* The statements that take the nest's place. */
Stmt *tile_nest(const Nest *nest, const Tile *tile);

#endif
