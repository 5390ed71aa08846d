/* test_lanes.c - the lane forms give the scalar functions' bits, and these are the same under every compiler and flag.
 *
 * Built with -DNNC_LANES=1|2|4|8|16 -DNNC_REAL_BYTES=4|8; with 16, 4 and -DEIGHT it is about the eight lanes
 * beside the sixteen. Prints a hash over what all scalar functions return for fixed arguments, which run.sh compares
 * among the builds. NaNs count as equal. */
#include "nnc/lanes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(EIGHT)
#include "nnc/lanes_names_body.h"
#define LANES 8
#else
#define LANES NNC_LANES
#endif

#if NNC_REAL_BYTES == 4
#define SCALAR(name) nnc_##name##f
#define BITS nnc_bitsf

#else
#define SCALAR(name) nnc_##name
#define BITS nnc_bitsd

#endif

/* The functions of one real, and of two. */
#define UNARY(X) X(exp) X(expm1) X(log) X(log1p) X(tanh) X(erf) X(sin) X(cos) X(fabs) X(floor) X(sqrt)
#define BINARY(X) X(pow) X(fmax) X(fmin)

enum { COUNT = 4096, SPECIALS = 32 };

static int passed, failed;
static uint64_t state;
static nnc_real a[COUNT], b[COUNT], c[COUNT];

static uint64_t random_bits(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return state ^ (state >> 31);
}

static void check(const char *name, int good)
{
    if (!good)
        printf("%s with %d lanes of %d bytes FAILED\n", name, LANES, NNC_REAL_BYTES);
    *(good ? &passed : &failed) += 1;
}

static int same(nnc_real x, nnc_real y)
{
    return (x != x && y != y) || BITS(x) == BITS(y);
}

/* The hash: FNV-1a over 32-bit words, with one NaN for all. */
static uint64_t hash = UINT64_C(14695981039346656037);

static void hash_word(uint32_t word)
{
    hash = (hash ^ word) * UINT64_C(1099511628211);
}

static void hash_float(float x)
{
    hash_word(x != x ? UINT32_C(0x7fc00000) : nnc_bitsf(x));
}

static void hash_double(double x)
{
    const uint64_t bits = x != x ? UINT64_C(0x7ff8000000000000) : nnc_bitsd(x);
    hash_word((uint32_t)(bits & UINT32_C(0xffffffff)));
    hash_word((uint32_t)(bits >> 32));
}

/* Special values, then numbers near 1, of all exponents, and in ranges where the functions live. */
static double argument(int i)
{
    static const double special[SPECIALS] = {
        0.0,     -0.0,     1.0,    -1.0,   0.5,       -0.5,   0x1p-149, -0x1p-149, 0x1p-126, 0x1p-1022, 0x1p-1074,
        0x1p127, -0x1p127, 88.72,  88.73,  -103.9,    -104.1, 709.78,   709.79,    -745.1,   -745.2,    1e5,
        1e6,     1e7,      0x1p23, 0x1p52, 8388607.5, 0.55,   0.875,    3.95,      1e30,     2.0};
    const double infinite = 1e300 * 1e10;
    const uint64_t r = random_bits();
    const double unit = (double)(r >> 11) * 0x1p-53;
    if (i < SPECIALS)
        return special[i];
    if (i < SPECIALS + 3)
        return i == SPECIALS ? infinite : i == SPECIALS + 1 ? -infinite : infinite - infinite;
    switch (i % 5) {
    case 0:
        return (unit - 0.5) * 8.0;
    case 1:
        return (unit - 0.5) * 220.0;
    case 2:
        return 1.0 + (unit - 0.5) * 0.01;
    case 3:
        return (double)nnc_from_bitsf((uint32_t)(r >> 20));
    default:
        return (unit - 0.5) * 2000.0;
    }
}

static void hash_scalars(void)
{
    state = 3;
    for (int i = 0; i < COUNT; i++) {
        const double x = argument(i), y = argument(i + i / 7 % 2), z = argument(i + 5);
        const float xf = (float)x, yf = (float)y, zf = (float)z;
#define HASH(name) hash_float(nnc_##name##f(xf)), hash_double(nnc_##name(x));
#define HASH_TWO(name) hash_float(nnc_##name##f(xf, yf)), hash_double(nnc_##name(x, y));
        UNARY(HASH)
        BINARY(HASH_TWO)
        hash_float(nnc_fmaf(xf, yf, zf));
        hash_double(nnc_fma(x, y, z));
        const uint32_t key = nnc_random_key(UINT64_C(0x123456789), (uint32_t)i, 7);
        hash_word(key);
        hash_float(nnc_random_uniformf(key, 5));
        hash_float(nnc_random_normalf(key, 5));
        hash_double(nnc_random_uniform(key, 5));
        hash_double(nnc_random_normal(key, 5));
    }
}

/* Every function, lane by lane; the arrays are read one element off, so that nothing is aligned. */
#define TEST_UNARY(name)                                                                                               \
    static void test_##name##_in_lanes(void)                                                                           \
    {                                                                                                                  \
        int good = 1;                                                                                                  \
        for (int i = 1; i + LANES <= COUNT; i += LANES) {                                                              \
            nnc_real y[LANES];                                                                                         \
            nnc_store(y, nnc_v##name(nnc_load(a + i)));                                                                \
            for (int j = 0; j < LANES; j++)                                                                            \
                good &= same(y[j], SCALAR(name)(a[i + j]));                                                            \
        }                                                                                                              \
        check(#name, good);                                                                                            \
    }

#define TEST_BINARY(name)                                                                                              \
    static void test_##name##_in_lanes(void)                                                                           \
    {                                                                                                                  \
        int good = 1;                                                                                                  \
        for (int i = 1; i + LANES <= COUNT; i += LANES) {                                                              \
            nnc_real y[LANES];                                                                                         \
            nnc_store(y, nnc_v##name(nnc_load(a + i), nnc_load(b + i)));                                               \
            for (int j = 0; j < LANES; j++)                                                                            \
                good &= same(y[j], SCALAR(name)(a[i + j], b[i + j]));                                                  \
        }                                                                                                              \
        check(#name, good);                                                                                            \
    }

UNARY(TEST_UNARY)

BINARY(TEST_BINARY)

static void test_fma_in_lanes(void)
{
    int good = 1;
    for (int i = 1; i + LANES <= COUNT; i += LANES) {
        nnc_real y[LANES];
        nnc_store(y, nnc_vfma(nnc_load(a + i), nnc_load(b + i), nnc_load(c + i)));
        for (int j = 0; j < LANES; j++)
            good &= same(y[j], SCALAR(fma)(a[i + j], b[i + j], c[i + j]));
    }
    check("fma", good);
}

static void test_random_in_lanes(void)
{
    int uniform = 1, normal = 1;
    for (int i = 0; i < COUNT; i += LANES) {
        nnc_real u[LANES], n[LANES];
        const int start = i * 524287;
        nnc_store(u, nnc_vrandom_uniform(9, nnc_isplat(start) + nnc_iota()));
        nnc_store(n, nnc_vrandom_normal(9, nnc_isplat(start) + nnc_iota()));
        for (int j = 0; j < LANES; j++) {
            uniform &= same(u[j], SCALAR(random_uniform)(9, (uint32_t)(start + j)));
            normal &= same(n[j], SCALAR(random_normal)(9, (uint32_t)(start + j)));
        }
    }
    check("random_uniform", uniform);
    check("random_normal", normal);
}

/* On the heap, with nothing behind: AddressSanitizer sees a touch beyond `count`. */
static void test_parts_touch_nothing_beyond(void)
{
    for (int count = 0; count <= LANES; count++) {
        const size_t bytes = (size_t)count * sizeof(nnc_real);
        nnc_real *from = (nnc_real *)malloc(bytes), *to = (nnc_real *)malloc(bytes), y[LANES], w[LANES + 1];
        memcpy(from, a + 100, bytes);
        for (int j = 0; j <= LANES; j++)
            w[j] = 7;
        nnc_prefetch(from, count); /* behind its end, too */
        nnc_store(y, nnc_load_part(from, count));
        nnc_store_part(to, nnc_load_part(from, count) + nnc_splat(1), count);
        nnc_store_part(w, nnc_load(a + 100), count);
        int good = 1;
        for (int j = 0; j < LANES; j++) {
            good &= same(y[j], j < count ? a[100 + j] : 0) && same(w[j], j < count ? a[100 + j] : 7);
            good &= j >= count || same(to[j], a[100 + j] + 1);
        }
        check("load_part, store_part", good && w[LANES] == 7);
        free(from);
        free(to);
    }
}

static void test_integers_in_lanes(void)
{
    static const int32_t source[18] = {
        0, -5, 3, 2147483647, -2147483647 - 1, 9, 100, -1, 12345678, 16777217, 7, 8, 1, -2, 5, 4, 3, 2};
    int32_t y[LANES + 1];
    for (int count = 0; count <= LANES; count++) {
        int32_t *from = (int32_t *)malloc((size_t)count * 4);
        memcpy(from, source + 1, (size_t)count * 4);
        for (int j = 0; j <= LANES; j++)
            y[j] = 77;
        nnc_istore_part(y, nnc_iload_part(from, count), count);
        int good = 1;
        for (int j = 0; j <= LANES; j++)
            good &= y[j] == (j < count ? source[1 + j] : 77);
        check("iload_part, istore_part", good);
        free(from);
    }
    nnc_real x[LANES];
    int good = 1;
    nnc_istore(y, nnc_iselect(nnc_iload(source + 1) > nnc_isplat(4), nnc_iota() + 1, nnc_isplat(-3)));
    nnc_store(x, nnc_vreal(nnc_iload(source + 1)));
    for (int j = 0; j < LANES; j++)
        good &= y[j] == (source[1 + j] > 4 ? j + 1 : -3) && same(x[j], (nnc_real)source[1 + j]);
    for (int j = 0; j < LANES; j++)
        x[j] = (nnc_real)(j * 3) - (nnc_real)7.75;
    nnc_istore(y, nnc_vint(nnc_load(x)));
    for (int j = 0; j < LANES; j++)
        good &= y[j] == (int32_t)x[j];
    check("integers", good);
}

static void test_select_takes_comparisons(void)
{
    int good = 1;
    for (int i = 1; i + LANES <= COUNT; i += LANES) {
        const nnc_vec x = nnc_load(a + i), y = nnc_load(b + i), z = nnc_load(c + i);
        nnc_real one[LANES], both[LANES], either[LANES];
        nnc_store(one, nnc_select(x > y, x, z));
        nnc_store(both, nnc_select((x > y) & (y < z), x, z));
        nnc_store(either, nnc_select((x == y) | (y <= z), x, z));
        for (int j = 0; j < LANES; j++) {
            const nnc_real p = a[i + j], q = b[i + j], r = c[i + j];
            good &= same(one[j], p > q ? p : r) && same(both[j], p > q && q < r ? p : r);
            good &= same(either[j], p == q || q <= r ? p : r);
        }
    }
    nnc_real y[LANES];
    nnc_store(y, nnc_splat((nnc_real)-0.0));
    for (int j = 0; j < LANES; j++)
        good &= same(y[j], (nnc_real)-0.0);
    check("select, splat", good);
}

int main(void)
{
    hash_scalars();
    state = 11;
    for (int i = 0; i < COUNT; i++) {
        a[i] = (nnc_real)argument(i);
        b[i] = (nnc_real)argument(i * 3 % COUNT);
        c[i] = (nnc_real)argument(i * 5 % COUNT);
    }
#define RUN(name) test_##name##_in_lanes();
    UNARY(RUN)
    BINARY(RUN)
    test_fma_in_lanes();
    test_random_in_lanes();
    test_parts_touch_nothing_beyond();
    test_integers_in_lanes();
    test_select_takes_comparisons();
    printf("hash %016llx\n", (unsigned long long)hash);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
