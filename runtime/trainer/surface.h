/* surface.h - what a network of two inputs says over their plane, and the samples in it, as colours. */
#ifndef NNC_TRAINER_SURFACE_H
#define NNC_TRAINER_SURFACE_H

#include "samples.h"
#include "score.h"

enum { SURFACE_CELLS = 100 };

typedef struct Surface_point {
    double x, y;
    uint32_t colour; /* 0xrrggbb */
} Surface_point;

typedef struct Surface_points {
    size_t count;
    Surface_point *point;
} Surface_points;

/* What a colour stands for. */
typedef struct Surface_key {
    const char *name;
    uint32_t colour;
} Surface_key;

typedef struct Surface {
    const char *name[2];        /* of the axes */
    double low[2], high[2];     /* their ends */
    uint32_t *colour;           /* [SURFACE_CELLS][SURFACE_CELLS]: rows of y from below, of the cells' centres */
    Surface_points train, test; /* some of them, if there are many */
    size_t keys;
    Surface_key *key;
} Surface;

/* NULL if the samples lie in no plane (points of a playground; samples of two numbers), or if the network's answer has
 * no colour: neither a class nor one number. */
Surface *surface_make(Context *context, const Pool *pool, const Split *split, const Data_spec *spec,
                      const Encoding *encoding, const Scorer *scorer, const void *parameters);

#endif
