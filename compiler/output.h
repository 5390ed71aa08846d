/* output.h - files that are written whole or not at all. */
#ifndef NNC_OUTPUT_H
#define NNC_OUTPUT_H

#include "nnc.h"

typedef struct Output {
    const char *path, *bytes;
    size_t length;
} Output;

/* Writes all of them or, after a message, none: exit status. A file that already holds these bytes is left alone. */
int output_files(const Output *outputs, int count);
int output_file(const char *path, const char *bytes, size_t length);
/* Whether a file of that name can be written, as far as that is known beforehand. False after a message. */
bool output_is_possible(const char *path);
/* Exit status; a full disk or a closed pipe is a failure. */
int output_stdout(const Text *text);
/* "cannot write 'PATH': ...", by errno; the exit status. */
int output_failed(const char *what, const char *path);
/* A device or a pipe: it is written to directly, and has no neighbours. */
bool output_is_special(const char *path);
/* Both name one existing file. */
bool output_is_file(const char *path, const char *other);

#endif
