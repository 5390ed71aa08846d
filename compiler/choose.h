/* choose.h - the tile in which a nest runs fastest, by estimate. */
#ifndef NNC_CHOOSE_H
#define NNC_CHOOSE_H

#include "parallel.h"
#include "tile.h"

/* Vectors beside each other in a tile, at most. */
enum { COLUMNS_MAX = 8 };

/* The parallel loops that stand directly inside each other from this one on; depth 0: it is not parallel. */
Nest nest_of(Stmt *loop);

/* What a loop's variable does to the accesses of the body, if it had the lanes. */
typedef struct Lanes {
    const Nest *nest;
    Dependents dependents;
    bool possible;
    int jumps; /* reads with another stride, of arrays that can be copied transposed */
    int units;
    const Array *jumping[RANK_MAX];
    int dimension[RANK_MAX]; /* of each: which the variable is the subscript of */
    const Array *packable;   /* what a copy for each tile may be worth (pack.h); NULL: nothing */
} Lanes;

typedef struct Choice_of_tile {
    Tile tile;
    double cycles; /* of the whole nest; < 0: nothing can be done */
    Lanes lanes;
} Choice_of_tile;

Choice_of_tile choose(const Machine *machine, int lanes, const Nest *nest);
/* The choice for a nest of which it is known that it is this tile, with lanes over a loop of the nest; `packs`: with the
 * packable array packed. */
Choice_of_tile choice_of_known(const Nest *nest, const Tile *tile, double cycles, bool packs);
/* All tiles that choose() compares, in the order in which it tries them; how many. */
int choose_among(const Machine *machine, int lanes, const Nest *nest, Choice_of_tile **tiles);

#endif
