/* jpeg.c - JPEG, baseline and progressive, by libjpeg (Debian's libjpeg-dev): stb_image's decoder writes beyond its
 * tables when a file states more codes than there can be. */
#include "codec.h"

#include <setjmp.h>
#include <stdlib.h>

#include <jpeglib.h>

#include <jerror.h>

enum { CMYK = 4, SCANS_MAX = 200 };

/* What libjpeg is handed beside its own: where to return to, and what is allocated here. */
typedef struct Decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    Picture picture;
    unsigned char *row;
    char *problem; /* [PICTURE_PROBLEM] */
} Decoder;

static _Noreturn void fail(Decoder *decoder, const char *reason)
{
    snprintf(decoder->problem, PICTURE_PROBLEM, "%s", reason);
    longjmp(decoder->failed, 1);
}

static _Noreturn void on_error(j_common_ptr common)
{
    Decoder *decoder = common->client_data;
    char message[JMSG_LENGTH_MAX];
    common->err->format_message(common, message);
    snprintf(decoder->problem, PICTURE_PROBLEM, "it cannot be decoded: %.120s", message);
    longjmp(decoder->failed, 1);
}

/* libjpeg goes on after a warning, with grey where data are missing or wrong; a few warnings say nothing of pixels. */
static void on_message(j_common_ptr common, int level)
{
    Decoder *decoder = common->client_data;
    if (level >= 0)
        return;
    switch (common->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
        return;
    case JWRN_JPEG_EOF:
        fail(decoder, "it ends in the middle of the picture");
    default:
        on_error(common);
    }
}

/* Each scan of a progressive file costs as much as the picture is large, and takes a few bytes. */
static void on_progress(j_common_ptr common)
{
    Decoder *decoder = common->client_data;
    if (decoder->jpeg.input_scan_number > SCANS_MAX)
        fail(decoder, "it is made of more than 200 scans");
}

static void begin(Decoder *decoder, FILE *file)
{
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    jpeg_create_decompress(jpeg);
    decoder->progress.progress_monitor = on_progress;
    jpeg->progress = &decoder->progress;
    jpeg_stdio_src(jpeg, file);
    jpeg_read_header(jpeg, TRUE);
    if (!codec_may_be((int)jpeg->image_height, (int)jpeg->image_width, decoder->problem))
        longjmp(decoder->failed, 1);
    bool inks = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
    jpeg->out_color_space = inks ? JCS_CMYK : decoder->picture.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW; /* the same bits on every processor */
}

/* Adobe's inks are stored as 255 for none. */
static void mix(const unsigned char *ink, unsigned char *to, int channels)
{
    int level[3];
    for (int c = 0; c < 3; c++)
        level[c] = ink[c] * ink[3] / 255;
    codec_put(level, to, channels);
}

static void read_rows(Decoder *decoder)
{
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    Picture *picture = &decoder->picture;
    jpeg_start_decompress(jpeg);
    picture->height = (int)jpeg->output_height;
    picture->width = (int)jpeg->output_width;
    size_t width = jpeg->output_width, row_bytes = width * (size_t)picture->channels;
    decoder->row = malloc(width * CMYK);
    picture->pixels = malloc(row_bytes * jpeg->output_height);
    if (decoder->row == NULL || picture->pixels == NULL)
        fail(decoder, "out of memory");
    while (jpeg->output_scanline < jpeg->output_height) {
        unsigned char *to = picture->pixels + jpeg->output_scanline * row_bytes;
        bool inks = jpeg->out_color_space == JCS_CMYK;
        jpeg_read_scanlines(jpeg, inks ? &decoder->row : &to, 1);
        for (size_t x = 0; x < width && inks; x++)
            mix(decoder->row + CMYK * x, to + x * (size_t)picture->channels, picture->channels);
    }
    jpeg_finish_decompress(jpeg);
}

Picture jpeg_read(FILE *file, int channels, char problem[PICTURE_PROBLEM])
{
    const Picture nothing = {.pixels = NULL};
    Decoder *decoder = calloc(1, sizeof *decoder);
    if (decoder == NULL) {
        snprintf(problem, PICTURE_PROBLEM, "out of memory");
        return nothing;
    }
    decoder->picture.channels = channels;
    decoder->problem = problem;
    decoder->jpeg.err = jpeg_std_error(&decoder->errors);
    decoder->jpeg.client_data = decoder;
    decoder->errors.error_exit = on_error;
    decoder->errors.emit_message = on_message;
    if (setjmp(decoder->failed) == 0) {
        begin(decoder, file);
        read_rows(decoder);
    } else {
        free(decoder->picture.pixels);
        decoder->picture = nothing;
    }
    Picture picture = decoder->picture;
    jpeg_destroy_decompress(&decoder->jpeg);
    free(decoder->row);
    free(decoder);
    return picture;
}
