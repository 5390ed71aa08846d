/* hash.c - a fingerprint of bytes. */
#include "hash.h"

#include <string.h>

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count)
{
    const uint64_t prime = 0x100000001b3;
    const unsigned char *byte = bytes;
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        uint64_t word;
        memcpy(&word, byte + i, 8);
        hash = (hash ^ word) * prime;
        hash ^= hash >> 32;
    }
    for (; i < count; i++)
        hash = (hash ^ byte[i]) * prime;
    return hash;
}
