/* vectors.c - products, lengths, and the nearest of many. */
#include "vectors.h"

#include <math.h>

enum { LANES = 16 };

float vector_dot(const float *one, const float *other, size_t count)
{
    float part[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (size_t k = 0; k < LANES; k++)
            part[k] += one[i + k] * other[i + k];
    }
    for (; i < count; i++)
        sum += one[i] * other[i];
    for (size_t k = 0; k < LANES; k++)
        sum += part[k];
    return sum;
}

bool vector_normalize(float *vector, size_t count)
{
    float length = sqrtf(vector_dot(vector, vector, count));
    if (!(length > 0) || !isfinite(length))
        return false;
    for (size_t i = 0; i < count; i++)
        vector[i] /= length;
    return true;
}

Nearest vector_nearest(const float *vector, const float *matrix, size_t rows, size_t count)
{
    Nearest nearest = {0, vector_dot(vector, matrix, count)};
    for (size_t row = 1; row < rows; row++) {
        float similarity = vector_dot(vector, matrix + row * count, count);
        if (similarity > nearest.similarity)
            nearest = (Nearest){row, similarity};
    }
    return nearest;
}
