/* samples.c - samples as the network reads them: missing values filled, standardised, in the network's own types. */
#include "samples.h"

#include "hash.h"
#include "reals.h"
#include "standardize.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct Maker {
    Context *context;
    const Pool *pool;
    const Data_spec *spec;
    const nnc_network *network;
    Encoding *encoding;
    double *row; /* a sample's inputs, then its targets */
} Maker;

size_t samples_port_bytes(const nnc_network *network, const nnc_port *port)
{
    return port->elements * (port->type == NNC_REAL ? network->real_bytes : sizeof(int32_t));
}

/* A number that the network's type does not hold would be infinite from here on. */
static void check_number(Context *context, const nnc_network *network, const nnc_port *port, double value,
                         const char *place)
{
    double limit = network->real_bytes == sizeof(float) ? (double)FLT_MAX : DBL_MAX;
    if (port->type == NNC_REAL && !(fabs(value) <= limit))
        context_fail(context, "%serror: %g is no number that the network can hold (up to %g)", place, value, limit);
    if (port->type == NNC_INT32 && !(value == floor(value) && fabs(value) <= INT32_MAX))
        context_fail(context, "%serror: %g is no whole number, as input %s of network %s takes", place, value,
                     port->name, network->name);
}

void samples_write_inputs(Context *context, const nnc_network *network, const Encoding *encoding, double *number,
                          const Block *input, size_t sample, const char *place)
{
    size_t width = pool_input_width(network);
    for (size_t i = 0; encoding->fill != NULL && i < width; i++)
        number[i] = isnan(number[i]) ? encoding->fill[i] : number[i];
    standardize_apply(&encoding->inputs, number);
    for (int p = 0; p < network->inputs; p++) {
        const nnc_port *port = &network->input[p];
        unsigned char *values = input[p].values + sample * input[p].bytes;
        for (size_t i = 0; i < port->elements; i++) {
            check_number(context, network, port, number[i], place);
            if (port->type == NNC_REAL)
                real_put(network->real_bytes, values, i, number[i]);
            else
                ((int32_t *)(void *)values)[i] = (int32_t)number[i];
        }
        number += port->elements;
    }
}

static void write_target(const Maker *maker, int t, const double *number, unsigned char *values)
{
    const nnc_port *port = &maker->network->target[t];
    Target_kind kind = maker->pool->kind[t];
    for (size_t i = 0; i < port->elements; i++) {
        if (kind == TARGET_CLASS)
            ((int32_t *)(void *)values)[i] = (int32_t)number[i];
        else if (kind == TARGET_ONE_HOT)
            real_put(maker->network->real_bytes, values, i, (double)i == number[0] ? 1 : 0);
        else
            real_put(maker->network->real_bytes, values, i, kind == TARGET_SIGN ? 2 * number[i] - 1 : number[i]);
    }
}

/* The real targets of a row that are numbers, as they stand one after the other in the scaling; others count 0. */
static void read_targets(const Pool *pool, const nnc_network *network, int part, size_t row, double *number)
{
    for (int t = 0; t < network->targets; t++) {
        const nnc_port *port = &network->target[t];
        if (!pool_target_has_data(port) || port->type != NNC_REAL)
            continue;
        memset(number, 0, port->elements * sizeof *number);
        if (pool->kind[t] == TARGET_VALUES)
            matrix_row(&pool->part[part].target[t], row, number);
        number += port->elements;
    }
}

void samples_copy(const Block *block, size_t real_bytes, size_t sample, void *to)
{
    if (block->level == NULL) {
        memcpy(to, block->values + sample * block->bytes, block->bytes);
        return;
    }
    size_t elements = block->bytes / real_bytes;
    const unsigned char *byte = block->values + sample * elements;
    for (size_t i = 0; i < elements; i++) {
        if (real_bytes == sizeof(float))
            ((float *)to)[i] = ((const float *)block->level)[byte[i]];
        else
            ((double *)to)[i] = ((const double *)block->level)[byte[i]];
    }
}

static void read_inputs(const Pool *pool, int part, size_t row, double *number)
{
    for (size_t i = 0; i < pool->part[part].inputs; i++) {
        matrix_row(&pool->part[part].input[i], row, number);
        number += pool->part[part].input[i].width;
    }
}

static void write_targets(const Maker *maker, int part, size_t row, const Set *set, size_t sample)
{
    double *number = maker->row;
    read_targets(maker->pool, maker->network, part, row, number);
    standardize_apply(&maker->encoding->targets, number);
    for (int t = 0; t < maker->network->targets; t++) {
        const nnc_port *port = &maker->network->target[t];
        unsigned char *values = set->target[t].values + sample * set->target[t].bytes;
        double *raw = maker->row + pool_target_width(maker->network);
        if (maker->pool->kind[t] == TARGET_NONE)
            continue;
        if (maker->pool->kind[t] != TARGET_VALUES)
            matrix_row(&maker->pool->part[part].target[t], row, raw);
        write_target(maker, t, maker->pool->kind[t] == TARGET_VALUES ? number : raw, values);
        number += port->type == NNC_REAL ? port->elements : 0;
    }
}

/* Pictures in memory take a byte a number, as long as each byte means the same wherever it stands. */
static bool stays_bytes(const Maker *maker)
{
    return maker->spec->format == DATA_IMAGES && maker->encoding->inputs.width == 0;
}

static void *make_levels(const Maker *maker)
{
    void *level = context_allocate(maker->context, 256, maker->network->real_bytes);
    const char *place = pool_place(maker->context, maker->spec);
    for (int byte = 0; byte < 256; byte++) {
        double value = byte * (maker->spec->scale == 0 ? 1 : maker->spec->scale) + maker->spec->offset;
        check_number(maker->context, maker->network, &maker->network->input[0], value, place);
        real_put(maker->network->real_bytes, level, (size_t)byte, value);
    }
    return level;
}

static Block make_pictures(const Maker *maker, const Rows *rows)
{
    const nnc_port *port = &maker->network->input[0];
    const Matrix *pixels = &maker->pool->part[rows->part].input[0];
    Block block = {.bytes = samples_port_bytes(maker->network, port), .level = make_levels(maker)};
    block.values = context_allocate(maker->context, rows->count, port->elements);
    for (size_t i = 0; i < rows->count; i++)
        memcpy(block.values + i * port->elements, (const unsigned char *)pixels->values + rows->row[i] * pixels->width,
               port->elements);
    return block;
}

static Block make_inputs(const Maker *maker, const Rows *rows, int p)
{
    Block block = {.bytes = samples_port_bytes(maker->network, &maker->network->input[p])};
    block.values = context_allocate(maker->context, rows->count, block.bytes);
    return block;
}

static Set make_set(const Maker *maker, const Rows *rows)
{
    const nnc_network *network = maker->network;
    Context *context = maker->context;
    Set set = {.samples = rows->count,
               .input = context_allocate(context, (size_t)network->inputs, sizeof(Block)),
               .target = context_allocate(context, (size_t)network->targets, sizeof(Block))};
    bool bytes = stays_bytes(maker);
    for (int p = 0; p < network->inputs; p++)
        set.input[p] = bytes ? make_pictures(maker, rows) : make_inputs(maker, rows, p);
    for (int t = 0; t < network->targets; t++) {
        bool data = pool_target_has_data(&network->target[t]);
        set.target[t].bytes = data ? samples_port_bytes(network, &network->target[t]) : 0;
        set.target[t].values = context_allocate(context, data ? rows->count : 1, data ? set.target[t].bytes : 1);
    }
    const Part *part = &maker->pool->part[rows->part];
    char place[256] = "";
    for (size_t i = 0; i < rows->count; i++) {
        if (i == 0)
            snprintf(place, sizeof place, "%.200s: ", part->input[0].path);
        if (!bytes) {
            read_inputs(maker->pool, rows->part, rows->row[i], maker->row);
            samples_write_inputs(context, network, maker->encoding, maker->row, set.input, i, place);
        }
        write_targets(maker, rows->part, rows->row[i], &set, i);
    }
    return set;
}

/* The largest size among the reals of some blocks. */
static double peak(const nnc_network *network, const nnc_port *port, int ports, const Block *block, size_t samples)
{
    double found = 0;
    for (int p = 0; p < ports; p++) {
        for (size_t i = 0; port[p].type == NNC_REAL && block[p].bytes > 0 && i < samples * port[p].elements; i++) {
            const void *values = block[p].level != NULL ? block[p].level : block[p].values;
            size_t at = block[p].level != NULL ? block[p].values[i] : i;
            found = fmax(found, fabs(real_at(network->real_bytes, values, at)));
        }
    }
    return found;
}

static bool has_values(const Maker *maker)
{
    for (int t = 0; t < maker->network->targets; t++) {
        if (maker->pool->kind[t] == TARGET_VALUES)
            return true;
    }
    return false;
}

static void learn_targets(const Maker *maker, const Rows *train)
{
    size_t width = pool_target_width(maker->network);
    if (!maker->spec->standardize_targets || maker->encoding->targets.width > 0)
        return;
    if (!has_values(maker))
        context_fail(maker->context, "%serror: data.standardize.targets is for targets that are numbers; here are none",
                     pool_place(maker->context, maker->spec));
    double *table = context_allocate(maker->context, train->count * width, sizeof *table);
    for (size_t i = 0; i < train->count; i++)
        read_targets(maker->pool, maker->network, train->part, train->row[i], table + i * width);
    maker->encoding->targets = standardize_learn(maker->context, table, train->count, width, NULL);
    context_discard(maker->context, table);
}

static void learn_inputs(const Maker *maker, const Rows *train)
{
    Encoding *encoding = maker->encoding;
    size_t width = maker->pool->input_width;
    bool csv = maker->spec->format == DATA_CSV;
    bool median = maker->spec->missing == DATA_MISSING_MEDIAN;
    bool fill = csv && (median || maker->spec->missing == DATA_MISSING_MEAN) && encoding->fill == NULL;
    bool scale = maker->spec->standardize_inputs && encoding->inputs.width == 0;
    if (!fill && !scale)
        return;
    double *table = context_allocate(maker->context, train->count * width, sizeof *table);
    for (size_t i = 0; i < train->count; i++)
        read_inputs(maker->pool, train->part, train->row[i], table + i * width);
    if (fill)
        encoding->fill =
            standardize_fill(maker->context, table, train->count, width, median, maker->pool->part[0].input[0].path);
    for (size_t i = 0; encoding->fill != NULL && i < train->count * width; i++)
        table[i] = isnan(table[i]) ? encoding->fill[i % width] : table[i];
    if (scale)
        encoding->inputs = standardize_learn(maker->context, table, train->count, width, maker->pool->fixed);
    context_discard(maker->context, table);
}

Samples *samples_make(Context *context, const Pool *pool, const Split *split, const Data_spec *spec,
                      const nnc_network *network, const Encoding *known)
{
    Samples *samples = context_allocate(context, 1, sizeof *samples);
    Encoding *encoding = context_allocate(context, 1, sizeof *encoding);
    *encoding = *pool->encoding;
    size_t classes = 1; /* class numbers of one row: positions of a sequence */
    for (int t = 0; t < network->targets; t++)
        classes += network->target[t].elements;
    double *row = context_allocate(context, pool->input_width + pool_target_width(network) + classes, sizeof *row);
    Maker maker = {context, pool, spec, network, encoding, row};
    if (known == NULL) {
        learn_inputs(&maker, &split->train);
        learn_targets(&maker, &split->train);
    }
    samples->encoding = encoding;
    samples->train = make_set(&maker, &split->train);
    samples->validation = make_set(&maker, &split->validation);
    samples->test = make_set(&maker, &split->test);
    const Set *train = &samples->train;
    samples->input_peak = peak(network, network->input, network->inputs, train->input, train->samples);
    samples->target_peak = peak(network, network->target, network->targets, train->target, train->samples);
    bool bytes = pool->part[0].inputs > 0 && pool->part[0].input[0].type == MATRIX_UINT8;
    samples->augment = &spec->augment;
    samples->black = spec->offset;
    samples->white = bytes ? UINT8_MAX * (spec->scale == 0 ? 1 : spec->scale) + spec->offset : INFINITY;
    return samples;
}

static uint64_t hash_set(uint64_t hash, const Set *set, const nnc_network *network)
{
    uint64_t count = set->samples;
    hash = hash_bytes(hash, &count, sizeof count);
    for (int p = 0; p < network->inputs; p++) {
        const Block *block = &set->input[p];
        size_t bytes = block->level != NULL ? block->bytes / network->real_bytes : block->bytes;
        hash = hash_bytes(hash, block->values, set->samples * bytes);
        if (block->level != NULL)
            hash = hash_bytes(hash, block->level, 256 * network->real_bytes);
    }
    for (int t = 0; t < network->targets; t++)
        hash = hash_bytes(hash, set->target[t].values, set->samples * set->target[t].bytes);
    return hash;
}

uint64_t samples_hash(const Samples *samples, const nnc_network *network)
{
    const Data_augment *augment = samples->augment;
    uint64_t hash = hash_set(HASH_START, &samples->train, network);
    hash = hash_set(hash, &samples->validation, network);
    if (augment != NULL && augment->place != NULL) {
        const double numbers[] = {augment->mirror, augment->shift, augment->crop, augment->brightness, augment->cutout};
        hash = hash_bytes(hash, numbers, sizeof numbers);
    }
    return hash_set(hash, &samples->test, network);
}
