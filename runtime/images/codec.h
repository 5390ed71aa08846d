/* codec.h - the pixels of a picture's file, and of another size. */
#ifndef NNC_IMAGES_CODEC_H
#define NNC_IMAGES_CODEC_H

#include "picture.h"

#include <stdio.h>

/* What a file holds, as [height][width][channels] bytes. */
typedef struct Picture {
    int height, width, channels;
    unsigned char *pixels; /* NULL: nothing, and a reason has been given. To be freed by free() */
} Picture;

/* From where the file stands, as 1 or 3 channels: JPEG. */
Picture jpeg_read(FILE *file, int channels, char problem[PICTURE_PROBLEM]);

/* PNG. */
Picture codec_read(FILE *file, int channels, char problem[PICTURE_PROBLEM]);

/* PGM (P5) or PPM (P6). Its own, because stb_image's decoder does not
 * see that a file ends early, and reads neither a white other than 255 nor two bytes a sample as they are meant. */
Picture pnm_read(FILE *file, int channels, char problem[PICTURE_PROBLEM]);

/* BMP without compression. Its own, because stb_image's decoder reads colours that a short palette does not have. */
Picture bmp_read(FILE *file, int channels, char problem[PICTURE_PROBLEM]);

/* One pixel, of red, green and blue from 0 to 255. */
void codec_put(const int level[3], unsigned char *to, int channels);

/* Is a picture of this size read at all? */
bool codec_may_be(int height, int width, char problem[PICTURE_PROBLEM]);

/* Resamples to height x width; false if there is no memory. */
bool picture_resize(const Picture *picture, int height, int width, unsigned char *pixels);

#endif
