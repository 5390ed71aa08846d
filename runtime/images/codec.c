/* codec.c - what the readers of all formats share. */
#include "codec.h"

#include <stdint.h>

bool codec_may_be(int height, int width, char problem[PICTURE_PROBLEM])
{
    bool empty = height <= 0 || width <= 0;
    bool large = !empty && (height > PICTURE_SIDE_MAX || width > PICTURE_SIDE_MAX ||
                            (int64_t)height * width > PICTURE_PIXELS_MAX);
    if (empty)
        snprintf(problem, PICTURE_PROBLEM, "it says that it has %d x %d pixels", width, height);
    else if (large)
        snprintf(problem, PICTURE_PROBLEM, "%d x %d pixels; at most %d on a side, and %d in all, are decoded", width,
                 height, PICTURE_SIDE_MAX, PICTURE_PIXELS_MAX);
    return !empty && !large;
}

void codec_put(const int level[3], unsigned char *to, int channels)
{
    if (channels == 1)
        to[0] = (unsigned char)((77 * level[0] + 150 * level[1] + 29 * level[2]) >> 8);
    for (int c = 0; c < channels && channels == 3; c++)
        to[c] = (unsigned char)level[c];
}
