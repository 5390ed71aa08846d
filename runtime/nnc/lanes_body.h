/* lanes_body.h - what has lanes, written once: NNC_WIDTH numbers at once, under the names of nnc_vec and the others, or
 * under those of lanes_names_body.h. */

/* The machine's own vectors: the widest ones not wider than nnc_vec, or none. */
#if NNC_WIDTH > 1 && defined(__AVX512F__) && NNC_VEC_BYTES >= 64
#define NNC_NATIVE_BYTES 64
#elif NNC_WIDTH > 1 && defined(__AVX2__) && NNC_VEC_BYTES >= 32
#define NNC_NATIVE_BYTES 32
#elif NNC_WIDTH > 1 && (defined(__SSE2__) || defined(__wasm_simd128__)) && NNC_VEC_BYTES >= 16
#define NNC_NATIVE_BYTES 16
#elif NNC_WIDTH > 1 && defined(__aarch64__) && defined(__ARM_NEON) && NNC_VEC_BYTES >= 16
#define NNC_NATIVE_BYTES 16
#else
#define NNC_NATIVE_BYTES 0
#endif

#if NNC_WIDTH == 1

typedef nnc_real nnc_vec;
typedef nnc_int nnc_ivec;
typedef nnc_uint nnc_uvec;
typedef uint32_t nnc_word;

#else

typedef nnc_real nnc_vec __attribute__((vector_size(NNC_VEC_BYTES)));
typedef nnc_int nnc_ivec __attribute__((vector_size(NNC_VEC_BYTES)));
typedef nnc_uint nnc_uvec __attribute__((vector_size(NNC_VEC_BYTES)));
typedef uint32_t nnc_word __attribute__((vector_size(NNC_WIDTH * 4)));
typedef int32_t nnc_int32 __attribute__((vector_size(NNC_WIDTH * 4)));
typedef nnc_vec nnc_vec_anywhere __attribute__((aligned(NNC_REAL_BYTES), may_alias));
typedef nnc_int32 nnc_int32_anywhere __attribute__((aligned(4), may_alias));

#endif

#if NNC_WIDTH == 2
#define NNC_IOTA 0, 1
#elif NNC_WIDTH == 4
#define NNC_IOTA 0, 1, 2, 3
#elif NNC_WIDTH == 8
#define NNC_IOTA 0, 1, 2, 3, 4, 5, 6, 7
#elif NNC_WIDTH == 16
#define NNC_IOTA 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#endif

/* Lanes 0, 1, 2, ... */
NNC_FN nnc_ivec nnc_iota(void)
{
#if NNC_WIDTH == 1
    return 0;
#else
    const nnc_ivec iota = {NNC_IOTA};
    return iota;
#endif
}

#if NNC_WIDTH == 1

NNC_FN nnc_vec nnc_splat(nnc_real x)
{
    return x;
}

NNC_FN nnc_ivec nnc_isplat(int x)
{
    return x;
}

NNC_FN nnc_vec nnc_select(nnc_ivec mask, nnc_vec a, nnc_vec b)
{
    return mask ? a : b;
}

NNC_FN nnc_ivec nnc_iselect(nnc_ivec mask, nnc_ivec a, nnc_ivec b)
{
    return mask ? a : b;
}

NNC_FN nnc_uvec nnc_bits(nnc_vec x)
{
#if NNC_REAL_BYTES == 4
    return nnc_bitsf(x);
#else
    return nnc_bitsd(x);
#endif
}

NNC_FN nnc_vec nnc_from_bits(nnc_uvec bits)
{
#if NNC_REAL_BYTES == 4
    return nnc_from_bitsf(bits);
#else
    return nnc_from_bitsd(bits);
#endif
}

NNC_FN nnc_vec nnc_load(const nnc_real *p)
{
    return *p;
}

NNC_FN nnc_vec nnc_load_part(const nnc_real *p, int count)
{
    return count > 0 ? *p : 0;
}

NNC_FN void nnc_store(nnc_real *p, nnc_vec x)
{
    *p = x;
}

NNC_FN void nnc_store_part(nnc_real *p, nnc_vec x, int count)
{
    if (count > 0)
        *p = x;
}

NNC_FN nnc_ivec nnc_iload(const int32_t *p)
{
    return *p;
}

NNC_FN nnc_ivec nnc_iload_part(const int32_t *p, int count)
{
    return count > 0 ? *p : 0;
}

NNC_FN void nnc_istore(int32_t *p, nnc_ivec x)
{
    *p = (int32_t)x;
}

NNC_FN void nnc_istore_part(int32_t *p, nnc_ivec x, int count)
{
    if (count > 0)
        *p = (int32_t)x;
}

NNC_FN nnc_vec nnc_vreal(nnc_ivec x)
{
    return (nnc_vec)x;
}

NNC_FN nnc_ivec nnc_vint(nnc_vec x)
{
    return (int32_t)x;
}

NNC_FN nnc_word nnc_index_word(nnc_ivec index)
{
    return (nnc_word)(nnc_uvec)index;
}

NNC_FN nnc_vec nnc_word_real(nnc_word word)
{
    return (nnc_vec)word;
}

NNC_FN nnc_vec nnc_vfma(nnc_vec a, nnc_vec b, nnc_vec c)
{
#if NNC_REAL_BYTES == 4
    return nnc_fmaf(a, b, c);
#else
    return nnc_fma(a, b, c);
#endif
}

NNC_FN nnc_vec nnc_vsqrt(nnc_vec x)
{
#if NNC_REAL_BYTES == 4
    return nnc_sqrtf(x);
#else
    return nnc_sqrt(x);
#endif
}

NNC_FN nnc_vec nnc_vfmax(nnc_vec x, nnc_vec y)
{
    return x > y ? x : y;
}

NNC_FN nnc_vec nnc_vfmin(nnc_vec x, nnc_vec y)
{
    return x < y ? x : y;
}

#else

/* x - 0 is x, also for -0. */
NNC_FN nnc_vec nnc_splat(nnc_real x)
{
    const nnc_vec zero = {0};
    return x - zero;
}

NNC_FN nnc_ivec nnc_isplat(int x)
{
    const nnc_ivec zero = {0};
    return x + zero;
}

NNC_FN nnc_vec nnc_select(nnc_ivec mask, nnc_vec a, nnc_vec b)
{
    return (nnc_vec)((mask & (nnc_ivec)a) | (~mask & (nnc_ivec)b));
}

NNC_FN nnc_ivec nnc_iselect(nnc_ivec mask, nnc_ivec a, nnc_ivec b)
{
    return (mask & a) | (~mask & b);
}

NNC_FN nnc_uvec nnc_bits(nnc_vec x)
{
    return (nnc_uvec)x;
}

NNC_FN nnc_vec nnc_from_bits(nnc_uvec bits)
{
    return (nnc_vec)bits;
}

NNC_FN nnc_vec nnc_load(const nnc_real *p)
{
    return *(const nnc_vec_anywhere *)p;
}

NNC_FN void nnc_store(nnc_real *p, nnc_vec x)
{
    *(nnc_vec_anywhere *)p = x;
}

/* Loads of the first `count` lanes have masks where vectors have the machine's width. Stores have none: a masked one is
 * not forwarded to the loads behind it, and takes up to sixty cycles on some processors. The halves of a vector that
 * are whole go one after the other. */
#if NNC_NATIVE_BYTES == 64 && NNC_VEC_BYTES == 64 && NNC_REAL_BYTES == 4

NNC_FN nnc_vec nnc_load_part(const nnc_real *p, int count)
{
    return (nnc_vec)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1u), p);
}

#elif NNC_NATIVE_BYTES == 64 && NNC_VEC_BYTES == 64

NNC_FN nnc_vec nnc_load_part(const nnc_real *p, int count)
{
    return (nnc_vec)_mm512_maskz_loadu_pd((__mmask8)((1u << count) - 1u), p);
}

#elif NNC_NATIVE_BYTES == 32 && NNC_VEC_BYTES == 32 && NNC_REAL_BYTES == 4 && !defined(NNC_WATCHED)

NNC_FN nnc_vec nnc_load_part(const nnc_real *p, int count)
{
    return (nnc_vec)_mm256_maskload_ps(p, (__m256i)(nnc_iota() < count));
}

#elif NNC_NATIVE_BYTES == 32 && NNC_VEC_BYTES == 32 && !defined(NNC_WATCHED)

NNC_FN nnc_vec nnc_load_part(const nnc_real *p, int count)
{
    return (nnc_vec)_mm256_maskload_pd(p, (__m256i)(nnc_iota() < count));
}

#else

NNC_FN nnc_vec nnc_load_part(const nnc_real *p, int count)
{
    nnc_vec x = {0};
    NNC_LANE_LOOP
    for (int i = 0; i < NNC_WIDTH; i++)
        if (i < count)
            x[i] = p[i];
    return x;
}

#endif

#if NNC_NATIVE_BYTES >= 32 && NNC_VEC_BYTES == NNC_NATIVE_BYTES
#define NNC_STORES_BYTES 1

/* The first bytes of a vector, a multiple of four. */
NNC_FN void nnc_store_bytes(void *p, nnc_vec x, unsigned bytes)
{
    unsigned char *to = (unsigned char *)p;
    if (bytes == NNC_VEC_BYTES) {
        __builtin_memcpy(to, &x, NNC_VEC_BYTES);
        return;
    }
#if NNC_NATIVE_BYTES == 64
    /* Masks of all lanes: in the headers of g++ 12 the plain intrinsics read what they call undefined, and it warns. */
    __m256i half = _mm512_maskz_extracti64x4_epi64(0xff, (__m512i)x, 0);
    if (bytes & 32) {
        _mm256_storeu_si256((__m256i *)(void *)to, half);
        half = _mm512_maskz_extracti64x4_epi64(0xff, (__m512i)x, 1);
        to += 32;
    }
#else
    const __m256i half = (__m256i)x;
#endif
    __m128i quarter = _mm256_castsi256_si128(half);
    if (bytes & 16) {
        _mm_storeu_si128((__m128i *)(void *)to, quarter);
        quarter = _mm256_extracti128_si256(half, 1);
        to += 16;
    }
    if (bytes & 8) {
        _mm_storel_epi64((__m128i *)(void *)to, quarter);
        quarter = _mm_unpackhi_epi64(quarter, quarter);
        to += 8;
    }
    if (bytes & 4) {
        const int last = _mm_cvtsi128_si32(quarter);
        __builtin_memcpy(to, &last, sizeof last);
    }
}

NNC_FN void nnc_store_part(nnc_real *p, nnc_vec x, int count)
{
    nnc_store_bytes(p, x, (unsigned)count * NNC_REAL_BYTES);
}

#else

NNC_FN void nnc_store_part(nnc_real *p, nnc_vec x, int count)
{
    NNC_LANE_LOOP
    for (int i = 0; i < NNC_WIDTH; i++)
        if (i < count)
            p[i] = x[i];
}

#endif

NNC_FN nnc_ivec nnc_iload(const int32_t *p)
{
    const nnc_int32 x = *(const nnc_int32_anywhere *)p;
    return __builtin_convertvector(x, nnc_ivec);
}

NNC_FN nnc_ivec nnc_iload_part(const int32_t *p, int count)
{
#if NNC_NATIVE_BYTES == 64 && NNC_VEC_BYTES == 64 && NNC_REAL_BYTES == 4
    return (nnc_ivec)_mm512_maskz_loadu_epi32((__mmask16)((1u << count) - 1u), p);
#elif NNC_NATIVE_BYTES == 32 && NNC_VEC_BYTES == 32 && NNC_REAL_BYTES == 4 && !defined(NNC_WATCHED)
    return (nnc_ivec)_mm256_maskload_epi32((const int *)p, (__m256i)(nnc_iota() < count));
#else
    nnc_ivec x = {0};
    NNC_LANE_LOOP
    for (int i = 0; i < NNC_WIDTH; i++)
        if (i < count)
            x[i] = p[i];
    return x;
#endif
}

NNC_FN void nnc_istore(int32_t *p, nnc_ivec x)
{
    *(nnc_int32_anywhere *)p = __builtin_convertvector(x, nnc_int32);
}

NNC_FN void nnc_istore_part(int32_t *p, nnc_ivec x, int count)
{
#if defined(NNC_STORES_BYTES) && NNC_REAL_BYTES == 4
    nnc_store_bytes(p, (nnc_vec)x, (unsigned)count * 4);
#else
    NNC_LANE_LOOP
    for (int i = 0; i < NNC_WIDTH; i++)
        if (i < count)
            p[i] = (int32_t)x[i];
#endif
}

/* Integers are int32_t by value, also in lanes of 64 bits: most machines convert those only. */
NNC_FN nnc_vec nnc_vreal(nnc_ivec x)
{
    return __builtin_convertvector(__builtin_convertvector(x, nnc_int32), nnc_vec);
}

/* sum, plus the lanes of x, one after the other. */
NNC_FN nnc_real nnc_fold(nnc_real sum, nnc_vec x)
{
    NNC_LANE_LOOP
    for (int i = 0; i < NNC_WIDTH; i++)
        sum += x[i];
    return sum;
}

NNC_FN nnc_real nnc_fold_part(nnc_real sum, nnc_vec x, int count)
{
    NNC_LANE_LOOP
    for (int i = 0; i < NNC_WIDTH && i < count; i++)
        sum += x[i];
    return sum;
}

/* Towards zero. */
NNC_FN nnc_ivec nnc_vint(nnc_vec x)
{
    return __builtin_convertvector(__builtin_convertvector(x, nnc_int32), nnc_ivec);
}

NNC_FN nnc_word nnc_index_word(nnc_ivec index)
{
    return (nnc_word) __builtin_convertvector(index, nnc_int32);
}

/* Words in lanes of floats are below 2^24; in lanes of doubles they have 32 bits, of which 2^52 + word is a double. */
NNC_FN nnc_vec nnc_word_real(nnc_word word)
{
#if NNC_REAL_BYTES == 4
    return __builtin_convertvector((nnc_ivec)word, nnc_vec);
#else
    return (nnc_vec)(__builtin_convertvector(word, nnc_uvec) | UINT64_C(0x4330000000000000)) - 0x1p52;
#endif
}

/* The machine's vectors in an nnc_vec; for one, the conversions cost nothing. */
#if NNC_NATIVE_BYTES > 0
#define NNC_PIECES (NNC_VEC_BYTES / NNC_NATIVE_BYTES)

typedef nnc_real nnc_native __attribute__((vector_size(NNC_NATIVE_BYTES)));

typedef union nnc_pieces {
    nnc_vec whole;
    nnc_native piece[NNC_PIECES];
} nnc_pieces;

#endif

/* The maskz forms, with all lanes: gcc 12 warns of a variable in its own header in the plain ones. */
#if NNC_NATIVE_BYTES == 64 && NNC_REAL_BYTES == 4
#define NNC_NATIVE_TYPE __m512
#define NNC_NATIVE_FMA _mm512_fmadd_ps
#define NNC_NATIVE_SQRT(x) _mm512_maskz_sqrt_ps(0xffff, x)
#define NNC_NATIVE_MAX(x, y) _mm512_maskz_max_ps(0xffff, x, y)
#define NNC_NATIVE_MIN(x, y) _mm512_maskz_min_ps(0xffff, x, y)
#elif NNC_NATIVE_BYTES == 64
#define NNC_NATIVE_TYPE __m512d
#define NNC_NATIVE_FMA _mm512_fmadd_pd
#define NNC_NATIVE_SQRT(x) _mm512_maskz_sqrt_pd(0xff, x)
#define NNC_NATIVE_MAX(x, y) _mm512_maskz_max_pd(0xff, x, y)
#define NNC_NATIVE_MIN(x, y) _mm512_maskz_min_pd(0xff, x, y)
#elif NNC_NATIVE_BYTES == 32 && NNC_REAL_BYTES == 4
#define NNC_NATIVE_TYPE __m256
#define NNC_NATIVE_FMA _mm256_fmadd_ps
#define NNC_NATIVE_SQRT _mm256_sqrt_ps
#define NNC_NATIVE_MAX _mm256_max_ps
#define NNC_NATIVE_MIN _mm256_min_ps
#elif NNC_NATIVE_BYTES == 32
#define NNC_NATIVE_TYPE __m256d
#define NNC_NATIVE_FMA _mm256_fmadd_pd
#define NNC_NATIVE_SQRT _mm256_sqrt_pd
#define NNC_NATIVE_MAX _mm256_max_pd
#define NNC_NATIVE_MIN _mm256_min_pd
#elif NNC_NATIVE_BYTES == 16 && defined(__SSE2__) && NNC_REAL_BYTES == 4
#define NNC_NATIVE_TYPE __m128
#define NNC_NATIVE_FMA _mm_fmadd_ps
#define NNC_NATIVE_SQRT _mm_sqrt_ps
#define NNC_NATIVE_MAX _mm_max_ps
#define NNC_NATIVE_MIN _mm_min_ps
#elif NNC_NATIVE_BYTES == 16 && defined(__SSE2__)
#define NNC_NATIVE_TYPE __m128d
#define NNC_NATIVE_FMA _mm_fmadd_pd
#define NNC_NATIVE_SQRT _mm_sqrt_pd
#define NNC_NATIVE_MAX _mm_max_pd
#define NNC_NATIVE_MIN _mm_min_pd
#elif NNC_NATIVE_BYTES == 16 && defined(__wasm__) && NNC_REAL_BYTES == 4
#define NNC_NATIVE_TYPE v128_t
#define NNC_NATIVE_SQRT wasm_f32x4_sqrt
#define NNC_NATIVE_MAX(x, y) wasm_f32x4_pmax(y, x)
#define NNC_NATIVE_MIN(x, y) wasm_f32x4_pmin(y, x)
#elif NNC_NATIVE_BYTES == 16 && defined(__wasm__)
#define NNC_NATIVE_TYPE v128_t
#define NNC_NATIVE_SQRT wasm_f64x2_sqrt
#define NNC_NATIVE_MAX(x, y) wasm_f64x2_pmax(y, x)
#define NNC_NATIVE_MIN(x, y) wasm_f64x2_pmin(y, x)
#elif NNC_NATIVE_BYTES == 16 && NNC_REAL_BYTES == 4
#define NNC_NATIVE_TYPE float32x4_t
#define NNC_NATIVE_FMA(a, b, c) vfmaq_f32(c, a, b)
#define NNC_NATIVE_SQRT vsqrtq_f32
#elif NNC_NATIVE_BYTES == 16
#define NNC_NATIVE_TYPE float64x2_t
#define NNC_NATIVE_FMA(a, b, c) vfmaq_f64(c, a, b)
#define NNC_NATIVE_SQRT vsqrtq_f64
#endif

#if NNC_NATIVE_BYTES == 16 && NNC_REAL_BYTES == 4 && (defined(__SSE2__) || defined(__wasm__))
#define NNC_FMA_BY_DOUBLES 1
#else
#define NNC_FMA_BY_DOUBLES 0
#endif

#if NNC_FMA_BY_DOUBLES
#include "doubles.h"
#endif

#if defined(NNC_NATIVE_FMA) && NNC_FMA_INSTRUCTION && !defined(NNC_SOFT_FMA)
#define NNC_PIECE_FMA NNC_NATIVE_FMA
#elif NNC_FMA_BY_DOUBLES
#define NNC_PIECE_FMA nnc_vfma_double
#endif

NNC_FN nnc_vec nnc_vfma(nnc_vec a, nnc_vec b, nnc_vec c)
{
#if defined(NNC_PIECE_FMA) && NNC_PIECES == 1
    return (nnc_vec)NNC_PIECE_FMA((NNC_NATIVE_TYPE)a, (NNC_NATIVE_TYPE)b, (NNC_NATIVE_TYPE)c);
#elif defined(NNC_PIECE_FMA)
    nnc_pieces x, y, z;
    x.whole = a;
    y.whole = b;
    z.whole = c;
    NNC_LANE_LOOP
    for (int i = 0; i < NNC_PIECES; i++)
        x.piece[i] = (nnc_native)NNC_PIECE_FMA((NNC_NATIVE_TYPE)x.piece[i], (NNC_NATIVE_TYPE)y.piece[i],
                                               (NNC_NATIVE_TYPE)z.piece[i]);
    return x.whole;
#else
    NNC_LANE_LOOP
    for (int i = 0; i < NNC_WIDTH; i++)
#if NNC_REAL_BYTES == 4
        a[i] = nnc_fmaf(a[i], b[i], c[i]);
#else
        a[i] = nnc_fma(a[i], b[i], c[i]);
#endif
    return a;
#endif
}

NNC_FN nnc_vec nnc_vsqrt(nnc_vec x)
{
#if defined(NNC_NATIVE_SQRT) && !defined(NNC_SOFT_SQRT)
    nnc_pieces y;
    y.whole = x;
    NNC_LANE_LOOP
    for (int i = 0; i < NNC_PIECES; i++)
        y.piece[i] = (nnc_native)NNC_NATIVE_SQRT((NNC_NATIVE_TYPE)y.piece[i]);
    return y.whole;
#else
    NNC_LANE_LOOP
    for (int i = 0; i < NNC_WIDTH; i++)
#if NNC_REAL_BYTES == 4
        x[i] = nnc_sqrtf(x[i]);
#else
        x[i] = nnc_sqrt(x[i]);
#endif
    return x;
#endif
}

/* x86's maximum and minimum, and the pseudo ones of WebAssembly, are x > y ? x : y and x < y ? x : y exactly. */
NNC_FN nnc_vec nnc_vfmax(nnc_vec x, nnc_vec y)
{
#if defined(NNC_NATIVE_MAX) && NNC_PIECES == 1
    return (nnc_vec)NNC_NATIVE_MAX((NNC_NATIVE_TYPE)x, (NNC_NATIVE_TYPE)y);
#else
    return nnc_select(x > y, x, y);
#endif
}

NNC_FN nnc_vec nnc_vfmin(nnc_vec x, nnc_vec y)
{
#if defined(NNC_NATIVE_MIN) && NNC_PIECES == 1
    return (nnc_vec)NNC_NATIVE_MIN((NNC_NATIVE_TYPE)x, (NNC_NATIVE_TYPE)y);
#else
    return nnc_select(x < y, x, y);
#endif
}

#if NNC_NATIVE_BYTES == 64 && NNC_PIECES == 1
#define NNC_NATIVE_SCALE 1

NNC_FN nnc_vec nnc_vscale(nnc_vec y, nnc_vec n)
{
#if NNC_REAL_BYTES == 4
    return (nnc_vec)_mm512_maskz_scalef_ps(0xffff, (__m512)y, (__m512)n);
#else
    return (nnc_vec)_mm512_maskz_scalef_pd(0xff, (__m512d)y, (__m512d)n);
#endif
}

#endif
#endif

typedef nnc_ivec nnc_index;

#define NNC_BODY_BYTES NNC_REAL_BYTES
#if NNC_REAL_BYTES == 4
#define NNC_C(decimal) decimal##f
#else
#define NNC_C(decimal) decimal
#endif

#include "math_body.h"
#include "random_body.h"
#include "random_real_body.h"
#include "names_end_body.h"

#undef NNC_NATIVE_BYTES
#undef NNC_IOTA
#undef NNC_STORES_BYTES
#undef NNC_PIECES
#undef NNC_NATIVE_TYPE
#undef NNC_NATIVE_FMA
#undef NNC_NATIVE_SQRT
#undef NNC_NATIVE_MAX
#undef NNC_NATIVE_MIN
#undef NNC_FMA_BY_DOUBLES
#undef NNC_PIECE_FMA
#undef NNC_NATIVE_SCALE
