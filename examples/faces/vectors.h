/* vectors.h - vectors of length 1, whose product is their cosine. */
#ifndef FACES_VECTORS_H
#define FACES_VECTORS_H

#include <stdbool.h>
#include <stddef.h>

/* The sum of products, taken as 16 partial sums, so that a compiler can put them into lanes. */
float vector_dot(const float *one, const float *other, size_t count);

/* Brings a vector to length 1; false, and nothing is changed, if it is 0 or not finite. */
bool vector_normalize(float *vector, size_t count);

/* The number of the row of [rows][count] that is most similar to a vector of length 1, and how similar it is. rows is
 * at least 1. */
typedef struct Nearest {
    size_t row;
    float similarity;
} Nearest;
Nearest vector_nearest(const float *vector, const float *matrix, size_t rows, size_t count);

#endif
