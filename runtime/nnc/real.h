/* real.h - arithmetic that is the same on every machine: guards, exact fma, exact square root.
 *
 * A float operation rounds once, to nearest even, and nothing else happens to it: excess precision, contraction and
 * fast-math are refused or switched off here. nnc_fmaf and nnc_fma round a * b + c once, in all cases (subnormals,
 * overflow, signed zeros); nnc_sqrtf and nnc_sqrt are correctly rounded. Each is the machine's instruction where the
 * compiler targets one, and integer or double arithmetic of the same bits where not; a call to libm is never made.
 * NNC_SOFT_FMA and NNC_SOFT_SQRT force the routines. The double functions exist where double has 64 bits. */
#ifndef NNC_REAL_H
#define NNC_REAL_H

#include <stddef.h>
#include <stdint.h>

#if defined(__FAST_MATH__) && !defined(NNC_FAST)
#error                                                                                                                 \
    "the same bits everywhere need IEEE arithmetic: build without -ffast-math and -Ofast, or ask nnc for fast numerics"
#endif

#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ != 16 && !defined(NNC_FAST)
#error "floats are computed in excess precision: use -msse2 -mfpmath=sse on x86, -std=gnu99 on s390x"
#endif

#if defined(NNC_FAST)
/* fast numerics: contraction is the compiler's choice */
#elif defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

/* A routine is long, and called where an instruction would do elsewhere: put into each of those places, as clang likes
 * to, it makes megabytes of code. */
#if defined(__GNUC__)
#define NNC_FN static inline __attribute__((unused))
#define NNC_ROUTINE static __attribute__((unused, noinline))
#else
#define NNC_FN static inline
#define NNC_ROUTINE static
#endif

#if defined(__SIZEOF_DOUBLE__) && __SIZEOF_DOUBLE__ == 8
#define NNC_HAS_DOUBLE 1
#else
#define NNC_HAS_DOUBLE 0
#endif

/* Fast numerics may be compiled with -ffast-math, which would take (x + y) - y for x; a rounding must survive it. */
#if !defined(__FAST_MATH__)
#define NNC_KEEP(x) (void)0
#else
#define NNC_KEEP(x) __asm__("" : "+m"(x))
#endif

/* Which instructions there are, for float and for double. */
#if defined(__FMA__) || defined(__aarch64__) || defined(__s390x__) || defined(__powerpc64__)
#define NNC_FMAF_INSTRUCTION 1
#define NNC_FMA_INSTRUCTION 1
#elif defined(__riscv_flen)
#define NNC_FMAF_INSTRUCTION (__riscv_flen >= 32)
#define NNC_FMA_INSTRUCTION (__riscv_flen >= 64)
#elif defined(__ARM_FEATURE_FMA) && defined(__ARM_FP)
#define NNC_FMAF_INSTRUCTION ((__ARM_FP & 4) != 0)
#define NNC_FMA_INSTRUCTION ((__ARM_FP & 8) != 0)
#else
#define NNC_FMAF_INSTRUCTION 0
#define NNC_FMA_INSTRUCTION 0
#endif

/* Double in hardware makes the shorter fmaf; without it, integers do. */
#if defined(__SSE2__) || defined(__wasm__) || (defined(__ARM_FP) && (__ARM_FP & 8) != 0)
#define NNC_DOUBLE_INSTRUCTION 1
#else
#define NNC_DOUBLE_INSTRUCTION 0
#endif

#if defined(__SSE2__) && !defined(NNC_SOFT_SQRT)
#include <emmintrin.h>
#endif

typedef union nnc_float_bits {
    float value;
    uint32_t bits;
} nnc_float_bits;

NNC_FN uint32_t nnc_bitsf(float x)
{
    nnc_float_bits u;
    u.value = x;
    return u.bits;
}

NNC_FN float nnc_from_bitsf(uint32_t bits)
{
    nnc_float_bits u;
    u.bits = bits;
    return u.value;
}

/* The bit of an element in its word of 32 elements. */
NNC_FN int nnc_bit(uint32_t word, uint32_t element)
{
    return (int)(word >> (element & 31u) & 1u);
}

/* A word in which bit `at` is not set, with that bit if `set` is 1. The highest one is -2^31: no conversion wraps. */
NNC_FN int32_t nnc_with_bit(uint32_t word, uint32_t at, uint32_t set)
{
    word |= set << at;
    return word <= (uint32_t)INT32_MAX ? (int32_t)word : -(int32_t)(UINT32_MAX - word) - 1;
}

#if NNC_HAS_DOUBLE

typedef union nnc_double_bits {
    double value;
    uint64_t bits;
} nnc_double_bits;

NNC_FN uint64_t nnc_bitsd(double x)
{
    nnc_double_bits u;
    u.value = x;
    return u.bits;
}

NNC_FN double nnc_from_bitsd(uint64_t bits)
{
    nnc_double_bits u;
    u.bits = bits;
    return u.value;
}

#endif

/* v shifted right by `count`; ones that fall off leave a one in the last place (sticky), so that a later rounding
 * still knows on which side of a tie it stands. */
NNC_FN uint64_t nnc_shift_sticky(uint64_t v, int count)
{
    if (count <= 0)
        return v;
    if (count > 63)
        return v != 0;
    return (v >> count) | ((v & ((UINT64_C(1) << count) - 1)) != 0);
}

/* The leading zeros of v, which is not 0. */
NNC_FN int nnc_leading_zeros(uint64_t v)
{
    int zeros = 0;
    for (int step = 32; step > 0; step /= 2)
        if ((v >> (64 - step)) == 0) {
            v <<= step;
            zeros += step;
        }
    return zeros;
}

/* A nonzero finite float is mantissa * 2^(exponent - 150) with bit 23 of the mantissa set. */
typedef struct nnc_float_parts {
    uint32_t mantissa;
    int exponent;
} nnc_float_parts;

NNC_FN nnc_float_parts nnc_splitf(float x)
{
    nnc_float_parts p;
    const uint32_t bits = nnc_bitsf(x) & UINT32_C(0x7fffffff);
    p.mantissa = bits & UINT32_C(0x7fffff);
    p.exponent = (int)(bits >> 23);
    if (p.exponent != 0) {
        p.mantissa |= UINT32_C(0x800000);
        return p;
    }
    for (p.exponent = 1; p.mantissa < UINT32_C(0x800000); p.exponent--)
        p.mantissa <<= 1;
    return p;
}

/* The float nearest to (-1)^sign m 2^(exponent - 190), where bit 63 of m is set and bit 0 may be sticky: exponent is
 * the biased one of the result, unless that is subnormal or overflows. */
NNC_FN float nnc_packf(uint32_t sign, uint64_t m, int exponent)
{
    if (exponent >= 255)
        return nnc_from_bitsf((sign << 31) | UINT32_C(0x7f800000));
    if (exponent <= 0) {
        m = nnc_shift_sticky(m, 1 - exponent);
        exponent = 1;
    }
    uint32_t bits = (uint32_t)(m >> 40);
    const uint64_t rest = m & UINT64_C(0xffffffffff);
    const uint64_t half = UINT64_C(0x8000000000);
    bits += ((uint32_t)exponent - 1) << 23;
    bits += rest > half || (rest == half && (bits & 1) != 0);
    return nnc_from_bitsf((sign << 31) | bits);
}

/* Exact fmaf in integers. Both terms get bit 62 as their first, so that their sum fits; the smaller one is shifted
 * into place with a sticky bit. Bits are lost only where the exponents differ by more than 14, and then the sum keeps
 * its first bit to within one place, far above the sticky bit. */
NNC_ROUTINE float nnc_fmaf_integer(float a, float b, float c)
{
    const uint32_t ua = nnc_bitsf(a), ub = nnc_bitsf(b), uc = nnc_bitsf(c);
    const uint32_t infinity = UINT32_C(0x7f800000), magnitude = UINT32_C(0x7fffffff);
    if ((ua & magnitude) >= infinity || (ub & magnitude) >= infinity || (ua & magnitude) == 0 || (ub & magnitude) == 0)
        return a * b + c;
    if ((uc & magnitude) >= infinity)
        return c;
    if ((uc & magnitude) == 0)
        return a * b;

    const nnc_float_parts pa = nnc_splitf(a), pb = nnc_splitf(b), pc = nnc_splitf(c);
    uint32_t sign = (ua ^ ub) >> 31;
    const uint32_t addend_sign = uc >> 31;
    uint64_t m = ((uint64_t)pa.mantissa * pb.mantissa) << 15;
    int exponent = pa.exponent + pb.exponent - 126;
    if ((m >> 62) == 0) {
        m <<= 1;
        exponent--;
    }
    uint64_t addend = (uint64_t)pc.mantissa << 39;
    const int distance = exponent - pc.exponent;
    if (distance >= 0) {
        addend = nnc_shift_sticky(addend, distance);
    } else {
        m = nnc_shift_sticky(m, -distance);
        exponent = pc.exponent;
    }
    if (sign == addend_sign) {
        m += addend;
    } else if (m == addend) {
        return 0.0f;
    } else if (m > addend) {
        m -= addend;
    } else {
        m = addend - m;
        sign = addend_sign;
    }
    const int zeros = nnc_leading_zeros(m);
    return nnc_packf(sign, m << zeros, exponent + 1 - zeros);
}

#if NNC_HAS_DOUBLE

/* Exact fmaf in doubles: the product is exact; its sum with c is rounded to odd (an inexact sum gets a last bit of 1),
 * and 53 bits rounded to odd round on to 24 as the exact sum would. */
NNC_FN float nnc_fmaf_double(float a, float b, float c)
{
    const double product = (double)a * (double)b, addend = (double)c;
    const double sum = product + addend;
    const double part = sum - product;
    const double error = (product - (sum - part)) + (addend - part);
    uint64_t bits = nnc_bitsd(sum);
    if ((error > 0 || error < 0) && (bits & 1) == 0)
        bits = (error > 0) == (sum > 0) ? bits + 1 : bits - 1;
    return (float)nnc_from_bitsd(bits);
}

#endif

/* Where the builtin could become a call of libm (clang for ARM and RISC-V), the instruction is written out. */
NNC_FN float nnc_fmaf(float a, float b, float c)
{
#if NNC_FMAF_INSTRUCTION && !defined(NNC_SOFT_FMA)
#if defined(__arm__) && !defined(__FP_FAST_FMAF)
    __asm__("vfma.f32 %0, %1, %2" : "+t"(c) : "t"(a), "t"(b));
    return c;
#elif defined(__riscv) && !defined(__FP_FAST_FMAF)
    __asm__("fmadd.s %0, %1, %2, %3" : "=f"(a) : "f"(a), "f"(b), "f"(c));
    return a;
#else
    return __builtin_fmaf(a, b, c);
#endif
#elif NNC_HAS_DOUBLE && NNC_DOUBLE_INSTRUCTION
    return nnc_fmaf_double(a, b, c);
#else
    return nnc_fmaf_integer(a, b, c);
#endif
}

#if NNC_HAS_DOUBLE

/* 128 bits, for exact products of doubles. */
typedef struct nnc_wide {
    uint64_t high, low;
} nnc_wide;

NNC_FN nnc_wide nnc_wide_product(uint64_t a, uint64_t b)
{
    const uint64_t a0 = a & UINT32_C(0xffffffff), a1 = a >> 32, b0 = b & UINT32_C(0xffffffff), b1 = b >> 32;
    const uint64_t low = a0 * b0, cross = a1 * b0 + (low >> 32), middle = a0 * b1 + (cross & UINT32_C(0xffffffff));
    nnc_wide r;
    r.high = a1 * b1 + (cross >> 32) + (middle >> 32);
    r.low = (middle << 32) | (low & UINT32_C(0xffffffff));
    return r;
}

NNC_FN nnc_wide nnc_wide_left(nnc_wide v, int count)
{
    if (count >= 64) {
        v.high = v.low << (count - 64);
        v.low = 0;
    } else if (count > 0) {
        v.high = (v.high << count) | (v.low >> (64 - count));
        v.low <<= count;
    }
    return v;
}

NNC_FN nnc_wide nnc_wide_right_sticky(nnc_wide v, int count)
{
    if (count >= 64) {
        v.low = nnc_shift_sticky(v.high, count - 64) | (v.low != 0);
        v.high = 0;
    } else if (count > 0) {
        v.low = nnc_shift_sticky(v.low, count) | (v.high << (64 - count));
        v.high >>= count;
    }
    return v;
}

NNC_FN nnc_wide nnc_wide_add(nnc_wide a, nnc_wide b)
{
    nnc_wide r;
    r.low = a.low + b.low;
    r.high = a.high + b.high + (r.low < a.low);
    return r;
}

NNC_FN nnc_wide nnc_wide_subtract(nnc_wide a, nnc_wide b)
{
    nnc_wide r;
    r.low = a.low - b.low;
    r.high = a.high - b.high - (a.low < b.low);
    return r;
}

/* A nonzero finite double is mantissa * 2^(exponent - 1075) with bit 52 of the mantissa set. */
typedef struct nnc_double_parts {
    uint64_t mantissa;
    int exponent;
} nnc_double_parts;

NNC_FN nnc_double_parts nnc_splitd(double x)
{
    nnc_double_parts p;
    const uint64_t bits = nnc_bitsd(x) & UINT64_C(0x7fffffffffffffff);
    p.mantissa = bits & UINT64_C(0xfffffffffffff);
    p.exponent = (int)(bits >> 52);
    if (p.exponent != 0) {
        p.mantissa |= UINT64_C(0x10000000000000);
        return p;
    }
    const int zeros = nnc_leading_zeros(p.mantissa) - 11;
    p.mantissa <<= zeros;
    p.exponent = 1 - zeros;
    return p;
}

/* nnc_packf for doubles: (-1)^sign m 2^(exponent - 1086). */
NNC_FN double nnc_packd(uint64_t sign, uint64_t m, int exponent)
{
    if (exponent >= 2047)
        return nnc_from_bitsd((sign << 63) | UINT64_C(0x7ff0000000000000));
    if (exponent <= 0) {
        m = nnc_shift_sticky(m, 1 - exponent);
        exponent = 1;
    }
    uint64_t bits = m >> 11;
    const uint64_t rest = m & 0x7ff;
    bits += ((uint64_t)exponent - 1) << 52;
    bits += rest > 0x400 || (rest == 0x400 && (bits & 1) != 0);
    return nnc_from_bitsd((sign << 63) | bits);
}

/* Exact fma in integers: nnc_fmaf_integer with 128 bits. */
NNC_ROUTINE double nnc_fma_integer(double a, double b, double c)
{
    const uint64_t ua = nnc_bitsd(a), ub = nnc_bitsd(b), uc = nnc_bitsd(c);
    const uint64_t infinity = UINT64_C(0x7ff0000000000000), magnitude = UINT64_C(0x7fffffffffffffff);
    if ((ua & magnitude) >= infinity || (ub & magnitude) >= infinity || (ua & magnitude) == 0 || (ub & magnitude) == 0)
        return a * b + c;
    if ((uc & magnitude) >= infinity)
        return c;
    if ((uc & magnitude) == 0)
        return a * b;

    const nnc_double_parts pa = nnc_splitd(a), pb = nnc_splitd(b), pc = nnc_splitd(c);
    uint64_t sign = (ua ^ ub) >> 63;
    const uint64_t addend_sign = uc >> 63;
    nnc_wide m = nnc_wide_left(nnc_wide_product(pa.mantissa, pb.mantissa), 21);
    int exponent = pa.exponent + pb.exponent - 1022;
    if ((m.high >> 62) == 0) {
        m = nnc_wide_left(m, 1);
        exponent--;
    }
    nnc_wide addend = {pc.mantissa << 10, 0};
    const int distance = exponent - pc.exponent;
    if (distance >= 0) {
        addend = nnc_wide_right_sticky(addend, distance);
    } else {
        m = nnc_wide_right_sticky(m, -distance);
        exponent = pc.exponent;
    }
    const int larger = m.high > addend.high || (m.high == addend.high && m.low > addend.low);
    if (sign == addend_sign) {
        m = nnc_wide_add(m, addend);
    } else if (larger) {
        m = nnc_wide_subtract(m, addend);
    } else {
        m = nnc_wide_subtract(addend, m);
        sign = addend_sign;
        if ((m.high | m.low) == 0)
            return 0.0;
    }
    const int zeros = m.high != 0 ? nnc_leading_zeros(m.high) : 64 + nnc_leading_zeros(m.low);
    m = nnc_wide_left(m, zeros);
    return nnc_packd(sign, m.high | (m.low != 0), exponent + 1 - zeros);
}

NNC_FN double nnc_fma(double a, double b, double c)
{
#if NNC_FMA_INSTRUCTION && !defined(NNC_SOFT_FMA)
#if defined(__arm__) && !defined(__FP_FAST_FMA)
    __asm__("vfma.f64 %P0, %P1, %P2" : "+w"(c) : "w"(a), "w"(b));
    return c;
#elif defined(__riscv) && !defined(__FP_FAST_FMA)
    __asm__("fmadd.d %0, %1, %2, %3" : "=f"(a) : "f"(a), "f"(b), "f"(c));
    return a;
#else
    return __builtin_fma(a, b, c);
#endif
#else
    return nnc_fma_integer(a, b, c);
#endif
}

#endif

/* The integer square root of v, rounded down, bit by bit; the last place is made 1 if there is a remainder. */
NNC_FN uint64_t nnc_root_sticky(uint64_t high, uint64_t low, int bits)
{
    uint64_t root = 0, remainder = 0;
    for (int i = 0; i < bits; i++) {
        remainder = (remainder << 2) | (high >> 62);
        high = (high << 2) | (low >> 62);
        low <<= 2;
        const uint64_t trial = (root << 2) | 1;
        root <<= 1;
        if (remainder >= trial) {
            remainder -= trial;
            root |= 1;
        }
    }
    return root | (remainder != 0);
}

/* m in [2^62, 2^64) with an even exponent has a root of 32 bits and more behind it; 26 bits and a sticky one round. */
NNC_ROUTINE float nnc_sqrtf_integer(float x)
{
    const uint32_t bits = nnc_bitsf(x);
    if ((bits & UINT32_C(0x7fffffff)) == 0 || bits == UINT32_C(0x7f800000))
        return x;
    if (bits > UINT32_C(0x7f800000))
        return (bits & UINT32_C(0x7fffffff)) > UINT32_C(0x7f800000) ? x : nnc_from_bitsf(UINT32_C(0x7fc00000));
    const nnc_float_parts p = nnc_splitf(x);
    const int odd = (p.exponent & 1) == 0;
    const uint64_t m = (uint64_t)p.mantissa << (39 + odd);
    return nnc_packf(0, nnc_root_sticky(m, 0, 32) << 32, (p.exponent - odd + 127) / 2);
}

#if NNC_HAS_DOUBLE

NNC_ROUTINE double nnc_sqrt_integer(double x)
{
    const uint64_t bits = nnc_bitsd(x), infinity = UINT64_C(0x7ff0000000000000);
    if ((bits << 1) == 0 || bits == infinity)
        return x;
    if (bits > infinity)
        return (bits << 1) > (infinity << 1) ? x : nnc_from_bitsd(UINT64_C(0x7ff8000000000000));
    const nnc_double_parts p = nnc_splitd(x);
    const int odd = (p.exponent & 1) == 0;
    const uint64_t m = p.mantissa << (10 + odd);
    return nnc_packd(0, nnc_root_sticky(m, 0, 58) << 6, (p.exponent - odd + 1023) / 2);
}

#endif

NNC_FN float nnc_sqrtf(float x)
{
#if defined(NNC_SOFT_SQRT)
    return nnc_sqrtf_integer(x);
#elif defined(__SSE2__)
    return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x)));
#elif defined(__aarch64__)
    __asm__("fsqrt %s0, %s1" : "=w"(x) : "w"(x));
    return x;
#elif defined(__ARM_FP) && (__ARM_FP & 4) != 0
    __asm__("vsqrt.f32 %0, %1" : "=t"(x) : "t"(x));
    return x;
#elif defined(__riscv_flen)
    __asm__("fsqrt.s %0, %1" : "=f"(x) : "f"(x));
    return x;
#elif defined(__wasm__)
    __asm__("local.get %1\n\tf32.sqrt\n\tlocal.set %0" : "=r"(x) : "r"(x));
    return x;
#else
    return nnc_sqrtf_integer(x);
#endif
}

#if NNC_HAS_DOUBLE

NNC_FN double nnc_sqrt(double x)
{
#if defined(NNC_SOFT_SQRT)
    return nnc_sqrt_integer(x);
#elif defined(__SSE2__)
    return _mm_cvtsd_f64(_mm_sqrt_sd(_mm_set_sd(x), _mm_set_sd(x)));
#elif defined(__aarch64__)
    __asm__("fsqrt %d0, %d1" : "=w"(x) : "w"(x));
    return x;
#elif defined(__ARM_FP) && (__ARM_FP & 8) != 0
    __asm__("vsqrt.f64 %P0, %P1" : "=w"(x) : "w"(x));
    return x;
#elif defined(__riscv_flen) && __riscv_flen >= 64
    __asm__("fsqrt.d %0, %1" : "=f"(x) : "f"(x));
    return x;
#elif defined(__wasm__)
    __asm__("local.get %1\n\tf64.sqrt\n\tlocal.set %0" : "=r"(x) : "r"(x));
    return x;
#else
    return nnc_sqrt_integer(x);
#endif
}

#endif

#endif
