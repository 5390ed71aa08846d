/* rounds.c - schedules that together ask for every tile of every nest: rounds SPEC TARGET TEMPLATES MOST FOLDER.
 *
 * In round r each nest has its candidate number r, or as far from the first one again. At most MOST of them are written,
 * evenly spread, to FOLDER/0.yaml, FOLDER/1.yaml and so on. Prints how many there are, and how many tiles stand in them. */
#include "compile.h"
#include "machine.h"
#include "output.h"
#include "tiles.h"

#include <stdlib.h>
#include <string.h>

enum { ALL = 1000000 };

static const char *round_text(const Model *model, int round, int *tiles)
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

static int most_candidates(const Tiles *tiles)
{
    int most = 0;
    for (int i = 0; i < tiles->nests; i++)
        most = tiles->nest[i].candidates > most ? tiles->nest[i].candidates : most;
    return most;
}

int main(int count, char **words)
{
    if (count != 6)
        return 2;
    Options options = {.spec_path = words[1], .templates = words[3], .describe = true, .candidates = ALL};
    options.machine = machine_find(words[2]);
    if (!options.machine)
        return 2;
    options.lanes = options.machine->vector_bytes / (int)sizeof(float);
    const Model *model = compile(&options);
    if (!model)
        return 1;
    int all = most_candidates(model->tiles), most = atoi(words[4]), rounds = all < most ? all : most, tiles = 0;
    for (int i = 0; i < rounds; i++) {
        const char *text = round_text(model, (int)((long long)i * all / rounds), &tiles);
        if (output_file(format("%s/%d.yaml", words[5], i), text, strlen(text)))
            return 1;
    }
    printf("%d %d\n", rounds, tiles);
    return 0;
}
