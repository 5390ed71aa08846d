/* peel.h - cuts the range of a loop where the limits of loops inside change their form. */
#ifndef NNC_PEEL_H
#define NNC_PEEL_H

#include "stretch.h"

enum { PEEL_DEPTH = 1 };     /* pieces of pieces */
enum { PIECE_CYCLES = 500 }; /* another nest is more to read, and to fetch */

/* A nest cut in up to three where limits inside change: the even middle, and what is before and behind. */
typedef struct Peel {
    int loop; /* of the nest */
    Stretch even;
    double cycles; /* by estimate; < 0: nothing is to be cut */
} Peel;

/* The cheapest cut, its pieces cut again so many times. */
Peel best_peel(const Machine *machine, int lanes, const Nest *nest, int depth);
/* Piece 0, 1 or 2 as a statement; NULL: there is none. */
Stmt *peel_piece(const Nest *nest, const Peel *peel, int which);
/* What the nests cost into which another was cut by remainders. */
double remainders_cycles(const Machine *machine, int lanes, const Stmt *pieces);
/* What a nest costs that is all of a block, cut or not; -1: it is no nest. */
double best_cycles(const Machine *machine, int lanes, const Stmt *block, int depth);

#endif
