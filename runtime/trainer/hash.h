/* hash.h - a fingerprint of bytes: FNV-1a, eight bytes at a time. */
#ifndef NNC_TRAINER_HASH_H
#define NNC_TRAINER_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* Goes on from a hash, HASH_START or another call's. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count);

#endif
