/* matrix.c - numbers as a file holds them. */
#include "matrix.h"

#include <stdint.h>

size_t matrix_item_bytes(Matrix_type type)
{
    static const size_t bytes[] = {1, 1, 2, 4, 4, 8};
    return bytes[type];
}

#define ROW(type)                                                                                                      \
    do {                                                                                                               \
        const type *raw = (const type *)matrix->values + row * matrix->width;                                          \
        for (size_t i = 0; i < matrix->width; i++)                                                                     \
            values[i] = (double)raw[i] * matrix->scale + matrix->offset;                                               \
    } while (0)

void matrix_row(const Matrix *matrix, size_t row, double *values)
{
    switch (matrix->type) {
    case MATRIX_UINT8:
        ROW(uint8_t);
        break;
    case MATRIX_INT8:
        ROW(int8_t);
        break;
    case MATRIX_INT16:
        ROW(int16_t);
        break;
    case MATRIX_INT32:
        ROW(int32_t);
        break;
    case MATRIX_FLOAT:
        ROW(float);
        break;
    case MATRIX_DOUBLE:
        ROW(double);
        break;
    }
}
