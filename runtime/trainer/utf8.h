/* utf8.h - characters of UTF-8. */
#ifndef NNC_TRAINER_UTF8_H
#define NNC_TRAINER_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* How many bytes the character at `text` has, and its number; 0, and no number, for what is no UTF-8: stray or missing
 * continuations, more bytes than needed, surrogates, beyond U+10FFFF. Reads `left` bytes at most, and none behind a
 * byte that does not belong to the character, such as the 0 at the end of a string. */
size_t utf8_character(const char *text, size_t left, uint32_t *number);

#endif
