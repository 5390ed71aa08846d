/* csv.c - splits comma-separated text into fields (RFC 4180, and what files in the wild make of it). */
#include "csv.h"

#include "file.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_LOOKED_AT = 50, SCIKIT_ROWS_MIN = 10 };

/* ---- fields ---- */

bool csv_same_word(const char *one, const char *other)
{
    while (*one != 0 && tolower((unsigned char)*one) == tolower((unsigned char)*other)) {
        one++;
        other++;
    }
    return *one == 0 && *other == 0;
}

bool csv_is_missing(const char *field)
{
    static const char *const words[] = {"", "?", "na", "n/a", "nan", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (csv_same_word(field, words[i]))
            return true;
    }
    return false;
}

/* strtod also takes hexadecimal, "inf" and "nan": none of them is a number in a table. */
bool csv_number(const char *field, double *number)
{
    if (field[0] == 0 || field[strspn(field, "+-.0123456789eE")] != 0)
        return false;
    char *end;
    *number = strtod(field, &end);
    return *end == 0 && isfinite(*number);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool at_line_end(const Csv_cursor *cursor)
{
    return cursor->next == cursor->end || *cursor->next == '\n' || *cursor->next == '\r';
}

static bool is_separator(const Csv_cursor *cursor, char c)
{
    return cursor->separator == ' ' ? is_blank(c) : c == cursor->separator;
}

/* A blank around a field is no part of it, unless it separates. */
static void skip_blanks(Csv_cursor *cursor)
{
    while (cursor->next < cursor->end && is_blank(*cursor->next) && !is_separator(cursor, *cursor->next))
        cursor->next++;
}

/* "a ""b"" c": unquoted in place. The cursor stands at the first quote, and is left after the last. */
static char *quoted(Context *context, Csv_cursor *cursor, size_t line)
{
    char *field = cursor->next + 1, *to = field;
    for (char *from = field; from < cursor->end; from++) {
        if (*from == '"' && (from + 1 == cursor->end || from[1] != '"')) {
            cursor->next = from + 1;
            *to = 0;
            return field;
        }
        if (*from == '"')
            from++;
        if (*from == '\n')
            cursor->line++;
        *to++ = *from;
    }
    context_fail(context, "%s:%zu: error: a quoted field that begins here does not end", cursor->path, line);
}

static char *plain(Csv_cursor *cursor, char **end)
{
    char *field = cursor->next;
    while (!at_line_end(cursor) && !is_separator(cursor, *cursor->next))
        cursor->next++;
    *end = cursor->next;
    while (*end > field && is_blank((*end)[-1]))
        (*end)--;
    return field;
}

static void add(Context *context, Csv_record *record, char *field)
{
    if (record->fields == record->capacity) {
        record->capacity = record->capacity == 0 ? 16 : 2 * record->capacity;
        record->field = context_grow(context, record->field, record->capacity, sizeof *record->field);
    }
    record->field[record->fields++] = field;
}

/* Takes the separator, or what ends the line; true if another field follows. `end`, where the field's NUL goes, may be
 * the very byte that is looked at, so it is written last. */
static bool step(Context *context, Csv_cursor *cursor, char *end)
{
    char *at = cursor->next;
    bool again = false;
    if (!at_line_end(cursor)) {
        if (!is_separator(cursor, *at))
            context_fail(context, "%s:%zu: error: \"%.20s\" follows a closing quote", cursor->path, cursor->line, at);
        do
            at++;
        while (cursor->separator == ' ' && at < cursor->end && is_blank(*at));
        cursor->next = at;
        again = !(cursor->separator == ' ' && at_line_end(cursor));
    }
    if (!again && cursor->next < cursor->end) {
        at = cursor->next;
        if (*at == '\r' && at + 1 < cursor->end && at[1] == '\n')
            at++;
        cursor->next = at + 1;
        cursor->line++;
    }
    if (end != NULL)
        *end = 0;
    return again;
}

static void skip_empty_lines(Csv_cursor *cursor)
{
    for (;;) {
        char *start = cursor->next;
        while (cursor->next < cursor->end && is_blank(*cursor->next))
            cursor->next++;
        if (cursor->next == cursor->end)
            return;
        if (!at_line_end(cursor)) {
            if (cursor->separator != ' ')
                cursor->next = start;
            return;
        }
        if (*cursor->next == '\n' || cursor->next + 1 == cursor->end || cursor->next[1] != '\n')
            cursor->line++;
        cursor->next++;
    }
}

bool csv_next(Context *context, Csv_cursor *cursor, Csv_record *record)
{
    skip_empty_lines(cursor);
    record->fields = 0;
    record->line = cursor->line;
    if (cursor->next == cursor->end)
        return false;
    bool again = true;
    while (again) {
        char *end = NULL;
        skip_blanks(cursor);
        bool is_quoted = cursor->next < cursor->end && *cursor->next == '"';
        add(context, record, is_quoted ? quoted(context, cursor, cursor->line) : plain(cursor, &end));
        if (is_quoted)
            skip_blanks(cursor);
        again = step(context, cursor, end);
    }
    return true;
}

char csv_guess_separator(const char *line)
{
    size_t length = strcspn(line, "\r\n");
    const char *candidates = ",;\t";
    for (const char *c = candidates; *c != 0; c++) {
        if (memchr(line, *c, length) != NULL)
            return *c;
    }
    return ' ';
}

/* ---- tables ---- */

static size_t csv_bytes_max(const unsigned char *head, size_t length)
{
    (void)head;
    (void)length;
    return (size_t)1 << 30;
}

static Csv_cursor open_text(Context *context, const char *path, const Data_spec *spec)
{
    File_bytes file = file_read(context, path, csv_bytes_max);
    if (file.length > csv_bytes_max(NULL, 0))
        context_fail(context, "%s: error: more than 1 GiB of text", path);
    char *text = (char *)file.bytes;
    const char *nul = memchr(text, 0, file.length);
    if (nul != NULL)
        context_fail(context, "%s: byte %zu: error: a zero byte; this is no text", path, (size_t)(nul - text));
    size_t mark = file.length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* UTF-8's byte order mark */
    Csv_cursor cursor = {.path = path, .next = text + mark, .end = text + file.length, .line = 1};
    const char *first = cursor.next + strspn(cursor.next, "\r\n \t");
    cursor.separator = spec->separator != 0 ? spec->separator : csv_guess_separator(first);
    return cursor;
}

static void add_row(Context *context, Csv_table *table, size_t *capacity, const Csv_record *record)
{
    if (table->rows == 0)
        table->columns = record->fields;
    if (record->fields != table->columns)
        context_fail(context, "%s:%zu: error: the line has %zu fields, line %zu has %zu", table->path, record->line,
                     record->fields, table->line[0], table->columns);
    if (table->rows == *capacity) {
        *capacity = *capacity == 0 ? 256 : 2 * *capacity;
        table->cell = context_grow(context, table->cell, *capacity * table->columns, sizeof *table->cell);
        table->line = context_grow(context, table->line, *capacity, sizeof *table->line);
    }
    memcpy(table->cell + table->rows * table->columns, record->field, table->columns * sizeof *record->field);
    table->line[table->rows++] = record->line;
}

static bool is_count(const char *field, double *number)
{
    return csv_number(field, number) && *number >= 1 && *number == floor(*number) &&
           field[strspn(field, "0123456789")] == 0;
}

/* `150,4,setosa,versicolor,virginica` above 150 lines of 5 fields. */
static bool is_scikit_line(const Csv_record *record, double *rows, double *features)
{
    double number;
    for (size_t i = 2; i < record->fields; i++) {
        if (csv_number(record->field[i], &number))
            return false;
    }
    return record->fields >= 2 && is_count(record->field[0], rows) && is_count(record->field[1], features);
}

static bool names_a_column(const Data_spec *spec, const char *word)
{
    const Data_words *lists[] = {&spec->label, &spec->ignore, &spec->categories};
    const Data_columns *maps[] = {&spec->ordinals, &spec->train.where, &spec->test.where};
    double number;
    if (csv_number(word, &number))
        return false;
    bool found = spec->fold_column != NULL && strcmp(spec->fold_column, word) == 0;
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < lists[k]->count; i++)
            found = found || strcmp(lists[k]->item[i], word) == 0;
        for (size_t i = 0; i < maps[k]->count; i++)
            found = found || strcmp(maps[k]->item[i].name, word) == 0;
    }
    return found;
}

/* A first line is a header if the spec knows one of its words, or if it has a word where numbers stand below. */
static bool looks_like_header(const Csv_table *table, const Data_spec *spec)
{
    for (size_t c = 0; c < table->columns; c++) {
        double number;
        if (names_a_column(spec, table->cell[c]))
            return true;
        if (csv_number(table->cell[c], &number) || csv_is_missing(table->cell[c]))
            continue;
        size_t r = 1;
        while (r < table->rows && r < ROWS_LOOKED_AT && csv_is_missing(table->cell[r * table->columns + c]))
            r++;
        if (r < table->rows && csv_number(table->cell[r * table->columns + c], &number))
            return true;
    }
    return false;
}

static void take_header(Context *context, Csv_table *table, const Data_spec *spec)
{
    bool header =
        spec->header == DATA_HEADER_TRUE || (spec->header == DATA_HEADER_AUTO && looks_like_header(table, spec));
    if (!header)
        return;
    table->name = context_allocate(context, table->columns, sizeof *table->name);
    memcpy(table->name, table->cell, table->columns * sizeof *table->cell);
    for (size_t c = 0; c < table->columns; c++) {
        for (size_t d = 0; d < c; d++) {
            if (table->name[c][0] != 0 && strcmp(table->name[c], table->name[d]) == 0)
                context_fail(context, "%s:%zu: error: columns %zu and %zu are both named \"%s\"", table->path,
                             table->line[0], d + 1, c + 1, table->name[c]);
        }
    }
    table->cell += table->columns;
    table->line++;
    table->rows--;
}

/* Empty fields at the end only fill the line up to the others' length. */
static void take_class_names(Context *context, Csv_table *table, const Csv_record *line)
{
    size_t fields = line->fields;
    while (fields > 2 && line->field[fields - 1][0] == 0)
        fields--;
    table->class_names = fields - 2;
    table->class_name = context_allocate(context, table->class_names, sizeof *table->class_name);
    for (size_t i = 0; i < table->class_names; i++)
        table->class_name[i] = line->field[i + 2];
}

/* Lines that are not empty. */
static size_t lines_left(const Csv_cursor *cursor)
{
    size_t lines = 0;
    for (const char *at = cursor->next; at < cursor->end; at++)
        lines += *at != '\n' && *at != '\r' && (at == cursor->next || at[-1] == '\n' || at[-1] == '\r');
    return lines;
}

/* Two counts that are both true do not stand there by chance, unless they are tiny. */
static bool is_scikit_file(const Csv_cursor *cursor, const Csv_record *first, const Csv_record *second)
{
    double rows, features;
    if (!is_scikit_line(first, &rows, &features) || rows < SCIKIT_ROWS_MIN || (double)second->fields != features + 1)
        return false;
    double lines = (double)lines_left(cursor) + 1, number;
    bool header = !csv_number(second->field[0], &number);
    return lines == rows + header;
}

Csv_table *csv_read(Context *context, const char *path, const Data_spec *spec)
{
    Csv_table *table = context_allocate(context, 1, sizeof *table);
    table->path = path;
    Csv_cursor cursor = open_text(context, path, spec);
    Csv_record first = {.fields = 0}, record = {.fields = 0};
    size_t capacity = 0;
    if (!csv_next(context, &cursor, &first))
        context_fail(context, "%s: error: the file is empty", path);
    bool more = csv_next(context, &cursor, &record);
    bool scikit = more && spec->header == DATA_HEADER_AUTO && is_scikit_file(&cursor, &first, &record);
    if (!scikit)
        add_row(context, table, &capacity, &first);
    for (; more; more = csv_next(context, &cursor, &record))
        add_row(context, table, &capacity, &record);
    take_header(context, table, spec);
    if (scikit)
        take_class_names(context, table, &first);
    if (table->rows == 0)
        context_fail(context, "%s: error: the file has a header and no line below it", path);
    return table;
}

/* ---- columns ---- */

static void list_columns(const Csv_table *table, char *text, size_t bytes)
{
    size_t used = 0;
    for (size_t c = 0; c < table->columns && used + 1 < bytes; c++) {
        const char *comma = c == 0 ? "" : ", ";
        size_t need = strlen(comma) + strlen(table->name[c]);
        if (used + need + 6 > bytes) {
            memcpy(text + used, ", ...", 6);
            return;
        }
        memcpy(text + used, comma, strlen(comma));
        memcpy(text + used + strlen(comma), table->name[c], strlen(table->name[c]) + 1);
        used += need;
    }
}

size_t csv_column(Context *context, const Csv_table *table, const char *key, const char *word)
{
    for (size_t c = 0; table->name != NULL && c < table->columns; c++) {
        if (strcmp(table->name[c], word) == 0)
            return c;
    }
    double number;
    if (csv_number(word, &number) && number == floor(number)) {
        double at = number < 0 ? (double)table->columns + number : number - 1;
        if (number == 0 || at < 0 || at >= (double)table->columns)
            context_fail(context, "%s: error: data.%s asks for column %s; the columns are 1 to %zu, or -%zu to -1",
                         table->path, key, word, table->columns, table->columns);
        return (size_t)at;
    }
    if (table->name == NULL)
        context_fail(
            context,
            "%s: error: data.%s names a column \"%s\", but the file has no header; give its number (1 to %zu), "
            "or header: true",
            table->path, key, word, table->columns);
    char names[400] = "";
    list_columns(table, names, sizeof names);
    context_fail(context, "%s: error: no column is named \"%s\", as data.%s wants; the columns are %s", table->path,
                 word, key, names);
}
