/* augment.c - the pictures of a training step, changed at random. */
#include "augment.h"

#include "reals.h"
#include "nnc/random.h"

#include <math.h>
#include <string.h>

/* Keeps these random numbers apart from those of the orders and of the network. */
static const uint64_t purpose = 0x6175676d656e7431;

enum { DRAW_CROP, DRAW_TOP, DRAW_LEFT, DRAW_DOWN, DRAW_ASIDE, DRAW_MIRROR, DRAW_LIGHT, DRAW_ROW, DRAW_COLUMN };

enum { CHANNELS_MAX = 4 };

typedef struct Shape {
    int height, width, channels;
} Shape;

static bool is_picture(const nnc_port *port)
{
    return port->type == NNC_REAL && (port->rank == 2 || (port->rank == 3 && port->shape[2] <= CHANNELS_MAX));
}

static Shape shape_of(const nnc_port *port)
{
    return (Shape){port->shape[0], port->shape[1], port->rank == 3 ? port->shape[2] : 1};
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int pixels_of(double share, int side)
{
    return (int)floor(share * side + 0.5);
}

static void check_port(Context *context, const Data_augment *spec, const nnc_port *port)
{
    Shape shape = shape_of(port);
    int side = smaller(shape.height, shape.width);
    const char *key = spec->shift > 0 && pixels_of(spec->shift, side) == 0     ? "shift"
                      : spec->cutout > 0 && pixels_of(spec->cutout, side) == 0 ? "cutout"
                                                                               : NULL;
    if (key != NULL)
        context_fail(context,
                     "%s: error: augment.%s is a share of the picture; of %d x %d pixels, that is less than one",
                     spec->place, key, shape.height, shape.width);
}

Augment *augment_open(Context *context, const Data_augment *spec, const nnc_network *network, double black,
                      double white, uint64_t seed)
{
    size_t elements = 0;
    if (spec->place == NULL)
        return NULL;
    for (int i = 0; i < network->inputs; i++) {
        if (!is_picture(&network->input[i]))
            continue;
        check_port(context, spec, &network->input[i]);
        elements = network->input[i].elements > elements ? network->input[i].elements : elements;
    }
    if (elements == 0)
        context_fail(context, "%s: error: 'augment' is for an input of [height, width, channels]; network %s has none",
                     spec->place, network->name);
    for (int t = 0; t < network->targets; t++) {
        const nnc_port *port = &network->target[t];
        if (port->copies == 0 && port->rank >= 2)
            context_fail(context, "%s: error: target %s of network %s is a picture, too, which would not be augmented",
                         spec->place, port->name, network->name);
    }
    Augment *augment = context_allocate(context, 1, sizeof *augment);
    *augment = (Augment){.spec = *spec, .black = black, .white = white, .seed = seed ^ purpose};
    augment->from = context_allocate(context, elements, sizeof *augment->from);
    augment->to = context_allocate(context, elements, sizeof *augment->to);
    return augment;
}

/* ---- random numbers ---- */

static double draw(uint64_t key, uint32_t number)
{
    return nnc_random_key(key, number, 0) * 0x1p-32;
}

/* From -most to most, each as often. */
static int draw_whole(uint64_t key, uint32_t number, int most)
{
    return (int)floor(draw(key, number) * (2.0 * most + 1)) - most;
}

/* ---- geometry ---- */

static int clamp(int at, int count)
{
    return at < 0 ? 0 : at >= count ? count - 1 : at;
}

/* Where pixel i of `count` lies in a window of `length`, from `start`: between pixel `low` and the next, by `share`. */
typedef struct Between {
    int low, high;
    double share;
} Between;

static Between between(int i, int count, double start, double length)
{
    double at = fma(i + 0.5, length / count, start) - 0.5, low = floor(at);
    return (Between){clamp((int)low, count), clamp((int)low + 1, count), at - low};
}

static double mix(double a, double b, double share)
{
    return fma(share, b - a, a);
}

/* Every operation is one rounding, so the bits are those of any machine. */
static void crop(const Augment *augment, Shape shape, uint64_t key, const double *from, double *to)
{
    double side = fma(-augment->spec.crop, draw(key, DRAW_CROP), 1);
    double height = side * shape.height, width = side * shape.width;
    double top = draw(key, DRAW_TOP) * (1 - side) * shape.height;
    double left = draw(key, DRAW_LEFT) * (1 - side) * shape.width;
    for (int y = 0; y < shape.height; y++) {
        Between row = between(y, shape.height, top, height);
        const double *above = from + (size_t)row.low * (size_t)(shape.width * shape.channels);
        const double *below = from + (size_t)row.high * (size_t)(shape.width * shape.channels);
        for (int x = 0; x < shape.width; x++) {
            Between column = between(x, shape.width, left, width);
            int low = column.low * shape.channels, high = column.high * shape.channels;
            for (int c = 0; c < shape.channels; c++)
                *to++ = mix(mix(above[low + c], above[high + c], column.share),
                            mix(below[low + c], below[high + c], column.share), row.share);
        }
    }
}

/* Shift and mirror: each pixel is another one. */
static void move(const Augment *augment, Shape shape, uint64_t key, const double *from, double *to)
{
    int down = draw_whole(key, DRAW_DOWN, pixels_of(augment->spec.shift, shape.height));
    int aside = draw_whole(key, DRAW_ASIDE, pixels_of(augment->spec.shift, shape.width));
    bool mirrored = augment->spec.mirror && draw(key, DRAW_MIRROR) < 0.5;
    size_t pixel = (size_t)shape.channels;
    for (int y = 0; y < shape.height; y++) {
        const double *row = from + (size_t)clamp(y - down, shape.height) * (size_t)shape.width * pixel;
        for (int x = 0; x < shape.width; x++, to += pixel) {
            int source = clamp((mirrored ? shape.width - 1 - x : x) - aside, shape.width);
            memcpy(to, row + (size_t)source * pixel, pixel * sizeof *to);
        }
    }
}

/* ---- values ---- */

static void lighten(const Augment *augment, uint64_t key, double *values, size_t count)
{
    double factor = fma(augment->spec.brightness, 2 * draw(key, DRAW_LIGHT) - 1, 1);
    for (size_t i = 0; i < count; i++)
        values[i] = fmin(fma(factor, values[i] - augment->black, augment->black), augment->white);
}

static void cut_out(const Augment *augment, Shape shape, uint64_t key, double *values)
{
    int side = pixels_of(augment->spec.cutout, smaller(shape.height, shape.width));
    int top = (int)floor(draw(key, DRAW_ROW) * shape.height) - side / 2;
    int left = (int)floor(draw(key, DRAW_COLUMN) * shape.width) - side / 2;
    int first = left < 0 ? 0 : left, end = smaller(left + side, shape.width);
    for (int y = top < 0 ? 0 : top; y < smaller(top + side, shape.height) && first < end; y++) {
        double *row = values + (size_t)y * (size_t)(shape.width * shape.channels);
        memset(row + first * shape.channels, 0, (size_t)((end - first) * shape.channels) * sizeof *row);
    }
}

/* ---- a sample ---- */

static void load(const nnc_network *network, const void *values, size_t count, double *number)
{
    for (size_t i = 0; i < count; i++)
        number[i] = real_at(network->real_bytes, values, i);
}

static void store(const nnc_network *network, const double *number, size_t count, void *values)
{
    for (size_t i = 0; i < count; i++)
        real_put(network->real_bytes, values, i, number[i]);
}

static void swap(double **a, double **b)
{
    double *kept = *a;
    *a = *b;
    *b = kept;
}

void augment_sample(const Augment *augment, const nnc_network *network, int port, uint64_t place, void *values)
{
    if (!is_picture(&network->input[port]))
        return;
    size_t count = network->input[port].elements;
    Shape shape = shape_of(&network->input[port]);
    double *now = augment->from, *next = augment->to;
    uint32_t low = (uint32_t)(place & UINT32_MAX), high = (uint32_t)(place >> 32);
    uint64_t key = (uint64_t)nnc_random_key(augment->seed, low, high) << 32 | (uint32_t)port;
    load(network, values, count, now);
    if (augment->spec.crop > 0) {
        crop(augment, shape, key, now, next);
        swap(&now, &next);
    }
    if (augment->spec.shift > 0 || augment->spec.mirror) {
        move(augment, shape, key, now, next);
        swap(&now, &next);
    }
    if (augment->spec.brightness > 0)
        lighten(augment, key, now, count);
    if (augment->spec.cutout > 0)
        cut_out(augment, shape, key, now);
    store(network, now, count, values);
}
