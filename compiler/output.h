/* output.h - files that are written whole or not at all. */
#ifndef NNC_OUTPUT_H
#define NNC_OUTPUT_H

#include "nnc.h"

/* Writes through a temporary file and a rename; a file that would not change is left untouched. 0, or 1 after a
 * message. */
int output_file(const char *path, const char *bytes, size_t length);
int output_stdout(const Text *text);

#endif
