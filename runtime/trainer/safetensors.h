/* safetensors.h - files of named tensors, in the format that other tools read and write too:
 *
 *     8 bytes    length of the header, little-endian
 *     header     {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, "__metadata__": {"KEY": "TEXT"}}
 *     data       little-endian, row by row, without gaps
 *
 * The header is padded with blanks, so that data begin at a multiple of 8. */
#ifndef NNC_TRAINER_SAFETENSORS_H
#define NNC_TRAINER_SAFETENSORS_H

#include "context.h"

#include <stdint.h>

enum { SAFETENSORS_RANK_MAX = 16 };

typedef struct Safetensor {
    const char *name;
    const char *dtype; /* F64, F32, F16, BF16, I64 ... U8, BOOL */
    int rank;
    uint64_t shape[SAFETENSORS_RANK_MAX];
    uint64_t elements;
    const void *values; /* writing: in the machine's order; reading: as in the file, see safetensors_decode */
} Safetensor;

typedef struct Safetensors {
    const char *path;
    const unsigned char *bytes; /* of a file that was read; the values of its tensors point into it */
    bool compressed;            /* it was, by gzip */
    size_t count, capacity;
    Safetensor *tensor;
    size_t metadata, metadata_capacity;
    const char **key, **text; /* [metadata] */
} Safetensors;

/* Reads and checks a file: every offset within the data, no overlap, no gap, no name twice, sizes that fit the shapes.
 */
Safetensors *safetensors_read(Context *context, const char *path);

/* Whole or not at all (file_write). Tensors of 8-byte elements go first, so that all stay aligned. */
void safetensors_write(Context *context, const char *path, const Safetensors *file);

void safetensors_add(Context *context, Safetensors *file, Safetensor tensor);
void safetensors_add_metadata(Context *context, Safetensors *file, const char *key, const char *text);

/* NULL if it is not there. */
const Safetensor *safetensors_find(const Safetensors *file, const char *name);
const char *safetensors_metadata(const Safetensors *file, const char *key);

/* Bytes of one element; 0 for an unknown dtype. */
size_t safetensors_item_bytes(const char *dtype);
/* "F32 [2, 3]", for messages. */
const char *safetensors_describe(Context *context, const Safetensor *tensor);

/* Copies the values of a tensor that was read, in the machine's order. */
void safetensors_decode(const Safetensor *tensor, void *values);
/* F64, F32, F16 and BF16 hold real numbers. */
bool safetensors_is_real(const Safetensor *tensor);
/* One of the real numbers of a tensor that was read; a double holds each exactly. */
double safetensors_real(const Safetensor *tensor, uint64_t index);

#endif
