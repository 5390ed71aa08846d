/* narrow.c - no more lanes than the widest layer has outputs. Needs infer.
 *
 * Of wider vectors only a part would be stored, under a mask, and processors do not forward such a store to the loads
 * behind it: each layer of a small network would wait for the cache. */
#include "sizes.h"

enum { LANES_LEAST = 4 };

void narrow_lanes(Model *model)
{
    Options *options = model->options;
    long long widest = 0;
    for (int i = 0; i < model->layers; i++) {
        const long long outputs = shape_elements(&model->layer[i]->shape);
        widest = outputs > widest ? outputs : widest;
    }
    while (options->lanes / 2 >= LANES_LEAST && options->lanes / 2 >= widest && !options->lanes_asked)
        options->lanes /= 2;
}
