/* words.h - sorted sets of words: class labels and categories, and the number of each. */
#ifndef NNC_TRAINER_WORDS_H
#define NNC_TRAINER_WORDS_H

#include "pool.h"

/* The distinct ones of `count` words, sorted: numbers by value (1 and 1.0 are one), before words by bytes. */
Classes words_distinct(Context *context, const char **word, size_t count);

/* The number of a word, or -1. */
long words_find(const Classes *classes, const char *word);

#endif
