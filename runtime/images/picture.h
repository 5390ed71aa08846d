/* picture.h - a photograph in a file as pixels of the size that a network reads.
 *
 * Formats are told by a file's first bytes, never by its name: JPEG, by libjpeg; PNG, by stb_image; BMP without
 * compression, PGM (P5) and PPM (P6). Resampling is in whole numbers, to the same bytes on every machine. What is not
 * done: the orientation that a camera notes in EXIF is not applied, and what is transparent shows its colour as if it
 * were not. */
#ifndef NNC_IMAGES_PICTURE_H
#define NNC_IMAGES_PICTURE_H

#include <stdbool.h>

enum {
    PICTURE_PROBLEM = 160,        /* bytes of a reason, its end included */
    PICTURE_SIDE_MAX = 1 << 15,   /* pixels, of the file's width and height, and of what is asked for */
    PICTURE_PIXELS_MAX = 1 << 26, /* of a file: width x height */
};

/* Reads the picture in the file `path` as [height][width][channels] bytes, 0 black to 255 full, the channels innermost:
 * 1, grey, or 3, red, green and blue. The whole picture is stretched to height x width by a triangle filter (bilinear;
 * where it shrinks, as wide as the pixels of the result); one that has that size is not resampled. Colour becomes grey
 * as 0.30 R + 0.59 G + 0.11 B, before the resampling.
 *
 * `height` and `width` are 1 to PICTURE_SIDE_MAX. False if there is no such picture: then `problem` says why, in words
 * that follow the file's name and a colon, and `pixels` are as they were. That is so for what cannot be opened, is no
 * regular file, is empty, is no picture of these formats, ends early, is damaged in a way that its decoder sees, or has
 * more pixels than PICTURE_PIXELS_MAX, which is refused before anything is decoded. Threads may call it at once. */
bool picture_read(const char *path, int height, int width, int channels, unsigned char *pixels,
                  char problem[PICTURE_PROBLEM]);

/* Does the name end as those of pictures do: .jpg .jpeg .png .pgm .ppm .bmp, in any case? */
bool picture_has_name(const char *path);

#endif
