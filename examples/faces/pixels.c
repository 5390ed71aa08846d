/* pixels.c - products of bytes, which are exact, so that (a - m)(b - m) may be taken as ab - am - bm + mm. */
#include "pixels.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

Mean_picture mean_picture_new(Context *context, size_t size)
{
    return (Mean_picture){0, size, context_allocate(context, size, sizeof(double))};
}

void mean_picture_add(Mean_picture *mean, const unsigned char *pixels)
{
    for (size_t i = 0; i < mean->size; i++)
        mean->sum[i] += pixels[i];
    mean->count++;
}

Pixels pixels_new(Context *context, size_t count, size_t size)
{
    return (Pixels){.count = count,
                    .size = size,
                    .picture = context_allocate(context, count * size, 1),
                    .with_mean = context_allocate(context, count, sizeof(double)),
                    .length = context_allocate(context, count, sizeof(double))};
}

void pixels_put(Pixels *pixels, size_t at, const unsigned char *picture)
{
    memcpy(pixels->picture + at * pixels->size, picture, pixels->size);
}

/* Blocks whose sum fits 32 bits. */
static double product(const unsigned char *one, const unsigned char *other, size_t size)
{
    enum { BLOCK = 32768 };
    uint64_t sum = 0;
    for (size_t from = 0; from < size; from += BLOCK) {
        size_t to = size - from < BLOCK ? size : from + BLOCK;
        uint32_t part = 0;
        for (size_t i = from; i < to; i++)
            part += (uint32_t)one[i] * other[i];
        sum += part;
    }
    return (double)sum;
}

void pixels_center(Pixels *pixels, const Mean_picture *mean)
{
    const double share = 1 / (double)mean->count;
    pixels->mean_squares = 0;
    for (size_t i = 0; i < pixels->size; i++)
        pixels->mean_squares += mean->sum[i] * share * mean->sum[i] * share;
    for (size_t at = 0; at < pixels->count; at++) {
        const unsigned char *picture = pixels->picture + at * pixels->size;
        double sum = 0;
        for (size_t i = 0; i < pixels->size; i++)
            sum += picture[i] * mean->sum[i];
        pixels->with_mean[at] = sum * share;
        double squares = product(picture, picture, pixels->size) - 2 * pixels->with_mean[at] + pixels->mean_squares;
        pixels->length[at] = squares > 0 ? sqrt(squares) : 0;
    }
}

float pixels_similarity(const Pixels *pixels, size_t one, size_t other)
{
    double lengths = pixels->length[one] * pixels->length[other];
    double dot = product(pixels->picture + one * pixels->size, pixels->picture + other * pixels->size, pixels->size) -
                 pixels->with_mean[one] - pixels->with_mean[other] + pixels->mean_squares;
    return lengths > 0 ? (float)(dot / lengths) : 0.0f;
}
