/* file.c - files read whole, and written whole or not at all. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* realpath */
#endif
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { FIRST_BYTES = 1 << 16, SLICE_BYTES = 1 << 24 };

static void close_gz(void *gz)
{
    gzclose(gz);
}

void file_check_readable(Context *context, const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0 || access(path, R_OK) != 0)
        context_fail(context, "%s: error: cannot read it: %s", path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        context_fail(context, "%s: error: cannot read it: it is a directory", path);
}

static gzFile open_gz(Context *context, const char *path)
{
    file_check_readable(context, path);
    errno = 0;
    gzFile gz = gzopen(path, "rb");
    if (gz == NULL)
        context_fail(context, "%s: error: cannot read it: %s", path, strerror(errno != 0 ? errno : ENOMEM));
    context_adopt(context, gz, close_gz);
    return gz;
}

/* Up to `bytes` more; 0 at the end. */
static size_t more(Context *context, gzFile gz, const char *path, unsigned char *into, size_t bytes)
{
    errno = 0;
    int got = gzread(gz, into, (unsigned)(bytes < SLICE_BYTES ? bytes : SLICE_BYTES));
    int code = Z_OK;
    const char *text = gzerror(gz, &code);
    if (code == Z_BUF_ERROR)
        context_fail(context, "%s: error: the compressed data end in the middle (after %lld plain bytes)", path,
                     (long long)gztell(gz));
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
        context_fail(context, "%s: error: cannot read it: %s", path, code == Z_ERRNO ? strerror(errno) : text);
    return (size_t)got;
}

File_bytes file_read(Context *context, const char *path, File_limit *limit)
{
    gzFile gz = open_gz(context, path);
    size_t capacity = FIRST_BYTES, wanted = SIZE_MAX;
    File_bytes file = {.bytes = context_allocate(context, capacity, 1)};
    while (file.length < wanted) {
        if (file.length == capacity)
            file.bytes = context_grow(context, file.bytes, capacity *= 2, 1);
        size_t room = (wanted < capacity ? wanted : capacity) - file.length;
        size_t got = more(context, gz, path, file.bytes + file.length, room);
        if (got == 0)
            break;
        file.length += got;
        if (wanted == SIZE_MAX && file.length >= FILE_HEAD_BYTES)
            wanted = limit(file.bytes, file.length) + 1;
    }
    file.bytes[file.length] = 0;
    file.compressed = !gzdirect(gz);
    context_discard(context, gz);
    return file;
}

const char *file_join(Context *context, const char *directory, const char *name)
{
    if (directory == NULL || directory[0] == 0 || name[0] == '/')
        return name;
    bool slash = directory[strlen(directory) - 1] == '/';
    return context_format(context, "%s%s%s", directory, slash ? "" : "/", name);
}

/* Where a link leads, so that the file it names is replaced and not the link. */
static const char *target(Context *context, const char *path)
{
    char *real = realpath(path, NULL);
    if (real == NULL)
        return path;
    context_adopt(context, real, free);
    return real;
}

static bool is_special(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

const char *file_part(Context *context, const char *path)
{
    return context_format(context, "%s.part", target(context, path));
}

static _Noreturn void fail_writing(Context *context, const char *path)
{
    context_fail(context, "%s: error: cannot write it: %s", path, strerror(errno));
}

static void write_all(Context *context, const char *path, int descriptor, const unsigned char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t done = write(descriptor, bytes, length);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            int reason = errno;
            close(descriptor);
            errno = reason;
            fail_writing(context, path);
        }
        bytes += done;
        length -= (size_t)done;
    }
}

static void write_special(Context *context, const char *path, const void *bytes, size_t length)
{
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0)
        fail_writing(context, path);
    write_all(context, path, descriptor, bytes, length);
    close(descriptor);
}

static int open_part(Context *context, const char *path, const char *part)
{
    int descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0)
        fail_writing(context, path);
    return descriptor;
}

/* A rename is only sure to survive a power cut once the directory is on the disk; not every file system can. */
static void sync_directory(Context *context, const char *path)
{
    char *copy = context_format(context, "%s", path);
    int descriptor = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    fsync(descriptor);
    close(descriptor);
}

void file_commit(Context *context, const char *part, const char *path)
{
    const char *real = target(context, path);
    if (rename(part, real) != 0) {
        int reason = errno;
        unlink(part);
        errno = reason;
        fail_writing(context, path);
    }
    sync_directory(context, real);
}

void file_write(Context *context, const char *path, const void *bytes, size_t length)
{
    size_t mark = context->blocks;
    if (is_special(path)) {
        write_special(context, path, bytes, length);
        return;
    }
    const char *part = file_part(context, path);
    int descriptor = open_part(context, path, part);
    context->temporary = part;
    write_all(context, path, descriptor, bytes, length);
    bool synced = fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP;
    if ((close(descriptor) != 0 || !synced))
        fail_writing(context, path);
    context->temporary = NULL;
    file_commit(context, part, path);
    context_release(context, mark);
}

void file_check_writable(Context *context, const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        context_fail(context, "%s: error: cannot write it: it is a directory", path);
    if (is_special(path))
        return;
    const char *part = file_part(context, path);
    close(open_part(context, path, part));
    unlink(part);
}
