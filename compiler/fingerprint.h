/* fingerprint.h - a number for the structure of a nest. */
#ifndef NNC_FINGERPRINT_H
#define NNC_FINGERPRINT_H

#include "tile.h"

#include <stdint.h>

/* The same for two nests that are equal but for names; others differ, but for a chance of 2^-64. 0: it has more names
 * than are told apart. */
uint64_t nest_fingerprint(const Nest *nest);

#endif
