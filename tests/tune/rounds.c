/* rounds.c - schedules that together ask for every tile of every nest: rounds SPEC TARGET TEMPLATES MOST FOLDER.
 *
 * In round r each nest has its candidate number r, or as far from the first one again. At most MOST of them are
 * written, evenly spread, to FOLDER/0.yaml, FOLDER/1.yaml and so on. Prints how many there are, and how many tiles
 * stand in them. */
#include "../common/tile_rounds.h"
#include "compile.h"
#include "machine.h"
#include "output.h"

#include <stdlib.h>
#include <string.h>

enum { ALL = 1000000 };

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
