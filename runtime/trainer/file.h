/* file.h - files read whole, and written whole or not at all. */
#ifndef NNC_TRAINER_FILE_H
#define NNC_TRAINER_FILE_H

#include "context.h"

#include <stddef.h>

typedef struct File_bytes {
    unsigned char *bytes; /* a NUL follows the last */
    size_t length;
    bool compressed; /* in the file */
} File_bytes;

/* How many bytes are wanted at most, told from the first few of the file. */
typedef size_t File_limit(const unsigned char *head, size_t length);
enum { FILE_HEAD_BYTES = 64 };

/* Reads a file, plain or compressed by gzip, up to the limit and one byte more. Memory grows with what is really
 * there, so neither a header's claim nor a tiny compressed file decides how much is asked for. */
File_bytes file_read(Context *context, const char *path, File_limit *limit);

/* Writes to PATH.part, syncs, renames, syncs the directory: a reader finds the old file or the new one, whole, whatever
 * happens. What is no regular file (a device, a pipe) is written directly. */
void file_write(Context *context, const char *path, const void *bytes, size_t length);

/* Fails now if file_read(path) could not even begin. */
void file_check_readable(Context *context, const char *path);

/* Fails now if file_write(path) would fail later. */
void file_check_writable(Context *context, const char *path);

/* name, below directory unless it is absolute. directory may be NULL. */
const char *file_join(Context *context, const char *directory, const char *name);

/* PATH.part beside the file that path leads to. */
const char *file_part(Context *context, const char *path);
/* The end of file_write for another program's output: moves what file_part() names to path. */
void file_commit(Context *context, const char *part, const char *path);

#endif
