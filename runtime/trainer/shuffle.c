/* shuffle.c - random orders from a seed. */
#include "shuffle.h"

#include "nnc/random.h"

/* Keeps these random numbers apart from those that the network draws from the same seed. */
static const uint64_t purpose = 0x73687566666c6531;

/* Fisher and Yates: each item changes places with one of those before it. The 32 random bits favour no place by more
 * than count / 2^32. */
void shuffle(uint32_t *item, size_t count, uint64_t seed, uint32_t number)
{
    for (size_t i = count; i > 1; i--) {
        uint64_t bits = nnc_random_key(seed ^ purpose, (uint32_t)i, number);
        size_t other = (size_t)(bits * i >> 32);
        uint32_t kept = item[i - 1];
        item[i - 1] = item[other];
        item[other] = kept;
    }
}
