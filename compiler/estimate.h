/* estimate.h - what nests cost on a target, cut or not, each estimated once. */
#ifndef NNC_ESTIMATE_H
#define NNC_ESTIMATE_H

#include "choose.h"
#include "tile.h"

#include <stdint.h>

/* Of the table. Who comes later takes the place. */
enum { KNOWN_MOST = 1 << 13 };

/* A tile with lanes over a loop of the nest, without what is that nest's own. */
typedef struct Known_tile {
    short lanes, rows, columns;
    signed char lane_loop, row_loop, full_loop[FULL_MAX];
    unsigned char fulls;
    bool numbered, packs;
} Known_tile;

/* What a nest costs, and how: lanes 0 if it is to be chosen again. */
typedef struct Known_estimate {
    uint64_t key;
    double cycles;
    Known_tile tile;
} Known_estimate;

typedef struct Estimates {
    const Machine *machine;
    int lanes;
    Known_estimate *known; /* a table by key, [KNOWN_MOST]; NULL: nothing is remembered */
} Estimates;

/* Those of a model, which all passes share. First asked for where nothing is given back afterwards. */
Estimates *estimates_of(Model *model);
/* With another number of lanes; as for that one's memory. */
Estimates *estimates_with(const Model *model, int lanes);

/* The tile in which a nest runs fastest that is not cut. */
Choice_of_tile best_choice(Estimates *estimates, const Nest *nest);
/* What a nest costs that is all of a block, cut so many times at most; -1: it is no nest. */
double best_cycles(Estimates *estimates, const Stmt *block, int cuts);
/* What a statement costs with all that stands inside. */
double all_cycles(Estimates *estimates, Stmt *stmt);
/* The same of several nests into which one was cut. */
double pieces_cycles(Estimates *estimates, const Stmt *pieces);

#endif
