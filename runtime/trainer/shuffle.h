/* shuffle.h - random orders from a seed, the same on every machine. */
#ifndef NNC_TRAINER_SHUFFLE_H
#define NNC_TRAINER_SHUFFLE_H

#include <stddef.h>
#include <stdint.h>

/* Puts the items in an order that seed and number alone decide; an order's number is an epoch, or names a purpose. */
void shuffle(uint32_t *item, size_t count, uint64_t seed, uint32_t number);

/* Numbers that no epoch reaches. */
enum { SHUFFLE_TEST = 0x40000000, SHUFFLE_VALIDATION, SHUFFLE_FOLDS, SHUFFLE_CLASSES };

#endif
