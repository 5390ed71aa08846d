/* embed.h - photographs become embeddings: vectors of length 1, whose product says how similar two faces are. */
#ifndef FACES_EMBED_H
#define FACES_EMBED_H

#include "context.h"

/* What embedding needs besides the network: memory, and the time that was spent so far. */
typedef struct Embedder {
    float number[256];     /* what the network reads for a pixel */
    unsigned char *pixels; /* [network.height][network.width][network.channels], of the last photograph */
    float *input;
    void *scratch;
    double picture_ms, network_ms;
} Embedder;

Embedder *embedder_new(Context *context);

/* The photograph in a file, decoded and resized, into embedder->pixels. Fails with the file's name. */
void embed_read(Context *context, Embedder *embedder, const char *path);
/* The same, and its embedding, [network.size]. */
void embed_photograph(Context *context, Embedder *embedder, const char *path, float *embedding);

double milliseconds_now(void);

#endif
