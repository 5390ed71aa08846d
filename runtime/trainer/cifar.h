/* cifar.h - reads CIFAR-10's binary records: a byte for the class, then 32 x 32 bytes each of red, green and blue. */
#ifndef NNC_TRAINER_CIFAR_H
#define NNC_TRAINER_CIFAR_H

#include "context.h"
#include "matrix.h"

typedef struct Cifar {
    Matrix image; /* [samples][32][32][3]: the channels come last */
    Matrix label; /* [samples] */
} Cifar;

/* Appends the records of a file, plain or .gz. Messages name the byte: `FILE: byte 3073: error: ...`. */
void cifar_read(Context *context, const char *path, Cifar *cifar);

/* The byte of a file at which record number `record` begins. */
size_t cifar_place(size_t record);

#endif
