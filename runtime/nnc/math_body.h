/* math_body.h - the functions of math.h, written once: nnc_vec is a float, a double or a vector of either.
 *
 * Included with the names of float_names_body.h, of double_names_body.h, or as it stands by lanes.h; the includer
 * provides the types, nnc_splat, nnc_select, nnc_bits, nnc_from_bits, nnc_vfmax and nnc_vfmin, and NNC_BODY_BYTES.
 * Only + - * /, bit operations and selections, each in every lane, in the same order: the same bits everywhere. */

/* An unevaluated sum; low is small beside high. */
typedef struct nnc_pair {
    nnc_vec high, low;
} nnc_pair;

/* a - b without error; |a| >= |b|, or a - b is a number itself. */
NNC_FN nnc_pair nnc_vsubtract(nnc_vec a, nnc_vec b)
{
    nnc_pair difference;
    difference.high = a - b;
    difference.low = (a - difference.high) - b;
    return difference;
}

#if NNC_BODY_BYTES == 4
#include "float_body.h"
#else
#include "double_body.h"
#endif

NNC_FN nnc_vec nnc_vfabs(nnc_vec x)
{
    return nnc_from_bits(nnc_bits(x) & ~NNC_SIGN);
}

/* y >= 0 with the sign of x. */
NNC_FN nnc_vec nnc_vwith_sign(nnc_vec y, nnc_vec x)
{
    return nnc_from_bits(nnc_bits(y) | (nnc_bits(x) & NNC_SIGN));
}

/* The leading half of the mantissa. */
NNC_FN nnc_vec nnc_vshort(nnc_vec x)
{
    return nnc_from_bits(nnc_bits(x) & NNC_SHORT_BITS);
}

/* To the nearest integer, for |x| < 2^22 (2^51). */
NNC_FN nnc_vec nnc_vround(nnc_vec x)
{
    nnc_vec shifted = x + NNC_ROUNDER;
    NNC_KEEP(shifted);
    nnc_vec n = shifted - NNC_ROUNDER;
    NNC_KEEP(n);
    return n;
}

NNC_FN nnc_vec nnc_vfloor(nnc_vec x)
{
    const nnc_vec a = nnc_vfabs(x);
    nnc_vec shifted = a + NNC_INTEGER_MIN;
    NNC_KEEP(shifted);
    const nnc_vec nearest = nnc_vwith_sign(shifted - NNC_INTEGER_MIN, x);
    const nnc_vec below = nnc_select(nearest > x, nearest - NNC_C(1.0), nearest);
    return nnc_select(a < NNC_INTEGER_MIN, below, x);
}

/* 2^n for an integer n; 0 for one below the least normal exponent. */
NNC_FN nnc_vec nnc_vpow2(nnc_vec n)
{
    return nnc_from_bits(nnc_bits(n + (NNC_ROUNDER + NNC_BIAS)) << NNC_MANTISSA);
}

#ifndef NNC_NATIVE_SCALE

/* y 2^n for y near 1 and an integer n, rounded once, also where it overflows or is subnormal. */
NNC_FN nnc_vec nnc_vscale(nnc_vec y, nnc_vec n)
{
    const nnc_vec half = nnc_vround(n * NNC_C(0.5));
    return y * nnc_vpow2(half) * nnc_vpow2(n - half);
}

#endif

/* e^r for r = high - low, |r| <= ln 2 / 2. */
NNC_FN nnc_vec nnc_vexp_reduced(nnc_vec high, nnc_vec low)
{
    const nnc_vec r = high - low;
    return (high - (low - r * r * nnc_vexp_polynomial(r))) + NNC_C(1.0);
}

/* With x = n ln 2 + r, e^x = 2^n e^r. */
NNC_FN nnc_vec nnc_vexp(nnc_vec x)
{
    const nnc_vec z = nnc_vfmin(nnc_splat(NNC_EXP_MAX), nnc_vfmax(nnc_splat(NNC_EXP_MIN), x));
    const nnc_vec n = nnc_vround(z * NNC_LOG2E);
    return nnc_vscale(nnc_vexp_reduced(z - n * NNC_LN2_HIGH, n * NNC_LN2_LOW), n);
}

/* (e^x - 1) / 2^n = (1 - w) + (e^r - 1) for x = n ln 2 + r and w = 2^-n. The signs are such that -0 stays. */
NNC_FN nnc_vec nnc_vexpm1_reduced(nnc_vec x, nnc_vec n, nnc_vec w)
{
    const nnc_vec high = x - n * NNC_LN2_HIGH, low = n * NNC_LN2_LOW;
    const nnc_vec r = high - low;
    return (high - (w - NNC_C(1.0))) - (low - r * r * nnc_vexp_polynomial(r));
}

NNC_FN nnc_vec nnc_vexpm1(nnc_vec x)
{
    const nnc_vec z = nnc_vfmin(nnc_splat(NNC_EXP_MAX), nnc_vfmax(nnc_splat(NNC_EXPM1_MIN), x));
    const nnc_vec n = nnc_vround(z * NNC_LOG2E);
    const nnc_vec w = nnc_vpow2(nnc_vfmax(-n, nnc_splat(NNC_C(-64.0))));
    return nnc_vscale(nnc_vexpm1_reduced(z, n, w), n);
}

/* Near 0 the odd series; further out 1 - 2 / (e^2a + 1), with e^2a = 2^f / w, w = 2^n and n - f = -2 a / ln 2. */
NNC_FN nnc_vec nnc_vtanh(nnc_vec x)
{
    const nnc_vec a = nnc_vfmin(nnc_splat(NNC_TANH_MAX), nnc_vfabs(x));
    const nnc_vec t = a * (-2 * NNC_LOG2E);
    nnc_vec shifted = t + NNC_ROUNDER;
    NNC_KEEP(shifted);
    nnc_vec n = shifted - NNC_ROUNDER;
    NNC_KEEP(n);
    const nnc_vec f = n - t, w = nnc_from_bits((nnc_bits(shifted) << NNC_MANTISSA) + NNC_ONE_BITS);
    const nnc_vec power = f * nnc_vexp2_polynomial(f) + NNC_C(1.0);
    const nnc_vec outer = NNC_C(1.0) - (w + w) / (power + w);
    const nnc_vec z = a * a;
    const nnc_vec inner = a + a * z * nnc_vtanh_polynomial(z);
    return nnc_vwith_sign(nnc_select(a < NNC_TANH_SPLIT, inner, outer), x);
}

/* log(1 + f + rest) - j ln 2, by s = f / (2 + f), for 1 + f between the roots of 1/2 and 2, an integer j, a tiny rest.
 */
NNC_FN nnc_vec nnc_vlog_reduced(nnc_vec f, nnc_vec rest, nnc_vec j)
{
    const nnc_vec s = f / (f + NNC_C(2.0));
    const nnc_vec z = s * s, h = f * f * NNC_C(0.5);
    const nnc_vec tail = h - s * (h + z * nnc_vlog_polynomial(z)) + (j * NNC_LN2_LOW - rest);
    return (f - tail) - j * NNC_LN2_HIGH;
}

/* -k of a normal x = 2^k m, m between the roots of 1/2 and 2; bits = nnc_bits(x) + NNC_ONE_BITS - NNC_SQRT_HALF_BITS.
 */
NNC_FN nnc_vec nnc_vlog_exponent(nnc_uvec bits)
{
    return (NNC_ROUNDER + NNC_BIAS) - nnc_from_bits((bits >> NNC_MANTISSA) + NNC_ROUNDER_BITS);
}

/* log(x) where that is defined: infinite at `pole`, NaN below it. */
NNC_FN nnc_vec nnc_vlog_domain(nnc_vec y, nnc_vec x, nnc_vec pole)
{
    const nnc_vec inside = nnc_select(x < NNC_INFINITY, y, x);
    return nnc_select(x > pole, inside, nnc_select(x == pole, nnc_splat(-NNC_INFINITY), nnc_splat(NNC_NAN)));
}

NNC_FN nnc_vec nnc_vlog(nnc_vec x)
{
    const nnc_vec normal = nnc_select(x < NNC_NORMAL_MIN, x * (NNC_INTEGER_MIN), x);
    const nnc_uvec bits = nnc_bits(normal) + (NNC_ONE_BITS - NNC_SQRT_HALF_BITS);
    const nnc_uvec fraction = bits & (((NNC_UINT)1 << NNC_MANTISSA) - 1);
    const nnc_vec f = nnc_from_bits(fraction + NNC_SQRT_HALF_BITS) - NNC_C(1.0);
    const nnc_vec j = nnc_vlog_exponent(bits);
    const nnc_vec shifted = nnc_select(x < NNC_NORMAL_MIN, j + NNC_MANTISSA, j);
    const nnc_vec zero = nnc_splat(NNC_C(0.0));
    return nnc_vlog_domain(nnc_vlog_reduced(f, zero, shifted), x, zero);
}

/* 1 + x = 2^k m, so f = m - 1 = w x - (1 - w) for w = 2^-k, and a rest that is not 0 only for k = 1. */
NNC_FN nnc_vec nnc_vlog1p(nnc_vec x)
{
    const nnc_vec j = nnc_vlog_exponent(nnc_bits(x + NNC_C(1.0)) + (NNC_ONE_BITS - NNC_SQRT_HALF_BITS));
    const nnc_vec w = nnc_vpow2(j + NNC_C(2.0)) * NNC_C(0.25);
    const nnc_vec f = w * x - (NNC_C(1.0) - w);
    const nnc_vec rest = w * x - (f + (NNC_C(1.0) - w));
    return nnc_vlog_domain(nnc_vlog_reduced(f, rest, j), x, nnc_splat(NNC_C(-1.0)));
}

/* Near 0 the odd series; further out 1 - erfc(|x|), where erfc is an exponential. */
NNC_FN nnc_vec nnc_verf(nnc_vec x)
{
    const nnc_vec a = nnc_vfmin(nnc_splat(NNC_ERF_MAX), nnc_vfabs(x));
    const nnc_vec exponent = nnc_verfc_exponent(a);
    const nnc_vec n = nnc_vround(exponent * NNC_LOG2E);
    const nnc_vec power = nnc_vexp_reduced(exponent - n * NNC_LN2_HIGH, n * NNC_LN2_LOW) * nnc_vpow2(n);
    const nnc_vec outer = nnc_vwith_sign(NNC_C(1.0) - power * nnc_verfc_factor(a), x);
    const nnc_vec inner = x + x * nnc_verf_polynomial(a * a);
    return nnc_select(a < NNC_ERF_SPLIT, inner, outer);
}

/* sin(x + quarter pi / 2), by x = n pi / 2 + r: the sine or cosine of r, and the sign of the quadrant. */
NNC_FN nnc_vec nnc_vsin_turned(nnc_vec x, NNC_UINT quarter)
{
    const nnc_vec n = nnc_vround(x * NNC_TWO_OVER_PI);
    const nnc_pair r = nnc_vreduce(x, n);
    const nnc_vec z = r.high * r.high, h = z * NNC_C(0.5);
    const nnc_vec sine = r.high + (r.high * z * nnc_vsin_polynomial(z) + (r.low - h * r.low));
    const nnc_vec top = NNC_C(1.0) - h;
    const nnc_vec cosine = top + (((NNC_C(1.0) - top) - h) + (z * z * nnc_vcos_polynomial(z) - r.high * r.low));
    const nnc_uvec quadrant = nnc_bits(n + NNC_ROUNDER) + quarter;
    const nnc_vec y = nnc_select((quadrant & 1) != 0, cosine, sine);
    const nnc_vec turned = nnc_from_bits(nnc_bits(y) ^ ((quadrant << (8 * NNC_BODY_BYTES - 2)) & NNC_SIGN));
    return nnc_select(nnc_vfabs(x) <= NNC_TRIG_MAX, turned, nnc_splat(NNC_NAN));
}

NNC_FN nnc_vec nnc_vsin(nnc_vec x)
{
    return nnc_select(x == NNC_C(0.0), x, nnc_vsin_turned(x, 0));
}

NNC_FN nnc_vec nnc_vcos(nnc_vec x)
{
    return nnc_vsin_turned(x, 1);
}

/* log(x) to half as many bits again, for x > 0. With s = f / d, d = 2 + f, in two parts (the first short enough to be
 * multiplied exactly) it is 2/3 s (3 + s^2 + rest) + k ln 2. */
NNC_FN nnc_pair nnc_vlog_pair(nnc_vec x)
{
    const nnc_vec normal = nnc_select(x < NNC_NORMAL_MIN, x * NNC_INTEGER_MIN, x);
    const nnc_uvec bits = nnc_bits(normal) + (NNC_ONE_BITS - NNC_SQRT_HALF_BITS);
    const nnc_vec m = nnc_from_bits((bits & (((NNC_UINT)1 << NNC_MANTISSA) - 1)) + NNC_SQRT_HALF_BITS);
    const nnc_vec f = m - NNC_C(1.0), inverse = NNC_C(1.0) / (m + NNC_C(1.0));
    const nnc_vec d_high = nnc_vshort(m + NNC_C(1.0)), d_low = m - (d_high - NNC_C(1.0));
    const nnc_vec s = f * inverse, s_high = nnc_vshort(s);
    const nnc_vec s_low = ((f - s_high * d_high) - s_high * d_low) * inverse;

    const nnc_vec z = s * s, square = s_high * s_high;
    const nnc_vec rest = z * z * nnc_vpow_polynomial(z) + s_low * (s_high + s);
    const nnc_vec t_high = nnc_vshort(square + rest + NNC_C(3.0));
    const nnc_vec t_low = rest - ((t_high - NNC_C(3.0)) - square);
    const nnc_vec u = s_high * t_high, v = s_low * t_high + t_low * s;
    const nnc_vec p_high = nnc_vshort(u + v), p_low = v - (p_high - u);

    const nnc_vec whole = nnc_vlog_exponent(bits);
    const nnc_vec j = nnc_select(x < NNC_NORMAL_MIN, whole + NNC_MANTISSA, whole);
    const nnc_vec q = p_high * NNC_TWO_THIRDS_HIGH;
    const nnc_vec q_low = p_high * NNC_TWO_THIRDS_LOW + p_low * (NNC_TWO_THIRDS_HIGH + NNC_TWO_THIRDS_LOW);
    const nnc_vec low = q_low - j * NNC_LN2_LOW;
    nnc_pair sum;
    sum.high = nnc_vshort((q + low) - j * NNC_LN2_HIGH);
    sum.low = low - ((sum.high + j * NNC_LN2_HIGH) - q);
    return sum;
}

/* |x|^y = e^(y log |x|) for finite x that is not 0. */
NNC_FN nnc_vec nnc_vpow_positive(nnc_vec x, nnc_vec y)
{
    const nnc_pair log = nnc_vlog_pair(x);
    const nnc_vec y_high = nnc_vshort(y);
    const nnc_vec high = y_high * log.high, low = (y - y_high) * log.high + y * log.low;
    const nnc_vec sum = high + low;
    const nnc_vec top = nnc_splat(NNC_EXP_MAX), bottom = nnc_splat(NNC_EXP_MIN), none = nnc_splat(NNC_C(0.0));
    const nnc_ivec beyond = (sum > NNC_EXP_MAX) | (sum < NNC_EXP_MIN);
    const nnc_vec a = nnc_select(beyond, nnc_select(sum > NNC_C(0.0), top, bottom), high);
    const nnc_vec b = nnc_select(beyond, none, low);
    const nnc_vec n = nnc_vround((a + b) * NNC_LOG2E);
    return nnc_vscale(nnc_vexp_reduced(a - n * NNC_LN2_HIGH, n * NNC_LN2_LOW - b), n);
}

/* As C's pow, x^0 = 1^y = 1 even for NaN; a negative x needs an integer y. */
NNC_FN nnc_vec nnc_vpow(nnc_vec x, nnc_vec y)
{
    const nnc_vec zero = nnc_splat(NNC_C(0.0)), one = nnc_splat(NNC_C(1.0));
    const nnc_vec a = nnc_vfabs(x), half = y * NNC_C(0.5);
    const nnc_vec limited = nnc_vfmin(nnc_splat(NNC_POW_MAX), nnc_vfmax(nnc_splat(-NNC_POW_MAX), y));
    const nnc_vec power = nnc_vpow_positive(a, limited);
    const nnc_vec at_zero = nnc_select(y < NNC_C(0.0), nnc_splat(NNC_INFINITY), zero);
    const nnc_vec at_infinity = nnc_select(y < NNC_C(0.0), zero, nnc_splat(NNC_INFINITY));
    const nnc_vec finite = nnc_select(a == NNC_C(0.0), at_zero, power);
    const nnc_vec size = nnc_select(a == NNC_INFINITY, at_infinity, finite);

    const nnc_ivec integral = nnc_vfloor(y) == y, odd = integral & (nnc_vfloor(half) != half);
    const nnc_vec signed_size = nnc_select(odd, nnc_vwith_sign(size, x), size);
    const nnc_ivec negative = x<NNC_C(0.0), bounded = x> - NNC_INFINITY, fraction = nnc_vfloor(y) < y;
    const nnc_vec defined = nnc_select(negative & bounded & fraction, nnc_splat(NNC_NAN), signed_size);
    const nnc_vec known = nnc_select((x == x) & (y == y), defined, x + y);
    return nnc_select((x == NNC_C(1.0)) | (y == NNC_C(0.0)), one, known);
}
