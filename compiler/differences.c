/* differences.c - an analytic gradient against central differences, element by element and along directions.
 *
 * The central difference with h = eps^(1/3) is tried first. Where it is not well below the limit, because of rounding
 * or curvature, Richardson's extrapolation (4 D(h/2) - D(h)) / 3 of larger steps decides, whose error is of order h^4.
 * A difference counts only if all its points took the same branches as the middle: so a kink is never differentiated
 * across. Where every step meets one the data is drawn anew, and that is counted. */
#include "differences.h"

#include "nnc/random.h"

#include <math.h>
#include <string.h>

enum { REDRAWS_MAX = 4 };

double relative_error(double analytic, double numeric, double floor)
{
    double larger = fmax(fabs(analytic), fabs(numeric));
    double error = fabs(analytic - numeric) / fmax(larger, floor);
    if (analytic == numeric)
        return 0;
    return isfinite(analytic) && isfinite(numeric) && isfinite(error) ? error : 1;
}

/* ---- probes: one element, or a direction of length 1 through all ---- */

typedef struct Probe {
    Subject *subject;
    const Claim *claim;
    long long element;       /* -1: along the direction */
    const double *direction; /* [elements] */
    double *base;            /* [elements]: the values in the middle */
    double middle, floor;    /* the loss there; what counts as small */
    uint64_t branches;
} Probe;

static void move(const Probe *probe, double distance)
{
    double *value = probe->claim->value;
    if (probe->element >= 0)
        value[probe->element] = probe->base[probe->element] + distance;
    else
        for (long long i = 0; i < probe->claim->elements; i++)
            value[i] = probe->base[i] + distance * probe->direction[i];
}

static void move_back(const Probe *probe)
{
    if (probe->element >= 0)
        probe->claim->value[probe->element] = probe->base[probe->element];
    else
        memcpy(probe->claim->value, probe->base, (size_t)probe->claim->elements * sizeof(double));
}

static double analytic_slope(const Probe *probe)
{
    if (probe->element >= 0)
        return probe->claim->gradient[probe->element];
    double sum = 0;
    for (long long i = 0; i < probe->claim->elements; i++)
        sum += probe->claim->gradient[i] * probe->direction[i];
    return sum;
}

/* (f(+h) - f(-h)) / 2h with h made exact. False where one of the points lies behind a kink. */
static bool central(const Probe *probe, double h, double *slope)
{
    Subject *subject = probe->subject;
    if (probe->element >= 0) {
        double x = probe->base[probe->element];
        volatile double moved = x + h * fmax(1, fabs(x));
        h = moved - x;
    }
    uint64_t above, below;
    move(probe, h);
    double up = subject->loss(subject->context, &above);
    move(probe, -h);
    double down = subject->loss(subject->context, &below);
    move_back(probe);
    *slope = (up - down) / (2 * h);
    return above == probe->branches && below == probe->branches;
}

static bool richardson(const Probe *probe, double h, double *slope)
{
    double whole, half;
    bool smooth = central(probe, h, &whole) && central(probe, h / 2, &half);
    if (smooth)
        *slope = (4 * half - whole) / 3;
    return smooth;
}

typedef struct Attempt {
    bool (*slope)(const Probe *probe, double h, double *slope);
    double h;
    double share; /* of the limit: below it the next attempt is not made */
} Attempt;

static const Attempt attempts[] = {
    {central, 6.0554544523933429e-6, 0.1},
    {richardson, 1e-3, 0.1},
    {richardson, 1e-4, 0.5},
    {richardson, 1e-5, 1},
    {central, 4e-7, 1},
};

typedef enum Outcome { AGREES, DISAGREES, KINKED } Outcome;

static Outcome compare(Probe *probe, double *error, double *numeric)
{
    double analytic = analytic_slope(probe);
    bool kinked = false;
    *error = 1;
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        double slope = 0;
        if (!attempts[i].slope(probe, attempts[i].h, &slope)) {
            kinked = true;
            continue;
        }
        double now = relative_error(analytic, slope, probe->floor);
        if (now < *error) {
            *error = now;
            *numeric = slope;
        }
        if (now < DIFFERENCES_GATE * attempts[i].share)
            return AGREES;
    }
    if (*error < DIFFERENCES_GATE)
        return AGREES;
    return kinked ? KINKED : DISAGREES;
}

/* ---- what counts as small ---- */

/* The size of what is added up to the loss, whose terms may cancel. Where gates are shut it may be tiny, too, while
 * numbers like 1 - z inside of it are rounded as 1 is. */
static double loss_scale(const Probe *probe)
{
    const Subject *subject = probe->subject;
    double sum = 0;
    for (int c = 0; c < subject->claims; c++)
        for (long long i = 0; i < subject->claim[c].elements; i++)
            sum += fabs(subject->claim[c].gradient[i] * subject->claim[c].value[i]);
    return fmax(1, fmax(sum, fabs(probe->middle)));
}

/* The rounding of the loss: what is left of a second difference so short that the function itself has none. */
static double loss_noise(const Probe *probe)
{
    enum { PAIRS = 6 };
    const Subject *subject = probe->subject;
    const Claim *claim = probe->claim;
    double loudest = 0;
    for (int pair = 0; pair < PAIRS; pair++) {
        double sum = -2 * probe->middle;
        bool smooth = true;
        for (int side = -1; side <= 1; side += 2) {
            uint64_t branches;
            for (long long i = 0; i < claim->elements; i++)
                claim->value[i] += side * 1e-12 * nnc_random_uniform((uint32_t)pair, (uint32_t)i);
            sum += subject->loss(subject->context, &branches);
            smooth = smooth && branches == probe->branches;
            memcpy(claim->value, probe->base, (size_t)claim->elements * sizeof(double));
        }
        if (smooth)
            loudest = fmax(loudest, fabs(sum) / 2);
    }
    return loudest;
}

/* A thousandth of the tensor's largest, or what differences cannot resolve. */
static double floor_of(const Probe *probe)
{
    double largest = 0;
    for (long long i = 0; i < probe->claim->elements; i++)
        largest = fmax(largest, fabs(probe->claim->gradient[i]));
    return fmax(1e-3 * largest, fmax(1e-6 * loss_scale(probe), 1e10 * loss_noise(probe)));
}

static void start(Probe *probe)
{
    Subject *subject = probe->subject;
    memcpy(probe->base, probe->claim->value, (size_t)probe->claim->elements * sizeof(double));
    probe->middle = subject->loss(subject->context, &probe->branches);
    probe->floor = floor_of(probe);
}

/* Draws data anew while a kink is in the way. */
static void examine(Probe *probe, Finding *finding)
{
    double error, numeric = 0;
    Outcome outcome = compare(probe, &error, &numeric);
    if (outcome == KINKED)
        finding->redrawn++;
    for (int i = 0; outcome == KINKED && i < REDRAWS_MAX; i++) {
        probe->subject->redraw(probe->subject->context, ++probe->subject->draws);
        start(probe);
        outcome = compare(probe, &error, &numeric);
    }
    if (outcome != AGREES)
        finding->good = false;
    finding->differs |= outcome == DISAGREES;
    if (error > finding->worst || finding->where == -2) {
        finding->worst = error;
        finding->where = probe->element;
        finding->analytic = analytic_slope(probe);
        finding->numeric = numeric;
    }
}

/* ---- which probes ---- */

/* Random signs find an error anywhere; the signs of the gradient itself give the longest slope, in which a small common
 * factor shows. */
static void draw_direction(const Claim *claim, uint32_t key, bool along, double *direction)
{
    double squares = 0;
    for (long long i = 0; i < claim->elements; i++) {
        double size = nnc_random_normal(key, (uint32_t)i);
        direction[i] = along ? copysign(size, claim->gradient[i]) : size;
        squares += size * size;
    }
    for (long long i = 0; i < claim->elements; i++)
        direction[i] /= sqrt(squares);
}

/* One element out of each of `parts` equal parts. */
static long long spread(long long elements, long long parts, long long part, uint32_t key)
{
    double at = ((double)part + nnc_random_uniform(key, (uint32_t)part)) / (double)parts * (double)elements;
    return (long long)at < elements ? (long long)at : elements - 1;
}

Finding check_claim(Subject *subject, const Claim *claim, const Sample *sample)
{
    Finding finding = {.where = -2, .good = true};
    bool whole = claim->elements <= sample->elements;
    uint32_t key = nnc_random_key(subject->seed, (uint32_t)claim->elements, 7);
    Probe probe = {.subject = subject, .claim = claim, .base = NEW_ARRAY(claim->elements, double)};
    double *direction = whole ? NULL : NEW_ARRAY(claim->elements, double);
    finding.elements = whole ? claim->elements : sample->elements;
    finding.directions = whole ? 0 : sample->directions;
    start(&probe);
    finding.floor = probe.floor;
    for (long long i = 0; i < finding.elements; i++) {
        probe.element = whole ? i : spread(claim->elements, finding.elements, i, key);
        examine(&probe, &finding);
    }
    probe.element = -1;
    probe.direction = direction;
    for (int i = 0; i < finding.directions; i++) {
        draw_direction(claim, key + (uint32_t)i + 1, i % 2, direction);
        examine(&probe, &finding);
    }
    return finding;
}
