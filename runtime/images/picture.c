/* picture.c - opens a file, tells what it is, and has it decoded. */
#include "picture.h"

#include "codec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_BYTES = 12 };

typedef Picture Reader(FILE *file, int channels, char problem[PICTURE_PROBLEM]);

/* How a kind of file begins, and who reads it; nobody: what it is shall be said. */
typedef struct Kind {
    size_t at, length;
    const char *bytes, *name;
    Reader *reader;
} Kind;

static const Kind kinds[] = {
    {0, 3, "\xff\xd8\xff", "JPEG", jpeg_read},
    {0, 8, "\x89PNG\r\n\x1a\n", "PNG", codec_read},
    {0, 2, "BM", "BMP", bmp_read},
    {0, 2, "P5", "PGM", pnm_read},
    {0, 2, "P6", "PPM", pnm_read},
    {0, 2, "P1", "a bitmap of text (P1)", NULL},
    {0, 2, "P2", "a PGM of text (P2)", NULL},
    {0, 2, "P3", "a PPM of text (P3)", NULL},
    {0, 2, "P4", "a bitmap (P4)", NULL},
    {0, 4, "GIF8", "a GIF", NULL},
    {0, 4, "II*\0", "a TIFF", NULL},
    {0, 4, "MM\0*", "a TIFF", NULL},
    {8, 4, "WEBP", "a WebP", NULL},
    {4, 8, "ftypheic", "a HEIC", NULL},
    {4, 8, "ftypmif1", "a HEIC", NULL},
    {4, 8, "ftypavif", "an AVIF", NULL},
};

static const Kind *find_kind(const char *head, size_t length)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const Kind *kind = &kinds[i];
        if (kind->at + kind->length <= length && memcmp(head + kind->at, kind->bytes, kind->length) == 0)
            return kind;
    }
    return NULL;
}

/* Without waiting for whoever may write to a pipe of that name. */
static FILE *open_regular(const char *path, char problem[PICTURE_PROBLEM])
{
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0 || fstat(descriptor, &status) != 0) {
        snprintf(problem, PICTURE_PROBLEM, "cannot read it: %s", strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        snprintf(problem, PICTURE_PROBLEM, "%s", S_ISDIR(status.st_mode) ? "it is a folder" : "it is no regular file");
    } else {
        FILE *file = fdopen(descriptor, "rb");
        if (file != NULL)
            return file;
        snprintf(problem, PICTURE_PROBLEM, "cannot read it: %s", strerror(errno));
    }
    if (descriptor >= 0)
        close(descriptor);
    return NULL;
}

static Reader *reader_of(FILE *file, char problem[PICTURE_PROBLEM])
{
    char head[HEAD_BYTES];
    size_t length = fread(head, 1, sizeof head, file);
    const Kind *kind = find_kind(head, length);
    if (ferror(file))
        snprintf(problem, PICTURE_PROBLEM, "cannot read it: %s", strerror(errno));
    else if (length == 0)
        snprintf(problem, PICTURE_PROBLEM, "it is empty");
    else if (kind == NULL)
        snprintf(problem, PICTURE_PROBLEM, "it is no picture: JPEG, PNG, PGM, PPM and BMP are read");
    else if (kind->reader == NULL)
        snprintf(problem, PICTURE_PROBLEM, "it is %s; JPEG, PNG, PGM, PPM and BMP are read", kind->name);
    rewind(file);
    return kind == NULL ? NULL : kind->reader;
}

/* The size that is asked for, from the size that is there. */
static bool fit(const Picture *picture, int height, int width, unsigned char *pixels, char problem[PICTURE_PROBLEM])
{
    size_t bytes = (size_t)height * (size_t)width * (size_t)picture->channels;
    bool fits = true;
    if (picture->height == height && picture->width == width)
        memcpy(pixels, picture->pixels, bytes);
    else
        fits = picture_resize(picture, height, width, pixels);
    if (!fits)
        snprintf(problem, PICTURE_PROBLEM, "no memory to resize it");
    return fits;
}

bool picture_read(const char *path, int height, int width, int channels, unsigned char *pixels,
                  char problem[PICTURE_PROBLEM])
{
    FILE *file = open_regular(path, problem);
    if (file == NULL)
        return false;
    Reader *reader = reader_of(file, problem);
    Picture picture = {.pixels = NULL};
    if (reader != NULL)
        picture = reader(file, channels, problem);
    fclose(file);
    bool read = picture.pixels != NULL && fit(&picture, height, width, pixels, problem);
    free(picture.pixels);
    return read;
}

bool picture_has_name(const char *path)
{
    static const char *const endings[] = {".jpg", ".jpeg", ".png", ".pgm", ".ppm", ".bmp"};
    const char *ending = strrchr(path, '.');
    for (size_t i = 0; ending != NULL && i < sizeof endings / sizeof *endings; i++) {
        if (strcasecmp(ending, endings[i]) == 0)
            return true;
    }
    return false;
}
