/* cifar.c - reads CIFAR-10's binary records. */
#include "cifar.h"

#include "file.h"

enum { SIDE = 32, PIXELS = SIDE * SIDE, CHANNELS = 3, RECORD_BYTES = 1 + CHANNELS * PIXELS };
enum { RECORD_BYTES_OF_100 = RECORD_BYTES + 1 }; /* CIFAR-100 has two classes a record */

static size_t bytes_max(const unsigned char *head, size_t length)
{
    (void)head;
    (void)length;
    return (size_t)1 << 30;
}

size_t cifar_place(size_t record)
{
    return record * RECORD_BYTES;
}

static void check_length(Context *context, const char *path, size_t length)
{
    size_t left = length % RECORD_BYTES;
    if (length > bytes_max(NULL, 0))
        context_fail(context, "%s: error: more than 1 GiB of images", path);
    if (length == 0)
        context_fail(context, "%s: byte 0: error: the file is empty", path);
    if (left != 0)
        context_fail(context,
                     "%s: byte %zu: error: the file ends here, %zu bytes into a record of %d (the class, and 32 x 32 "
                     "red, green and blue)%s",
                     path, length, left, RECORD_BYTES,
                     length % RECORD_BYTES_OF_100 == 0 ? "; records of 3074 bytes are CIFAR-100's" : "");
}

static Matrix grown(Context *context, const Matrix *matrix, const char *path, size_t rows, size_t width)
{
    Matrix larger = *matrix;
    if (matrix->rows == 0)
        larger = (Matrix){.path = path, .type = MATRIX_UINT8, .scale = 1};
    larger.rows = matrix->rows + rows;
    larger.width = width;
    larger.values = matrix->rows == 0 ? context_allocate(context, larger.rows, width)
                                      : context_grow(context, matrix->values, larger.rows, width);
    return larger;
}

/* Planes become pixels. */
static void interleave(const unsigned char *plane, unsigned char *pixel)
{
    for (int c = 0; c < CHANNELS; c++) {
        for (int i = 0; i < PIXELS; i++)
            pixel[CHANNELS * i + c] = plane[PIXELS * c + i];
    }
}

void cifar_read(Context *context, const char *path, Cifar *cifar)
{
    File_bytes file = file_read(context, path, bytes_max);
    check_length(context, path, file.length);
    size_t before = cifar->label.rows, records = file.length / RECORD_BYTES;
    cifar->image = grown(context, &cifar->image, path, records, CHANNELS * PIXELS);
    cifar->label = grown(context, &cifar->label, path, records, 1);
    cifar->image.rank = 4;
    cifar->label.rank = 1;
    unsigned char *image = cifar->image.values, *label = cifar->label.values;
    for (size_t r = 0; r < records; r++) {
        const unsigned char *record = file.bytes + cifar_place(r);
        label[before + r] = record[0];
        interleave(record + 1, image + (before + r) * CHANNELS * PIXELS);
    }
    const size_t shape[] = {cifar->image.rows, SIDE, SIDE, CHANNELS};
    for (int i = 0; i < 4; i++)
        cifar->image.shape[i] = shape[i];
    cifar->label.shape[0] = cifar->label.rows;
    context_discard(context, file.bytes);
}
