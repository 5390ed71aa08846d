/* words.c - sorted sets of words. */
#include "words.h"

#include "csv.h"

#include <stdlib.h>
#include <string.h>

static int compare(const char *one, const char *other)
{
    double a, b;
    bool a_is_number = csv_number(one, &a), b_is_number = csv_number(other, &b);
    if (a_is_number != b_is_number)
        return a_is_number ? -1 : 1;
    if (a_is_number)
        return (a > b) - (a < b);
    return strcmp(one, other);
}

static int compare_pointers(const void *one, const void *other)
{
    return compare(*(const char *const *)one, *(const char *const *)other);
}

/* 0.000000000000000000e+00 is called 0. */
static const char *display(Context *context, const char *word)
{
    double number;
    return csv_number(word, &number) ? context_format(context, "%.15g", number) : word;
}

Classes words_distinct(Context *context, const char **word, size_t count)
{
    const char **sorted = context_allocate(context, count, sizeof *sorted);
    memcpy(sorted, word, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_pointers);
    Classes classes = {.count = 0, .name = sorted};
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || compare(sorted[i], sorted[i - 1]) != 0)
            sorted[classes.count++] = sorted[i];
    }
    for (size_t i = 0; i < classes.count; i++)
        classes.name[i] = display(context, classes.name[i]);
    return classes;
}

long words_find(const Classes *classes, const char *word)
{
    size_t low = 0, high = classes->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(word, classes->name[middle]);
        if (order == 0)
            return (long)middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}
