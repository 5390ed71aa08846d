/* portraits.h - many photographs with their embeddings, and the pairs of them. */
#ifndef FACES_PORTRAITS_H
#define FACES_PORTRAITS_H

#include "album.h"
#include "embed.h"
#include "folds.h"
#include "identification.h"
#include "metrics.h"
#include "pairs.h"
#include "pixels.h"

typedef struct Portraits {
    size_t count;
    float *embedding; /* [count][network.size] */
    Pixels pixels;
} Portraits;

Portraits portraits_read(Context *context, Embedder *embedder, const char *const *path, size_t count);

/* How similar two of them are. */
typedef float Similarity(const Portraits *portraits, size_t one, size_t other);
float similarity_of_embeddings(const Portraits *portraits, size_t one, size_t other);
float similarity_of_pixels(const Portraits *portraits, size_t one, size_t other);

/* Each with each. */
enum { LIKENESSES_UP_TO = 15000 };
Likenesses portraits_likenesses(Context *context, const Portraits *portraits, const Album *album,
                                Similarity *similarity);
Trials trials_of_likenesses(Context *context, const Likenesses *likenesses);

/* Those of a list. */
Fold_scores portraits_scores(Context *context, const Portraits *portraits, const Pairs *pairs, Similarity *similarity);

#endif
