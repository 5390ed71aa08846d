/* confusion.c - prints which classes are taken for which. */
#include "confusion.h"

#include <string.h>

enum { MATRIX_CLASSES_MAX = 20, NAME_WIDTH_MAX = 16, PAIRS_SHOWN = 10, LABEL_BYTES = 32 };

static const char *label(const Classes *names, size_t class, char text[LABEL_BYTES])
{
    if (class >= names->count) {
        snprintf(text, LABEL_BYTES, "%zu", class);
        return text;
    }
    size_t length = strlen(names->name[class]);
    if (length > NAME_WIDTH_MAX) {
        length = NAME_WIDTH_MAX;
        while (length > 0 && ((unsigned char)names->name[class][length] & 0xc0) == 0x80)
            length--; /* never within a character of UTF-8 */
    }
    snprintf(text, LABEL_BYTES, "%.*s", (int)length, names->name[class]);
    return text;
}

/* Columns on a terminal: bytes of UTF-8 that begin a character. */
static int columns(const char *text)
{
    int found = 0;
    for (; *text != 0; text++)
        found += ((unsigned char)*text & 0xc0) != 0x80;
    return found;
}

static uint64_t row_sum(const Confusion *confusion, size_t actual)
{
    uint64_t sum = 0;
    for (size_t p = 0; p < confusion->classes; p++)
        sum += confusion->count[actual * confusion->classes + p];
    return sum;
}

static void print_share(FILE *out, uint64_t part, uint64_t whole, int width)
{
    if (whole == 0)
        fprintf(out, "%*s", width + 2, "-");
    else
        fprintf(out, "%*.1f %%", width, 100 * (double)part / (double)whole);
}

static int cell_width(const Confusion *confusion, const Classes *names)
{
    int width = 3;
    char text[LABEL_BYTES];
    for (size_t c = 0; c < confusion->classes; c++) {
        int name = columns(label(names, c, text));
        int sum = snprintf(NULL, 0, "%llu", (unsigned long long)row_sum(confusion, c));
        width = name > width ? name : width;
        width = sum > width ? sum : width;
    }
    return width;
}

static void print_right_aligned(FILE *out, const char *text, int width)
{
    fprintf(out, "%*s%s", width - columns(text), "", text);
}

static void print_matrix(FILE *out, const Confusion *confusion, const Classes *names)
{
    int width = cell_width(confusion, names);
    size_t classes = confusion->classes;
    char text[LABEL_BYTES];
    fprintf(out, "confusion (a row for each true class, a column for each predicted one)\n%*s", width, "");
    for (size_t p = 0; p < classes; p++) {
        fputs("  ", out);
        print_right_aligned(out, label(names, p, text), width);
    }
    fprintf(out, "    recall\n");
    for (size_t a = 0; a < classes; a++) {
        print_right_aligned(out, label(names, a, text), width);
        for (size_t p = 0; p < classes; p++)
            fprintf(out, "  %*llu", width, (unsigned long long)confusion->count[a * classes + p]);
        print_share(out, confusion->count[a * classes + a], row_sum(confusion, a), 8);
        fputc('\n', out);
    }
}

/* The next most frequent confusion after `last` (in order of count, then of place). */
static size_t next_pair(const Confusion *confusion, uint64_t limit, size_t last)
{
    size_t classes = confusion->classes, best = classes * classes;
    for (size_t i = 0; i < classes * classes; i++) {
        uint64_t count = confusion->count[i];
        bool wrong = i / classes != i % classes && count > 0;
        bool later = count < limit || (count == limit && i > last);
        if (wrong && later && (best == classes * classes || count > confusion->count[best]))
            best = i;
    }
    return best;
}

static void print_pairs(FILE *out, const Confusion *confusion, const Classes *names)
{
    size_t classes = confusion->classes, last = 0;
    uint64_t limit = UINT64_MAX;
    fprintf(out, "most frequent confusions of %zu classes\n", classes);
    for (int shown = 0; shown < PAIRS_SHOWN; shown++) {
        size_t pair = next_pair(confusion, limit, last);
        if (pair == classes * classes)
            break;
        char actual[LABEL_BYTES], predicted[LABEL_BYTES];
        fprintf(out, "  %6llu  %s taken for %s\n", (unsigned long long)confusion->count[pair],
                label(names, pair / classes, actual), label(names, pair % classes, predicted));
        limit = confusion->count[pair];
        last = pair;
    }
}

void confusion_print(FILE *out, const Confusion *confusion, const Classes *names)
{
    if (confusion->classes == 0)
        return;
    if (confusion->classes <= MATRIX_CLASSES_MAX)
        print_matrix(out, confusion, names);
    else
        print_pairs(out, confusion, names);
}
