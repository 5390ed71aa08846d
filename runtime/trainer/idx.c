/* idx.c - reads IDX files. What the header promises is compared with what is there before anything is believed. */
#include "idx.h"

#include "file.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { MAGIC_BYTES = 4 };

/* More than any file that this can be asked to read; keeps products of sizes within 64 bits. */
static const uint64_t data_bytes_max = (uint64_t)1 << 46;

static uint32_t big_endian_32(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int type_of_code(unsigned char code)
{
    switch (code) {
    case 0x08:
        return MATRIX_UINT8;
    case 0x09:
        return MATRIX_INT8;
    case 0x0b:
        return MATRIX_INT16;
    case 0x0c:
        return MATRIX_INT32;
    case 0x0d:
        return MATRIX_FLOAT;
    case 0x0e:
        return MATRIX_DOUBLE;
    default:
        return -1;
    }
}

/* Header and data together, as the header promises; what is no header needs no more than was read. */
static size_t promised_bytes(const unsigned char *head, size_t length)
{
    int type = length >= MAGIC_BYTES ? type_of_code(head[2]) : -1;
    size_t rank = length >= MAGIC_BYTES ? head[3] : 0;
    size_t start = MAGIC_BYTES + 4 * rank;
    if (type < 0 || rank < 1 || rank > MATRIX_RANK_MAX || length < start)
        return length;
    uint64_t bytes = matrix_item_bytes((Matrix_type)type);
    for (size_t i = 0; i < rank; i++) {
        uint64_t size = big_endian_32(head + MAGIC_BYTES + 4 * i);
        bytes = size != 0 && bytes > data_bytes_max / size ? data_bytes_max : bytes * size;
    }
    return start + bytes;
}

static void check_magic(Context *context, const char *path, File_bytes file)
{
    const unsigned char *head = file.bytes;
    if (file.length < MAGIC_BYTES)
        context_fail(context, "%s: byte %zu: error: the file ends within the 4 bytes that begin an IDX file", path,
                     file.length);
    if (head[0] != 0 || head[1] != 0)
        context_fail(context, "%s: byte 0: error: an IDX file begins with two zero bytes, this one with %02x %02x",
                     path, head[0], head[1]);
    if (type_of_code(head[2]) < 0)
        context_fail(context,
                     "%s: byte 2: error: element type 0x%02x; IDX knows 0x08 uint8, 0x09 int8, 0x0b int16, 0x0c int32, "
                     "0x0d float, 0x0e double",
                     path, head[2]);
    if (head[3] < 1 || head[3] > MATRIX_RANK_MAX)
        context_fail(context, "%s: byte 3: error: rank %d; 1 to %d are understood", path, head[3], MATRIX_RANK_MAX);
    size_t start = MAGIC_BYTES + 4 * (size_t)head[3];
    if (file.length < start)
        context_fail(context, "%s: byte %zu: error: the file ends within its header of %zu bytes", path, file.length,
                     start);
}

static Matrix header(Context *context, const char *path, File_bytes file)
{
    check_magic(context, path, file);
    Matrix matrix = {.path = path,
                     .type = (Matrix_type)type_of_code(file.bytes[2]),
                     .rank = file.bytes[3],
                     .width = 1,
                     .start = MAGIC_BYTES + 4 * (size_t)file.bytes[3],
                     .scale = 1};
    for (int i = 0; i < matrix.rank; i++) {
        size_t at = MAGIC_BYTES + 4 * (size_t)i;
        matrix.shape[i] = big_endian_32(file.bytes + at);
        if (matrix.shape[i] == 0)
            context_fail(context, "%s: byte %zu: error: size %d is 0", path, at, i + 1);
    }
    size_t promised = promised_bytes(file.bytes, file.length);
    if (promised > file.length)
        context_fail(context,
                     "%s: byte %zu: error: the file ends here, its header promises %zu bytes of data and %zu are there",
                     path, file.length, promised - matrix.start, file.length - matrix.start);
    if (promised < file.length)
        context_fail(context,
                     "%s: byte %zu: error: the file goes on after the %zu bytes of data that its header promises", path,
                     promised, promised - matrix.start);
    matrix.rows = matrix.shape[0];
    for (int i = 1; i < matrix.rank; i++)
        matrix.width *= matrix.shape[i];
    return matrix;
}

/* Big-endian values become the machine's, and move to the start of the block, which is aligned for them. */
static void to_native(Matrix *matrix, unsigned char *bytes)
{
    size_t item = matrix_item_bytes(matrix->type), count = matrix->rows * matrix->width;
    memmove(bytes, bytes + matrix->start, count * item);
    for (size_t i = 0; item > 1 && i < count; i++) {
        unsigned char *value = bytes + i * item;
        uint64_t number = 0;
        for (size_t k = 0; k < item; k++)
            number = number << 8 | value[k];
        uint16_t number16 = (uint16_t)number;
        uint32_t number32 = (uint32_t)number;
        memcpy(value, item == 2 ? (void *)&number16 : item == 4 ? (void *)&number32 : (void *)&number, item);
    }
    matrix->values = bytes;
}

static void check_finite(Context *context, const Matrix *matrix)
{
    if (matrix->type != MATRIX_FLOAT && matrix->type != MATRIX_DOUBLE)
        return;
    size_t count = matrix->rows * matrix->width;
    for (size_t i = 0; i < count; i++) {
        double value = matrix->type == MATRIX_FLOAT ? (double)((const float *)matrix->values)[i]
                                                    : ((const double *)matrix->values)[i];
        if (!isfinite(value))
            context_fail(context, "%s: byte %zu: error: sample %zu holds %g; every number must be finite", matrix->path,
                         matrix->start + i * matrix_item_bytes(matrix->type), i / matrix->width + 1, value);
    }
}

Matrix idx_read(Context *context, const char *path)
{
    File_bytes file = file_read(context, path, promised_bytes);
    Matrix matrix = header(context, path, file);
    to_native(&matrix, file.bytes);
    check_finite(context, &matrix);
    return matrix;
}
