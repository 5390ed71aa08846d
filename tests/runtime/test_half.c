/* test_half.c - every half becomes the float that IEEE 754 says, one by one and in lanes, whole vectors and parts.
 *
 * Built with -DNNC_LANES=1|2|4|8|16; -DNNC_SOFT_HALF takes the integers where the machine converts. Prints a hash over
 * all 65,536 floats, NaNs included, which run.sh compares among the builds. Calls nothing but printf: also for machines
 * without a C library of their own. */
#ifndef NNC_REAL_BYTES
#define NNC_REAL_BYTES 4
#endif
#include "nnc/half.h"

#include <stdio.h>

enum { COUNT = 65536, AROUND = 5 };

static int passed, failed;
static uint16_t halves[COUNT + NNC_LANES];
static uint32_t wanted[COUNT];

static void check(const char *name, int wrong)
{
    if (wrong)
        printf("%s with %d lanes: %d numbers FAILED\n", name, NNC_LANES, wrong);
    *(wrong ? &failed : &passed) += 1;
}

/* From the definition: (-1)^sign 2^(exponent - 15) 1.fraction, or 2^-14 0.fraction, by multiplications that
 * are exact. */
static float by_definition(uint32_t half)
{
    const int exponent = (int)(half >> 10 & 31);
    float x = (float)((half & 1023) + (exponent ? 1024 : 0)) * 0x1p-24f;
    for (int i = 1; i < exponent; i++)
        x *= 2;
    return half & 0x8000 ? -x : x;
}

/* Infinities and NaNs, which machines make quiet, by their bits. */
static void fill(void)
{
    for (uint32_t half = 0; half < COUNT; half++) {
        const uint32_t sign = half >> 15 << 31, fraction = half & 1023;
        halves[half] = (uint16_t)half;
        wanted[half] = nnc_bitsf(by_definition(half));
        if ((half & 0x7c00) == 0x7c00)
            wanted[half] = sign | UINT32_C(0x7f800000) | fraction << 13 | (fraction ? UINT32_C(0x400000) : 0);
    }
}

static void check_one_by_one(void)
{
    int wrong = 0, wrong_integer = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        wrong += nnc_bitsf(nnc_half(halves[i])) != wanted[i];
        wrong_integer += nnc_bitsf(nnc_half_integer(halves[i])) != wanted[i];
    }
    check("nnc_half", wrong);
    check("nnc_half_integer", wrong_integer);
}

static uint32_t lane_bits(nnc_vec x, int lane)
{
#if NNC_LANES == 1
    (void)lane;
    return nnc_bitsf(x);
#else
    const nnc_uvec bits = nnc_bits(x);
    return bits[lane];
#endif
}

/* From every address: halves that lie on no boundary of a vector, too. */
static void check_lanes(void)
{
    int wrong = 0;
    for (uint32_t i = 0; i + NNC_LANES <= COUNT; i++) {
        const nnc_vec x = nnc_hload(&halves[i]);
        for (int lane = 0; lane < NNC_LANES; lane++)
            wrong += lane_bits(x, lane) != wanted[i + (uint32_t)lane];
    }
    check("nnc_hload", wrong);
}

/* Behind the last one nothing is read; the other lanes are 0. */
static void check_parts(void)
{
    int wrong = 0;
    for (int count = 1; count <= NNC_LANES; count++) {
        for (uint32_t i = 0; i < COUNT; i += AROUND) {
            const uint32_t first = i + (uint32_t)count <= COUNT ? i : COUNT - (uint32_t)count;
            const nnc_vec x = nnc_hload_part(&halves[first], count);
            for (int lane = 0; lane < NNC_LANES; lane++)
                wrong += lane_bits(x, lane) != (lane < count ? wanted[first + (uint32_t)lane] : 0);
        }
    }
    check("nnc_hload_part", wrong);
}

int main(void)
{
    uint32_t hash = UINT32_C(2166136261);
    fill();
    check_one_by_one();
    check_lanes();
    check_parts();
    for (uint32_t i = 0; i < COUNT; i++)
        hash = (hash ^ nnc_bitsf(nnc_half(halves[i]))) * UINT32_C(16777619);
    printf("hash %08lx\n%d passed, %d failed\n", (unsigned long)hash, passed, failed);
    return failed != 0;
}
