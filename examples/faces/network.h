/* network.h - the network that the program is built with: what nnc printed from a description and trained weights,
 * under names that do not depend on the network's. */
#ifndef FACES_NETWORK_H
#define FACES_NETWORK_H

#include <stdbool.h>
#include <stddef.h>

/* All that an embedding depends on. Two programs whose fingerprints, scale, offset and mirrored are equal give the same
 * embedding for the same pixels. */
typedef struct Network {
    const char *name;
    int height, width, channels; /* of the picture that it reads */
    int size;                    /* numbers of an embedding */
    const char *description;     /* SHA-256 of the description's file, in hexadecimal digits */
    const char *weights;         /* the same of the weights' file */
    double scale, offset;        /* it reads pixel * scale + offset, pixels from 0 to 255 */
    bool mirrored;               /* the embedding is the sum of the picture's and of its mirror image's */
    size_t scratch_bytes;
} Network;

extern const Network network;

/* input: [height][width][channels]; output: [size]; scratch: of scratch_bytes, at least as aligned as malloc's. */
void network_predict(void *scratch, const float *input, float *output);

#endif
