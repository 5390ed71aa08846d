/* test_real.c - every form of fma and square root in real.h gives the bits of libm's, which are exact.
 *
 * Arguments are random bits, the special values in all combinations, and triples made to hurt: c near -a b, so that the
 * sum cancels; products at the edge of the subnormals and of overflow; sums halfway between two numbers. */
#include "nnc/real.h"

#include <math.h>
#include <stdio.h>

static int passed, failed;
static uint64_t state = 1;

static uint64_t random_bits(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return state ^ (state >> 31);
}

static void check(const char *name, long wrong, long tried)
{
    printf("%-22s %ld of %ld differ%s\n", name, wrong, tried, wrong ? "  FAILED" : "");
    *(wrong ? &failed : &passed) += 1;
}

static int samef(float a, float b)
{
    return (isnan(a) && isnan(b)) || nnc_bitsf(a) == nnc_bitsf(b);
}

static int samed(double a, double b)
{
    return (isnan(a) && isnan(b)) || nnc_bitsd(a) == nnc_bitsd(b);
}

static const float specialf[] = {0.0f,
                                 -0.0f,
                                 1.0f,
                                 -1.0f,
                                 0x1p-149f,
                                 -0x1p-149f,
                                 0x1p-126f,
                                 -0x1p-126f,
                                 0x1.fffffcp-127f,
                                 0x1.fffffep127f,
                                 -0x1.fffffep127f,
                                 INFINITY,
                                 -INFINITY,
                                 NAN,
                                 0x1.000002p0f,
                                 0x1.fffffep-1f,
                                 0x1p-75f,
                                 -0x1.8p-75f,
                                 0x1p-24f,
                                 -0x1p-25f,
                                 0x1p24f,
                                 0x1p64f,
                                 -0x1p63f,
                                 0x1.000002p-126f,
                                 0x1p-63f,
                                 3.0f,
                                 0x1p104f,
                                 -0x1p103f};

static const double speciald[] = {0.0,
                                  -0.0,
                                  1.0,
                                  -1.0,
                                  0x1p-1074,
                                  -0x1p-1074,
                                  0x1p-1022,
                                  -0x1p-1022,
                                  0x0.fffffffffffffp-1022,
                                  0x1.fffffffffffffp1023,
                                  -0x1.fffffffffffffp1023,
                                  INFINITY,
                                  -INFINITY,
                                  NAN,
                                  0x1.0000000000001p0,
                                  0x1.fffffffffffffp-1,
                                  0x1p-537,
                                  -0x1.8p-538,
                                  0x1p-53,
                                  -0x1p-54,
                                  0x1p53,
                                  0x1p512,
                                  -0x1p511,
                                  0x1.0000000000001p-1022,
                                  0x1p-511,
                                  3.0,
                                  0x1p970,
                                  -0x1p969};

enum { SPECIALS = sizeof specialf / sizeof *specialf, RANDOMS = 1500000 };

typedef float fmaf_form(float, float, float);
typedef double fma_form(double, double, double);

/* Bits whose exponents lie near enough to each other that the terms meet. */
static float near_float(int centre, int spread)
{
    const uint64_t r = random_bits();
    const int exponent = centre + (int)(r >> 40) % (2 * spread + 1) - spread;
    const int limited = exponent < 0 ? 0 : exponent > 254 ? 254 : exponent;
    uint32_t mantissa = (uint32_t)r & UINT32_C(0x7fffff);
    if ((r >> 32) % 4 == 0)
        mantissa &= UINT32_C(0x700000) | ((mantissa >> 10) & 3);
    return nnc_from_bitsf((uint32_t)(r >> 63) << 31 | (uint32_t)limited << 23 | mantissa);
}

static double near_double(int centre, int spread)
{
    const uint64_t r = random_bits(), m = random_bits();
    const int exponent = centre + (int)(r >> 40) % (2 * spread + 1) - spread;
    const int limited = exponent < 0 ? 0 : exponent > 2046 ? 2046 : exponent;
    uint64_t mantissa = m & UINT64_C(0xfffffffffffff);
    if ((r >> 32) % 4 == 0)
        mantissa &= UINT64_C(0xe000000000000) | ((mantissa >> 10) & 3);
    return nnc_from_bitsd((r & 1) << 63 | (uint64_t)limited << 52 | mantissa);
}

static void test_fmaf_is_exact(const char *name, fmaf_form *form)
{
    long wrong = 0, tried = 0;
    for (int i = 0; i < SPECIALS; i++)
        for (int j = 0; j < SPECIALS; j++)
            for (int k = 0; k < SPECIALS; k++, tried++)
                wrong +=
                    !samef(form(specialf[i], specialf[j], specialf[k]), fmaf(specialf[i], specialf[j], specialf[k]));
    for (int i = 0; i < RANDOMS; i++, tried++) {
        float a = near_float(127, 20), b = near_float(127, 20), c = near_float(127, 60);
        if (i % 8 == 1)
            c = nnc_from_bitsf(nnc_bitsf(-a * b) + (uint32_t)(random_bits() % 3) - 1);
        if (i % 8 == 2) {
            a = near_float(64, 30);
            b = near_float(40, 30);
            c = near_float(0, 20);
        }
        if (i % 8 == 3) {
            a = near_float(190, 12);
            b = near_float(190, 12);
            c = near_float(250, 8);
        }
        if (i % 8 == 4) {
            a = nnc_from_bitsf((uint32_t)random_bits());
            b = nnc_from_bitsf((uint32_t)random_bits());
            c = nnc_from_bitsf((uint32_t)random_bits());
        }
        wrong += !samef(form(a, b, c), fmaf(a, b, c));
    }
    check(name, wrong, tried);
}

static void test_fma_is_exact(const char *name, fma_form *form)
{
    long wrong = 0, tried = 0;
    for (int i = 0; i < SPECIALS; i++)
        for (int j = 0; j < SPECIALS; j++)
            for (int k = 0; k < SPECIALS; k++, tried++)
                wrong +=
                    !samed(form(speciald[i], speciald[j], speciald[k]), fma(speciald[i], speciald[j], speciald[k]));
    for (int i = 0; i < RANDOMS; i++, tried++) {
        double a = near_double(1023, 40), b = near_double(1023, 40), c = near_double(1023, 140);
        if (i % 8 == 1)
            c = nnc_from_bitsd(nnc_bitsd(-a * b) + random_bits() % 3 - 1);
        if (i % 8 == 2) {
            a = near_double(512, 60);
            b = near_double(490, 60);
            c = near_double(0, 60);
        }
        if (i % 8 == 3) {
            a = near_double(1534, 20);
            b = near_double(1534, 20);
            c = near_double(2040, 20);
        }
        if (i % 8 == 4) {
            a = nnc_from_bitsd(random_bits());
            b = nnc_from_bitsd(random_bits());
            c = nnc_from_bitsd(random_bits());
        }
        wrong += !samed(form(a, b, c), fma(a, b, c));
    }
    check(name, wrong, tried);
}

static void test_sqrtf_is_exact(const char *name, float (*form)(float))
{
    long wrong = 0, tried = 0;
    for (int i = 0; i < SPECIALS; i++, tried++)
        wrong += !samef(form(specialf[i]), sqrtf(specialf[i]));
    for (int i = 0; i < RANDOMS; i++, tried++) {
        const float x = nnc_from_bitsf((uint32_t)random_bits() >> (i % 3)), y = near_float(127, 2) * 4.0f;
        wrong += !samef(form(x), sqrtf(x));
        wrong += !samef(form(y * y), sqrtf(y * y));
    }
    check(name, wrong, tried);
}

static void test_sqrt_is_exact(const char *name, double (*form)(double))
{
    long wrong = 0, tried = 0;
    for (int i = 0; i < SPECIALS; i++, tried++)
        wrong += !samed(form(speciald[i]), sqrt(speciald[i]));
    for (int i = 0; i < RANDOMS / 4; i++, tried++) {
        const double x = nnc_from_bitsd(random_bits() >> (i % 3)), y = near_double(1023, 2);
        wrong += !samed(form(x), sqrt(x));
        wrong += !samed(form(y * y), sqrt(y * y));
    }
    check(name, wrong, tried);
}

/* Each bit of a word goes in where it comes out, the one of the sign too, and touches no other. */
static void test_bits_of_a_word(void)
{
    long wrong = 0, tried = 0;
    for (int i = 0; i < 1000; i++) {
        const uint32_t wanted = i ? (uint32_t)random_bits() : UINT32_MAX;
        int32_t word = 0;
        for (uint32_t at = 0; at < 32; at++)
            word = nnc_with_bit((uint32_t)word, at, wanted >> at & 1u);
        wrong += (uint32_t)word != wanted;
        for (uint32_t element = 0; element < 96; element++, tried++)
            wrong += nnc_bit((uint32_t)word, element) != (int)(wanted >> element % 32 & 1u);
    }
    check("bits of a word", wrong, tried);
}

int main(void)
{
    test_fmaf_is_exact("fmaf", nnc_fmaf);
    test_fmaf_is_exact("fmaf, by double", nnc_fmaf_double);
    test_fmaf_is_exact("fmaf, by integers", nnc_fmaf_integer);
    test_fma_is_exact("fma", nnc_fma);
    test_fma_is_exact("fma, by integers", nnc_fma_integer);
    test_sqrtf_is_exact("sqrtf", nnc_sqrtf);
    test_sqrtf_is_exact("sqrtf, by integers", nnc_sqrtf_integer);
    test_sqrt_is_exact("sqrt", nnc_sqrt);
    test_sqrt_is_exact("sqrt, by integers", nnc_sqrt_integer);
    test_bits_of_a_word();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
