/* pairs.c - pairs.txt read line by line, and looked for in a folder. */
#include "pairs.h"

#include "file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 64 << 20, FOLDS_MAX = 1000, PAIRS_MAX = 1000000, PHOTOGRAPHS_MAX = 1000000, WORDS = 5 };

typedef struct Reader {
    Context *context;
    const char *path;
    int line;
    char *at; /* what is left of the file */
} Reader;

static size_t limit(const unsigned char *head, size_t length)
{
    (void)head;
    (void)length;
    return FILE_BYTES_MAX;
}

/* Splits the next line into at most WORDS words, and returns how many; 0 at an empty one or at the end. */
static int next_line(Reader *reader, char *word[WORDS])
{
    int words = 0;
    char *line = reader->at;
    reader->at += strcspn(line, "\n");
    if (*reader->at == '\n')
        *reader->at++ = 0;
    reader->line++;
    for (char *at = line + strspn(line, " \t\r"); *at != 0 && words < WORDS; at += strspn(at, " \t\r")) {
        word[words++] = at;
        at += strcspn(at, " \t\r");
        if (*at != 0)
            *at++ = 0;
    }
    return words;
}

static int number(const Reader *reader, const char *word, long most)
{
    char *end;
    long value = strtol(word, &end, 10);
    if (*word < '0' || *word > '9' || *end != 0 || value < 1 || value > most)
        context_fail(reader->context, "%s:%d: error: \"%.40s\" is no number from 1 to %ld", reader->path, reader->line,
                     word, most);
    return (int)value;
}

/* NAME/NAME_0001. A name is one of a folder, and leads nowhere else. */
static const char *stem(const Reader *reader, const char *name, const char *digits)
{
    if (strchr(name, '/') != NULL || name[0] == '.')
        context_fail(reader->context, "%s:%d: error: \"%.40s\" is no name of a folder", reader->path, reader->line,
                     name);
    return context_format(reader->context, "%s/%s_%04d", name, name, number(reader, digits, PHOTOGRAPHS_MAX));
}

/* The two photographs of the next line. */
static void read_pair(Reader *reader, bool same, const char *stems[2])
{
    char *word[WORDS];
    int words = next_line(reader, word);
    if (words != (same ? 3 : 4))
        context_fail(reader->context, "%s:%d: error: %s", reader->path, reader->line,
                     same ? "here a pair of one person is expected: a name and two numbers"
                          : "here a pair of two people is expected: a name and a number, twice");
    stems[0] = stem(reader, word[0], word[1]);
    stems[1] = same ? stem(reader, word[0], word[2]) : stem(reader, word[2], word[3]);
}

static void read_head(Reader *reader, Pairs *pairs, int *each)
{
    char *word[WORDS];
    int words = next_line(reader, word);
    if (words != 1 && words != 2)
        context_fail(reader->context,
                     "%s:1: error: the first line has two numbers: folds, and pairs of a kind in a fold", reader->path);
    pairs->folds = words == 2 ? number(reader, word[0], FOLDS_MAX) : 1;
    *each = number(reader, word[words - 1], PAIRS_MAX / pairs->folds);
    pairs->count = 2 * (size_t)pairs->folds * (size_t)*each;
}

static int by_bytes(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* Each photograph once; stems[2 * i] and stems[2 * i + 1] are those of pair i. */
static void number_photographs(Context *context, Pairs *pairs, const char **stems)
{
    size_t all = 2 * pairs->count;
    pairs->photograph = context_allocate(context, all, sizeof *pairs->photograph);
    memcpy(pairs->photograph, stems, all * sizeof *stems);
    qsort(pairs->photograph, all, sizeof *stems, by_bytes);
    for (size_t i = 0; i < all; i++) {
        if (i == 0 || strcmp(pairs->photograph[i], pairs->photograph[pairs->photographs - 1]) != 0)
            pairs->photograph[pairs->photographs++] = pairs->photograph[i];
    }
    for (size_t i = 0; i < all; i++) {
        const char **found = bsearch(&stems[i], pairs->photograph, pairs->photographs, sizeof *stems, by_bytes);
        *(i % 2 == 0 ? &pairs->pair[i / 2].one : &pairs->pair[i / 2].other) = (size_t)(found - pairs->photograph);
    }
}

Pairs pairs_read(Context *context, const char *path)
{
    File_bytes file = file_read(context, path, limit);
    if (file.length > FILE_BYTES_MAX || memchr(file.bytes, 0, file.length) != NULL)
        context_fail(context, "%s: error: this is no list of pairs", path);
    Reader reader = {context, path, 0, (char *)file.bytes};
    Pairs pairs = {0};
    int each;
    read_head(&reader, &pairs, &each);
    pairs.pair = context_allocate(context, pairs.count, sizeof *pairs.pair);
    const char **stems = context_allocate(context, 2 * pairs.count, sizeof *stems);
    for (size_t i = 0; i < pairs.count; i++) {
        pairs.pair[i].same = i / (size_t)each % 2 == 0;
        pairs.pair[i].fold = (int)(i / (size_t)each / 2);
        read_pair(&reader, pairs.pair[i].same, &stems[2 * i]);
    }
    if (reader.at[strspn(reader.at, " \t\r\n")] != 0)
        context_fail(context, "%s:%d: error: more lines than the first one says", path, reader.line + 1);
    number_photographs(context, &pairs, stems);
    return pairs;
}

/* ---- in a folder ---- */

/* NULL if it is not there. */
static const char *find(Context *context, const char *directory, const char *stem)
{
    static const char *const ends[] = {"jpg", "jpeg", "png", "bmp", "pgm", "ppm"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t mark = context->blocks;
        const char *path = context_format(context, "%s/%s.%s", directory, stem, ends[i]);
        if (access(path, F_OK) == 0)
            return path;
        context_release(context, mark);
    }
    return NULL;
}

static const char **find_all(Context *context, const Pairs *pairs, const char *directory, const char **missing)
{
    const char **path = context_allocate(context, pairs->photographs, sizeof *path);
    for (size_t i = 0; i < pairs->photographs; i++) {
        path[i] = find(context, directory, pairs->photograph[i]);
        if (path[i] == NULL && *missing == NULL)
            *missing = context_format(context, "%s/%s.jpg", directory, pairs->photograph[i]);
    }
    return path;
}

/* The new number of each fold, or -1 where a photograph is missing; *held is how many there are. */
static int *number_folds(Context *context, const Pairs *pairs, const char **path, int *held)
{
    int *renumbered = context_allocate(context, (size_t)pairs->folds, sizeof *renumbered);
    for (size_t i = 0; i < pairs->count; i++) {
        const Pair *pair = &pairs->pair[i];
        if (path[pair->one] == NULL || path[pair->other] == NULL)
            renumbered[pair->fold] = -1;
    }
    for (int fold = 0; fold < pairs->folds; fold++)
        renumbered[fold] = renumbered[fold] < 0 ? -1 : (*held)++;
    return renumbered;
}

/* Photographs that a pair of the held folds names, renumbered. */
static void keep(Context *context, const Pairs *from, const char **path, const int *fold, Pairs *to)
{
    size_t *place = context_allocate(context, from->photographs, sizeof *place); /* one more; 0: not kept yet */
    to->pair = context_allocate(context, from->count, sizeof *to->pair);
    to->photograph = context_allocate(context, from->photographs, sizeof *to->photograph);
    for (size_t i = 0; i < from->count; i++) {
        Pair pair = from->pair[i];
        size_t *end[] = {&pair.one, &pair.other};
        if (fold[pair.fold] < 0)
            continue;
        for (int k = 0; k < 2; k++) {
            if (place[*end[k]] == 0) {
                to->photograph[to->photographs++] = path[*end[k]];
                place[*end[k]] = to->photographs;
            }
            *end[k] = place[*end[k]] - 1;
        }
        pair.fold = fold[pair.fold];
        to->pair[to->count++] = pair;
    }
}

Pairs_held pairs_hold(Context *context, const Pairs *pairs, const char *directory)
{
    Pairs_held held = {0};
    const char **path = find_all(context, pairs, directory, &held.missing);
    int *renumbered = number_folds(context, pairs, path, &held.pairs.folds);
    if (held.pairs.folds == 0)
        context_fail(context, "%s: error: no fold of the pairs is there whole; a photograph that is missing: %s",
                     directory, held.missing);
    int *fold = context_allocate(context, (size_t)held.pairs.folds, sizeof *fold);
    for (int i = 0; i < pairs->folds; i++) {
        if (renumbered[i] >= 0)
            fold[renumbered[i]] = i + 1;
    }
    held.fold = fold;
    keep(context, pairs, path, renumbered, &held.pairs);
    return held;
}
