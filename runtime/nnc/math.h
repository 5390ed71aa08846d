/* math.h - exp, log, tanh and their kin, in float and in double, the same bits on every machine.
 *
 * Only + - * /, bit operations and selections, without branches and without fma: as exact where there is no FMA
 * hardware. The largest errors, in units in the last place (float: over all floats; powf and double: sampled):
 *
 *             exp    expm1  log    log1p  tanh   erf    sin    cos    pow
 *     float   0.87   1.24   0.91   0.93   1.84   0.99   0.80   0.79   0.96
 *     double  0.93   1.29   0.85   0.85   1.82   1.19   0.82   0.82   1.63
 *
 * Infinities, NaNs, subnormals and signed zeros are as C99 demands (pow: its whole table). Beyond these: sin and cos
 * are NaN for |x| > 1e5 (float) and 1e6 (double); fmax is x > y ? x : y, so y if either is NaN, and fmin likewise.
 * floor is exact. */
#ifndef NNC_MATH_H
#define NNC_MATH_H

#include "real.h"

NNC_FN float nnc_selectf(int32_t mask, float a, float b)
{
    return mask ? a : b;
}

NNC_FN float nnc_splatf(float x)
{
    return x;
}

/* y if either is NaN, or if both are zeros. */
NNC_FN float nnc_fmaxf(float x, float y)
{
    return x > y ? x : y;
}

NNC_FN float nnc_fminf(float x, float y)
{
    return x < y ? x : y;
}

#include "float_names_body.h"
#include "math_body.h"
#include "names_end_body.h"

#if NNC_HAS_DOUBLE

NNC_FN double nnc_selectd(int64_t mask, double a, double b)
{
    return mask ? a : b;
}

NNC_FN double nnc_splatd(double x)
{
    return x;
}

NNC_FN double nnc_fmax(double x, double y)
{
    return x > y ? x : y;
}

NNC_FN double nnc_fmin(double x, double y)
{
    return x < y ? x : y;
}

#include "double_names_body.h"
#include "math_body.h"
#include "names_end_body.h"
#endif

#endif
