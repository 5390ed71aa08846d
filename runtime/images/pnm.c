/* pnm.c - PGM and PPM, binary: `P5` or `P6`, width, height and the number that is white, a blank, then the samples. */
#include "codec.h"

#include <stdlib.h>

typedef struct Header {
    int channels, width, height, white;
} Header;

/* The next character that is not in a comment: from # to the end of its line. */
static int next(FILE *file)
{
    int c = getc(file);
    if (c == '#') {
        while (c != EOF && c != '\n' && c != '\r')
            c = getc(file);
    }
    return c;
}

static bool is_blank(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The number after blanks and comments, and the one character that ends it. -1: there is none, or it is too long. */
static int number(FILE *file)
{
    int c = next(file), value = 0;
    while (is_blank(c))
        c = next(file);
    if (c < '0' || c > '9')
        return -1;
    for (; c >= '0' && c <= '9'; c = next(file)) {
        value = 10 * value + c - '0';
        if (value > 99999999)
            return -1;
    }
    return is_blank(c) ? value : -1;
}

static bool read_header(FILE *file, Header *header, char problem[PICTURE_PROBLEM])
{
    getc(file); /* the P */
    header->channels = getc(file) == '6' ? 3 : 1;
    header->width = number(file);
    header->height = number(file);
    header->white = number(file);
    if (header->width < 0 || header->height < 0 || header->white < 0)
        snprintf(problem, PICTURE_PROBLEM,
                 feof(file) ? "it ends before the first pixel"
                            : "its head is not a width, a height and the number for white");
    else if (header->white < 1 || header->white > 255)
        snprintf(problem, PICTURE_PROBLEM, "white is %d; it may be 1 to 255, a byte a sample", header->white);
    else
        return codec_may_be(header->height, header->width, problem);
    return false;
}

/* A pixel as stored, to 255 for white. */
static void convert(const unsigned char *from, const Header *header, unsigned char *to, int channels)
{
    int level[3];
    for (int c = 0; c < 3; c++) {
        int stored = from[header->channels == 3 ? c : 0], value = stored > header->white ? header->white : stored;
        level[c] = (value * 255 + header->white / 2) / header->white;
    }
    codec_put(level, to, channels);
}

Picture pnm_read(FILE *file, int channels, char problem[PICTURE_PROBLEM])
{
    const Picture nothing = {.pixels = NULL};
    Header header;
    if (!read_header(file, &header, problem))
        return nothing;
    Picture picture = {.height = header.height, .width = header.width, .channels = channels};
    size_t row_bytes = (size_t)(header.width * header.channels);
    unsigned char *row = malloc(row_bytes);
    picture.pixels = malloc((size_t)header.height * (size_t)(header.width * channels));
    bool whole = row != NULL && picture.pixels != NULL;
    unsigned char *to = picture.pixels;
    for (int y = 0; y < header.height && whole; y++) {
        whole = fread(row, 1, row_bytes, file) == row_bytes;
        for (int x = 0; x < header.width && whole; x++, to += channels)
            convert(row + x * header.channels, &header, to, channels);
    }
    if (row == NULL || picture.pixels == NULL)
        snprintf(problem, PICTURE_PROBLEM, "out of memory");
    else if (!whole)
        snprintf(problem, PICTURE_PROBLEM, "it ends in the middle of the picture");
    free(row);
    if (whole)
        return picture;
    free(picture.pixels);
    return nothing;
}
