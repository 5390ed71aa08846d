/* matrix.h - numbers as a file holds them: one row for each sample, in the file's own type, scaled when they are read.
 */
#ifndef NNC_TRAINER_MATRIX_H
#define NNC_TRAINER_MATRIX_H

#include <stddef.h>

typedef enum Matrix_type {
    MATRIX_UINT8,
    MATRIX_INT8,
    MATRIX_INT16,
    MATRIX_INT32,
    MATRIX_FLOAT,
    MATRIX_DOUBLE
} Matrix_type;

enum { MATRIX_RANK_MAX = 4 };

typedef struct Matrix {
    const char *path; /* for messages */
    Matrix_type type;
    int rank;
    size_t shape[MATRIX_RANK_MAX]; /* shape[0] is rows */
    size_t rows, width;
    size_t start;         /* the byte of the file at which the values begin */
    double scale, offset; /* a value is raw * scale + offset */
    void *values;         /* NULL: no numbers */
} Matrix;

size_t matrix_item_bytes(Matrix_type type);

/* The values of one row, scaled. */
void matrix_row(const Matrix *matrix, size_t row, double *values);

#endif
