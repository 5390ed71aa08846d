/* pool.c - reads the samples of a `data:` section, after checking what it asks for. */
#include "pool.h"

#include "file.h"
#include "where.h"

#include <string.h>

size_t pool_input_width(const nnc_network *network)
{
    size_t width = 0;
    for (int i = 0; i < network->inputs; i++)
        width += network->input[i].elements;
    return width;
}

bool pool_target_has_data(const nnc_port *port)
{
    return port->copies == 0;
}

size_t pool_target_width(const nnc_network *network)
{
    size_t width = 0;
    for (int t = 0; t < network->targets; t++) {
        if (pool_target_has_data(&network->target[t]) && network->target[t].type == NNC_REAL)
            width += network->target[t].elements;
    }
    return width;
}

Target_kind pool_kind(const nnc_network *network, int target, bool classes)
{
    const nnc_port *port = &network->target[target];
    if (!pool_target_has_data(port))
        return TARGET_NONE;
    if (port->type == NNC_INT32)
        return TARGET_CLASS;
    if (!classes)
        return TARGET_VALUES;
    if (port->elements > 1)
        return TARGET_ONE_HOT;
    return target == 0 && network->metric == NNC_METRIC_SIGN ? TARGET_SIGN : TARGET_BINARY;
}

size_t pool_class_count(const nnc_port *port, Target_kind kind)
{
    if (kind == TARGET_CLASS)
        return (size_t)port->classes;
    return kind == TARGET_ONE_HOT ? port->elements : 2;
}

const char *pool_place(Context *context, const Data_spec *spec)
{
    return spec->place == NULL ? "" : context_format(context, "%s: ", spec->place);
}

static void check_share(Context *context, const Data_spec *spec, const char *key, double share)
{
    if (!(share >= 0 && share < 1))
        context_fail(context, "%serror: data.%s is %g; it is a share of the samples, at least 0 and below 1",
                     pool_place(context, spec), key, share);
}

static bool has_test_files(const Data_spec *spec)
{
    return spec->test.file != NULL || spec->test.inputs.count > 0 || spec->test.files.count > 0 ||
           spec->test.folder != NULL;
}

static bool has_folds(const Data_spec *spec)
{
    return spec->folds > 0 || spec->fold_column != NULL;
}

/* Is the test set a part of the training set? */
static bool has_test_rows(const Data_spec *spec)
{
    const Data_source *test = &spec->test;
    return test->split > 0 || test->where.count > 0 || test->by_class > 0 || test->held_out.count > 0 ||
           test->of_each > 0;
}

bool pool_has_test(const Data_spec *spec)
{
    return has_test_files(spec) || has_test_rows(spec) || (spec->format == DATA_PLAYGROUND && !has_folds(spec));
}

static void check_spec(Context *context, const Data_spec *spec)
{
    if (spec->format == DATA_NONE)
        context_fail(context, "%serror: the network has no data: section, so there is nothing to read",
                     pool_place(context, spec));
    check_share(context, spec, "test.split", spec->test.split);
    check_share(context, spec, "validation", spec->validation);
    if (has_test_files(spec) + (spec->test.split > 0) + (spec->test.where.count > 0) > 1)
        context_fail(context, "%serror: data.test has more than one of a file, a split and a where",
                     pool_place(context, spec));
    if (spec->features < 0 || spec->features > DATA_FEATURES)
        context_fail(context, "%serror: data.features has %d items; there are %d features", pool_place(context, spec),
                     spec->features, DATA_FEATURES);
    if (spec->test.by_class < 0 || spec->test.by_class >= 1 || spec->test.of_each < 0)
        context_fail(context, "%serror: data.test.split is by_class: %g, of_each: %d; a share below 1, or a count",
                     pool_place(context, spec), spec->test.by_class, spec->test.of_each);
    if (spec->folds < 0 || spec->folds == 1)
        context_fail(context, "%serror: data.folds is %d; it is 2 or more", pool_place(context, spec), spec->folds);
    if (has_folds(spec) && pool_has_test(spec))
        context_fail(context, "%serror: data.folds tests on each fold in turn; leave data.test out",
                     pool_place(context, spec));
}

/* Which files must be read to get at these parts. */
static int parts_needed(const Data_spec *spec, int parts, const Encoding *known)
{
    bool from_training = has_test_rows(spec) || has_folds(spec);
    bool unknown = (spec->format == DATA_CSV && (known == NULL || known->columns == 0)) ||
                   (spec->format == DATA_IMAGES && (known == NULL || known->classes[0].count == 0));
    if ((parts & POOL_TEST) && (from_training || unknown))
        parts |= POOL_TRAIN;
    return parts;
}

/* Names that the spec gives to the classes of the first target that has some. */
static void name_classes(Context *context, Pool *pool, const Data_spec *spec, const nnc_network *network)
{
    int t = 0;
    while (t < network->targets && (pool->kind[t] == TARGET_NONE || pool->kind[t] == TARGET_VALUES))
        t++;
    if (spec->classes.count == 0)
        return;
    if (t == network->targets)
        context_fail(context, "%serror: data.classes names classes, but network %s has no target of classes",
                     pool_place(context, spec), network->name);
    size_t count = pool_class_count(&network->target[t], pool->kind[t]);
    if (spec->classes.count != count)
        context_fail(context, "%serror: data.classes has %zu names, target %s of network %s has %zu classes",
                     pool_place(context, spec), spec->classes.count, network->target[t].name, network->name, count);
    Classes *classes = &pool->encoding->classes[t];
    *classes = (Classes){.count = count, .name = context_allocate(context, count, sizeof *classes->name)};
    memcpy(classes->name, spec->classes.item, count * sizeof *classes->name);
}

static void check_columns(Context *context, const Pool *pool, const nnc_network *network)
{
    for (int p = 0; p < 2; p++) {
        size_t width = 0;
        for (size_t i = 0; i < pool->part[p].inputs; i++)
            width += pool->part[p].input[i].width;
        if (pool->part[p].rows > 0 && width != pool->input_width)
            context_fail(context, "%s: error: a sample has %zu numbers, the network %s takes %zu",
                         pool->part[p].input[0].path, width, network->name, pool->input_width);
    }
}

static bool has_words(const Encoding *encoding)
{
    for (size_t c = 0; c < encoding->columns; c++) {
        if (encoding->column[c].words.count > 0)
            return true;
    }
    return false;
}

/* Samples of two numbers are their own place. */
static void find_places(Context *context, Pool *pool)
{
    if (pool->input_width != 2 || has_words(pool->encoding))
        return;
    for (int p = 0; p < 2; p++) {
        Part *part = &pool->part[p];
        if (part->rows == 0 || part->place != NULL)
            continue;
        part->place = context_allocate(context, part->rows, 2 * sizeof *part->place);
        for (size_t r = 0; r < part->rows; r++) {
            matrix_row(&part->input[0], r, part->place + 2 * r);
            if (part->inputs == 2)
                matrix_row(&part->input[1], r, part->place + 2 * r + 1);
        }
    }
}

Pool *pool_read(Context *context, const Data_spec *spec, const nnc_network *network, const char *directory, int parts,
                const Encoding *known)
{
    check_spec(context, spec);
    Pool *pool = context_allocate(context, 1, sizeof *pool);
    size_t targets = (size_t)network->targets;
    pool->kind = context_allocate(context, targets, sizeof *pool->kind);
    pool->input_width = pool_input_width(network);
    pool->encoding = context_allocate(context, 1, sizeof *pool->encoding);
    pool->encoding->classes = context_allocate(context, targets, sizeof *pool->encoding->classes);
    if (known != NULL)
        *pool->encoding = *known;
    for (int p = 0; p < 2; p++)
        pool->part[p].target = context_allocate(context, targets, sizeof *pool->part[p].target);
    parts = parts_needed(spec, parts, known);
    if (spec->format == DATA_IDX)
        idx_pool(context, pool, spec, network, directory, parts);
    else if (spec->format == DATA_CIFAR)
        cifar_pool(context, pool, spec, network, directory, parts);
    else if (spec->format == DATA_IMAGES)
        images_pool(context, pool, spec, network, directory, parts);
    else if (spec->format == DATA_CSV)
        csv_pool(context, pool, spec, network, directory, parts, known);
    else
        playground_pool(context, pool, spec, network);
    if (spec->format == DATA_IDX || spec->format == DATA_CIFAR)
        where_pick_by_index(context, pool, spec, directory);
    name_classes(context, pool, spec, network);
    check_columns(context, pool, network);
    find_places(context, pool);
    return pool;
}
