/* pictures.h - folders of pictures as bytes, in the size that a network reads. */
#ifndef NNC_TRAINER_PICTURES_H
#define NNC_TRAINER_PICTURES_H

#include "folders.h"
#include "matrix.h"
#include "nnc/network.h"
#include "picture_cache.h"

#include <stdint.h>

/* Height, width and channels of the pictures that a network reads; fails, after `place`, if it reads something else:
 * its one input is [height, width, 1 or 3], or [height, width]. */
void pictures_shape(Context *context, const nnc_network *network, const char *place, int shape[3]);

/* The pictures of folders that could be read, in their order. */
typedef struct Pictures {
    Matrix pixels;   /* [pictures][height][width][channels] bytes */
    uint32_t *class; /* [pictures]: the number of its folder */
} Pictures;

/* Decodes what the cache does not have. A picture that cannot be read is named on `notes` (the first few are) and left
 * out; with `strict` it is an error, and so it is if a class loses all of them. */
Pictures pictures_read(Context *context, const Folders *folders, const int shape[3], Picture_cache *cache,
                       const char *folder, bool strict, FILE *notes);

/* One picture, as a matrix of one row; it must be there. */
Matrix pictures_read_one(Context *context, const char *path, const int shape[3]);

#endif
