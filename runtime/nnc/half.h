/* half.h - floats that lie in memory as 16 bits, in IEEE 754's binary16: one number, and NNC_LANES of them at once.
 *
 * Every half is a float, so nothing rounds: signs, subnormals, infinities come out as they are, and a NaN as the quiet
 * one of the same bits. That is what the machines' conversions do, which are used where the compiler targets one;
 * elsewhere integers do it. NNC_SOFT_HALF forces those. Define NNC_LANES and NNC_REAL_BYTES before, as for lanes.h; the
 * forms with lanes exist where numbers are floats. */
#ifndef NNC_HALF_H
#define NNC_HALF_H

#include "lanes.h"

#if defined(__F16C__) && !defined(NNC_SOFT_HALF)
#include <immintrin.h>
#endif

/* A smaller exponent's bias makes a float of the same bits 2^112 times as small: 112 is added to the exponent, twice
 * for infinity and NaN, whose exponent is all ones. A subnormal gets the leading one that it does not have, and gives
 * it back: the difference of two normal floats, which is exact, and as fast as others where subnormal floats
 * are not. */
NNC_FN float nnc_half_integer(uint16_t half)
{
    const uint32_t magnitude = half & UINT32_C(0x7fff), sign = (uint32_t)(half & UINT32_C(0x8000)) << 16;
    uint32_t bits = (magnitude << 13) + UINT32_C(0x38000000);
    if (magnitude < UINT32_C(0x400))
        bits = nnc_bitsf(nnc_from_bitsf(bits + UINT32_C(0x800000)) - 0x1p-14f);
    if (magnitude >= UINT32_C(0x7c00))
        bits += UINT32_C(0x38000000);
    if (magnitude > UINT32_C(0x7c00))
        bits |= UINT32_C(0x400000);
    return nnc_from_bitsf(sign | bits);
}

/* Of ARM's units all that have fused multiply-adds convert, whatever gcc's __ARM_FP says of single-precision ones. */
NNC_FN float nnc_half(uint16_t half)
{
#if defined(NNC_SOFT_HALF)
    return nnc_half_integer(half);
#elif defined(__F16C__)
    return _cvtsh_ss(half);
#elif defined(__aarch64__)
    float x;
    __asm__("fcvt %s0, %h1" : "=w"(x) : "w"(nnc_from_bitsf(half)));
    return x;
#elif defined(__arm__) && defined(__ARM_FP) && defined(__ARM_FEATURE_FMA)
    float x;
    __asm__("vcvtb.f32.f16 %0, %1" : "=t"(x) : "t"(nnc_from_bitsf(half)));
    return x;
#else
    return nnc_half_integer(half);
#endif
}

#if NNC_REAL_BYTES == 4
#if NNC_LANES == 1

NNC_FN nnc_vec nnc_hload(const uint16_t *p)
{
    return nnc_half(*p);
}

NNC_FN nnc_vec nnc_hload_part(const uint16_t *p, int count)
{
    return count > 0 ? nnc_half(*p) : 0;
}

#else

/* Always inlined, as in lanes.h. */
#if defined(__GNUC__)
#undef NNC_FN
#define NNC_FN static inline __attribute__((unused, always_inline))
#endif

typedef uint16_t nnc_halves __attribute__((vector_size(NNC_LANES * 2)));
typedef nnc_halves nnc_halves_anywhere __attribute__((aligned(2), may_alias));

/* nnc_half_integer on every lane. Comparisons are those of signed numbers: SSE2 has no others. */
NNC_FN nnc_vec nnc_halves_integer(nnc_halves halves)
{
    const nnc_uvec words = __builtin_convertvector(halves, nnc_uvec);
    const nnc_ivec magnitude = (nnc_ivec)(words & UINT32_C(0x7fff));
    const nnc_uvec bits = ((nnc_uvec)magnitude << 13) + UINT32_C(0x38000000);
    const nnc_vec subnormal = nnc_from_bits(bits + UINT32_C(0x800000)) - 0x1p-14f;
    const nnc_uvec infinite = (nnc_uvec)(magnitude > 0x7bff) & UINT32_C(0x38000000);
    const nnc_uvec quiet = (nnc_uvec)(magnitude > 0x7c00) & UINT32_C(0x400000);
    const nnc_uvec sign = (words & UINT32_C(0x8000)) << 16;
    const nnc_ivec is_subnormal = magnitude < 0x400;
    const nnc_uvec whole =
        (~(nnc_uvec)is_subnormal & ((bits + infinite) | quiet)) | ((nnc_uvec)is_subnormal & nnc_bits(subnormal));
    return nnc_from_bits(sign | whole);
}

/* x86 takes eight bytes of halves out of a whole register. */
#if NNC_VEC_BYTES == 16 && defined(__F16C__)

typedef union nnc_four_halves {
    nnc_halves halves;
    int64_t bits;
} nnc_four_halves;

#endif

NNC_FN nnc_vec nnc_from_halves(nnc_halves halves)
{
#if defined(NNC_SOFT_HALF)
    return nnc_halves_integer(halves);
#elif NNC_VEC_BYTES == 64 && defined(__AVX512F__)
    return (nnc_vec)_mm512_maskz_cvtph_ps(0xffff, (__m256i)halves);
#elif NNC_VEC_BYTES == 32 && defined(__F16C__)
    return (nnc_vec)_mm256_cvtph_ps((__m128i)halves);
#elif NNC_VEC_BYTES == 16 && defined(__F16C__)
    nnc_four_halves four;
    four.halves = halves;
    return (nnc_vec)_mm_cvtph_ps(_mm_set_epi64x(0, four.bits));
#elif NNC_VEC_BYTES == 16 && defined(__aarch64__) && defined(__ARM_NEON)
    return (nnc_vec)vcvt_f32_f16((float16x4_t)halves);
#else
    return nnc_halves_integer(halves);
#endif
}

NNC_FN nnc_vec nnc_hload(const uint16_t *p)
{
    return nnc_from_halves(*(const nnc_halves_anywhere *)p);
}

#if NNC_VEC_BYTES == 64 && defined(__AVX512BW__) && defined(__AVX512VL__)

NNC_FN nnc_vec nnc_hload_part(const uint16_t *p, int count)
{
    return nnc_from_halves((nnc_halves)_mm256_maskz_loadu_epi16((__mmask16)((1u << count) - 1u), p));
}

#else

NNC_FN nnc_vec nnc_hload_part(const uint16_t *p, int count)
{
    nnc_halves halves = {0};
    NNC_LANE_LOOP
    for (int i = 0; i < NNC_LANES; i++)
        if (i < count)
            halves[i] = p[i];
    return nnc_from_halves(halves);
}

#endif

#if defined(__GNUC__)
#undef NNC_FN
#define NNC_FN static inline __attribute__((unused))
#endif

#endif
#endif

#endif
