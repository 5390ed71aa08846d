/* double_body.h - constants and polynomials of math_body.h for double; included once for each form (scalar, lanes).
 *
 * Polynomials are minimax on their ranges, with coefficients rounded to double. */

#define NNC_UINT uint64_t
#define NNC_MANTISSA 52
#define NNC_BIAS 1023
#define NNC_ROUNDER 0x1.8p52 /* x + NNC_ROUNDER has no room for a fraction; its last bits are the integer's */
#define NNC_ROUNDER_BITS UINT64_C(0x4338000000000000)
#define NNC_SIGN UINT64_C(0x8000000000000000)
#define NNC_ONE_BITS UINT64_C(0x3ff0000000000000)
#define NNC_SQRT_HALF_BITS UINT64_C(0x3fe6a09e667f3bcd)
#define NNC_SHORT_BITS UINT64_C(0xfffffffff8000000) /* keeps 26 bits of a mantissa: a product of two such is exact */
#define NNC_NORMAL_MIN 0x1p-1022
#define NNC_INTEGER_MIN 0x1p52 /* from here on every double is an integer */
#define NNC_INFINITY nnc_from_bitsd(UINT64_C(0x7ff0000000000000))
#define NNC_NAN nnc_from_bitsd(UINT64_C(0x7ff8000000000000))
#define NNC_LOG2E 0x1.71547652b82fep0
#define NNC_LN2_HIGH 0x1.62e42fefap-1 /* 36 bits: its product with an exponent is exact */
#define NNC_LN2_LOW 0x1.cf79abc9e3b3ap-40
#define NNC_EXP_MIN -746.0
#define NNC_EXP_MAX 710.0
#define NNC_EXPM1_MIN -38.0
#define NNC_TANH_MAX 20.0
#define NNC_TANH_SPLIT 0.55
#define NNC_ERF_SPLIT 0.875
#define NNC_ERF_MAX 5.95
#define NNC_TWO_OVER_PI 0x1.45f306dc9c883p-1
#define NNC_TRIG_MAX 1e6
#define NNC_POW_MAX 0x1p64
#define NNC_TWO_THIRDS_HIGH 0x1.555555p-1
#define NNC_TWO_THIRDS_LOW 0x1.5555555555555p-27

/* (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2. */
NNC_FN nnc_vec nnc_vexp_polynomial(nnc_vec r)
{
    nnc_vec p = r * 0x1.aeac0daef45a9p-26 + 0x1.2891e31508cbap-22;
    p = p * r + 0x1.71de59dfd516fp-19;
    p = p * r + 0x1.a019b8acfacdbp-16;
    p = p * r + 0x1.a01a018c38102p-13;
    p = p * r + 0x1.6c16c178ad176p-10;
    p = p * r + 0x1.11111111144d4p-7;
    p = p * r + 0x1.5555555553cd8p-5;
    p = p * r + 0x1.555555555554dp-3;
    return p * r + 0x1.0000000000001p-1;
}

/* (2^f - 1) / f for |f| <= 1/2. */
NNC_FN nnc_vec nnc_vexp2_polynomial(nnc_vec f)
{
    nnc_vec p = f * 0x1.ec4ba581ce083p-32 + 0x1.e60834456a734p-28;
    p = p * f + 0x1.b52348ad7104ap-24;
    p = p * f + 0x1.62bfd3675b911p-20;
    p = p * f + 0x1.ffcbfd3ff43cp-17;
    p = p * f + 0x1.43091309d43d4p-13;
    p = p * f + 0x1.5d87fe7875d03p-10;
    p = p * f + 0x1.3b2ab6fba1c1p-7;
    p = p * f + 0x1.c6b08d704a1cfp-5;
    p = p * f + 0x1.ebfbdff82c599p-3;
    return p * f + 0x1.62e42fefa39efp-1;
}

/* (tanh(a) / a - 1) / a^2 of z = a^2, for a <= 0.55. */
NNC_FN nnc_vec nnc_vtanh_polynomial(nnc_vec z)
{
    nnc_vec p = z * 0x1.9db67e400e732p-18 - 0x1.01ec3da35ceb6p-15;
    p = p * z + 0x1.83243e37efabap-14;
    p = p * z - 0x1.f21454e79331dp-13;
    p = p * z + 0x1.352480edaeb27p-11;
    p = p * z - 0x1.7d9f4154b5ab1p-10;
    p = p * z + 0x1.d6d397eeb77f9p-9;
    p = p * z - 0x1.226e345ea621cp-7;
    p = p * z + 0x1.664f487d359e4p-6;
    p = p * z - 0x1.ba1ba1ba0a655p-5;
    p = p * z + 0x1.111111111104ap-3;
    return p * z - 0x1.5555555555555p-2;
}

/* (log((1 + s) / (1 - s)) - 2 s) / s^3 of z = s^2, for s <= 0.172. */
NNC_FN nnc_vec nnc_vlog_polynomial(nnc_vec z)
{
    nnc_vec p = z * 0x1.2b81043383238p-3 + 0x1.39fb1a4ee2483p-3;
    p = p * z + 0x1.7462cd8470009p-3;
    p = p * z + 0x1.c71c6290f394dp-3;
    p = p * z + 0x1.2492492e2e9c6p-2;
    p = p * z + 0x1.9999999995137p-2;
    return p * z + 0x1.5555555555558p-1;
}

/* (3/2 log((1 + s) / (1 - s)) / s - 3 - s^2) / s^4 of z = s^2, for s <= 0.172. */
NNC_FN nnc_vec nnc_vpow_polynomial(nnc_vec z)
{
    nnc_vec p = z * 0x1.6a8b964511ab6p-3 + 0x1.675a02431b4dcp-3;
    p = p * z + 0x1.99a821ec525fep-3;
    p = p * z + 0x1.d89d4fd1a2c7cp-3;
    p = p * z + 0x1.1745d1b5cb5b9p-2;
    p = p * z + 0x1.5555555507682p-2;
    p = p * z + 0x1.b6db6db6db973p-2;
    return p * z + 0x1.3333333333333p-1;
}

/* (sin(r) / r - 1) / r^2 of z = r^2, for |r| <= pi / 4. */
NNC_FN nnc_vec nnc_vsin_polynomial(nnc_vec z)
{
    nnc_vec p = z * 0x1.5e0f93e46c168p-33 - 0x1.ae601b9d2bb23p-26;
    p = p * z + 0x1.71de37acc52b3p-19;
    p = p * z - 0x1.a01a019e9d8c9p-13;
    p = p * z + 0x1.1111111110c76p-7;
    return p * z - 0x1.5555555555555p-3;
}

/* (cos(r) - 1 + r^2 / 2) / r^4 of z = r^2, for |r| <= pi / 4. */
NNC_FN nnc_vec nnc_vcos_polynomial(nnc_vec z)
{
    nnc_vec p = z * -0x1.907209c227b75p-37 + 0x1.1eeb55de3f00bp-29;
    p = p * z - 0x1.27e4fa01247d8p-22;
    p = p * z + 0x1.a01a019f37055p-16;
    p = p * z - 0x1.6c16c16c168c6p-10;
    return p * z + 0x1.5555555555555p-5;
}

/* x - n pi / 2 as a sum of two. pi / 2 is taken in pieces of 33 bits, so that for n < 2^20 the products are exact; the
 * first difference is, too, and the errors of the others are kept. */
NNC_FN nnc_pair nnc_vreduce(nnc_vec x, nnc_vec n)
{
    const nnc_vec first = x - n * 0x1.921fb544p0;
    const nnc_pair second = nnc_vsubtract(first, n * 0x1.0b4611ap-34);
    const nnc_pair third = nnc_vsubtract(second.high, n * 0x1.898cc517p-64);
    return nnc_vsubtract(third.high, n * 0x1.b839a252049c1p-104 - (second.low + third.low));
}

/* (erf(x) / x - 1) of z = x^2, for |x| <= 0.875. */
NNC_FN nnc_vec nnc_verf_polynomial(nnc_vec z)
{
    nnc_vec p = z * 0x1.681f26add53a3p-27 - 0x1.4f9f38a6a65d2p-23;
    p = p * z + 0x1.b7efce0b83df2p-20;
    p = p * z - 0x1.f4ab227a4c709p-17;
    p = p * z + 0x1.f9a12d348f054p-14;
    p = p * z - 0x1.c02da39b10e4fp-11;
    p = p * z + 0x1.565bccb99961cp-8;
    p = p * z - 0x1.b82ce3108a20ap-6;
    p = p * z + 0x1.ce2f21a03ca23p-4;
    p = p * z - 0x1.812746b037975p-2;
    return p * z + 0x1.06eba8214db68p-3;
}

/* erfc(a) = factor(a) e^exponent(a), for 0.875 <= a <= 5.95: here the factor is a polynomial of (a - 2) / (a + 2). */
NNC_FN nnc_vec nnc_verfc_exponent(nnc_vec a)
{
    return -(a * a);
}

NNC_FN nnc_vec nnc_verfc_factor(nnc_vec a)
{
    const nnc_vec t = (a - 2.0) / (a + 2.0);
    nnc_vec p = t * -0x1.4f227b0094224p-19 - 0x1.06c5dac5bdefap-16;
    p = p * t - 0x1.d080732fbd916p-16;
    p = p * t + 0x1.d0bdbc35bd033p-16;
    p = p * t + 0x1.6dc7b99e0c673p-13;
    p = p * t + 0x1.6d60ca7e5a8dep-15;
    p = p * t - 0x1.016b84dae44bbp-10;
    p = p * t - 0x1.bc25af8a66ef2p-11;
    p = p * t + 0x1.ca95ed65bb5d9p-8;
    p = p * t + 0x1.e94715a43b981p-9;
    p = p * t - 0x1.437f0b68bd999p-4;
    p = p * t + 0x1.eeea7dc8a75c4p-3;
    p = p * t - 0x1.b57034efd3f83p-2;
    return p * t + 0x1.058671b52c776p-2;
}
