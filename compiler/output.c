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
    char piece[1 << 14];
    for (size_t at = 0, read; same && at < length; at += read) {
        read = fread(piece, 1, sizeof piece, file);
        same = read > 0 && read <= length - at && memcmp(piece, bytes + at, read) == 0;
    }
    fclose(file);
    return same;
}

int output_failed(const char *what, const char *path)
{
    fprintf(stderr, "nnc: error: cannot %s '%s': %s\n", what, path, strerror(errno));
    return 1;
}

bool output_is_special(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

bool output_is_file(const char *path, const char *other)
{
    struct stat one, two;
    return stat(path, &one) == 0 && stat(other, &two) == 0 && one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

static bool is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* What a file is called until it is whole. */
static const char *temporary_path(const Output *output)
{
    return output_is_special(output->path) ? output->path : format("%s.%ld.tmp", output->path, (long)getpid());
}

static bool write_whole(const char *path, const Output *output)
{
    if (is_directory(output->path)) {
        errno = EISDIR;
        return false;
    }
    FILE *file = fopen(path, "wb");
    if (!file)
        return false;
    bool written = fwrite(output->bytes, 1, output->length, file) == output->length;
    return fclose(file) == 0 && written;
}

static void remove_temporaries(const Output *outputs, const char *const *temporary, int count)
{
    int reason = errno;
    for (int i = 0; i < count; i++)
        if (temporary[i] && strcmp(temporary[i], outputs[i].path) != 0)
            unlink(temporary[i]);
    errno = reason;
}

/* First all are written under another name, then all are renamed. */
int output_files(const Output *outputs, int count)
{
    const char **temporary = NEW_ARRAY(count, const char *);
    for (int i = 0; i < count; i++) {
        if (unchanged(outputs[i].path, outputs[i].bytes, outputs[i].length))
            continue;
        temporary[i] = temporary_path(&outputs[i]);
        if (write_whole(temporary[i], &outputs[i]))
            continue;
        remove_temporaries(outputs, temporary, i + 1);
        return output_failed("write", outputs[i].path);
    }
    for (int i = 0; i < count; i++)
        if (temporary[i] && strcmp(temporary[i], outputs[i].path) != 0 && rename(temporary[i], outputs[i].path) != 0) {
            remove_temporaries(outputs + i, temporary + i, count - i);
            return output_failed("write", outputs[i].path);
        }
    return 0;
}

bool output_is_possible(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *folder = slash ? format("%.*s", (int)(slash - path + 1), path) : ".";
    bool directory = is_directory(path);
    if (!directory && (output_is_special(path) || access(folder, W_OK | X_OK) == 0))
        return true;
    errno = directory ? EISDIR : errno;
    output_failed("write", path);
    return false;
}

int output_file(const char *path, const char *bytes, size_t length)
{
    return output_files(&(Output){path, bytes, length}, 1);
}

int output_stdout(const Text *text)
{
    if (fwrite(text->bytes, 1, text->length, stdout) == text->length && fflush(stdout) == 0)
        return 0;
    return output_failed("write", "standard output");
}
