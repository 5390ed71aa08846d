/* columns.c - which columns of a CSV file are inputs, and what numbers they give. */
#include "columns.h"

#include "words.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Marks the labels (there are none for a network whose targets are its inputs, unless the spec names one) and what is
 * ignored. */
static bool *left_out(Context *context, const Csv_table *table, const Data_spec *spec, const nnc_network *network)
{
    bool *out = context_allocate(context, table->columns, sizeof *out);
    for (size_t i = 0; i < spec->label.count; i++)
        out[csv_column(context, table, "label", spec->label.item[i])] = true;
    for (size_t i = 0; i < spec->ignore.count; i++)
        out[csv_column(context, table, "ignore", spec->ignore.item[i])] = true;
    bool labelled = false;
    for (int t = 0; t < network->targets; t++)
        labelled = labelled || pool_target_has_data(&network->target[t]);
    if (spec->label.count == 0 && labelled)
        out[table->columns - 1] = true;
    return out;
}

static Classes learn_words(Context *context, const Csv_table *table, size_t column)
{
    size_t count = 0;
    const char **word = context_allocate(context, table->rows, sizeof *word);
    for (size_t r = 0; r < table->rows; r++) {
        const char *cell = table->cell[r * table->columns + column];
        if (!csv_is_missing(cell))
            word[count++] = cell;
    }
    Classes words = words_distinct(context, word, count);
    if (words.count == 0)
        context_fail(context, "%s: error: column %zu, of data.categories, has no word at all", table->path, column + 1);
    return words;
}

static size_t column_width(const Column *column)
{
    return column->words.count > 0 && !column->ordinal ? column->words.count : 1;
}

/* The words of an ordinal in the order of the spec. */
static Classes ordered_words(Context *context, const Data_words *order)
{
    Classes words = {.count = order->count, .name = context_allocate(context, order->count, sizeof *words.name)};
    memcpy(words.name, order->item, order->count * sizeof *words.name);
    return words;
}

/* A column is a number, or has words in one of two ways; and none of these if it is left out. */
static void claim(Context *context, const Csv_table *table, const char *key, const char *word, const bool *out,
                  const Data_words **ordinal, bool *category)
{
    size_t column = csv_column(context, table, key, word);
    if (out[column])
        context_fail(context, "%s: error: column \"%s\" is in data.%s, but is a label or ignored", table->path, word,
                     key);
    if (ordinal[column] != NULL || category[column])
        context_fail(context, "%s: error: column \"%s\" is in data.ordinals and data.categories, or twice in one",
                     table->path, word);
}

void columns_learn(Context *context, Encoding *encoding, const Csv_table *table, const Data_spec *spec,
                   const nnc_network *network)
{
    const bool *out = left_out(context, table, spec, network);
    bool *category = context_allocate(context, table->columns, sizeof *category);
    const Data_words **ordinal = context_allocate(context, table->columns, sizeof *ordinal);
    for (size_t i = 0; i < spec->categories.count; i++) {
        const char *word = spec->categories.item[i];
        claim(context, table, "categories", word, out, ordinal, category);
        category[csv_column(context, table, "categories", word)] = true;
    }
    for (size_t i = 0; i < spec->ordinals.count; i++) {
        const char *word = spec->ordinals.item[i].name;
        claim(context, table, "ordinals", word, out, ordinal, category);
        ordinal[csv_column(context, table, "ordinals", word)] = &spec->ordinals.item[i].words;
    }
    encoding->column = context_allocate(context, table->columns, sizeof *encoding->column);
    encoding->columns = 0;
    for (size_t c = 0; c < table->columns; c++) {
        if (out[c])
            continue;
        Column *column = &encoding->column[encoding->columns++];
        column->name = table->name == NULL ? "" : table->name[c];
        column->ordinal = ordinal[c] != NULL;
        if (category[c])
            column->words = learn_words(context, table, c);
        else if (column->ordinal)
            column->words = ordered_words(context, ordinal[c]);
    }
}

static size_t find_name(const Csv_table *table, const char *name)
{
    size_t c = 0;
    while (c < table->columns && strcmp(table->name[c], name) != 0)
        c++;
    return c;
}

static bool has_names(const Encoding *encoding)
{
    return encoding->columns > 0 && encoding->column[0].name[0] != 0;
}

size_t *columns_match(Context *context, const Encoding *encoding, const Csv_table *table, const Data_spec *spec,
                      const nnc_network *network)
{
    size_t *at = context_allocate(context, encoding->columns, sizeof *at);
    bool by_name = table->name != NULL && has_names(encoding);
    for (size_t c = 0; by_name && c < encoding->columns; c++) {
        at[c] = find_name(table, encoding->column[c].name);
        if (at[c] == table->columns)
            context_fail(context, "%s: error: the column \"%s\" of the training data is missing", table->path,
                         encoding->column[c].name);
    }
    if (by_name)
        return at;
    const bool *out = NULL; /* as many columns as inputs: no label among them */
    if (table->columns != encoding->columns)
        out = left_out(context, table, spec, network);
    size_t found = 0;
    for (size_t c = 0; c < table->columns; c++) {
        if (out != NULL && out[c])
            continue;
        if (found < encoding->columns)
            at[found] = c;
        found++;
    }
    if (found != encoding->columns)
        context_fail(context, "%s: error: %zu columns are inputs, the training data have %zu", table->path, found,
                     encoding->columns);
    return at;
}

size_t columns_width(const Encoding *encoding)
{
    size_t width = 0;
    for (size_t c = 0; c < encoding->columns; c++)
        width += column_width(&encoding->column[c]);
    return width;
}

static const char *column_label(Context *context, const Csv_table *table, size_t column)
{
    if (table->name != NULL && table->name[column][0] != 0)
        return context_format(context, "column %zu (%s)", column + 1, table->name[column]);
    return context_format(context, "column %zu", column + 1);
}

static void write_word(Context *context, const Csv_table *table, size_t row, size_t at, const Classes *words,
                       double *values)
{
    const char *cell = table->cell[row * table->columns + at];
    memset(values, 0, words->count * sizeof *values);
    if (csv_is_missing(cell))
        return;
    long number = words_find(words, cell);
    if (number < 0)
        context_fail(context, "%s:%zu: error: \"%.60s\" in %s is none of the %zu words of the training data",
                     table->path, table->line[row], cell, column_label(context, table, at), words->count);
    values[number] = 1;
}

/* The place of a word in the order that the spec gives. */
static double place_of(Context *context, const Csv_table *table, size_t row, size_t at, const Classes *words)
{
    const char *cell = table->cell[row * table->columns + at];
    size_t place = 0;
    while (place < words->count && strcmp(words->name[place], cell) != 0)
        place++;
    if (place == words->count)
        context_fail(context,
                     "%s:%zu: error: \"%.60s\" in %s is none of the %zu words that data.ordinals puts in order",
                     table->path, table->line[row], cell, column_label(context, table, at), words->count);
    return (double)place;
}

static double number_of(Context *context, const Csv_table *table, size_t row, size_t at, const Data_spec *spec,
                        const nnc_network *network)
{
    const char *cell = table->cell[row * table->columns + at];
    double number;
    if (!csv_number(cell, &number))
        context_fail(context,
                     "%s:%zu: error: \"%.60s\" in %s is no number; list the column in data.categories or data.ignore",
                     table->path, table->line[row], cell, column_label(context, table, at));
    number = number * (spec->scale == 0 ? 1 : spec->scale) + spec->offset;
    double limit = network->real_bytes == sizeof(float) ? (double)FLT_MAX : DBL_MAX;
    if (!(fabs(number) <= limit))
        context_fail(context, "%s:%zu: error: %.20s in %s is beyond %g, the largest number of the network", table->path,
                     table->line[row], cell, column_label(context, table, at), limit);
    return number;
}

bool columns_inputs(Context *context, const Encoding *encoding, const Csv_table *table, size_t row, const size_t *at,
                    const Data_spec *spec, const nnc_network *network, double *values)
{
    for (size_t c = 0; c < encoding->columns; c++) {
        const Column *column = &encoding->column[c];
        bool missing = csv_is_missing(table->cell[row * table->columns + at[c]]);
        if (missing && spec->missing == DATA_MISSING_DROP)
            return false;
        if (missing && spec->missing == DATA_MISSING_ERROR)
            context_fail(context, "%s:%zu: error: %s is empty; data.missing may be median, mean or drop", table->path,
                         table->line[row], column_label(context, table, at[c]));
        if (column->words.count > 0 && !column->ordinal)
            write_word(context, table, row, at[c], &column->words, values);
        else if (missing)
            *values = (double)NAN;
        else if (column->ordinal)
            *values = place_of(context, table, row, at[c], &column->words);
        else
            *values = number_of(context, table, row, at[c], spec, network);
        values += column_width(column);
    }
    return true;
}
