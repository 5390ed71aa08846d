/* lanes.h - the functions of math.h and random.h on NNC_LANES numbers at once, bit for bit the scalar ones.
 *
 * Define NNC_LANES (1, 2, 4, 8, 16) and NNC_REAL_BYTES (4 or 8) before the inclusion. With one lane nnc_vec is a plain
 * number. Comparisons of nnc_vec or nnc_ivec give an nnc_ivec for nnc_select: lanes of 0 and -1 (0 and 1 with one
 * lane); combine them with & and |. Loads and stores need no alignment; the _part forms touch `count` elements only.
 * Vectors may be wider than the machine's: the compiler splits them, and so does this file around instructions.
 *
 * Beside sixteen floats there are eight, as nnc8_vec, nnc8_load and so on: where a function has no use for more lanes,
 * some processors work on half a register in half the time. */
#ifndef NNC_LANES_H
#define NNC_LANES_H

#include "random.h"

#if !defined(NNC_LANES) || !defined(NNC_REAL_BYTES)
#error "define NNC_LANES and NNC_REAL_BYTES before lanes.h"
#endif

/* 0: nobody needs the eight. */
#ifndef NNC_EIGHT
#define NNC_EIGHT (NNC_LANES == 16 && NNC_REAL_BYTES == 4)
#endif

/* clang's memory sanitizer takes AVX's masked moves for whole ones. */
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#define NNC_WATCHED 1
#endif
#endif

#if NNC_LANES > 1 && NNC_LANES * NNC_REAL_BYTES >= 16 && defined(__SSE2__)
#include <immintrin.h>
#elif NNC_LANES > 1 && NNC_LANES * NNC_REAL_BYTES >= 16 && defined(__wasm_simd128__)
#include <wasm_simd128.h>
#elif NNC_LANES > 1 && NNC_LANES * NNC_REAL_BYTES >= 16 && defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>
#endif

/* Loops over the lanes: clang unrolls none for WebAssembly by itself, and a lane whose number varies lies in memory. */
#if defined(__wasm__) && defined(__clang__)
#define NNC_LANE_LOOP _Pragma("clang loop unroll(full)")
#else
#define NNC_LANE_LOOP
#endif

/* In the brackets of a parameter: nothing else that the function uses overlaps what it writes there. */
#if defined(__cplusplus)
#define NNC_RESTRICT
#else
#define NNC_RESTRICT restrict
#endif

/* Always inlined: vectors stay in registers, and none crosses a call, where conventions differ with its width. */
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"
#undef NNC_FN
#define NNC_FN static inline __attribute__((unused, always_inline))
#endif

#if NNC_REAL_BYTES == 4

typedef float nnc_real;
typedef int32_t nnc_int;
typedef uint32_t nnc_uint;

#else

typedef double nnc_real;
typedef int64_t nnc_int;
typedef uint64_t nnc_uint;

#endif

/* Before a loop over the cells of a register tile: written out, the tile's arrays live in registers. */
#if defined(__clang__)
#define NNC_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__) && __GNUC__ >= 8
#define NNC_UNROLL _Pragma("GCC unroll 32")
#else
#define NNC_UNROLL
#endif

/* Lanes of what is defined at a time. */
#define NNC_WIDTH NNC_LANES
#define NNC_VEC_BYTES (NNC_WIDTH * NNC_REAL_BYTES)

/* The first address from p on at which a whole vector may lie: none is read across two lines of the cache. */
NNC_FN nnc_real *nnc_align(nnc_real *p)
{
    return (nnc_real *)(((uintptr_t)p + NNC_VEC_BYTES - 1) / NNC_VEC_BYTES * NNC_VEC_BYTES);
}

NNC_FN int32_t *nnc_ialign(int32_t *p)
{
    return (int32_t *)(((uintptr_t)p + NNC_LANES * 4 - 1) / (NNC_LANES * 4) * (NNC_LANES * 4));
}

/* A hint: brings the line of p[count], which may lie beyond the array, into the second cache. */
NNC_FN void nnc_prefetch(const nnc_real *p, int count)
{
#if defined(__GNUC__)
    __builtin_prefetch((const void *)((uintptr_t)p + (uintptr_t)count * NNC_REAL_BYTES), 0, 2);
#else
    (void)p, (void)count;
#endif
}

#include "lanes_body.h"

#if NNC_EIGHT
#undef NNC_WIDTH
#define NNC_WIDTH 8
#include "lanes_names_body.h"
#include "lanes_body.h"
#undef NNC_WIDTH
#define NNC_WIDTH NNC_LANES
#endif

#if defined(__GNUC__)
#undef NNC_FN
#define NNC_FN static inline __attribute__((unused))
#endif

#else

/* A build may join files of C: a second network would find the vectors of the first, and write past its arrays. */
#define NNC_SAME_LANES (sizeof(nnc_vec) == NNC_LANES * NNC_REAL_BYTES && sizeof(nnc_real) == NNC_REAL_BYTES)
extern char nnc_networks_in_one_file_differ_in_lanes[NNC_SAME_LANES ? 1 : -1];

#endif
