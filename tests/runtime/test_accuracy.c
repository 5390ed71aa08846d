/* test_accuracy.c - the errors of math.h, in units in the last place, against libm in a wider type.
 *
 *     test_accuracy            samples every function: dense near 0 and 1, all exponents, the special values
 *     test_accuracy --all [F]  every float (of function F alone): minutes for each
 *
 * An error above the bound that math.h states fails, as does an infinity, a NaN or a sign of zero that C99 does not ask
 * for. Floats are compared with libm's double, doubles with its long double. */
#include "nnc/math.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct float_case {
    const char *name;
    float (*ours)(float);
    double (*reference)(double);
    double bound; /* ulp */
    float range;  /* larger arguments give NaN */
} float_case;

typedef struct double_case {
    const char *name;
    double (*ours)(double);
    long double (*reference)(long double);
    double bound;
    double range;
} double_case;

static const float_case float_cases[] = {
    {"expf", nnc_expf, exp, 1.0, INFINITY},       {"expm1f", nnc_expm1f, expm1, 1.25, INFINITY},
    {"logf", nnc_logf, log, 1.0, INFINITY},       {"log1pf", nnc_log1pf, log1p, 1.0, INFINITY},
    {"tanhf", nnc_tanhf, tanh, 1.85, INFINITY},   {"erff", nnc_erff, erf, 1.0, INFINITY},
    {"sinf", nnc_sinf, sin, 1.0, 1e5f},           {"cosf", nnc_cosf, cos, 1.0, 1e5f},
    {"floorf", nnc_floorf, floor, 0.0, INFINITY}, {"sqrtf", nnc_sqrtf, sqrt, 0.5, INFINITY},
};

static const double_case double_cases[] = {
    {"exp", nnc_exp, expl, 1.0, INFINITY},
    {"expm1", nnc_expm1, expm1l, 1.5, INFINITY},
    {"log", nnc_log, logl, 1.0, INFINITY},
    {"log1p", nnc_log1p, log1pl, 1.0, INFINITY},
    {"tanh", nnc_tanh, tanhl, 2.0, INFINITY},
    {"erf", nnc_erf, erfl, 1.25, INFINITY},
    {"sin", nnc_sin, sinl, 1.0, 1e6},
    {"cos", nnc_cos, cosl, 1.0, 1e6},
    {"floor", nnc_floor, floorl, 0.0, INFINITY},
    {"sqrt", nnc_sqrt, sqrtl, 0.5, INFINITY},
};

enum {
    FLOAT_CASES = sizeof float_cases / sizeof *float_cases,
    DOUBLE_CASES = sizeof double_cases / sizeof *double_cases
};

/* |ours - reference| in units of the last of `digits` places; infinite where the kinds of number differ. */
static double ulps(long double ours, long double reference, long double largest, int digits, int least)
{
    if (isnan(reference) || isnan(ours))
        return isnan(reference) && isnan(ours) ? 0.0 : INFINITY;
    if (reference == 0 || ours == 0) {
        if (reference == 0)
            return ours == 0 && !signbit(ours) == !signbit(reference) ? 0.0 : INFINITY;
        if (signbit(ours) != signbit(reference))
            return INFINITY;
    }
    int exponent = 0;
    if (isinf(ours) || isinf(reference) || fabsl(reference) > largest) {
        if (isinf(reference))
            return isinf(ours) && (ours > 0) == (reference > 0) ? 0.0 : INFINITY;
        if (fabsl(reference) < largest * 0.99999L)
            return INFINITY;
        (void)frexpl(largest, &exponent);
        ours = isinf(ours) ? copysignl(ldexpl(1.0L, exponent), ours) : ours;
        if (fabsl(reference) > ldexpl(1.0L, exponent))
            return fabsl(ours) == ldexpl(1.0L, exponent) && (ours > 0) == (reference > 0) ? 0.0 : INFINITY;
    }
    (void)frexpl(reference, &exponent);
    const int last = exponent - digits > least ? exponent - digits : least;
    return (double)ldexpl(fabsl(ours - reference), -last);
}

static double float_error(const float_case *f, float x)
{
    const float y = f->ours(x);
    if (fabsf(x) > f->range)
        return isnan(y) ? 0.0 : INFINITY;
    const double reference = f->reference((double)x);
    const int exponent = (int)(nnc_bitsd(reference) >> 52 & 0x7ff) - 1023;
    if (exponent >= -126 && exponent < 127 && fabsf(y) <= 0x1p127f)
        return fabs((double)y - reference) * nnc_from_bitsd((uint64_t)(1023 + 23 - exponent) << 52);
    return ulps((long double)y, (long double)reference, 0x1.fffffep127L, 24, -149);
}

static double double_error(const double_case *f, double x)
{
    const double y = f->ours(x);
    if (fabs(x) > f->range)
        return isnan(y) ? 0.0 : INFINITY;
    return ulps((long double)y, f->reference((long double)x), 0x1.fffffffffffffp1023L, 53, -1074);
}

typedef struct worst {
    double error, at;
} worst;

static void keep_worse(worst *w, double error, double x)
{
    if (error > w->error) {
        w->error = error;
        w->at = x;
    }
}

static worst scan_floats(const float_case *f, uint32_t stride)
{
    worst w = {0.0, 0.0};
    for (uint64_t bits = 0; bits < UINT64_C(0x100000000); bits += stride) {
        const float x = nnc_from_bitsf((uint32_t)bits);
        keep_worse(&w, float_error(f, x), (double)x);
    }
    return w;
}

static const double special[] = {0.0,
                                 -0.0,
                                 INFINITY,
                                 -INFINITY,
                                 NAN,
                                 1.0,
                                 -1.0,
                                 0.5,
                                 -0.5,
                                 0x1p-149,
                                 -0x1p-149,
                                 0x1p-126,
                                 0x1.fffffcp-127,
                                 0x1.fffffep127,
                                 -0x1.fffffep127,
                                 88.72283f,
                                 88.7228394f,
                                 -87.33655f,
                                 -103.97208f,
                                 -103.972084f,
                                 -104.0f,
                                 0x1p-1022,
                                 0x1p-1074,
                                 0x1.fffffffffffffp1023,
                                 -0x1.fffffffffffffp1023,
                                 709.782712893384,
                                 709.7827128933841,
                                 -708.3964185322641,
                                 -745.1332191019411,
                                 -745.1332191019412,
                                 1e300,
                                 -1e300,
                                 0x1.0p23,
                                 0x1.000002p23,
                                 8388607.5,
                                 0x1p52,
                                 0x1.0000000000001p52,
                                 4503599627370495.5,
                                 1e5,
                                 -1e5,
                                 1e6,
                                 -1e6,
                                 0.875,
                                 3.95,
                                 5.95,
                                 9.25,
                                 20.0};

enum { SPECIALS = sizeof special / sizeof *special };

/* Steps through all exponents, and densely through [-range, range] and around 1. */
static worst scan_doubles(const double_case *f, int samples)
{
    worst w = {0.0, 0.0};
    uint64_t state = 1;
    for (int i = 0; i < samples; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const uint64_t random = state ^ (state >> 29);
        const double unit = (double)(random >> 11) * 0x1p-53;
        const double scale[] = {1.0, 4.0, 40.0, 800.0, 1e6};
        double x = nnc_from_bitsd(random);
        if (i % 8 < 5)
            x = (2.0 * unit - 1.0) * scale[i % 8];
        else if (i % 8 == 5)
            x = 1.0 + (unit - 0.5) * 1e-3;
        else if (i % 8 == 6)
            x = ldexp(2.0 * unit - 1.0, -(int)(random & 63));
        keep_worse(&w, double_error(f, x), x);
    }
    return w;
}

static int passed, failed;

static void report(const char *name, worst w, double bound)
{
    const int good = w.error <= bound;
    printf("%-8s %8.4f ulp at %-24.17g bound %g%s\n", name, w.error, w.at, bound, good ? "" : "  FAILED");
    *(good ? &passed : &failed) += 1;
}

/* pow has two arguments: bases of all sizes, exponents that keep the result in range, and the table of C99. */
static double random_unit(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)((*state ^ (*state >> 29)) >> 11) * 0x1p-53;
}

static void test_pow(int samples)
{
    worst wf = {0.0, 0.0}, wd = {0.0, 0.0};
    uint64_t state = 7;
    for (int i = 0; i < samples; i++) {
        const double u = random_unit(&state), v = random_unit(&state) * 2.0 - 1.0, t = random_unit(&state);
        const double base = i % 3 == 0   ? exp2((u - 0.5) * 290.0)
                            : i % 3 == 1 ? 0.5 + u
                                         : 1.0 + (u - 0.5) * exp2(-40.0 * t);
        const float xf = (float)base, yf = (float)(v * 110.0 / fmax(fabs(log((double)xf)), 1e-7));
        const double yd = v * 760.0 / fmax(fabs(log(base)), 1e-15);
        keep_worse(
            &wf, ulps((long double)nnc_powf(xf, yf), powl((long double)xf, (long double)yf), 0x1.fffffep127L, 24, -149),
            base);
        keep_worse(&wd,
                   ulps((long double)nnc_pow(base, yd), powl((long double)base, (long double)yd),
                        0x1.fffffffffffffp1023L, 53, -1074),
                   base);
    }
    report("powf", wf, 1.0);
    report("pow", wd, 2.0);
}

static void test_pow_specials(void)
{
    const double value[] = {0.0, -0.0, 1.0,        -1.0,       2.0,         -2.0,      0.5,           -0.5,
                            3.0, -3.0, 1e30,       -1e30,      INFINITY,    -INFINITY, NAN,           0x1p-140,
                            2.5, -2.5, 16777215.0, 16777216.0, -16777217.0, 0x1p-149,  0x1.fffffep127};
    const int count = sizeof value / sizeof *value;
    worst wf = {0.0, 0.0}, wd = {0.0, 0.0};
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++) {
            const float x = (float)value[i], y = (float)value[j];
            keep_worse(
                &wf, ulps((long double)nnc_powf(x, y), powl((long double)x, (long double)y), 0x1.fffffep127L, 24, -149),
                value[i]);
            keep_worse(&wd,
                       ulps((long double)nnc_pow(value[i], value[j]),
                            powl((long double)value[i], (long double)value[j]), 0x1.fffffffffffffp1023L, 53, -1074),
                       value[i]);
        }
    report("powf, special", wf, 1.0);
    report("pow, special", wd, 1.0);
}

int main(int argc, char **argv)
{
    const int all = argc > 1 && strcmp(argv[1], "--all") == 0;
    for (int i = 0; i < FLOAT_CASES; i++)
        if (!all || argc < 3 || strcmp(argv[2], float_cases[i].name) == 0) {
            worst w = scan_floats(&float_cases[i], all ? 1 : 4099);
            for (int s = 0; s < SPECIALS; s++)
                keep_worse(&w, float_error(&float_cases[i], (float)special[s]), special[s]);
            report(float_cases[i].name, w, float_cases[i].bound);
            fflush(stdout);
        }
    for (int i = 0; i < DOUBLE_CASES && !all; i++) {
        worst w = scan_doubles(&double_cases[i], 400000);
        for (int s = 0; s < SPECIALS; s++)
            keep_worse(&w, double_error(&double_cases[i], special[s]), special[s]);
        report(double_cases[i].name, w, double_cases[i].bound);
    }
    if (!all) {
        test_pow(300000);
        test_pow_specials();
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
