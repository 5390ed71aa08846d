/* surface.c - what a network of two inputs says over their plane. Two classes and numbers go from orange by white to
 * blue, as in TensorFlow's playground; more classes have a colour each, the paler the less sure the network is. */
#include "surface.h"

#include "playground.h"
#include "standardize.h"

#include <math.h>
#include <string.h>

enum { POINTS_MAX = 400, PALETTE = 10 };

static const uint32_t orange = 0xf59322, white = 0xe8eaeb, blue = 0x0877bd;
static const double playground_end = 6; /* what its page shows */
static const double strength = 0.7;     /* of the plane's colours, so that the points stand out */
static const uint32_t palette[PALETTE] = {0x0877bd, 0xf59322, 0x2ca02c, 0xd62728, 0x9467bd,
                                          0x8c564b, 0xe377c2, 0x7f7f7f, 0xbcbd22, 0x17becf};

typedef struct Painter {
    Context *context;
    const Pool *pool;
    const Data_spec *spec;
    const Encoding *encoding;
    const Scorer *scorer;
    const void *parameters;
    Set sample;          /* one */
    double *number;      /* its inputs */
    double *score;       /* what the network says */
    double middle, half; /* of numbers: those of pure white, and from there to pure colour */
} Painter;

/* ---- colours ---- */

/* Share 0: one colour; 1: the other. */
static uint32_t mix(uint32_t one, uint32_t other, double share)
{
    uint32_t mixed = 0;
    for (int shift = 0; shift < 24; shift += 8) {
        double a = one >> shift & 255, b = other >> shift & 255;
        mixed |= (uint32_t)(a + (b - a) * share + 0.5) << shift;
    }
    return mixed;
}

/* -1 orange, 0 white, 1 blue. */
static uint32_t diverging(double value)
{
    double clamped = value < -1 ? -1 : value > 1 ? 1 : value;
    return clamped < 0 ? mix(white, orange, -clamped) : mix(white, blue, clamped);
}

static bool is_class(Target_kind kind)
{
    return kind == TARGET_CLASS || kind == TARGET_ONE_HOT;
}

/* The largest score and its share of the exponentials' sum: the scores may be logits; or probabilities, if they are all
 * positive and add up to 1. */
static uint32_t class_colour(const double *score, size_t classes)
{
    size_t best = 0;
    double sum = 0, exponentials = 0;
    bool positive = true;
    for (size_t c = 0; c < classes; c++) {
        best = score[c] > score[best] ? c : best;
        sum += score[c];
        positive = positive && score[c] >= 0;
    }
    for (size_t c = 0; c < classes; c++)
        exponentials += exp(score[c] - score[best]);
    double probability = positive && fabs(sum - 1) < 1e-4 ? score[best] : 1 / exponentials;
    double sure = (probability * (double)classes - 1) / ((double)classes - 1);
    return mix(white, palette[best % PALETTE], 0.25 + 0.75 * sure);
}

static uint32_t answer_colour(const Painter *painter)
{
    const nnc_network *network = painter->scorer->network;
    switch (painter->pool->kind[0]) {
    case TARGET_CLASS:
    case TARGET_ONE_HOT:
        return class_colour(painter->score, network->scored.elements);
    case TARGET_BINARY: /* 2 p - 1 of the logit */
        return diverging(tanh(painter->score[0] / 2));
    case TARGET_SIGN:
        return diverging(painter->score[0]);
    default:
        standardize_undo(&painter->encoding->targets, painter->score);
        return diverging((painter->score[0] - painter->middle) / painter->half);
    }
}

static uint32_t target_colour(const Painter *painter, double target)
{
    Target_kind kind = painter->pool->kind[0];
    if (is_class(kind))
        return palette[(size_t)target % PALETTE];
    if (kind == TARGET_VALUES)
        return diverging((target - painter->middle) / painter->half);
    return target > 0 ? blue : orange;
}

/* ---- the network's answer at a place ---- */

static bool has_colour(const Pool *pool, const nnc_network *network)
{
    const nnc_port *target = &network->target[0];
    Target_kind kind = network->targets == 1 ? pool->kind[0] : TARGET_NONE;
    if (kind == TARGET_CLASS)
        return target->elements == 1 && network->scored.elements == (size_t)target->classes;
    if (kind == TARGET_ONE_HOT)
        return network->scored.elements == target->elements && network->metric == NNC_METRIC_CLASS;
    return kind != TARGET_NONE && target->elements == 1 && network->scored.elements == 1;
}

/* A single sample, whose target is 0: its loss is not looked at. */
static Set one_sample(Context *context, const nnc_network *network)
{
    Set set = {.samples = 1,
               .input = context_allocate(context, (size_t)network->inputs, sizeof(Block)),
               .target = context_allocate(context, (size_t)network->targets, sizeof(Block))};
    for (int p = 0; p < network->inputs; p++) {
        set.input[p].bytes = samples_port_bytes(network, &network->input[p]);
        set.input[p].values = score_memory(context, set.input[p].bytes);
    }
    for (int t = 0; t < network->targets; t++) {
        set.target[t].bytes = samples_port_bytes(network, &network->target[t]);
        set.target[t].values = score_memory(context, set.target[t].bytes);
    }
    return set;
}

static uint32_t colour_at(const Painter *painter, double x, double y)
{
    painter->number[0] = x;
    painter->number[1] = y;
    if (painter->spec->format == DATA_PLAYGROUND)
        playground_features(painter->spec, x, y, painter->number);
    samples_write_inputs(painter->context, painter->scorer->network, painter->encoding, painter->number,
                         painter->sample.input, 0, "");
    score_values(painter->scorer, painter->parameters, &painter->sample, 0, painter->score);
    return answer_colour(painter);
}

/* ---- places ---- */

static void find_ends(Surface *surface, const Pool *pool, const Data_spec *spec)
{
    for (int axis = 0; axis < 2; axis++) {
        double low = INFINITY, high = -INFINITY;
        for (int p = 0; p < 2; p++) {
            const Part *part = &pool->part[p];
            for (size_t r = 0; part->place != NULL && r < part->rows; r++) {
                low = fmin(low, part->place[2 * r + (size_t)axis]);
                high = fmax(high, part->place[2 * r + (size_t)axis]);
            }
        }
        double margin = high > low ? 0.05 * (high - low) : 1;
        bool whole = spec->format == DATA_PLAYGROUND && low >= -playground_end && high <= playground_end;
        surface->low[axis] = whole ? -playground_end : low - margin;
        surface->high[axis] = whole ? playground_end : high + margin;
    }
}

/* Where numbers are on both sides of 0, white is 0. */
static void find_range(Painter *painter)
{
    const Matrix *target = &painter->pool->part[0].target[0];
    double low = INFINITY, high = -INFINITY, value;
    if (painter->pool->kind[0] != TARGET_VALUES)
        return;
    for (size_t r = 0; r < painter->pool->part[0].rows; r++) {
        matrix_row(target, r, &value);
        low = fmin(low, value);
        high = fmax(high, value);
    }
    bool both = low < 0 && high > 0;
    painter->middle = both ? 0 : (low + high) / 2;
    painter->half = both ? fmax(-low, high) : (high - low) / 2;
    painter->half = painter->half > 0 ? painter->half : 1;
}

static Surface_points points_of(const Painter *painter, const Rows *rows)
{
    const Part *part = &painter->pool->part[rows->part];
    size_t every = (rows->count + POINTS_MAX - 1) / POINTS_MAX;
    Surface_points points = {.point = context_allocate(painter->context, POINTS_MAX, sizeof *points.point)};
    for (size_t i = 0; i < rows->count; i += every) {
        const double *place = part->place + 2 * (size_t)rows->row[i];
        double target;
        matrix_row(&part->target[0], rows->row[i], &target);
        if (isfinite(place[0]) && isfinite(place[1])) /* else a value is missing */
            points.point[points.count++] = (Surface_point){place[0], place[1], target_colour(painter, target)};
    }
    return points;
}

/* ---- the key ---- */

static void add_key(Surface *surface, const char *name, uint32_t colour)
{
    surface->key[surface->keys++] = (Surface_key){name, colour};
}

static void make_key(const Painter *painter, Surface *surface)
{
    Context *context = painter->context;
    const Classes *classes = &painter->encoding->classes[0];
    Target_kind kind = painter->pool->kind[0];
    size_t count = kind == TARGET_VALUES ? 3 : pool_class_count(&painter->scorer->network->target[0], kind);
    surface->key = context_allocate(context, count, sizeof *surface->key);
    for (int i = -1; i <= 1 && kind == TARGET_VALUES; i++)
        add_key(surface, context_format(context, "%.3g", painter->middle + i * painter->half), diverging(i));
    for (size_t c = 0; c < count && kind != TARGET_VALUES; c++)
        add_key(surface, classes->count == count ? classes->name[c] : context_format(context, "%zu", c),
                target_colour(painter, (double)c));
}

static void name_axes(Surface *surface, const Data_spec *spec, const Encoding *encoding)
{
    bool named = spec->format == DATA_CSV && encoding->columns == 2;
    surface->name[0] = named && encoding->column[0].name[0] != 0 ? encoding->column[0].name : "x1";
    surface->name[1] = named && encoding->column[1].name[0] != 0 ? encoding->column[1].name : "x2";
}

static void paint(const Painter *painter, Surface *surface)
{
    surface->colour =
        context_allocate(painter->context, (size_t)SURFACE_CELLS * SURFACE_CELLS, sizeof *surface->colour);
    double width = (surface->high[0] - surface->low[0]) / SURFACE_CELLS;
    double height = (surface->high[1] - surface->low[1]) / SURFACE_CELLS;
    for (int i = 0; i < SURFACE_CELLS; i++) {
        for (int k = 0; k < SURFACE_CELLS; k++)
            surface->colour[i * SURFACE_CELLS + k] = mix(
                white, colour_at(painter, surface->low[0] + (k + 0.5) * width, surface->low[1] + (i + 0.5) * height),
                strength);
    }
}

Surface *surface_make(Context *context, const Pool *pool, const Split *split, const Data_spec *spec,
                      const Encoding *encoding, const Scorer *scorer, const void *parameters)
{
    const nnc_network *network = scorer->network;
    if (pool->part[0].place == NULL || !has_colour(pool, network))
        return NULL;
    Painter painter = {context, pool, spec, encoding, scorer, parameters, .sample = one_sample(context, network)};
    painter.number = context_allocate(context, pool->input_width + DATA_FEATURES, sizeof *painter.number);
    painter.score = context_allocate(context, network->scored.elements, sizeof *painter.score);
    Surface *surface = context_allocate(context, 1, sizeof *surface);
    find_range(&painter);
    find_ends(surface, pool, spec);
    name_axes(surface, spec, encoding);
    paint(&painter, surface);
    make_key(&painter, surface);
    surface->train = points_of(&painter, &split->train);
    if (split->test.count > 0)
        surface->test = points_of(&painter, &split->test);
    return surface;
}
