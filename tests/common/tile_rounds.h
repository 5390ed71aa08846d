/* tile_rounds.h - schedules that together ask for every candidate of every nest, in rounds. */
#ifndef NNC_TEST_TILE_ROUNDS_H
#define NNC_TEST_TILE_ROUNDS_H

#include "tiles.h"

/* Each nest takes the candidate of this number, or as far beyond its last one, from the first. */
static inline const char *round_text(const Model *model, int round, int *tiles)
{
    const Tiles *all = model->tiles;
    Tile_line *lines = NEW_ARRAY(all->nests, Tile_line);
    int count = 0;
    for (int i = 0; i < all->nests; i++) {
        const Tiled_nest *nest = &all->nest[i];
        if (nest->candidates)
            lines[count++] = (Tile_line){.kernel = nest->kernel,
                                         .nest = nest->number,
                                         .tile = tile_text(&nest->candidate[round % nest->candidates])};
    }
    *tiles += count;
    return tiles_text(model, lines, count);
}

static inline int most_candidates(const Tiles *tiles)
{
    int most = 0;
    for (int i = 0; i < tiles->nests; i++)
        most = tiles->nest[i].candidates > most ? tiles->nest[i].candidates : most;
    return most;
}

#endif
