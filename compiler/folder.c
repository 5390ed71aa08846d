/* folder.c - a folder of files that is written whole or not at all, and in which nothing of others is overwritten.
 *
 * The list of what was written is a file of the folder itself, FOLDER/.nnc-package: a line for the title, and one for
 * each file with its checksum. So a folder can be moved, copied and put under version control, and what somebody has
 * changed since is seen. */
#include "folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define LIST ".nnc-package"
static const char list_start[] = "nnc package: ";

/* ---- what is there ---- */

typedef enum Found { NOTHING, A_FILE, NO_FILE } Found;

/* NO_FILE: a folder, a device, or what cannot be read; errno says why. */
static Found read_file(const char *path, Text *text)
{
    struct stat status;
    char part[4096];
    size_t length;
    if (stat(path, &status) != 0)
        return errno == ENOENT || errno == ENOTDIR ? NOTHING : NO_FILE;
    errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    FILE *file = S_ISREG(status.st_mode) ? fopen(path, "rb") : NULL;
    if (!file)
        return NO_FILE;
    while ((length = fread(part, 1, sizeof part, file)) > 0)
        text_add_bytes(text, part, length);
    bool whole = !ferror(file);
    fclose(file);
    return whole ? A_FILE : NO_FILE;
}

/* A file's line of the list. */
static const char *list_line(const Output *file)
{
    return format("\n%08lx %s\n", (unsigned long)crc32(0, (const Bytef *)file->bytes, (uInt)file->length), file->path);
}

static bool is_list(const Text *list)
{
    return list->length && strncmp(list->bytes, list_start, strlen(list_start)) == 0;
}

/* Nothing, or what nnc wrote there, or what it would write. */
static bool is_own(const char *path, const Output *file, const Text *list)
{
    Text there = {0};
    Found found = read_file(path, &there);
    bool same = there.length == file->length && (!file->length || memcmp(there.bytes, file->bytes, file->length) == 0);
    const Output before = {file->path, there.bytes ? there.bytes : "", there.length};
    if (found == NOTHING || same || (is_list(list) && strstr(list->bytes, list_line(&before))))
        return true;
    bool changed = is_list(list) && strstr(list->bytes, format(" %s\n", file->path));
    fprintf(stderr, "nnc: error: '%s' %s: it is not overwritten\n", path,
            changed ? "has been changed since 'nnc package' wrote it" : "was not written by 'nnc package'");
    return false;
}

static bool has_title(const char *folder, const char *title, const Text *list)
{
    const char *there = list->bytes + strlen(list_start);
    size_t length = strcspn(there, "\n");
    if (strlen(title) == length && strncmp(there, title, length) == 0)
        return true;
    fprintf(stderr, "nnc: error: '%s' holds another package: %.*s\n", folder, (int)length, there);
    return false;
}

/* Whether nothing of others would be overwritten. False after messages. */
static bool is_free(const char *folder, const char *title, const Output *files, int count)
{
    Text list = {0};
    const char *list_path = format("%s/" LIST, folder);
    read_file(list_path, &list);
    bool free = !is_list(&list) || has_title(folder, title, &list);
    if (list.length && !is_list(&list)) {
        fprintf(stderr, "nnc: error: '%s' is not a list of 'nnc package'\n", list_path);
        free = false;
    }
    for (int i = 0; i < count; i++)
        free = is_own(format("%s/%s", folder, files[i].path), &files[i], &list) && free;
    if (!free)
        fprintf(stderr, "hint: another folder, or --force, which overwrites\n");
    return free;
}

/* A folder, a pipe or what cannot be read is in the way, and no --force helps. False after a message. */
static bool has_room(const Output *outputs, int count)
{
    for (int i = 0; i < count; i++)
        if (read_file(outputs[i].path, &(Text){0}) == NO_FILE)
            return !output_failed("write", outputs[i].path);
    return true;
}

/* ---- folders ---- */

typedef struct Made {
    int count;
    const char **path;
} Made;

static void remove_made(const Made *made)
{
    int reason = errno;
    for (int i = made->count; i-- > 0;)
        rmdir(made->path[i]);
    errno = reason;
}

/* The folders above a file. False after a message. */
static bool make_folders(const char *path, Made *made)
{
    struct stat status;
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        const char *folder = format("%.*s", (int)(slash - path), path);
        if (mkdir(folder, 0777) == 0) {
            PUSH(made->path, made->count, folder);
            continue;
        }
        int reason = errno == EEXIST ? ENOTDIR : errno;
        if (stat(folder, &status) == 0 && S_ISDIR(status.st_mode))
            continue;
        errno = reason;
        output_failed("make the folder", folder);
        return false;
    }
    return true;
}

/* ---- both ---- */

static const char *list_of(const char *title, const Output *files, int count)
{
    Text list = {0};
    text_add(&list, "%s%s\n# Checksums: a file that has been changed since is not overwritten.\n", list_start, title);
    for (int i = 0; i < count; i++)
        text_add(&list, "%s", list_line(&files[i]) + 1);
    return list.bytes;
}

int folder_write(const char *folder, const char *title, const Output *files, int count, bool force)
{
    Made made = {0};
    Output *outputs = NEW_ARRAY(count + 1, Output);
    const char *list = list_of(title, files, count);
    for (int i = 0; i < count; i++)
        outputs[i] = (Output){format("%s/%s", folder, files[i].path), files[i].bytes, files[i].length};
    outputs[count] = (Output){format("%s/" LIST, folder), list, strlen(list)};
    if (!has_room(outputs, count + 1) || (!force && !is_free(folder, title, files, count)))
        return 1;
    for (int i = 0; i <= count; i++)
        if (!make_folders(outputs[i].path, &made)) {
            remove_made(&made);
            return 1;
        }
    int status = output_files(outputs, count + 1);
    if (status)
        remove_made(&made);
    return status;
}
