/* conflicts.h - options that do not go together. */
#ifndef NNC_CONFLICTS_H
#define NNC_CONFLICTS_H

#include "nnc.h"

/* Why what was asked for cannot be had at once, or needs something that was not asked for; NULL: it can. */
const char *options_conflict(const Options *options);

#endif
