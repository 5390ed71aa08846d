/* output.c - files that are written whole or not at all. */
#include "output.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool unchanged(const char *path, const char *bytes, size_t length)
{
    struct stat status;
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    bool same = fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode) && (size_t)status.st_size == length;
    for (size_t i = 0; same && i < length; i++)
        same = fgetc(file) == (unsigned char)bytes[i];
    fclose(file);
    return same;
}

static int failed(const char *path, const char *what)
{
    fprintf(stderr, "nnc: error: cannot %s '%s': %s\n", what, path, strerror(errno));
    return 1;
}

/* A device or a pipe is written to directly: it cannot be replaced. */
static bool is_special(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

int output_file(const char *path, const char *bytes, size_t length)
{
    if (unchanged(path, bytes, length))
        return 0;
    bool direct = is_special(path);
    const char *temporary = direct ? path : format("%s.%ld.tmp", path, (long)getpid());
    FILE *file = fopen(temporary, "wb");
    if (!file)
        return failed(path, "write");
    bool written = fwrite(bytes, 1, length, file) == length;
    written = fclose(file) == 0 && written;
    if (written && (direct || rename(temporary, path) == 0))
        return 0;
    int status = failed(path, "write");
    if (!direct)
        unlink(temporary);
    return status;
}

int output_stdout(const Text *text)
{
    if (fwrite(text->bytes, 1, text->length, stdout) == text->length && fflush(stdout) == 0)
        return 0;
    return failed("standard output", "write");
}
