/* bmp.c - BMP: a head, perhaps a palette, then rows of pixels, each padded to four bytes, the lowest first. */
#include "codec.h"

#include <stdint.h>
#include <stdlib.h>

enum { FILE_HEAD = 14, INFO_HEAD = 40, MASKS = 12, PALETTE_MAX = 256, PLAIN = 0, BY_MASKS = 3 };

typedef struct Head {
    int width, height, bits;
    bool from_top;
    uint32_t compression, start;           /* start: the byte at which the pixels begin */
    unsigned char palette[PALETTE_MAX][4]; /* blue, green, red, nothing; black where the file has no entry */
} Head;

static uint32_t number(const unsigned char *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Red, green and blue as a byte each, in the usual order. */
static bool are_usual(const unsigned char masks[MASKS])
{
    return number(masks) == 0xff0000 && number(masks + 4) == 0xff00 && number(masks + 8) == 0xff;
}

static bool is_read(const Head *head, const unsigned char masks[MASKS], char problem[PICTURE_PROBLEM])
{
    bool indexed = head->bits == 1 || head->bits == 4 || head->bits == 8;
    bool plain = head->compression == PLAIN && (indexed || head->bits == 24 || head->bits == 32);
    bool masked = head->compression == BY_MASKS && head->bits == 32 && are_usual(masks);
    if (!plain && !masked)
        snprintf(problem, PICTURE_PROBLEM, "a BMP of %d bits a pixel and compression %u is not read", head->bits,
                 (unsigned)head->compression);
    return plain || masked;
}

static bool read_head(FILE *file, Head *head, char problem[PICTURE_PROBLEM])
{
    unsigned char bytes[FILE_HEAD + INFO_HEAD + MASKS] = {0};
    size_t got = fread(bytes, 1, sizeof bytes, file);
    uint32_t info = number(bytes + 14), height = number(bytes + 22);
    if (got < FILE_HEAD + INFO_HEAD) {
        snprintf(problem, PICTURE_PROBLEM, "it ends before the first pixel");
        return false;
    }
    *head = (Head){.width = (int)(number(bytes + 18) & INT32_MAX),
                   .from_top = height > INT32_MAX,
                   .bits = bytes[28] | bytes[29] << 8,
                   .compression = number(bytes + 30),
                   .start = number(bytes + 10)};
    head->height = (int)((head->from_top ? 0 - height : height) & INT32_MAX);
    if (info < INFO_HEAD || info > 1024 || head->start < FILE_HEAD + info) {
        snprintf(problem, PICTURE_PROBLEM, "its head is damaged, or of OS/2");
        return false;
    }
    size_t entries = (head->start - FILE_HEAD - info) / 4, most = head->bits <= 8 ? (size_t)1 << head->bits : 0;
    bool found = fseek(file, (long)(FILE_HEAD + info), SEEK_SET) == 0;
    size_t wanted = entries < most ? entries : most;
    if (!found || fread(head->palette, 4, wanted, file) != wanted || fseek(file, (long)head->start, SEEK_SET) != 0) {
        snprintf(problem, PICTURE_PROBLEM, "it ends before the first pixel");
        return false;
    }
    return is_read(head, bytes + FILE_HEAD + INFO_HEAD, problem) && codec_may_be(head->height, head->width, problem);
}

static void put_row(const Head *head, const unsigned char *row, unsigned char *to, int channels)
{
    for (int x = 0; x < head->width; x++, to += channels) {
        int bit = x % (8 / (head->bits < 8 ? head->bits : 8)) * head->bits;
        const unsigned char *bgr =
            head->bits > 8 ? row + (size_t)x * (size_t)(head->bits / 8)
                           : head->palette[row[(size_t)x * (size_t)head->bits / 8] >> (8 - head->bits - bit) &
                                           ((1 << head->bits) - 1)];
        codec_put((const int[3]){bgr[2], bgr[1], bgr[0]}, to, channels);
    }
}

Picture bmp_read(FILE *file, int channels, char problem[PICTURE_PROBLEM])
{
    const Picture nothing = {.pixels = NULL};
    Head head;
    if (!read_head(file, &head, problem))
        return nothing;
    Picture picture = {.height = head.height, .width = head.width, .channels = channels};
    size_t row_bytes = ((size_t)head.width * (size_t)head.bits + 31) / 32 * 4;
    size_t picture_bytes = (size_t)head.width * (size_t)channels;
    unsigned char *row = malloc(row_bytes);
    picture.pixels = malloc((size_t)head.height * picture_bytes);
    bool memory = row != NULL && picture.pixels != NULL, whole = memory;
    for (int y = 0; y < head.height && whole; y++) {
        int line = head.from_top ? y : head.height - 1 - y;
        whole = fread(row, 1, row_bytes, file) == row_bytes;
        if (whole)
            put_row(&head, row, picture.pixels + (size_t)line * picture_bytes, channels);
    }
    free(row);
    if (whole)
        return picture;
    snprintf(problem, PICTURE_PROBLEM, memory ? "it ends in the middle of the picture" : "out of memory");
    free(picture.pixels);
    return nothing;
}
