/* doubles.h - the fused multiply-add of four floats by doubles, two at a time, for vectors of 16 bytes of machines that
 * have no instruction for it. */
#ifndef NNC_DOUBLES_H
#define NNC_DOUBLES_H

typedef double nnc_double2 __attribute__((vector_size(16)));
typedef int64_t nnc_int64 __attribute__((vector_size(16)));

/* The first two floats of four as doubles, the last two; four floats of both; a comparison. */
#if defined(__SSE2__)

NNC_FN nnc_double2 nnc_vlow_doubles(__m128 x)
{
    return (nnc_double2)_mm_cvtps_pd(x);
}

NNC_FN nnc_double2 nnc_vhigh_doubles(__m128 x)
{
    return (nnc_double2)_mm_cvtps_pd(_mm_movehl_ps(x, x));
}

NNC_FN __m128 nnc_vfloats(nnc_double2 low, nnc_double2 high)
{
    return _mm_movelh_ps(_mm_cvtpd_ps((__m128d)low), _mm_cvtpd_ps((__m128d)high));
}

/* Of `a > b || a < b` in plain C gcc makes two comparisons for each. */
NNC_FN nnc_int64 nnc_vgreater(nnc_double2 a, nnc_double2 b)
{
    return (nnc_int64)_mm_cmpgt_pd((__m128d)a, (__m128d)b);
}

#else

NNC_FN nnc_double2 nnc_vlow_doubles(v128_t x)
{
    return (nnc_double2)wasm_f64x2_promote_low_f32x4(x);
}

NNC_FN nnc_double2 nnc_vhigh_doubles(v128_t x)
{
    return (nnc_double2)wasm_f64x2_promote_low_f32x4(wasm_i32x4_shuffle(x, x, 2, 3, 2, 3));
}

NNC_FN v128_t nnc_vfloats(nnc_double2 low, nnc_double2 high)
{
    const v128_t first = wasm_f32x4_demote_f64x2_zero((v128_t)low), last = wasm_f32x4_demote_f64x2_zero((v128_t)high);
    return wasm_i32x4_shuffle(first, last, 0, 1, 4, 5);
}

NNC_FN nnc_int64 nnc_vgreater(nnc_double2 a, nnc_double2 b)
{
    return (nnc_int64)(a > b);
}

#endif

/* nnc_fmaf_double on two doubles: where the sum is inexact and even, one step towards the error makes it odd. */
NNC_FN nnc_double2 nnc_vsum_to_odd(nnc_double2 product, nnc_double2 addend)
{
    const nnc_double2 sum = product + addend, part = sum - product, zero = {0};
    const nnc_double2 error = (product - (sum - part)) + (addend - part);
    const nnc_int64 bits = (nnc_int64)sum, even = (bits & 1) - 1;
    const nnc_int64 more = nnc_vgreater(error, zero), less = nnc_vgreater(zero, error);
    const nnc_int64 opposite = more ^ nnc_vgreater(sum, zero);
    return (nnc_double2)(bits + ((1 | opposite) & (more | less) & even));
}

/* WebAssembly passes vectors as it does numbers: a call makes code that is a fifth as long, and not slower. */
#if defined(__wasm__)
NNC_ROUTINE
#else
NNC_FN
#endif
NNC_NATIVE_TYPE nnc_vfma_double(NNC_NATIVE_TYPE a, NNC_NATIVE_TYPE b, NNC_NATIVE_TYPE c)
{
    return nnc_vfloats(nnc_vsum_to_odd(nnc_vlow_doubles(a) * nnc_vlow_doubles(b), nnc_vlow_doubles(c)),
                       nnc_vsum_to_odd(nnc_vhigh_doubles(a) * nnc_vhigh_doubles(b), nnc_vhigh_doubles(c)));
}

#endif
