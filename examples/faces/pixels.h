/* pixels.h - the baseline: pictures compared by their pixels, less those of a mean picture. The similarity is the
 * cosine of the two differences. */
#ifndef FACES_PIXELS_H
#define FACES_PIXELS_H

#include "context.h"

/* The sum of pictures, of which the mean is taken. */
typedef struct Mean_picture {
    size_t count, size;
    double *sum; /* [size] */
} Mean_picture;

Mean_picture mean_picture_new(Context *context, size_t size);
void mean_picture_add(Mean_picture *mean, const unsigned char *pixels);

typedef struct Pixels {
    size_t count, size;
    unsigned char *picture; /* [count][size] */
    double *with_mean;      /* [count]: product with the mean picture */
    double *length;         /* [count]: of the difference */
    double mean_squares;
} Pixels;

Pixels pixels_new(Context *context, size_t count, size_t size);
void pixels_put(Pixels *pixels, size_t at, const unsigned char *picture);
/* To be called when all are there. */
void pixels_center(Pixels *pixels, const Mean_picture *mean);
float pixels_similarity(const Pixels *pixels, size_t one, size_t other);

#endif
