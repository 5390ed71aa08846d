/* source.c - texts of the user's and what is said about places in them.
 *
 *     specs/mnist.yaml:6:34: error: a 31 x 31 kernel does not fit a 28 x 28 image
 *         6 |   - conv2d: {filters: 8, kernel: 31}
 *           |                                  ^~
 *     specs/mnist.yaml:2:8: note: the image's size comes from here
 *     hint: the largest kernel that fits is 28
 *
 * A column counts characters, not bytes. Whatever comes from the user is shown without its control characters, and
 * cut where it is long. Colours only on a terminal. */
#include "nnc.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SOURCE_BYTES_MAX = 16 << 20,
    EXCERPT_MAX = 100, /* characters of a line that are shown */
    EXCERPT_BEFORE = 60,
    MESSAGE_MAX = 2000,
    WORD_MAX = 48, /* for nearest() */
    EXIT_BUG = 3
};

/* ---- reading ---- */

Source *source_of_text(const char *name, const char *text, Report *report)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    if (strncmp(text, byte_order_mark, 3) == 0)
        text += 3;
    Source *source = NEW(Source);
    *source =
        (Source){.name = name, .what = "network description", .text = text, .length = strlen(text), .report = report};
    return source;
}

static void report_unreadable(const char *name, Report *report, const char *reason)
{
    Source *source = source_of_text(name, "", report);
    error_at((Span){.source = source}, "%s", reason);
}

/* All bytes of a stream, or NULL if they are more than SOURCE_BYTES_MAX. */
static char *read_all(FILE *file, size_t *length)
{
    Text text = {0};
    char part[8192];
    size_t got;
    text_add_bytes(&text, "", 0);
    while ((got = fread(part, 1, sizeof part, file)) > 0) {
        text_add_bytes(&text, part, got);
        if (text.length > SOURCE_BYTES_MAX)
            return NULL;
    }
    *length = text.length;
    return text.bytes;
}

Source *source_open(const char *path, Report *report)
{
    bool standard_input = strcmp(path, "-") == 0;
    const char *name = standard_input ? "<stdin>" : path;
    FILE *file = standard_input ? stdin : fopen(path, "rb");
    if (!file) {
        report_unreadable(name, report, format("cannot be read: %s", strerror(errno)));
        return NULL;
    }
    size_t length = 0;
    errno = 0;
    char *text = read_all(file, &length);
    const char *reason = !text          ? "is larger than 16 MiB"
                         : ferror(file) ? format("cannot be read: %s", strerror(errno ? errno : EIO))
                                        : NULL;
    if (!standard_input)
        fclose(file);
    if (reason) {
        report_unreadable(name, report, reason);
        return NULL;
    }
    Source *source = source_of_text(name, text, report);
    source->length = length - (size_t)(source->text - text); /* the text may hold NULs */
    return source;
}

/* ---- characters ---- */

/* The next character and how many bytes it has; a byte that is no UTF-8 is a character by itself. */
static int character_at(const char *at, const char *end, unsigned *code)
{
    unsigned char first = (unsigned char)*at;
    int bytes = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    *code = first;
    if (bytes == 1)
        return 1;
    unsigned value = bytes ? first & (0x7Fu >> bytes) : 0;
    bool good = bytes != 0 && end - at >= bytes;
    for (int i = 1; good && i < bytes; i++) {
        unsigned char next = (unsigned char)at[i];
        good = (next & 0xC0) == 0x80;
        value = value << 6 | (next & 0x3F);
    }
    *code = good ? value : 0;
    return good ? bytes : 1;
}

/* How many columns of a terminal a character takes: 0, 1 or 2. */
static int columns_of(unsigned code)
{
    static const struct {
        unsigned from, to;
        int columns;
    } ranges[] = {{0x300, 0x36F, 0},    {0x200B, 0x200F, 0}, {0xFE00, 0xFE0F, 0},   {0x1100, 0x115F, 2},
                  {0x2E80, 0xA4CF, 2},  {0xAC00, 0xD7A3, 2}, {0xF900, 0xFAFF, 2},   {0xFE30, 0xFE6F, 2},
                  {0xFF00, 0xFF60, 2},  {0xFFE0, 0xFFE6, 2}, {0x1F300, 0x1F64F, 2}, {0x1F680, 0x1FAFF, 2},
                  {0x20000, 0x3FFFD, 2}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (ranges[i].from <= code && code <= ranges[i].to)
            return ranges[i].columns;
    return 1;
}

static bool printable(unsigned code)
{
    bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    bool direction = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    return !control && !direction;
}

/* Adds one character as it may be shown. */
static void add_character(Text *text, const char *at, int bytes, unsigned code)
{
    if (code == '\t' || printable(code))
        text_add_bytes(text, at, (size_t)bytes);
    else
        text_add_bytes(text, "?", 1);
}

/* ---- the excerpt ---- */

static const char *line_start(const Source *source, int line, const char **end)
{
    const char *at = source->text, *stop = source->text + source->length;
    for (int number = 1; number < line; number++) {
        const char *next = memchr(at, '\n', (size_t)(stop - at));
        if (!next)
            return NULL;
        at = next + 1;
    }
    const char *next = memchr(at, '\n', (size_t)(stop - at));
    *end = next ? next : stop;
    if (*end > at && (*end)[-1] == '\r')
        --*end;
    return at;
}

/* The line itself into `line`, and below it into `marks` what stands under the span. */
static void draw_line(Text *line, Text *marks, const char *at, const char *end, int column, int width)
{
    int first = column > EXCERPT_BEFORE + 1 ? column - EXCERPT_BEFORE : 1;
    int number = 1;
    if (first > 1) {
        text_add(line, "...");
        text_add(marks, "   ");
    }
    for (; at < end && number < first + EXCERPT_MAX; number++) {
        unsigned code;
        int bytes = character_at(at, end, &code);
        if (number >= first) {
            add_character(line, at, bytes, code);
            const char *mark = number == column ? "^" : number > column ? "~" : code == '\t' ? "\t" : " ";
            for (int i = printable(code) ? columns_of(code) : 1; i > 0 && number < column + width; i--) {
                text_add(marks, "%s", mark);
                mark = *mark == '^' ? "~" : mark;
            }
        }
        at += bytes;
    }
    if (at < end)
        text_add(line, "...");
    if (number <= column) /* behind the end of the line */
        text_add(marks, "%*s^", column - number, "");
}

static bool coloured(FILE *stream)
{
    const char *terminal = getenv("TERM"), *refused = getenv("NO_COLOR");
    return isatty(fileno(stream)) && !(refused && *refused) && !(terminal && strcmp(terminal, "dumb") == 0);
}

static void print_excerpt(Span span)
{
    FILE *stream = span.source->report->stream;
    bool colour = coloured(stream);
    const char *end;
    const char *at = span.line > 0 ? line_start(span.source, span.line, &end) : NULL;
    if (!at || at == end)
        return;
    Text line = {0}, marks = {0};
    draw_line(&line, &marks, at, end, span.column, span.width > 0 ? span.width : 1);
    fprintf(stream, "%5d | %s\n", span.line, line.bytes);
    fprintf(stream, "%5s | %s%s%s\n", "", colour ? "\033[1;32m" : "", marks.bytes, colour ? "\033[0m" : "");
}

/* ---- messages ---- */

/* The message as it may be shown, in `shown`; nothing is made of one that will not be. */
__attribute__((format(printf, 2, 0))) static void make_message(Text *shown, const char *pattern, va_list list)
{
    char raw[MESSAGE_MAX];
    int wanted = vsnprintf(raw, sizeof raw, pattern, list);
    const char *end = raw + strlen(raw);
    text_add_bytes(shown, "", 0);
    for (const char *at = raw; at < end;) {
        unsigned code;
        int bytes = character_at(at, end, &code);
        add_character(shown, at, bytes, code == '\t' ? 0 : code);
        at += bytes;
    }
    if (wanted >= MESSAGE_MAX)
        text_add(shown, "...");
}

/* True if the report has had its fill, or what is said belongs to an error that was not shown. */
static bool silent(Span span)
{
    const Report *report = span.source->report;
    return report->muted || report->errors - report->repeated > ERRORS_MAX;
}

/* A message that cannot be counted would let a bad input pass. */
static void require_source(Span span, const char *pattern)
{
    if (span.source && span.source->report)
        return;
    fprintf(stderr, "nnc: internal error: a message without a place: %s\n", pattern);
    exit(EXIT_BUG);
}

static void say(Span span, const char *kind, const char *colour_code, const char *message)
{
    FILE *stream = span.source->report->stream;
    bool colour = coloured(stream);
    const char *bold = colour ? "\033[1m" : "", *paint = colour ? colour_code : "", *plain = colour ? "\033[0m" : "";
    fprintf(stream, "%s%s:", bold, span.source->name);
    if (span.line > 0)
        fprintf(stream, "%d:%d:", span.line, span.column);
    fprintf(stream, "%s %s%s:%s %s\n", plain, paint, kind, plain, message);
}

__attribute__((format(printf, 4, 0))) static void say_list(Span span, const char *kind, const char *colour_code,
                                                           const char *pattern, va_list list)
{
    Text message = {0};
    make_message(&message, pattern, list);
    say(span, kind, colour_code, message.bytes);
}

/* Through which uses of blocks the place is reached, from the innermost outwards; not a second time in a row. */
static void tell_origin(Span span)
{
    enum { SHOWN = 8 };
    const Origin *origin = span.source->origin;
    if (!origin || origin == span.source->report->origin)
        return;
    span.source->report->origin = origin;
    for (int i = 0; origin && i < SHOWN; i++, origin = origin->span.source->origin)
        say(origin->span, "note", "\033[1;36m", origin->text);
}

/* A mistake in a block is made by each use of it: true for all but the one that was told. */
static bool is_repeated(Span span)
{
    Report *report = span.source->report;
    const Origin *origin = span.source->origin;
    int *place = names_at(&report->places, format("%s:%d:%d", span.source->name, span.line, span.column));
    if (*place)
        return report->told[*place - 1] != origin;
    PUSH(report->told, report->origins, origin);
    *place = report->origins;
    return false;
}

void error_at(Span span, const char *pattern, ...)
{
    require_source(span, pattern);
    Report *report = span.source->report;
    report->errors++;
    report->muted = is_repeated(span);
    report->repeated += report->muted;
    if (!report->muted && report->errors - report->repeated == ERRORS_MAX + 1)
        fprintf(report->stream, "%s: more errors follow; only the first %d are shown\n", span.source->name, ERRORS_MAX);
    if (silent(span))
        return;
    va_list list;
    va_start(list, pattern);
    say_list(span, "error", "\033[1;31m", pattern, list);
    va_end(list);
    print_excerpt(span);
    report->origin = NULL;
    tell_origin(span);
}

void warning_at(Span span, const char *pattern, ...)
{
    require_source(span, pattern);
    span.source->report->muted = span.source->report->warned;
    if (silent(span))
        return;
    va_list list;
    va_start(list, pattern);
    say_list(span, "warning", "\033[1;35m", pattern, list);
    va_end(list);
    print_excerpt(span);
    span.source->report->origin = NULL;
    tell_origin(span);
}

void note_at(Span span, const char *pattern, ...)
{
    require_source(span, pattern);
    if (silent(span))
        return;
    va_list list;
    va_start(list, pattern);
    say_list(span, "note", "\033[1;36m", pattern, list);
    va_end(list);
    tell_origin(span);
}

void hint(Span span, const char *pattern, ...)
{
    require_source(span, pattern);
    if (silent(span))
        return;
    Text message = {0};
    va_list list;
    va_start(list, pattern);
    make_message(&message, pattern, list);
    va_end(list);
    fprintf(span.source->report->stream, "hint: %s\n", message.bytes);
}

/* ---- the nearest word ---- */

/* Lower case, without _ and -; its length, or 0 if the word is too long. */
static int plain_word(const char *word, char plain[WORD_MAX + 1])
{
    int length = 0;
    for (; *word; word++) {
        if (*word == '_' || *word == '-')
            continue;
        if (length == WORD_MAX)
            return 0;
        plain[length++] = (char)tolower((unsigned char)*word);
    }
    plain[length] = '\0';
    return length;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, changes and swaps of neighbours that lead from one word to the other. */
static int edit_distance(const char *left, int lefts, const char *right, int rights)
{
    int row[WORD_MAX + 1][WORD_MAX + 1];
    for (int i = 0; i <= lefts; i++)
        for (int j = 0; j <= rights; j++) {
            if (!i || !j) {
                row[i][j] = i + j;
                continue;
            }
            int change = row[i - 1][j - 1] + (left[i - 1] != right[j - 1]);
            row[i][j] = least(change, 1 + least(row[i - 1][j], row[i][j - 1]));
            if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                row[i][j] = least(row[i][j], 1 + row[i - 2][j - 2]);
        }
    return row[lefts][rights];
}

const char *nearest(const char *word, const char *const *words, int count)
{
    char plain[WORD_MAX + 1], other[WORD_MAX + 1];
    int length = plain_word(word, plain);
    const char *best = NULL;
    int best_distance = WORD_MAX;
    for (int i = 0; length && i < count; i++) {
        int others = plain_word(words[i], other);
        if (!others)
            continue;
        int longer = length > others ? length : others, shorter = length + others - longer;
        if (3 * (longer - shorter) > longer + 1)
            continue;
        int distance = edit_distance(plain, length, other, others);
        if (distance < best_distance && 3 * distance <= longer + 1) {
            best = words[i];
            best_distance = distance;
        }
    }
    return best;
}
