/* png.c - PNG, by libpng (Debian's libpng-dev). */
#include "codec.h"

#include <setjmp.h>
#include <stdlib.h>

#include <png.h>

enum { RGB = 3, CHUNK_BYTES_MAX = 1 << 20 };

/* What libpng is handed beside its own: where to return to, and what is allocated here. */
typedef struct Decoder {
    png_structp png;
    png_infop info;
    FILE *file;
    jmp_buf failed;
    Picture picture;
    png_bytep pixels, *rows; /* of the file, red, green and blue */
    char *problem;           /* [PICTURE_PROBLEM] */
} Decoder;

static _Noreturn void fail(Decoder *decoder, const char *reason)
{
    snprintf(decoder->problem, PICTURE_PROBLEM, "%s", reason);
    longjmp(decoder->failed, 1);
}

static _Noreturn void on_error(png_structp png, png_const_charp message)
{
    Decoder *decoder = png_get_error_ptr(png);
    if (feof(decoder->file))
        fail(decoder, "it ends in the middle of the picture");
    if (ferror(decoder->file))
        fail(decoder, "it could not be read to its end");
    snprintf(decoder->problem, PICTURE_PROBLEM, "it cannot be decoded: %.120s", message);
    longjmp(decoder->failed, 1);
}

/* Warnings are of what stands beside the pixels. */
static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

/* Whatever the file holds, eight bits of red, green and blue are read: of sixteen bits the high ones; what is
 * transparent is dropped. */
static void begin(Decoder *decoder)
{
    png_structp png = decoder->png;
    png_init_io(png, decoder->file);
    png_set_chunk_malloc_max(png, CHUNK_BYTES_MAX);
    png_set_user_limits(png, PICTURE_SIDE_MAX, PICTURE_SIDE_MAX);
    png_read_info(png, decoder->info);
    decoder->picture.height = (int)png_get_image_height(png, decoder->info);
    decoder->picture.width = (int)png_get_image_width(png, decoder->info);
    if (!codec_may_be(decoder->picture.height, decoder->picture.width, decoder->problem))
        longjmp(decoder->failed, 1);
    png_set_expand(png);
    png_set_strip_16(png);
    png_set_gray_to_rgb(png);
    png_set_strip_alpha(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, decoder->info);
}

static void read_rows(Decoder *decoder)
{
    const Picture *picture = &decoder->picture;
    size_t row_bytes = (size_t)picture->width * RGB;
    if (png_get_rowbytes(decoder->png, decoder->info) != row_bytes)
        fail(decoder, "it cannot be decoded: its rows are of another length");
    decoder->pixels = malloc(row_bytes * (size_t)picture->height);
    decoder->rows = malloc(sizeof *decoder->rows * (size_t)picture->height);
    if (decoder->pixels == NULL || decoder->rows == NULL)
        fail(decoder, "out of memory");
    for (int y = 0; y < picture->height; y++)
        decoder->rows[y] = decoder->pixels + (size_t)y * row_bytes;
    png_read_image(decoder->png, decoder->rows);
    png_read_end(decoder->png, NULL);
}

/* In place: a pixel never grows. */
static void put_channels(Decoder *decoder)
{
    Picture *picture = &decoder->picture;
    size_t count = (size_t)picture->height * (size_t)picture->width;
    for (size_t i = 0; i < count; i++) {
        const png_byte *from = decoder->pixels + RGB * i;
        const int level[RGB] = {from[0], from[1], from[2]};
        codec_put(level, decoder->pixels + i * (size_t)picture->channels, picture->channels);
    }
    picture->pixels = decoder->pixels;
    decoder->pixels = NULL;
}

Picture png_picture_read(FILE *file, int channels, char problem[PICTURE_PROBLEM])
{
    const Picture nothing = {.pixels = NULL};
    Decoder *decoder = calloc(1, sizeof *decoder);
    if (decoder != NULL)
        decoder->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, decoder, on_error, on_warning);
    if (decoder == NULL || decoder->png == NULL || (decoder->info = png_create_info_struct(decoder->png)) == NULL) {
        snprintf(problem, PICTURE_PROBLEM, "out of memory");
        if (decoder != NULL)
            png_destroy_read_struct(&decoder->png, &decoder->info, NULL);
        free(decoder);
        return nothing;
    }
    decoder->file = file;
    decoder->problem = problem;
    decoder->picture.channels = channels;
    if (setjmp(decoder->failed) == 0) {
        begin(decoder);
        read_rows(decoder);
        put_channels(decoder);
    } else {
        decoder->picture = nothing;
    }
    Picture picture = decoder->picture;
    png_destroy_read_struct(&decoder->png, &decoder->info, NULL);
    free(decoder->pixels);
    free(decoder->rows);
    free(decoder);
    return picture;
}
