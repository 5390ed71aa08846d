/* narrow.c - no more lanes than the widest layer has outputs. Needs infer.
 *
 * Of a wider vector only a part is stored, and a processor forwards a store only to loads that it covers: the load of a
 * whole vector behind it would wait for the cache, in each layer of a small network. */
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
