/* predict.c - answers for samples from files or from a stream of lines. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include "cifar.h"
#include "columns.h"
#include "csv.h"
#include "file.h"
#include "idx.h"
#include "pictures.h"
#include "playground.h"
#include "reals.h"
#include "score.h"
#include "standardize.h"
#include "trainer.h"
#include "weights.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct Job {
    const nnc_network *network;
    const Data_spec *spec;
    const Predict_options *options;
    Encoding *encoding;
    void *parameters, *inference, *output;
    double *number, *answer;
    Block *block; /* one sample: [inputs] */
    const void **input;
    FILE *out;
} Job;

/* ---- one sample ---- */

static bool answers_with_classes(const Job *job)
{
    const nnc_network *network = job->network;
    return !job->options->numbers && network->metric == NNC_METRIC_CLASS && !network->output_apart &&
           network->output.elements > 1 && job->encoding->classes[0].count == network->output.elements;
}

static void print_class(const Job *job)
{
    size_t best = 0;
    for (size_t i = 1; i < job->network->output.elements; i++) {
        if (job->answer[i] > job->answer[best])
            best = i;
    }
    fprintf(job->out, "%s\n", job->encoding->classes[0].name[best]);
}

/* What the answers are in the units of: the targets', which may be the inputs themselves. */
static const Scaling *answer_scaling(const Job *job)
{
    const nnc_network *network = job->network;
    bool copies = network->inputs == 1 && network->targets == 1 && network->target[0].copies == 1;
    return copies ? &job->encoding->inputs : &job->encoding->targets;
}

static void print_answer(const Job *job)
{
    size_t elements = job->network->output.elements;
    for (size_t i = 0; i < elements; i++)
        job->answer[i] = real_at(job->network->real_bytes, job->output, i);
    if (answers_with_classes(job)) {
        print_class(job);
        return;
    }
    const Scaling *scaling = answer_scaling(job);
    if (scaling->width == elements)
        standardize_undo(scaling, job->answer);
    for (size_t i = 0; i < elements; i++)
        fprintf(job->out, job->network->real_bytes == sizeof(float) ? "%s%.9g" : "%s%.17g", i == 0 ? "" : ",",
                job->answer[i]);
    fputc('\n', job->out);
}

/* job->number holds the raw inputs. */
static void answer(Context *context, const Job *job, const char *place)
{
    samples_write_inputs(context, job->network, job->encoding, job->number, job->block, 0, place);
    job->network->predict(job->parameters, job->inference, job->input, job->output);
    print_answer(job);
}

/* ---- lines ---- */

/* A record's inputs: the playground's two coordinates, or columns. False if it is dropped. */
static bool read_row(Context *context, const Job *job, const Csv_table *table, size_t row, const size_t *at)
{
    if (job->spec->format != DATA_PLAYGROUND)
        return columns_inputs(context, job->encoding, table, row, at, job->spec, job->network, job->number);
    double x, y;
    const char **cell = table->cell + row * table->columns;
    if (table->columns != 2 || !csv_number(cell[0], &x) || !csv_number(cell[1], &y))
        context_fail(context, "%s:%zu: error: a point of the playground is two numbers", table->path, table->line[row]);
    playground_features(job->spec, x, y, job->number);
    return true;
}

static void answer_row(Context *context, const Job *job, const Csv_table *table, size_t row, const size_t *at)
{
    char place[64];
    snprintf(place, sizeof place, "%.40s:%zu: ", table->path, table->line[row]);
    if (!read_row(context, job, table, row, at))
        context_fail(context, "%serror: a value is missing; with data.missing: drop there is no answer to it", place);
    answer(context, job, place);
}

static void answer_table(Context *context, const Job *job, const char *path)
{
    const Csv_table *table = csv_read(context, path, job->spec);
    const size_t *at = job->spec->format == DATA_PLAYGROUND
                           ? NULL
                           : columns_match(context, job->encoding, table, job->spec, job->network);
    for (size_t r = 0; r < table->rows; r++)
        answer_row(context, job, table, r, at);
}

/* The first line of a stream is a header if it names an input of the training data. */
static bool is_header(const Job *job, const Csv_record *record)
{
    for (size_t c = 0; c < job->encoding->columns; c++) {
        for (size_t f = 0; f < record->fields; f++) {
            if (job->encoding->column[c].name[0] != 0 && strcmp(job->encoding->column[c].name, record->field[f]) == 0)
                return true;
        }
    }
    return false;
}

static const char **copy_fields(Context *context, const Csv_record *record)
{
    const char **name = context_allocate(context, record->fields, sizeof *name);
    for (size_t f = 0; f < record->fields; f++)
        name[f] = context_format(context, "%s", record->field[f]);
    return name;
}

/* A stream's header, once it was read. */
typedef struct Stream {
    const char **name; /* NULL: none */
    size_t columns;
    size_t line;
    char separator;
} Stream;

static void answer_line(Context *context, const Job *job, Stream *stream, char *line, size_t length)
{
    size_t mark = context->blocks;
    if (stream->separator == 0)
        stream->separator = job->spec->separator != 0 ? job->spec->separator : csv_guess_separator(line);
    if (memchr(line, 0, length) != NULL)
        context_fail(context, "standard input:%zu: error: a zero byte; this is no text", stream->line);
    Csv_cursor cursor = {"standard input", line, line + length, stream->line, stream->separator};
    Csv_record record = {.fields = 0};
    if (!csv_next(context, &cursor, &record))
        return;
    if (stream->columns == 0 && job->spec->header != DATA_HEADER_FALSE && is_header(job, &record)) {
        stream->columns = record.fields;
        stream->name = copy_fields(context, &record);
        return;
    }
    if (stream->columns == 0)
        stream->columns = record.fields;
    if (record.fields != stream->columns)
        context_fail(context, "standard input:%zu: error: the line has %zu fields, the first has %zu", stream->line,
                     record.fields, stream->columns);
    Csv_table table = {
        .path = "standard input", .columns = record.fields, .rows = 1, .name = stream->name, .line = &stream->line};
    table.cell = context_allocate(context, record.fields, sizeof *table.cell);
    memcpy(table.cell, record.field, record.fields * sizeof *record.field);
    const size_t *at = job->spec->format == DATA_PLAYGROUND
                           ? NULL
                           : columns_match(context, job->encoding, &table, job->spec, job->network);
    answer_row(context, job, &table, 0, at);
    fflush(job->out); /* each line is answered before the next is waited for */
    context_release(context, mark);
}

typedef struct Line {
    char *text;
    size_t capacity;
} Line;

static void destroy_line(void *thing)
{
    Line *line = thing;
    free(line->text);
    free(line);
}

static void answer_stream(Context *context, const Job *job, FILE *in)
{
    Stream stream = {.line = 0};
    Line *line = calloc(1, sizeof *line);
    if (line == NULL)
        context_fail(context, "error: out of memory");
    context_adopt(context, line, destroy_line);
    ssize_t length;
    while ((length = getline(&line->text, &line->capacity, in)) >= 0) {
        stream.line++;
        answer_line(context, job, &stream, line->text, (size_t)length);
    }
    if (ferror(in))
        context_fail(context, "standard input: error: cannot read it: %s", strerror(errno));
}

/* ---- files ---- */

static Matrix read_matrix(Context *context, const Job *job, const char *path)
{
    Cifar cifar = {.image = {.rows = 0}};
    if (job->spec->format == DATA_IDX)
        return idx_read(context, path);
    cifar_read(context, path, &cifar);
    return cifar.image;
}

static void answer_matrix(Context *context, const Job *job, const char *path)
{
    Matrix matrix = read_matrix(context, job, path);
    size_t width = pool_input_width(job->network);
    if (matrix.width != width)
        context_fail(context, "%s: error: a sample has %zu numbers, the network %s takes %zu", path, matrix.width,
                     job->network->name, width);
    matrix.scale = job->spec->scale == 0 ? 1 : job->spec->scale;
    matrix.offset = job->spec->offset;
    for (size_t r = 0; r < matrix.rows; r++) {
        matrix_row(&matrix, r, job->number);
        answer(context, job, "");
    }
}

static void answer_picture(Context *context, const Job *job, const char *path)
{
    int shape[3];
    pictures_shape(context, job->network, pool_place(context, job->spec), shape);
    Matrix matrix = pictures_read_one(context, path, shape);
    matrix.scale = job->spec->scale == 0 ? 1 : job->spec->scale;
    matrix.offset = job->spec->offset;
    matrix_row(&matrix, 0, job->number);
    answer(context, job, "");
}

static void answer_file(Context *context, const Job *job, const char *name)
{
    size_t mark = context->blocks;
    if (strcmp(name, "-") == 0) {
        answer_stream(context, job, job->options->in == NULL ? stdin : job->options->in);
        return;
    }
    const char *path = file_join(context, job->options->data_directory, name);
    if (job->spec->format == DATA_IDX || job->spec->format == DATA_CIFAR)
        answer_matrix(context, job, path);
    else if (job->spec->format == DATA_IMAGES)
        answer_picture(context, job, path);
    else
        answer_table(context, job, path);
    context_release(context, mark);
}

/* Without columns of a CSV file behind it, a line is the inputs, number by number. */
static void number_columns(Context *context, Encoding *encoding, size_t width)
{
    if (encoding->columns > 0)
        return;
    encoding->columns = width;
    encoding->column = context_allocate(context, width, sizeof *encoding->column);
    for (size_t c = 0; c < width; c++)
        encoding->column[c].name = "";
}

static void check_width(Context *context, const Job *job)
{
    size_t width = pool_input_width(job->network);
    size_t features = job->spec->features == 0 ? 2 : (size_t)job->spec->features;
    if (columns_width(job->encoding) != width)
        context_fail(context, "%s: error: its columns give %zu numbers a sample, the network %s takes %zu",
                     job->options->weights, columns_width(job->encoding), job->network->name, width);
    if (job->spec->format == DATA_PLAYGROUND && features != width)
        context_fail(context, "%serror: %zu features, the network %s takes %zu numbers", pool_place(context, job->spec),
                     features, job->network->name, width);
}

static void make_blocks(Context *context, Job *job)
{
    const nnc_network *network = job->network;
    job->block = context_allocate(context, (size_t)network->inputs, sizeof *job->block);
    job->input = context_allocate(context, (size_t)network->inputs, sizeof *job->input);
    for (int p = 0; p < network->inputs; p++) {
        job->block[p].bytes = samples_port_bytes(network, &network->input[p]);
        job->block[p].values = score_memory(context, job->block[p].bytes);
        job->input[p] = job->block[p].values;
    }
}

static void predict(Context *context, Job *job)
{
    const nnc_network *network = job->network;
    if (job->options->weights == NULL)
        context_fail(context, "error: no weights to predict with");
    if (job->options->outputs != NULL)
        file_check_writable(context, job->options->outputs);
    job->parameters = score_memory(context, network->parameters_bytes);
    job->inference = score_memory(context, network->inference_bytes);
    job->output = score_memory(context, samples_port_bytes(network, &network->output));
    job->encoding = weights_read(context, job->options->weights, network, job->parameters);
    job->number = context_allocate(context, pool_input_width(network) + DATA_FEATURES, sizeof *job->number);
    job->answer = context_allocate(context, network->output.elements, sizeof *job->answer);
    make_blocks(context, job);
    number_columns(context, job->encoding, pool_input_width(network));
    check_width(context, job);
    if (job->options->inputs.count == 0)
        answer_file(context, job, "-");
    for (size_t i = 0; i < job->options->inputs.count; i++)
        answer_file(context, job, job->options->inputs.item[i]);
    if (fflush(job->out) != 0 || ferror(job->out))
        context_fail(context, "error: cannot write the answers: %s", strerror(errno));
}

/* Answers gathered in memory, to be written whole. */
typedef struct Gathered {
    FILE *stream;
    char *text;
    size_t length;
} Gathered;

static void destroy_gathered(void *thing)
{
    Gathered *gathered = thing;
    if (gathered->stream != NULL)
        fclose(gathered->stream);
    free(gathered->text);
    free(gathered);
}

static void predict_to_file(Context *context, Job *job)
{
    Gathered *gathered = calloc(1, sizeof *gathered);
    if (gathered == NULL)
        context_fail(context, "error: out of memory");
    context_adopt(context, gathered, destroy_gathered);
    gathered->stream = open_memstream(&gathered->text, &gathered->length);
    if (gathered->stream == NULL)
        context_fail(context, "error: out of memory");
    job->out = gathered->stream;
    predict(context, job);
    file_write(context, job->options->outputs, gathered->text, gathered->length);
}

static void predict_anywhere(Context *context, void *argument)
{
    Job *job = argument;
    if (job->options->outputs != NULL) {
        predict_to_file(context, job);
        return;
    }
    job->out = job->options->out == NULL ? stdout : job->options->out;
    predict(context, job);
}

int trainer_predict(const nnc_network *network, const Data_spec *data, const Predict_options *options,
                    Trainer_error *error)
{
    Context context = {.block = NULL};
    Job job = {.network = network, .spec = data, .options = options};
    bool done = context_attempt(&context, predict_anywhere, &job);
    context_release(&context, 0);
    *error = context.error;
    return done ? 0 : error->status;
}
