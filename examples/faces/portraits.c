/* portraits.c - photographs embedded one after the other, and compared. */
#include "portraits.h"

#include "network.h"
#include "vectors.h"

Portraits portraits_read(Context *context, Embedder *embedder, const char *const *path, size_t count)
{
    const size_t numbers = (size_t)network.size;
    const size_t size = (size_t)network.height * (size_t)network.width * (size_t)network.channels;
    Portraits portraits = {count, context_allocate(context, count * numbers, sizeof(float)),
                           pixels_new(context, count, size)};
    for (size_t i = 0; i < count; i++) {
        embed_photograph(context, embedder, path[i], portraits.embedding + i * numbers);
        pixels_put(&portraits.pixels, i, embedder->pixels);
    }
    return portraits;
}

float similarity_of_embeddings(const Portraits *portraits, size_t one, size_t other)
{
    const size_t numbers = (size_t)network.size;
    return vector_dot(portraits->embedding + one * numbers, portraits->embedding + other * numbers, numbers);
}

float similarity_of_pixels(const Portraits *portraits, size_t one, size_t other)
{
    return pixels_similarity(&portraits->pixels, one, other);
}

Likenesses portraits_likenesses(Context *context, const Portraits *portraits, const Album *album,
                                Similarity *similarity)
{
    const size_t count = portraits->count;
    if (count > LIKENESSES_UP_TO)
        context_fail(context, "error: %zu photographs; each is compared with each, for %d at most", count,
                     LIKENESSES_UP_TO);
    float *matrix = context_allocate(context, count * count, sizeof *matrix);
    for (size_t one = 0; one < count; one++) {
        for (size_t other = 0; other <= one; other++)
            matrix[one * count + other] = matrix[other * count + one] = similarity(portraits, one, other);
    }
    return (Likenesses){count, album->people, album->first, matrix};
}

Trials trials_of_likenesses(Context *context, const Likenesses *all)
{
    size_t genuines = 0, pairs = all->photographs * (all->photographs - 1) / 2;
    for (size_t person = 0; person < all->people; person++) {
        size_t has = all->first[person + 1] - all->first[person];
        genuines += has * (has - 1) / 2;
    }
    Trials trials = trials_new(context, genuines, pairs - genuines);
    for (size_t person = 0; person < all->people; person++) {
        for (size_t one = all->first[person]; one < all->first[person + 1]; one++) {
            const float *similarity = all->similarity + one * all->photographs;
            for (size_t other = one + 1; other < all->first[person + 1]; other++)
                trials_add_genuine(&trials, similarity[other]);
            for (size_t other = all->first[person + 1]; other < all->photographs; other++)
                trials_add_impostor(&trials, similarity[other]);
        }
    }
    metrics_sort(&trials);
    return trials;
}

Fold_scores portraits_scores(Context *context, const Portraits *portraits, const Pairs *pairs, Similarity *similarity)
{
    float *values = context_allocate(context, pairs->count, sizeof *values);
    bool *same = context_allocate(context, pairs->count, sizeof *same);
    int *fold = context_allocate(context, pairs->count, sizeof *fold);
    for (size_t i = 0; i < pairs->count; i++) {
        const Pair *pair = &pairs->pair[i];
        values[i] = similarity(portraits, pair->one, pair->other);
        same[i] = pair->same;
        fold[i] = pair->fold;
    }
    return (Fold_scores){pairs->count, values, same, fold, pairs->folds};
}
