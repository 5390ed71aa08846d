/* codec.c - PNG by stb_image (public domain; Debian's libstb-dev). */
#include "codec.h"

#include <stdint.h>
#include <stdlib.h>

/* A PNG of a few bytes can inflate without end, whatever size it states. The largest picture as 16-bit RGBA, and again
 * what a buffer that doubles may hold too much. */
#define BYTES_MAX ((size_t)PICTURE_PIXELS_MAX * 16)

static void *allocate(size_t bytes)
{
    return bytes > BYTES_MAX ? NULL : malloc(bytes);
}

static void *grow(void *old, size_t bytes)
{
    return bytes > BYTES_MAX ? NULL : realloc(old, bytes);
}

/* Sums of damaged files overflow in there: the Makefile compiles this file with -fwrapv. And it copies no bytes to
 * nowhere, which the sanitizer of undefined behaviour objects to; that of addresses looks. */
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("undefined"))), apply_to = function)
#endif
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_MALLOC allocate
#define STBI_REALLOC grow
#define STBI_FREE free
#define STBI_MAX_DIMENSIONS PICTURE_SIDE_MAX
#define STBI_FAILURE_USERMSG
#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>
#ifdef __clang__
#pragma clang attribute pop
#endif

/* A file, and whether more was asked for than it holds: stb_image takes zeros for what is missing, and answers with a
 * picture that is half black. */
typedef struct Reading {
    FILE *file;
    bool short_of;
} Reading;

static int read_some(void *user, char *bytes, int count)
{
    Reading *reading = user;
    size_t got = fread(bytes, 1, (size_t)count, reading->file);
    reading->short_of |= got == 0;
    return (int)got;
}

static void skip_some(void *user, int count)
{
    Reading *reading = user;
    for (; count > 0 && !reading->short_of; count--)
        reading->short_of = getc(reading->file) == EOF;
}

static int is_at_end(void *user)
{
    Reading *reading = user;
    int next = getc(reading->file);
    if (next != EOF)
        ungetc(next, reading->file);
    return next == EOF;
}

static const stbi_io_callbacks callbacks = {.read = read_some, .skip = skip_some, .eof = is_at_end};

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

static void explain(const Reading *reading, char problem[PICTURE_PROBLEM])
{
    if (ferror(reading->file))
        snprintf(problem, PICTURE_PROBLEM, "it could not be read to its end");
    else if (reading->short_of)
        snprintf(problem, PICTURE_PROBLEM, "it ends in the middle of the picture");
    else
        snprintf(problem, PICTURE_PROBLEM, "it cannot be decoded: %s", stbi_failure_reason());
}

Picture codec_read(FILE *file, int channels, char problem[PICTURE_PROBLEM])
{
    const Picture nothing = {.pixels = NULL};
    Picture picture = {.channels = channels};
    Reading reading = {.file = file};
    int stored = 0;
    long start = ftell(file);
    if (!stbi_info_from_callbacks(&callbacks, &reading, &picture.width, &picture.height, &stored)) {
        explain(&reading, problem);
        return nothing;
    }
    if (!codec_may_be(picture.height, picture.width, problem))
        return nothing;
    reading.short_of = fseek(file, start, SEEK_SET) != 0;
    picture.pixels = stbi_load_from_callbacks(&callbacks, &reading, &picture.width, &picture.height, &stored, channels);
    if (picture.pixels != NULL && !reading.short_of && !ferror(file))
        return picture;
    explain(&reading, problem);
    free(picture.pixels);
    return nothing;
}
