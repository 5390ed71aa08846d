/* test_random.c - Threefry gives its published answers, and the numbers made of it have the distribution they should.
 */
#include "nnc/random.h"

#include <math.h>
#include <stdio.h>

static int passed, failed;

static void check(const char *name, int good)
{
    if (!good)
        printf("%s FAILED\n", name);
    *(good ? &passed : &failed) += 1;
}

/* From the distribution of Random123: threefry2x32 with 20 rounds. */
static void test_known_answers(void)
{
    static const uint32_t row[3][6] = {
        {0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x6b200159, 0x99ba4efe},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7},
        {0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0},
    };
    for (int i = 0; i < 3; i++) {
        nnc_block counter;
        counter.first = row[i][2];
        counter.second = row[i][3];
        const nnc_block answer = nnc_threefry(row[i][0], row[i][1], counter);
        check("known answer", answer.first == row[i][4] && answer.second == row[i][5]);
    }
    check("key", nnc_random_key(UINT64_C(0x0370734413198a2e), 0x243f6a88, 0x85a308d3) == 0xc4923a9c);
}

enum { SAMPLES = 400000, BINS = 64 };

/* The statistic of a chi-square test with 63 degrees of freedom lies below 120 but once in 10^5 seeds. */
static void test_uniform_is_uniform(void)
{
    int count[BINS] = {0}, low[BINS] = {0}, pairs[BINS] = {0}, range = 1;
    const uint32_t key = nnc_random_key(1, 2, 3);
    for (uint32_t i = 0; i < SAMPLES; i++) {
        const float u = nnc_random_uniformf(key, i), v = nnc_random_uniformf(key + 1, i);
        range &= u >= 0.0f && u < 1.0f;
        count[(int)(u * BINS)]++;
        low[(int)(u * 16777216.0f) % BINS]++;
        pairs[(int)(u * 8) * 8 + (int)(v * 8)]++;
    }
    const double expected = (double)SAMPLES / BINS;
    double chi = 0.0, chi_low = 0.0, chi_pairs = 0.0;
    for (int i = 0; i < BINS; i++) {
        chi += (count[i] - expected) * (count[i] - expected) / expected;
        chi_low += (low[i] - expected) * (low[i] - expected) / expected;
        chi_pairs += (pairs[i] - expected) * (pairs[i] - expected) / expected;
    }
    printf("chi-square %.1f, of the last bits %.1f, of neighbouring keys %.1f\n", chi, chi_low, chi_pairs);
    check("uniform: range", range);
    check("uniform: leading bits", chi < 120.0);
    check("uniform: last bits", chi_low < 120.0);
    check("uniform: neighbouring keys", chi_pairs < 120.0);
}

/* Moments within five standard errors. */
static void test_normal_has_its_moments(void)
{
    double m1 = 0.0, m2 = 0.0, m3 = 0.0, m4 = 0.0;
    int beyond = 0;
    for (uint32_t i = 0; i < SAMPLES; i++) {
        const double x = (double)nnc_random_normalf(17, i);
        m1 += x;
        m2 += x * x;
        m3 += x * x * x;
        m4 += x * x * x * x;
        beyond += fabs(x) > 1.959963985;
    }
    const double n = SAMPLES;
    printf("normal: moments %.4f %.4f %.4f %.4f, beyond 1.96: %.4f\n", m1 / n, m2 / n, m3 / n, m4 / n, beyond / n);
    check("normal: mean", fabs(m1 / n) < 5.0 / sqrt(n));
    check("normal: variance", fabs(m2 / n - 1.0) < 5.0 * sqrt(2.0 / n));
    check("normal: skewness", fabs(m3 / n) < 5.0 * sqrt(15.0 / n));
    check("normal: kurtosis", fabs(m4 / n - 3.0) < 5.0 * sqrt(96.0 / n));
    check("normal: tails", fabs(beyond / n - 0.05) < 5.0 * sqrt(0.05 * 0.95 / n));
}

static void test_doubles_begin_with_the_floats(void)
{
    int uniform = 1, fine = 0, far = 0;
    for (uint32_t i = 0; i < 100000; i++) {
        const double u = nnc_random_uniform(5, i), f = (double)nnc_random_uniformf(5, i);
        uniform &= f == floor(u * 0x1p24) * 0x1p-24 && u < 1.0;
        fine += u * 0x1p52 != floor(u * 0x1p52);
        far += fabs(nnc_random_normal(5, i) - (double)nnc_random_normalf(5, i)) > 1e-4;
    }
    check("double uniform begins with the float", uniform);
    check("double uniform has 53 bits", fine > 49000 && fine < 51000);
    check("double normal is near the float, but for rare ones", far < 500);
    printf("far %d\n", far);
}

int main(void)
{
    test_known_answers();
    test_uniform_is_uniform();
    test_normal_has_its_moments();
    test_doubles_begin_with_the_floats();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
