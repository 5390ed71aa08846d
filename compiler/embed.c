/* embed.c - a program of the build: `embed FILE...` prints C that defines embedded_files (embedded.h).
 *
 * The texts are arrays of numbers, since string literals have a length that compilers need not exceed. The table is
 * sorted by path, so that the order of the arguments does not show. A leading "./" is not part of a path. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS_PER_LINE = 24 };

static const char *path_of(const char *argument)
{
    return strncmp(argument, "./", 2) == 0 ? argument + 2 : argument;
}

static int compare_paths(const void *left, const void *right)
{
    return strcmp(path_of(*(char *const *)left), path_of(*(char *const *)right));
}

static _Noreturn void fail(const char *path)
{
    fprintf(stderr, "embed: %s: %s\n", path, strerror(errno ? errno : EIO));
    exit(1);
}

/* Prints the bytes of a file as text_INDEX; returns how many they are. */
static size_t print_text(const char *path, int index)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail(path);
    printf("static const unsigned char text_%d[] = { /* %s */\n    ", index, path_of(path));
    size_t length = 0;
    for (int byte; (byte = getc(file)) != EOF; length++)
        printf("%d,%s", byte, (length + 1) % NUMBERS_PER_LINE ? "" : "\n    ");
    if (ferror(file) || fclose(file) != 0)
        fail(path);
    printf("0};\n\n");
    return length;
}

static void print_path(const char *path)
{
    putchar('"');
    for (; *path; path++) {
        if (*path == '"' || *path == '\\')
            putchar('\\');
        putchar(*path);
    }
    putchar('"');
}

int main(int count, char **argument)
{
    int files = count - 1;
    if (files < 1) {
        fprintf(stderr, "usage: embed FILE... > embedded.c\n");
        return 2;
    }
    qsort(argument + 1, (size_t)files, sizeof *argument, compare_paths);
    size_t *length = calloc((size_t)files, sizeof *length);
    if (!length)
        fail("memory");
    printf("/* Written by embed. */\n#include \"embedded.h\"\n\n");
    for (int i = 0; i < files; i++)
        length[i] = print_text(argument[i + 1], i);
    printf("const Embedded_file embedded_files[] = {\n");
    for (int i = 0; i < files; i++) {
        printf("    {");
        print_path(path_of(argument[i + 1]));
        printf(", text_%d, %zu},\n", i, length[i]);
    }
    printf("};\n\nconst int embedded_file_count = %d;\n", files);
    free(length);
    if (fflush(stdout) != 0 || ferror(stdout))
        fail("standard output");
    return 0;
}
