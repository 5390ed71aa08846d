/* folders.c - a folder of folders of pictures. */
#include "folders.h"

#include "file.h"
#include "picture.h"
#include "utf8.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- names ---- */

/* Digits without leading zeros; their count. */
static size_t digits(const char **text)
{
    while (**text == '0')
        ++*text;
    return strspn(*text, "0123456789");
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int folders_compare(const char *one, const char *other)
{
    const char *a = one, *b = other;
    while (*a != 0 && *b != 0) {
        if (!is_digit(*a) || !is_digit(*b)) {
            if (*a != *b)
                break;
            a++, b++;
            continue;
        }
        size_t a_digits = digits(&a), b_digits = digits(&b);
        int order = a_digits != b_digits ? (a_digits > b_digits) - (a_digits < b_digits) : memcmp(a, b, a_digits);
        if (order != 0)
            return order;
        a += a_digits, b += b_digits;
    }
    int order = (unsigned char)*a - (unsigned char)*b;
    return order != 0 ? order : strcmp(one, other); /* 1 and 01 */
}

static int compare_names(const void *one, const void *other)
{
    return folders_compare(*(const char *const *)one, *(const char *const *)other);
}

/* Bytes of the character at text that may be printed; 0: it may not. */
static size_t printable_bytes(const char *text)
{
    uint32_t number = 0;
    size_t bytes = utf8_character(text, SIZE_MAX, &number);
    bool control = number < 0x20 || (number >= 0x7f && number < 0xa0);
    return control ? 0 : bytes;
}

static bool is_printable(const char *text)
{
    while (*text != 0) {
        size_t length = printable_bytes(text);
        if (length == 0)
            return false;
        text += length;
    }
    return true;
}

const char *folders_shown(Context *context, const char *path)
{
    char *shown = context_format(context, "%s", path);
    for (char *at = shown; *at != 0;) {
        size_t length = printable_bytes(at);
        if (length == 0)
            *at = '?';
        at += length == 0 ? 1 : length;
    }
    return shown;
}

/* ---- folders ---- */

typedef struct Names {
    size_t count, capacity;
    const char **name;
} Names;

static void close_folder(void *folder)
{
    closedir(folder);
}

static DIR *open_folder(Context *context, const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        context_fail(context, "%s: error: cannot read it: %s", folders_shown(context, path),
                     errno == ENOTDIR ? "it is no folder" : strerror(errno));
    context_adopt(context, folder, close_folder);
    return folder;
}

static void add_name(Context *context, Names *names, const char *name)
{
    if (names->count == names->capacity) {
        names->capacity = names->capacity == 0 ? 16 : 2 * names->capacity;
        names->name = names->count == 0 ? context_allocate(context, names->capacity, sizeof *names->name)
                                        : context_grow(context, names->name, names->capacity, sizeof *names->name);
    }
    names->name[names->count++] = context_format(context, "%s", name);
}

Contents folders_contents(Context *context, const char *path)
{
    Names folders = {.count = 0}, pictures = {.count = 0};
    DIR *folder = open_folder(context, path);
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        struct stat status;
        const char *full = file_join(context, path, entry->d_name);
        bool found = stat(full, &status) == 0;
        if (found && S_ISDIR(status.st_mode))
            add_name(context, &folders, entry->d_name);
        else if (picture_has_name(entry->d_name)) /* a link to nowhere is a picture that cannot be read */
            add_name(context, &pictures, entry->d_name);
    }
    if (errno != 0)
        context_fail(context, "%s: error: cannot read it: %s", folders_shown(context, path), strerror(errno));
    context_discard(context, folder);
    Names *lists[] = {&folders, &pictures};
    for (int i = 0; i < 2; i++) {
        if (lists[i]->count > 0)
            qsort(lists[i]->name, lists[i]->count, sizeof *lists[i]->name, compare_names);
    }
    return (Contents){folders.count, pictures.count, folders.name, pictures.name};
}

static Class_folder read_class(Context *context, const char *path, const char *name)
{
    const char *full = file_join(context, path, name);
    if (!is_printable(name))
        context_fail(context, "%s: error: the name of this class is no UTF-8, or has a control character in it",
                     folders_shown(context, full));
    Contents contents = folders_contents(context, full);
    if (contents.pictures == 0 && contents.folders > 0)
        context_fail(context,
                     "%s: error: this class has no pictures, but folders; is it the folder of the classes itself?",
                     full);
    if (contents.pictures == 0)
        context_fail(context, "%s: error: this class has no pictures (.jpg, .jpeg, .png, .pgm, .ppm, .bmp)", full);
    return (Class_folder){.name = name, .files = contents.pictures, .file = contents.picture};
}

Folders folders_read(Context *context, const char *path)
{
    Contents contents = folders_contents(context, path);
    const char *shown = folders_shown(context, path);
    if (contents.folders == 0 && contents.pictures > 0)
        context_fail(context, "%s: error: %zu pictures lie in it, and no folder; each class has a folder of its own",
                     shown, contents.pictures);
    if (contents.folders == 0)
        context_fail(context, "%s: error: there is no folder in it; each class has a folder of its own", shown);
    Folders folders = {.path = path, .count = contents.folders};
    folders.class = context_allocate(context, folders.count, sizeof *folders.class);
    for (size_t i = 0; i < folders.count; i++)
        folders.class[i] = read_class(context, path, contents.folder[i]);
    return folders;
}
