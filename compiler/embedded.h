/* embedded.h - the files that were built into the program: templates/..., runtime/nnc/..., packages/..., by their path
 * from the project's root. The table itself is written by embed.c. */
#ifndef NNC_EMBEDDED_H
#define NNC_EMBEDDED_H

#include <stddef.h>

typedef struct Embedded_file {
    const char *path;
    const unsigned char *text; /* [length], and a NUL behind */
    size_t length;
} Embedded_file;

extern const Embedded_file embedded_files[]; /* [embedded_file_count], sorted by path */
extern const int embedded_file_count;

#endif
