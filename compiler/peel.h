/* peel.h - cuts the range of a loop where the limits of loops inside change their form. */
#ifndef NNC_PEEL_H
#define NNC_PEEL_H

#include "estimate.h"
#include "stretch.h"

enum { PEEL_DEPTH = 1 };     /* pieces of pieces */
enum { PIECE_CYCLES = 500 }; /* another nest is more to read, and to fetch */

/* A nest cut in up to three where limits inside change: the even middle, and what is before and behind. */
typedef struct Peel {
    int loop; /* of the nest */
    Stretch even;
    double cycles; /* by estimate; < 0: nothing is to be cut */
} Peel;

/* The cheapest cut that takes less than a limit (< 0: any), its pieces cut again so many times. */
Peel best_peel(Estimates *estimates, const Nest *nest, int depth, double limit);
/* Piece 0, 1 or 2 as a statement; NULL: there is none. */
Stmt *peel_piece(const Nest *nest, const Peel *peel, int which);

#endif
