/* playground.c - the data sets of TensorFlow playground: points of a plane in [-6, 6], by its formulas, drawn from our
 * own random numbers, so that a seed gives the same points on every machine. */
#include "playground.h"

#include "pool.h"

#include "nnc/math.h"
#include "nnc/random.h"

#include <math.h>

enum { SAMPLES_DEFAULT = 1000, SAMPLES_MAX = 10000000, STREAM_UNIFORM = 0, STREAM_NORMAL = 1, STREAM_ORDER = 2 };

static const double pi = 3.14159265358979323846;

typedef struct Point {
    double x, y, label; /* label: -1 or 1, or a number between */
} Point;

typedef struct Dice {
    uint32_t uniform_key, normal_key, uniforms, normals;
} Dice;

static double uniform(Dice *dice, double low, double high)
{
    return low + (high - low) * nnc_random_uniform(dice->uniform_key, dice->uniforms++);
}

static double normal(Dice *dice, double mean, double variance)
{
    return mean + nnc_sqrt(variance) * nnc_random_normal(dice->normal_key, dice->normals++);
}

static double distance(double x, double y, double cx, double cy)
{
    return nnc_sqrt((x - cx) * (x - cx) + (y - cy) * (y - cy));
}

/* Half of the points within half the radius, half between 0.7 and 1 of it; noise moves the border, not the points. */
static Point circle(Dice *dice, double noise, int i, int count)
{
    const double radius = 5;
    bool inside = i < count / 2;
    double r = inside ? uniform(dice, 0, radius * 0.5) : uniform(dice, radius * 0.7, radius);
    double angle = uniform(dice, 0, 2 * pi);
    Point point = {.x = r * nnc_sin(angle), .y = r * nnc_cos(angle)};
    double nx = uniform(dice, -radius, radius) * noise, ny = uniform(dice, -radius, radius) * noise;
    point.label = distance(point.x + nx, point.y + ny, 0, 0) < radius * 0.5 ? 1 : -1;
    return point;
}

static Point exclusive_or(Dice *dice, double noise, int i, int count)
{
    (void)i;
    (void)count;
    const double padding = 0.3;
    Point point = {.x = uniform(dice, -5, 5), .y = uniform(dice, -5, 5)};
    point.x += point.x > 0 ? padding : -padding;
    point.y += point.y > 0 ? padding : -padding;
    double nx = uniform(dice, -5, 5) * noise, ny = uniform(dice, -5, 5) * noise;
    point.label = (point.x + nx) * (point.y + ny) >= 0 ? 1 : -1;
    return point;
}

/* Two clouds at (2, 2) and (-2, -2), of variance 0.5 without noise and 4 at noise 0.5. */
static Point gauss(Dice *dice, double noise, int i, int count)
{
    double label = i < count / 2 ? 1 : -1;
    double variance = 0.5 + noise / 0.5 * 3.5;
    double x = normal(dice, 2 * label, variance);
    return (Point){.x = x, .y = normal(dice, 2 * label, variance), .label = label};
}

static Point spiral(Dice *dice, double noise, int i, int count)
{
    bool first = i < count / 2;
    int arm = first ? count / 2 : count - count / 2, at = first ? i : i - count / 2;
    double along = (double)at / arm;
    double r = along * 5, t = 1.75 * along * 2 * pi + (first ? 0 : pi);
    double x = r * nnc_sin(t) + uniform(dice, -1, 1) * noise;
    return (Point){.x = x, .y = r * nnc_cos(t) + uniform(dice, -1, 1) * noise, .label = first ? 1 : -1};
}

static Point plane(Dice *dice, double noise, int i, int count)
{
    (void)i;
    (void)count;
    Point point = {.x = uniform(dice, -6, 6), .y = uniform(dice, -6, 6)};
    double nx = uniform(dice, -6, 6) * noise, ny = uniform(dice, -6, 6) * noise;
    point.label = (point.x + nx + point.y + ny) / 10;
    return point;
}

/* Six hills and valleys, each falling linearly to 0 at distance 2; where two meet, the greater in size counts. */
static double hills(double x, double y)
{
    static const double hill[6][3] = {{-4, 2.5, 1},   {0, 2.5, -1}, {4, 2.5, 1},
                                      {-4, -2.5, -1}, {0, -2.5, 1}, {4, -2.5, -1}};
    double label = 0;
    for (int k = 0; k < 6; k++) {
        double height = 1 - distance(x, y, hill[k][0], hill[k][1]) / 2;
        if (height > fabs(label))
            label = hill[k][2] * height;
    }
    return label;
}

static Point gauss_regression(Dice *dice, double noise, int i, int count)
{
    (void)i;
    (void)count;
    Point point = {.x = uniform(dice, -6, 6), .y = uniform(dice, -6, 6)};
    double nx = uniform(dice, -6, 6) * noise, ny = uniform(dice, -6, 6) * noise;
    point.label = hills(point.x + nx, point.y + ny);
    return point;
}

static double feature(Data_feature which, Point point)
{
    switch (which) {
    case DATA_FEATURE_X2:
        return point.y;
    case DATA_FEATURE_X1_SQUARED:
        return point.x * point.x;
    case DATA_FEATURE_X2_SQUARED:
        return point.y * point.y;
    case DATA_FEATURE_X1_X2:
        return point.x * point.y;
    case DATA_FEATURE_SIN_X1:
        return nnc_sin(point.x);
    case DATA_FEATURE_SIN_X2:
        return nnc_sin(point.y);
    default:
        return point.x;
    }
}

void playground_features(const Data_spec *spec, double x, double y, double *values)
{
    static const Data_feature usual[] = {DATA_FEATURE_X1, DATA_FEATURE_X2};
    int features = spec->features == 0 ? 2 : spec->features;
    const Data_feature *chosen = spec->features == 0 ? usual : spec->feature;
    for (int f = 0; f < features; f++)
        values[f] = feature(chosen[f], (Point){.x = x, .y = y});
}

/* All points of both sets, in random order: the first are for training. */
static Point *draw(Context *context, const Data_spec *spec, int count)
{
    typedef Point Pattern(Dice * dice, double noise, int i, int count);
    static Pattern *const patterns[] = {circle, exclusive_or, gauss, spiral, plane, gauss_regression};
    Dice dice = {.uniform_key = nnc_random_key(spec->seed, spec->pattern, STREAM_UNIFORM),
                 .normal_key = nnc_random_key(spec->seed, spec->pattern, STREAM_NORMAL)};
    Point *point = context_allocate(context, (size_t)count, sizeof *point);
    for (int i = 0; i < count; i++)
        point[i] = patterns[spec->pattern](&dice, spec->noise, i, count);
    uint32_t order_key = nnc_random_key(spec->seed, spec->pattern, STREAM_ORDER);
    for (int i = count - 1; i > 0; i--) {
        int k = (int)(nnc_random_uniform(order_key, (uint32_t)i) * (i + 1));
        Point other = point[k];
        point[k] = point[i];
        point[i] = other;
    }
    return point;
}

static void fill_part(Context *context, Pool *pool, int p, const Data_spec *spec, const Point *point, size_t rows)
{
    size_t features = spec->features == 0 ? 2 : (size_t)spec->features;
    double *input = context_allocate(context, rows * features, sizeof *input);
    double *target = context_allocate(context, rows, sizeof *target);
    double *place = context_allocate(context, rows, 2 * sizeof *place);
    for (size_t r = 0; r < rows; r++) {
        playground_features(spec, point[r].x, point[r].y, input + r * features);
        place[2 * r] = point[r].x;
        place[2 * r + 1] = point[r].y;
        target[r] = pool->kind[0] == TARGET_VALUES ? point[r].label : point[r].label > 0;
    }
    Part *part = &pool->part[p];
    Matrix matrix = {
        .path = "data.features", .type = MATRIX_DOUBLE, .rows = rows, .width = features, .scale = 1, .values = input};
    part->rows = rows;
    part->place = place;
    part->inputs = 1;
    part->input = context_allocate(context, 1, sizeof *part->input);
    part->input[0] = matrix;
    matrix.width = 1;
    matrix.values = target;
    if (pool->kind[0] != TARGET_NONE)
        part->target[0] = matrix;
}

/* A pattern of classes is numbers too for a network that is not counted by classes, as in the playground itself. */
static Target_kind target_kind(Context *context, const Data_spec *spec, const nnc_network *network)
{
    const nnc_port *port = &network->target[0];
    bool regression = spec->pattern == DATA_PATTERN_PLANE || spec->pattern == DATA_PATTERN_GAUSS_REGRESSION;
    bool classes = !regression && (port->type == NNC_INT32 || port->elements > 1 || network->metric != NNC_METRIC_NONE);
    Target_kind kind = pool_kind(network, 0, classes);
    bool fits = kind == TARGET_NONE ||
                (kind == TARGET_VALUES ? port->elements == 1 : pool_class_count(port, kind) == 2 && !regression);
    if (network->targets != 1 || !fits || (port->type == NNC_INT32 && port->elements != 1))
        context_fail(context, "%serror: pattern %s gives %s as the target; the network %s has another",
                     pool_place(context, spec), data_pattern_names[spec->pattern],
                     regression ? "one number" : "one of two classes", network->name);
    return kind;
}

static int sample_count(Context *context, const Data_spec *spec, const char *key, int asked)
{
    if (asked < 0 || asked > SAMPLES_MAX)
        context_fail(context, "%serror: data.%s is %d; it is 1 to %d points", pool_place(context, spec), key, asked,
                     SAMPLES_MAX);
    return asked == 0 ? SAMPLES_DEFAULT : asked;
}

void playground_pool(Context *context, Pool *pool, const Data_spec *spec, const nnc_network *network)
{
    if (!(spec->noise >= 0 && spec->noise <= 1))
        context_fail(context, "%serror: data.noise is %g; it is 0 to 1, in the playground up to 0.5",
                     pool_place(context, spec), spec->noise);
    int train = sample_count(context, spec, "train", spec->train.samples);
    bool alone = spec->folds > 0 || spec->test.split > 0;
    int test = alone ? 0 : sample_count(context, spec, "test", spec->test.samples);
    pool->kind[0] = target_kind(context, spec, network);
    const Point *point = draw(context, spec, train + test);
    fill_part(context, pool, 0, spec, point, (size_t)train);
    if (test > 0)
        fill_part(context, pool, 1, spec, point + train, (size_t)test);
    Target_kind kind = pool->kind[0];
    if (kind == TARGET_NONE || kind == TARGET_VALUES)
        return;
    Classes *classes = &pool->encoding->classes[0];
    classes->count = 2;
    classes->name = context_allocate(context, 2, sizeof *classes->name);
    classes->name[0] = "-1";
    classes->name[1] = "1";
}
