/* idx.h - reads IDX files: two zero bytes, the element type, the rank, big-endian sizes, big-endian values. */
#ifndef NNC_TRAINER_IDX_H
#define NNC_TRAINER_IDX_H

#include "context.h"
#include "matrix.h"

/* Plain or .gz; rank 1 to 4; every value is finite. Messages name the byte: `FILE: byte 4: error: ...`. */
Matrix idx_read(Context *context, const char *path);

#endif
