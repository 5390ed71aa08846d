/* embed.c - from a photograph's file to a vector of length 1. */
#include "embed.h"

#include "network.h"
#include "picture.h"
#include "vectors.h"

#include <string.h>
#include <time.h>

static size_t pixel_count(void)
{
    return (size_t)network.height * (size_t)network.width * (size_t)network.channels;
}

double milliseconds_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec * 1e-6;
}

Embedder *embedder_new(Context *context)
{
    Embedder *embedder = context_allocate(context, 1, sizeof *embedder);
    for (int pixel = 0; pixel < 256; pixel++)
        embedder->number[pixel] = (float)(pixel * network.scale + network.offset);
    embedder->pixels = context_allocate(context, pixel_count(), 1);
    embedder->input = context_allocate(context, pixel_count(), sizeof(float));
    embedder->scratch = context_allocate(context, network.scratch_bytes, 1);
    return embedder;
}

void embed_read(Context *context, Embedder *embedder, const char *path)
{
    char problem[PICTURE_PROBLEM];
    double start = milliseconds_now();
    if (!picture_read(path, network.height, network.width, network.channels, embedder->pixels, problem))
        context_fail(context, "%s: error: %s", path, problem);
    embedder->picture_ms += milliseconds_now() - start;
}

static void predict(Embedder *embedder, float *embedding)
{
    for (size_t i = 0; i < pixel_count(); i++)
        embedder->input[i] = embedder->number[embedder->pixels[i]];
    network_predict(embedder->scratch, embedder->input, embedding);
}

static void add_mirrored(Context *context, Embedder *embedder, float *embedding)
{
    const size_t width = (size_t)network.width, channels = (size_t)network.channels;
    float *other = context_allocate(context, (size_t)network.size, sizeof *other);
    for (size_t row = 0; row < (size_t)network.height; row++) {
        const unsigned char *pixels = embedder->pixels + row * width * channels;
        float *input = embedder->input + row * width * channels;
        for (size_t i = 0; i < width * channels; i++)
            input[i] = embedder->number[pixels[(width - 1 - i / channels) * channels + i % channels]];
    }
    network_predict(embedder->scratch, embedder->input, other);
    for (size_t i = 0; i < (size_t)network.size; i++)
        embedding[i] += other[i];
    context_discard(context, other);
}

void embed_photograph(Context *context, Embedder *embedder, const char *path, float *embedding)
{
    embed_read(context, embedder, path);
    double start = milliseconds_now();
    predict(embedder, embedding);
    if (network.mirrored)
        add_mirrored(context, embedder, embedding);
    if (!vector_normalize(embedding, (size_t)network.size))
        context_fail(context, "%s: error: the network's answer to it has no direction: all 0, or not finite", path);
    embedder->network_ms += milliseconds_now() - start;
}
