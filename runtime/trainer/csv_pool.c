/* csv_pool.c - CSV files as samples: inputs by columns.c, and the label columns handed to the targets in order. */
#include "columns.h"
#include "file.h"
#include "where.h"
#include "words.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* The label columns of a table. */
typedef struct Labels {
    size_t count;
    size_t *column;
} Labels;

typedef struct Reader {
    Context *context;
    Pool *pool;
    const Data_spec *spec;
    const nnc_network *network;
    size_t *first, *count; /* [targets]: the label columns that a target takes */
    size_t *kept;          /* [rows of the part that was read last]: the lines of the table that are its rows */
} Reader;

static Labels find_labels(const Reader *reader, const Csv_table *table)
{
    const Data_words *asked = &reader->spec->label;
    Labels labels = {.count = asked->count == 0 ? 1 : asked->count};
    labels.column = context_allocate(reader->context, labels.count, sizeof *labels.column);
    labels.column[0] = table->columns - 1;
    for (size_t i = 0; i < asked->count; i++)
        labels.column[i] = csv_column(reader->context, table, "label", asked->item[i]);
    return labels;
}

/* A label's word: scikit-learn's first line names the classes that the lines below number. */
static const char *label_word(const Csv_table *table, size_t row, size_t column)
{
    const char *cell = table->cell[row * table->columns + column];
    double number;
    bool numbered = table->class_names > 0 && csv_number(cell, &number) && number >= 0 &&
                    number < (double)table->class_names && number == floor(number);
    return numbered ? table->class_name[(size_t)number] : cell;
}

/* The distinct labels of a target's columns. */
static Classes learn_classes(const Reader *reader, const Csv_table *table, const size_t *column, size_t columns)
{
    const char **word = context_allocate(reader->context, table->rows * columns, sizeof *word);
    size_t count = 0;
    for (size_t r = 0; r < table->rows; r++) {
        for (size_t c = 0; c < columns; c++) {
            const char *label = label_word(table, r, column[c]);
            if (!csv_is_missing(label))
                word[count++] = label;
        }
    }
    Classes classes = words_distinct(reader->context, word, count);
    context_discard(reader->context, word);
    return classes;
}

static bool all_numbers(const Classes *classes, size_t below)
{
    for (size_t i = 0; i < classes->count; i++) {
        double number;
        if (!csv_number(classes->name[i], &number))
            return false;
        if (below > 0 && (number < 0 || number >= (double)below || number != floor(number)))
            return false;
    }
    return true;
}

/* Is a single real target a class? Only if it is counted as one, or is a word. */
static bool is_binary(const Reader *reader, int target, const Classes *classes)
{
    if (!all_numbers(classes, 0))
        return true;
    bool counted = reader->network->metric == NNC_METRIC_BINARY || reader->network->metric == NNC_METRIC_SIGN;
    return target == 0 && counted && classes->count == 2;
}

/* Gives the targets their label columns in order, one each, or one for each element where there are enough. */
static void deal_labels(Reader *reader, const Csv_table *table, const Labels *labels)
{
    const nnc_network *network = reader->network;
    size_t next = 0;
    for (int t = 0; t < network->targets; t++) {
        const nnc_port *port = &network->target[t];
        if (!pool_target_has_data(port))
            continue;
        size_t left = labels->count - next;
        size_t count = port->type == NNC_INT32 || left >= port->elements ? port->elements : 1;
        if (left < count)
            context_fail(reader->context,
                         "%s: error: data.label has %zu columns; target %s of network %s takes %zu more", table->path,
                         labels->count, port->name, network->name, count);
        reader->first[t] = next;
        reader->count[t] = count;
        next += count;
    }
    if (next < labels->count && next > 0)
        context_fail(reader->context, "%s: error: data.label has %zu columns, the targets of network %s take %zu",
                     table->path, labels->count, network->name, next);
}

/* As many classes as the network has: fewer would shift the numbers, unless they number themselves. */
static void fit_classes(const Reader *reader, const Csv_table *table, int target, Classes *classes)
{
    const nnc_port *port = &reader->network->target[target];
    size_t wanted = pool_class_count(port, reader->pool->kind[target]);
    if (classes->count < wanted && all_numbers(classes, wanted)) {
        classes->count = wanted;
        classes->name = context_allocate(reader->context, wanted, sizeof *classes->name);
        for (size_t i = 0; i < wanted; i++)
            classes->name[i] = context_format(reader->context, "%zu", i);
    }
    if (classes->count == wanted)
        return;
    char words[200] = "";
    size_t used = 0;
    for (size_t i = 0; i < classes->count && i < 6 && used + 30 < sizeof words; i++)
        used += (size_t)snprintf(words + used, sizeof words - used, "%s%.20s", i == 0 ? "" : ", ", classes->name[i]);
    context_fail(reader->context, "%s: error: the label has %zu classes (%s%s), target %s of network %s takes %zu",
                 table->path, classes->count, words, classes->count > 6 ? ", ..." : "", port->name,
                 reader->network->name, wanted);
}

static void learn_targets(Reader *reader, const Csv_table *table, const Labels *labels, const Encoding *known)
{
    for (int t = 0; t < reader->network->targets; t++) {
        const nnc_port *port = &reader->network->target[t];
        if (!pool_target_has_data(port))
            continue;
        Classes *classes = &reader->pool->encoding->classes[t];
        bool one_column_each = port->type == NNC_REAL && port->elements > 1 && reader->count[t] > 1;
        bool numbered = port->type == NNC_INT32 || (port->elements > 1 && !one_column_each);
        if (known != NULL) {
            numbered = classes->count > 0;
        } else if (!one_column_each) {
            *classes = learn_classes(reader, table, labels->column + reader->first[t], reader->count[t]);
            numbered = numbered || is_binary(reader, t, classes);
        }
        reader->pool->kind[t] = pool_kind(reader->network, t, numbered);
        if (numbered)
            fit_classes(reader, table, t, classes);
        else
            *classes = (Classes){.count = 0};
    }
}

static double label_value(const Reader *reader, const Csv_table *table, size_t row, size_t column, int target)
{
    const char *word = label_word(table, row, column);
    if (csv_is_missing(word))
        context_fail(reader->context, "%s:%zu: error: the label (column %zu) is empty", table->path, table->line[row],
                     column + 1);
    if (reader->pool->kind[target] != TARGET_VALUES) {
        long number = words_find(&reader->pool->encoding->classes[target], word);
        if (number < 0)
            context_fail(reader->context, "%s:%zu: error: the label \"%.60s\" is none of the training data's",
                         table->path, table->line[row], word);
        return (double)number;
    }
    double number;
    if (!csv_number(word, &number))
        context_fail(reader->context, "%s:%zu: error: the label \"%.60s\" (column %zu) is no number", table->path,
                     table->line[row], word, column + 1);
    number = number * (reader->spec->scale == 0 ? 1 : reader->spec->scale) + reader->spec->offset;
    if (reader->network->real_bytes == sizeof(float) && !(fabs(number) <= (double)FLT_MAX))
        context_fail(reader->context, "%s:%zu: error: the label %.20s is beyond %g, the largest number of the network",
                     table->path, table->line[row], word, (double)FLT_MAX);
    return number;
}

static bool label_is_missing(const Csv_table *table, size_t row, const Labels *labels)
{
    for (size_t i = 0; i < labels->count; i++) {
        if (csv_is_missing(table->cell[row * table->columns + labels->column[i]]))
            return true;
    }
    return false;
}

static void make_targets(const Reader *reader, Part *part, const Csv_table *table)
{
    for (int t = 0; t < reader->network->targets; t++) {
        if (reader->count[t] > 0)
            part->target[t] =
                (Matrix){.path = table->path,
                         .type = MATRIX_DOUBLE,
                         .width = reader->count[t],
                         .scale = 1,
                         .values = context_allocate(reader->context, table->rows * reader->count[t], sizeof(double))};
    }
}

static void read_part(Reader *reader, Part *part, const Csv_table *table, const Labels *labels)
{
    Context *context = reader->context;
    const Encoding *encoding = reader->pool->encoding;
    const size_t *at = columns_match(context, encoding, table, reader->spec, reader->network);
    size_t width = columns_width(encoding);
    double *values = context_allocate(context, table->rows * width, sizeof *values);
    reader->kept = context_allocate(context, table->rows, sizeof *reader->kept);
    make_targets(reader, part, table);
    for (size_t r = 0; r < table->rows; r++) {
        if (reader->spec->missing == DATA_MISSING_DROP && labels->count > 0 && label_is_missing(table, r, labels))
            continue;
        if (!columns_inputs(context, encoding, table, r, at, reader->spec, reader->network,
                            values + part->rows * width))
            continue;
        for (int t = 0; t < reader->network->targets; t++) {
            double *target = part->target[t].values;
            for (size_t i = 0; i < reader->count[t]; i++)
                target[part->rows * reader->count[t] + i] =
                    label_value(reader, table, r, labels->column[reader->first[t] + i], t);
        }
        reader->kept[part->rows++] = r;
    }
    if (part->rows == 0)
        context_fail(context, "%s: error: no line without a missing value is left", table->path);
    part->inputs = 1;
    part->input = context_allocate(context, 1, sizeof *part->input);
    part->input[0] = (Matrix){
        .path = table->path, .type = MATRIX_DOUBLE, .rows = part->rows, .width = width, .scale = 1, .values = values};
    for (int t = 0; t < reader->network->targets; t++)
        part->target[t].rows = part->rows;
}

static const Csv_table *open_table(const Reader *reader, const char *key, const char *file, const char *directory)
{
    if (file == NULL)
        context_fail(reader->context, "%serror: data.%s.file is missing", pool_place(reader->context, reader->spec),
                     key);
    return csv_read(reader->context, file_join(reader->context, directory, file), reader->spec);
}

static void check_width(const Reader *reader, const Csv_table *table)
{
    const Encoding *encoding = reader->pool->encoding;
    size_t width = columns_width(encoding), words = 0;
    for (size_t c = 0; c < encoding->columns; c++)
        words += encoding->column[c].words.count > 0 && !encoding->column[c].ordinal;
    if (width != reader->pool->input_width)
        context_fail(reader->context,
                     "%s: error: the data give %zu numbers a sample (%zu columns, %zu of them words), the network %s "
                     "takes %zu",
                     table->path, width, encoding->columns, words, reader->network->name, reader->pool->input_width);
}

/* Words in the inputs are 0 or 1 already: a rare one, standardised, would be a huge number. */
static void mark_fixed(const Reader *reader)
{
    const Encoding *encoding = reader->pool->encoding;
    reader->pool->fixed = context_allocate(reader->context, reader->pool->input_width, sizeof(bool));
    size_t at = 0;
    for (size_t c = 0; c < encoding->columns; c++) {
        size_t words = encoding->column[c].ordinal ? 0 : encoding->column[c].words.count;
        for (size_t i = 0; i < words; i++)
            reader->pool->fixed[at + i] = true;
        at += words > 0 ? words : 1;
    }
}

void csv_pool(Context *context, Pool *pool, const Data_spec *spec, const nnc_network *network, const char *directory,
              int parts, const Encoding *known)
{
    size_t targets = (size_t)network->targets;
    Reader reader = {context,
                     pool,
                     spec,
                     network,
                     context_allocate(context, targets, sizeof(size_t)),
                     context_allocate(context, targets, sizeof(size_t)),
                     NULL};
    if (known != NULL && known->columns == 0)
        known = NULL;
    const Csv_table *train = NULL, *test = NULL;
    if (parts & POOL_TRAIN)
        train = open_table(&reader, "train", spec->train.file, directory);
    if ((parts & POOL_TEST) && spec->test.file != NULL)
        test = open_table(&reader, "test", spec->test.file, directory);
    const Csv_table *first = train != NULL ? train : test;
    if (first == NULL)
        context_fail(context, "%serror: data.test has no file and no split", pool_place(context, spec));
    if (known == NULL)
        columns_learn(context, pool->encoding, first, spec, network);
    check_width(&reader, first);
    bool labelled = spec->label.count > 0;
    for (size_t t = 0; t < targets; t++)
        labelled = labelled || pool_target_has_data(&network->target[t]);
    Labels none = {0}, labels = labelled ? find_labels(&reader, first) : none;
    deal_labels(&reader, first, &labels);
    learn_targets(&reader, first, &labels, known);
    mark_fixed(&reader);
    if (train != NULL) {
        read_part(&reader, &pool->part[0], train, &labels);
        where_pick(context, pool, spec, train, reader.kept);
    }
    if (test != NULL) {
        labels = labelled ? find_labels(&reader, test) : none;
        read_part(&reader, &pool->part[1], test, &labels);
    }
}
