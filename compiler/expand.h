/* expand.h - one tile of a nest, written out. */
#ifndef NNC_EXPAND_H
#define NNC_EXPAND_H

#include "expr.h"
#include "parallel.h"
#include "tile.h"

enum { AXES_MAX = 2 + FULL_MAX };

/* A loop that has several iterations in the tile. */
typedef struct Axis {
    Dependents by; /* its variable, and what depends on it */
    const char *name;
    Expr *base;     /* index i stands for the variable's value base + i * step */
    int size, step; /* one step of the lanes is a vector */
    int values;     /* that the sums read along this axis, and the others that come with it */
    bool lane;
    int stride;  /* between its neighbours in `active` */
    Expr *index; /* in the loops that are open; NULL: not open */
} Axis;

/* What a local variable of the template has become. */
typedef struct Local {
    const Symbol *symbol;
    Symbol *copy;
    const Expr *inlined; /* instead: an integer that is this expression */
    unsigned axes;       /* a bit for each that is a dimension of the copy */
} Local;

/* The axis along which most values are read is the slowest: they pass through one register, and those that its
 * iterations share, which are fewer, stay in theirs. */
typedef struct Expander {
    const Tile *tile;
    int part;    /* filled lanes of the last vector, 0: all */
    Expr *ahead; /* elements from the tile's columns to those of a later one, which are brought now; NULL: none are */
    int axes;
    Axis axis[AXES_MAX];
    Changes common; /* loop variables around the tile and inside the body */
    int locals;
    Local *local;
    int cells;
    bool *active; /* [cells], all indices of all axes; inside a loop that some skip: the others */
} Expander;

/* A loop of the nest as an axis of the tile: f counts the tiles, fi the rows in one, fj the vectors in one. */
void add_axis(Expander *e, const Nest *nest, int loop, Axis axis);
/* Writes the body of the nest behind what stands in `into`, for all indices of the axes. */
void expand_tile(Expander *e, const Stmt *body, Stmt *into);

#endif
