/* idx_pool.c - IDX files as samples: a file for each input or several inputs in one, a file for each target. */
#include "file.h"
#include "idx.h"
#include "pool.h"

#include <math.h>

static const char *const part_names[] = {"train", "test"};

static void scale(Matrix *matrix, const Data_spec *spec)
{
    matrix->scale = spec->scale == 0 ? 1 : spec->scale;
    matrix->offset = spec->offset;
}

static void check_rows(Context *context, const Part *part, const Matrix *matrix)
{
    if (matrix->rows != part->rows)
        context_fail(context, "%s: byte 4: error: %zu samples, but %s has %zu", matrix->path, matrix->rows,
                     part->input[0].path, part->rows);
}

static void read_inputs(Context *context, Part *part, const Data_spec *spec, const Data_words *files,
                        const char *directory)
{
    part->inputs = files->count;
    part->input = context_allocate(context, files->count, sizeof *part->input);
    for (size_t i = 0; i < files->count; i++) {
        part->input[i] = idx_read(context, file_join(context, directory, files->item[i]));
        scale(&part->input[i], spec);
        part->rows = part->input[0].rows;
        check_rows(context, part, &part->input[i]);
    }
}

/* Whole numbers below `classes`, each; `classes` 0: any whole number will do. */
static void check_classes(Context *context, const Matrix *matrix, size_t classes, const nnc_network *network)
{
    double *row = context_allocate(context, matrix->width, sizeof *row);
    for (size_t r = 0; r < matrix->rows; r++) {
        matrix_row(matrix, r, row);
        for (size_t i = 0; i < matrix->width; i++) {
            if (row[i] == floor(row[i]) && row[i] >= 0 && row[i] < (double)classes)
                continue;
            size_t at = matrix->start + (r * matrix->width + i) * matrix_item_bytes(matrix->type);
            context_fail(context, "%s: byte %zu: error: class %g of sample %zu; the classes of network %s are 0 to %zu",
                         matrix->path, at, row[i], r + 1, network->name, classes - 1);
        }
    }
    context_discard(context, row);
}

static bool is_zero_or_one(const Matrix *matrix)
{
    double value = 0;
    for (size_t r = 0; r < matrix->rows; r++) {
        matrix_row(matrix, r, &value);
        if (value != 0 && value != 1)
            return false;
    }
    return true;
}

/* Class numbers, or the numbers themselves? */
static bool holds_classes(const nnc_network *network, int target, const Matrix *matrix)
{
    const nnc_port *port = &network->target[target];
    if (port->type == NNC_INT32)
        return true;
    if (port->elements > 1)
        return matrix->width == 1;
    bool counted = network->metric == NNC_METRIC_SIGN || network->metric == NNC_METRIC_BINARY;
    return matrix->width == 1 && target == 0 && counted && is_zero_or_one(matrix);
}

static Matrix read_target(Context *context, Pool *pool, const Data_spec *spec, const nnc_network *network, int target,
                          const char *path)
{
    const nnc_port *port = &network->target[target];
    Matrix matrix = idx_read(context, path);
    bool decided = pool->kind[target] != TARGET_NONE; /* by the training file */
    bool classes = decided ? pool->kind[target] != TARGET_VALUES : holds_classes(network, target, &matrix);
    Target_kind kind = pool_kind(network, target, classes);
    size_t width = kind == TARGET_ONE_HOT ? 1 : port->elements;
    if (matrix.width != width)
        context_fail(context, "%s: error: a sample has %zu numbers, target %s of network %s takes %zu", path,
                     matrix.width, port->name, network->name, port->elements);
    if (kind == TARGET_VALUES)
        scale(&matrix, spec);
    else
        check_classes(context, &matrix, pool_class_count(port, kind), network);
    pool->kind[target] = kind;
    return matrix;
}

static void read_targets(Context *context, Pool *pool, Part *part, const Data_spec *spec, const nnc_network *network,
                         const Data_words *files, const char *directory)
{
    size_t used = 0;
    for (int t = 0; t < network->targets; t++) {
        if (!pool_target_has_data(&network->target[t]))
            continue;
        const char *name = part_names[part - pool->part];
        if (used == files->count)
            context_fail(context, "%serror: data.%s.targets has %zu files; target %s of network %s needs one more",
                         pool_place(context, spec), name, used, network->target[t].name, network->name);
        const char *path = file_join(context, directory, files->item[used++]);
        part->target[t] = read_target(context, pool, spec, network, t, path);
        check_rows(context, part, &part->target[t]);
    }
}

void idx_pool(Context *context, Pool *pool, const Data_spec *spec, const nnc_network *network, const char *directory,
              int parts)
{
    const Data_source *source[] = {&spec->train, &spec->test};
    for (int p = 0; p < 2; p++) {
        if (!(parts & (p == 0 ? POOL_TRAIN : POOL_TEST)))
            continue;
        if (source[p]->inputs.count == 0 && p == 1)
            continue;
        if (source[p]->inputs.count == 0)
            context_fail(context, "%serror: data.train.inputs names no file", pool_place(context, spec));
        read_inputs(context, &pool->part[p], spec, &source[p]->inputs, directory);
        read_targets(context, pool, &pool->part[p], spec, network, &source[p]->targets, directory);
    }
}
