/* picture_cache.h - decoded pictures in a file, from one run to the next.
 *
 * An entry is a picture's pixels at the size of the network, by its name; and its file's size, times of change and
 * number, which say whether it is still the same. A cache that is damaged, of another size of pictures, or no cache at
 * all is begun anew, with a note. */
#ifndef NNC_TRAINER_PICTURE_CACHE_H
#define NNC_TRAINER_PICTURE_CACHE_H

#include "context.h"

#include <stdio.h>

typedef struct Picture_cache Picture_cache;

/* `file` may be NULL: then nothing is found, and nothing written. Names of pictures are relative to `directory`. */
Picture_cache *picture_cache_open(Context *context, const char *file, const char *directory, const int shape[3],
                                  FILE *notes);

/* The pixels of a picture as they were decoded; NULL: it must be decoded (anew). */
const unsigned char *picture_cache_find(Picture_cache *cache, const char *name);
/* The picture was decoded. The pixels stay where they are until the cache is closed. */
void picture_cache_add(Picture_cache *cache, const char *name, const unsigned char *pixels);

/* Writes the file, whole or not at all, if it lacks something that was added. What it had of other pictures stays, as
 * long as those are the same. Pixels that were found are gone. */
void picture_cache_close(Picture_cache *cache);

#endif
