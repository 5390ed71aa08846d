/* bytes.h - floats as a gallery keeps them: 4 bytes each, the lowest first, on every machine. */
#ifndef FACES_BYTES_H
#define FACES_BYTES_H

#include <stddef.h>

enum { FLOAT_BYTES = 4 };

void bytes_of_floats(const float *numbers, size_t count, unsigned char *bytes);
void bytes_to_floats(const unsigned char *bytes, size_t count, float *numbers);

#endif
