/* tiles.h - the tiles that a schedule file says (--schedule), and those that there are to say (`nnc tune`). */
#ifndef NNC_TILES_H
#define NNC_TILES_H

#include "tile_words.h"

/* A tile that is given for a nest. */
typedef struct Given_tile {
    int nest;
    Span nest_span;
    Tile_words words;
    bool met; /* there is such a nest */
} Given_tile;

typedef struct Given_kernel {
    const char *name; /* as the printed C calls it, without the network's prefix */
    Span span;
    int tiles;
    Given_tile *tile;
    bool met;
} Given_kernel;

/* A nest of which schedule had to choose the tile. */
typedef struct Tiled_nest {
    const char *kernel;
    int number;    /* within the kernel, from 1 */
    double cycles; /* of the estimate's tile */
    Tile_words tile;
    int candidates; /* other tiles, the cheapest first by estimate */
    Tile_words *candidate;
} Tiled_nest;

typedef struct Tiles {
    int given;
    Given_kernel *kernel;
    int nests;
    Tiled_nest *nest;
    /* Of the kernel that is being scheduled. */
    const char *name;
    Given_kernel *own;
    int numbers;
} Tiles;

/* Reads the file of a model's options, if there is one; reports what is wrong. Needs narrow. */
void tiles_read(Model *model);

/* What schedule calls for each kernel, for each nest of it in their order, and at the end; without tiles nothing
 * happens. The tile that is taken instead of the estimate's choice, or the choice. */
void tiles_begin_kernel(Tiles *tiles, const char *name);
Choice_of_tile tiles_choice(const Model *model, int lanes, const Nest *nest, const Choice_of_tile *choice);
void tiles_end_kernel(Tiles *tiles);
/* Tells which kernels of the file there are not. */
void tiles_end(const Model *model, const char *const *names, int count);

/* A line of the file, to be written. */
typedef struct Tile_line {
    const char *kernel;
    const char *kernel_comment; /* of its first line */
    int nest;
    const char *tile, *comment;
} Tile_line;

/* A schedule file. Lines of one kernel stand together. */
const char *tiles_text(const Model *model, const Tile_line *lines, int count);

#endif
