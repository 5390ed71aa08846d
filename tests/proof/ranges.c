/* ranges.c - contracts of include/contracts.h for which EVA's ranges are too coarse, tried for every float: cos, whose
 * sign bit is set where it crosses zero, and the square root by integers, bit by bit. Prints what failed;
 * exit status. */
#include <nnc/random.h>

#include <math.h>
#include <stdio.h>

/* |cos x| <= 1.25 for 1 <= |x| <= 8. */
static long count_wrong_cosines(void)
{
    long wrong = 0;
    const uint32_t last = nnc_bitsf(8.0f);
    for (uint32_t bits = nnc_bitsf(1.0f); bits <= last; bits++) {
        float right = nnc_cosf(nnc_from_bitsf(bits)), left = nnc_cosf(nnc_from_bitsf(bits | UINT32_C(0x80000000)));
        wrong += !(right >= -1.25f && right <= 1.25f) || !(left >= -1.25f && left <= 1.25f);
    }
    return wrong;
}

static long count_wrong_roots(uint32_t first, uint32_t last)
{
    long wrong = 0;
    for (uint32_t bits = first; bits <= last; bits++) {
        float x = nnc_from_bitsf(bits);
        wrong += nnc_bitsf(nnc_sqrtf_integer(x)) != nnc_bitsf(sqrtf(x));
    }
    return wrong;
}

/* Every mantissa of two neighbouring binades, every subnormal, and the ends of every binade: a root depends on the
 * exponent by whether it is odd, and by its half, which is added at the end. */
static long count_wrong_roots_of_all_mantissas(void)
{
    long wrong = count_wrong_roots(nnc_bitsf(1.0f), nnc_bitsf(4.0f)) + count_wrong_roots(0, nnc_bitsf(0x1p-126f));
    for (uint32_t exponent = 1; exponent < 254; exponent++)
        wrong += count_wrong_roots((exponent << 23) - 256, (exponent << 23) + 256);
    return wrong;
}

int main(void)
{
    long cosines = count_wrong_cosines(), roots = count_wrong_roots_of_all_mantissas();
    if (cosines || roots)
        printf("%ld cosines and %ld roots are not what the contracts say\n", cosines, roots);
    return cosines || roots;
}
