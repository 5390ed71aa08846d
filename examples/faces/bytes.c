/* bytes.c - a number by its bits. */
#include "bytes.h"

#include <stdint.h>
#include <string.h>

void bytes_of_floats(const float *numbers, size_t count, unsigned char *bytes)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &numbers[i], sizeof bits);
        for (int k = 0; k < FLOAT_BYTES; k++)
            bytes[FLOAT_BYTES * i + (size_t)k] = (unsigned char)(bits >> 8 * k);
    }
}

void bytes_to_floats(const unsigned char *bytes, size_t count, float *numbers)
{
    for (size_t i = 0; i < count; i++, bytes += FLOAT_BYTES) {
        uint32_t bits = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
        memcpy(&numbers[i], &bits, sizeof bits);
    }
}
