/* resize.c - resampling by a triangle filter, in whole numbers: the same bytes on every machine.
 *
 * Pixel i of m lies at (i + 1/2) n / m of a side of n. Pixel j of it, at j + 1/2, has the weight 1 - |distance| / w, if
 * that is above 0, where w is 1, or n / m where the picture shrinks; times 2 max(n, m) it is a whole number. Beyond its
 * ends the side goes on with its last pixel. Columns come first, rounded to 1/256; then rows, rounded to bytes. */
#include "codec.h"

#include <stdint.h>
#include <stdlib.h>

enum { ONE = 1 << 16 }; /* the sum of a pixel's weights */

/* What the pixels of a side are made of: pixel i of weight[i * taps + k] of pixel first[i] + k each. */
typedef struct Filter {
    int taps;
    int *first;
    uint32_t *weight;
} Filter;

static int64_t raw_weight(int64_t i, int64_t m, int64_t j, int64_t n)
{
    int64_t distance = (2 * j + 1) * m - (2 * i + 1) * n;
    int64_t weight = 2 * (n > m ? n : m) - (distance < 0 ? -distance : distance);
    return weight > 0 ? weight : 0;
}

/* The weights of pixel i, as shares of ONE. What rounding leaves goes to the largest of them. */
static void weigh(const Filter *filter, int i, int m, int n, int64_t *raw)
{
    int64_t reach = n > m ? ((int64_t)n + m - 1) / m : 1, middle = ((2 * (int64_t)i + 1) * n) / (2 * m), sum = 0;
    int64_t low = middle - reach < 0 ? 0 : middle - reach;
    int first = (int)(low + filter->taps > n ? n - filter->taps : low), largest = 0;
    for (int k = 0; k < filter->taps; k++)
        raw[k] = 0;
    for (int64_t j = middle - reach - 1; j <= middle + reach + 1; j++) {
        int64_t inside = j < 0 ? 0 : j >= n ? n - 1 : j, weight = raw_weight(i, m, j, n);
        if (weight > 0)
            raw[inside - first] += weight;
        sum += weight;
    }
    uint32_t *share = filter->weight + (size_t)i * (size_t)filter->taps, left = ONE;
    for (int k = 0; k < filter->taps; k++) {
        share[k] = (uint32_t)(raw[k] * ONE / sum);
        left -= share[k];
        largest = raw[k] > raw[largest] ? k : largest;
    }
    share[largest] += left;
    filter->first[i] = first;
}

static void filter_free(Filter *filter)
{
    free(filter->first);
    free(filter->weight);
}

/* From n pixels to m; first is NULL if there is no memory. */
static Filter filter_make(int m, int n)
{
    int64_t reach = n > m ? ((int64_t)n + m - 1) / m : 1, taps = 2 * reach + 3 < n ? 2 * reach + 3 : n;
    Filter filter = {.taps = (int)taps};
    filter.first = malloc((size_t)m * sizeof *filter.first);
    filter.weight = malloc((size_t)m * (size_t)taps * sizeof *filter.weight);
    int64_t *raw = malloc((size_t)taps * sizeof *raw);
    bool memory = filter.first != NULL && filter.weight != NULL && raw != NULL;
    for (int i = 0; i < m && memory; i++)
        weigh(&filter, i, m, n, raw);
    free(raw);
    if (memory)
        return filter;
    filter_free(&filter);
    return (Filter){.first = NULL};
}

static void resize_row(const Filter *filter, int width, int channels, const unsigned char *from, uint16_t *to)
{
    for (int x = 0; x < width; x++) {
        const uint32_t *weight = filter->weight + (size_t)x * (size_t)filter->taps;
        const unsigned char *pixel = from + (size_t)filter->first[x] * (size_t)channels;
        for (int c = 0; c < channels; c++) {
            uint32_t sum = ONE / 512;
            for (int k = 0; k < filter->taps; k++)
                sum += weight[k] * pixel[k * channels + c];
            *to++ = (uint16_t)(sum >> 8);
        }
    }
}

/* Below 2^32: ONE times 255 * 256, and the half that rounds. */
static void resize_column(const Filter *filter, int y, size_t row, const uint16_t *from, unsigned char *to)
{
    const uint32_t *weight = filter->weight + (size_t)y * (size_t)filter->taps;
    const uint16_t *top = from + (size_t)filter->first[y] * row;
    for (size_t i = 0; i < row; i++) {
        uint32_t sum = (uint32_t)ONE * 128;
        for (int k = 0; k < filter->taps; k++)
            sum += weight[k] * top[(size_t)k * row + i];
        to[i] = (unsigned char)(sum >> 24);
    }
}

bool picture_resize(const Picture *picture, int height, int width, unsigned char *pixels)
{
    size_t row = (size_t)width * (size_t)picture->channels;
    Filter columns = filter_make(width, picture->width), rows = filter_make(height, picture->height);
    uint16_t *narrow = malloc((size_t)picture->height * row * sizeof *narrow);
    bool memory = columns.first != NULL && rows.first != NULL && narrow != NULL;
    for (int y = 0; y < picture->height && memory; y++)
        resize_row(&columns, width, picture->channels,
                   picture->pixels + (size_t)y * (size_t)picture->width * (size_t)picture->channels,
                   narrow + (size_t)y * row);
    for (int y = 0; y < height && memory; y++)
        resize_column(&rows, y, row, narrow, pixels + (size_t)y * row);
    free(narrow);
    filter_free(&columns);
    filter_free(&rows);
    return memory;
}
