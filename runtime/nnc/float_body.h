/* float_body.h - constants and polynomials of math_body.h for float; included once for each form (scalar, lanes).
 *
 * Polynomials are minimax on their ranges, with coefficients rounded to float. */

#define NNC_UINT uint32_t
#define NNC_MANTISSA 23
#define NNC_BIAS 127
#define NNC_ROUNDER 0x1.8p23f /* x + NNC_ROUNDER has no room for a fraction; its last bits are the integer's */
#define NNC_ROUNDER_BITS UINT32_C(0x4b400000)
#define NNC_SIGN UINT32_C(0x80000000)
#define NNC_ONE_BITS UINT32_C(0x3f800000)
#define NNC_SQRT_HALF_BITS UINT32_C(0x3f3504f3)
#define NNC_SHORT_BITS UINT32_C(0xfffff000) /* keeps 12 bits of a mantissa: a product of two such is exact */
#define NNC_NORMAL_MIN 0x1p-126f
#define NNC_INTEGER_MIN 0x1p23f /* from here on every float is an integer */
#define NNC_INFINITY nnc_from_bitsf(UINT32_C(0x7f800000))
#define NNC_NAN nnc_from_bitsf(UINT32_C(0x7fc00000))
#define NNC_LOG2E 0x1.715476p0f
#define NNC_LN2_HIGH 0x1.62e4p-1f /* 15 bits: its product with an exponent is exact */
#define NNC_LN2_LOW 0x1.7f7d1cp-20f
#define NNC_EXP_MIN -104.0f
#define NNC_EXP_MAX 89.0f
#define NNC_EXPM1_MIN -18.0f
#define NNC_TANH_MAX 9.25f
#define NNC_TANH_SPLIT 0.55f
#define NNC_ERF_SPLIT 0.873046875f /* where -log(erfc) is nearly a float */
#define NNC_ERF_MAX 3.95f
#define NNC_TWO_OVER_PI 0x1.45f306p-1f
#define NNC_TRIG_MAX 1e5f
#define NNC_POW_MAX 0x1p32f
#define NNC_TWO_THIRDS_HIGH 0x1.554p-1f
#define NNC_TWO_THIRDS_LOW 0x1.555556p-13f

/* (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2. */
NNC_FN nnc_vec nnc_vexp_polynomial(nnc_vec r)
{
    nnc_vec p = r * 0x1.a2740cp-13f + 0x1.6d515ap-10f;
    p = p * r + 0x1.110feep-7f;
    p = p * r + 0x1.5554e4p-5f;
    p = p * r + 0x1.555556p-3f;
    return p * r + 0x1p-1f;
}

/* (2^f - 1) / f for |f| <= 1/2. */
NNC_FN nnc_vec nnc_vexp2_polynomial(nnc_vec f)
{
    nnc_vec p = f * 0x1.4419cep-13f + 0x1.5ef758p-10f;
    p = p * f + 0x1.3b2a52p-7f;
    p = p * f + 0x1.c6af9ap-5f;
    p = p * f + 0x1.ebfbep-3f;
    return p * f + 0x1.62e43p-1f;
}

/* (tanh(a) / a - 1) / a^2 of z = a^2, for a <= 0.55. */
NNC_FN nnc_vec nnc_vtanh_polynomial(nnc_vec z)
{
    nnc_vec p = z * -0x1.b05946p-8f + 0x1.5cf902p-6f;
    p = p * z - 0x1.b99b0ep-5f;
    p = p * z + 0x1.110fcap-3f;
    return p * z - 0x1.555554p-2f;
}

/* (log((1 + s) / (1 - s)) - 2 s) / s^3 of z = s^2, for s <= 0.172. */
NNC_FN nnc_vec nnc_vlog_polynomial(nnc_vec z)
{
    nnc_vec p = z * 0x1.2f03e6p-2f + 0x1.997b5ap-2f;
    return p * z + 0x1.55555cp-1f;
}

/* (3/2 log((1 + s) / (1 - s)) / s - 3 - s^2) / s^4 of z = s^2, for s <= 0.172. */
NNC_FN nnc_vec nnc_vpow_polynomial(nnc_vec z)
{
    nnc_vec p = z * 0x1.1cb146p-2f + 0x1.55886ep-2f;
    p = p * z + 0x1.b6da0ep-2f;
    return p * z + 0x1.333334p-1f;
}

/* (sin(r) / r - 1) / r^2 of z = r^2, for |r| <= pi / 4. */
NNC_FN nnc_vec nnc_vsin_polynomial(nnc_vec z)
{
    nnc_vec p = z * 0x1.876da6p-19f - 0x1.a08304p-13f;
    p = p * z + 0x1.111198p-7f;
    return p * z - 0x1.555556p-3f;
}

/* (cos(r) - 1 + r^2 / 2) / r^4 of z = r^2, for |r| <= pi / 4. */
NNC_FN nnc_vec nnc_vcos_polynomial(nnc_vec z)
{
    nnc_vec p = z * 0x1.9bc4f4p-16f - 0x1.6c129ap-10f;
    return p * z + 0x1.555554p-5f;
}

/* x - n pi / 2 as a sum of two. pi / 2 is taken in pieces of 8 bits, so that for n < 2^16 the products are exact; the
 * first three differences are, too, and the errors of the others are kept. */
NNC_FN nnc_pair nnc_vreduce(nnc_vec x, nnc_vec n)
{
    const nnc_vec first = x - n * 0x1.92p0f - n * 0x1.ep-12f - n * 0x1.b4p-16f;
    const nnc_pair second = nnc_vsubtract(first, n * 0x1.44p-24f);
    const nnc_pair third = nnc_vsubtract(second.high, n * 0x1.08p-34f);
    const nnc_pair fourth = nnc_vsubtract(third.high, n * 0x1.ap-41f);
    return nnc_vsubtract(fourth.high, n * 0x1.84698ap-48f - (second.low + third.low + fourth.low));
}

/* (erf(x) / x - 1) of z = x^2, for |x| <= 0.875. */
NNC_FN nnc_vec nnc_verf_polynomial(nnc_vec z)
{
    nnc_vec p = z * 0x1.5b13fep-14f - 0x1.a9b192p-11f;
    p = p * z + 0x1.54b6b8p-8f;
    p = p * z - 0x1.b80c86p-6f;
    p = p * z + 0x1.ce2deap-4f;
    p = p * z - 0x1.812742p-2f;
    return p * z + 0x1.06eba8p-3f;
}

/* erfc(a) = factor(a) e^exponent(a), for NNC_ERF_SPLIT <= a <= 3.95: here -log(erfc(a)) is a polynomial. */
NNC_FN nnc_vec nnc_verfc_exponent(nnc_vec a)
{
    const nnc_vec t = a - NNC_ERF_SPLIT;
    nnc_vec p = t * -0x1.a3a92cp-13f + 0x1.0ad542p-9f;
    p = p * t - 0x1.6f78fap-7f;
    p = p * t + 0x1.806568p-5f;
    p = p * t + 0x1.a70e04p-1f;
    p = p * t + 0x1.36a7a2p1f;
    p = p * t + 0x1.873052p0f;
    return -p;
}

NNC_FN nnc_vec nnc_verfc_factor(nnc_vec a)
{
    (void)a;
    return nnc_splat(1.0f);
}
