/* contracts.h - any number that a function of the runtime may return, for the analyser. */
#ifndef NNC_PROOF_CONTRACTS_H
#define NNC_PROOF_CONTRACTS_H

/* A kernel by itself gets any floats; then nothing is claimed of floats, and nothing required. */
#ifndef PROOF_ANY_FLOAT
#define PROOF_ANY_FLOAT 0
#endif

#include <__fc_builtin.h>
#include <math.h>

/* Any number of [1 - share, 1 + share]. */
static double proof_about_one(double share)
{
    return Frama_C_double_interval(1.0 - share, 1.0 + share);
}

/* fma rounds the exact sum v once, to float; `exact` below is v rounded to double first, so v = exact * m for some m of
 * 1 +- 2^-53, also where exact is tiny, for no product of floats is subnormal in double. Rounding is monotonic: the
 * result is among the floats of exact * (1 +- 2^-50). */
#define nnc_fmaf(a, b, c) ((float)(((double)(a) * (double)(b) + (double)(c)) * proof_about_one(0x1p-50)))

/* What printed.py writes where both factors are the same words. EVA takes the ranges of both factors for those of two
 * numbers; of one sign each, they have no negative product. */
static float proof_square(float d)
{
    return d < 0.0f ? d * d : d * d;
}

static float proof_fma_square(float d, float c)
{
    return d < 0.0f ? nnc_fmaf(d, d, c) : nnc_fmaf(d, d, c);
}

/* factor * d * d */
static float proof_scaled_square(float factor, float d)
{
    return d < 0.0f ? factor * d * d : factor * d * d;
}

/* What printed.py writes for fma(a, b, -p) where p is a * b, rounded: half a unit in the last place of p at most, which
 * is 2^-24 of it or 2^-150; and then rounding goes no further than the next float. */
static float proof_product_error(float a, float b)
{
    return (float)((double)a * (double)b * Frama_C_double_interval(-0x1p-23, 0x1p-23)) +
           Frama_C_float_interval(-0x1p-149f, 0x1p-149f);
}

static float nnc_fabsf(float x)
{
    return x < 0.0f ? -x : x;
}

/*@ requires PROOF_ANY_FLOAT || x <= 88.0f; */
static float nnc_expf(float x)
{
    if (x < -87.0f)
        return Frama_C_float_interval(0.0f, 0x1p-120f);
    return (float)(exp((double)x) * proof_about_one(0.25));
}

/*@ requires PROOF_ANY_FLOAT || x <= 88.0f; */
static float nnc_expm1f(float x)
{
    if (x <= -0x1p-11f)
        return Frama_C_float_interval(-1.25f, -0x1p-12f);
    if (x < 0.0f)
        return Frama_C_float_interval(-1.25f, 0.25f);
    return (float)(exp((double)x) * Frama_C_double_interval(-0.25, 1.25));
}

static float nnc_tanhf(float x)
{
    (void)x;
    return Frama_C_float_interval(-1.25f, 1.25f);
}

/*@ requires PROOF_ANY_FLOAT || 0x1p-126f <= x; */
static float nnc_logf(float x)
{
    return (float)(log((double)x) * proof_about_one(0.25));
}

/*@ requires PROOF_ANY_FLOAT || 0.0f <= x <= 2.0f; */
static float nnc_log1pf(float x)
{
    return (float)(log((double)x + 1.0) + Frama_C_double_interval(-0.125, 0.125));
}

static float nnc_erff(float x)
{
    (void)x;
    return Frama_C_float_interval(-1.25f, 1.25f);
}

/*@ requires PROOF_ANY_FLOAT || -8.0f <= x <= 8.0f; */
static float nnc_cosf(float x)
{
    (void)x;
    return Frama_C_float_interval(-1.25f, 1.25f);
}

/*@ requires PROOF_ANY_FLOAT || 0.0f <= x; */
static float nnc_sqrtf(float x)
{
    return sqrtf(x);
}

#endif
