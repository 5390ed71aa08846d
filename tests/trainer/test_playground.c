/* test_playground.c - the playground's data sets follow its formulas. */
#include "support.h"

#include "networks.h"
#include "samples.h"

#include <math.h>

typedef struct Wanted {
    const nnc_network *network;
    Data_spec spec;
    void (*look)(double x, double y, double label);
} Wanted;

static Samples *load(Context *context, const Wanted *wanted)
{
    Pool *pool = pool_read(context, &wanted->spec, wanted->network, folder(), POOL_TRAIN | POOL_TEST, NULL);
    Split split = split_holdout(context, pool, &wanted->spec);
    return samples_make(context, pool, &split, &wanted->spec, wanted->network, NULL);
}

static void look_at_all(Context *context, void *argument)
{
    const Wanted *wanted = argument;
    const Samples *samples = load(context, wanted);
    assert_int_equal(samples->train.samples, 1000);
    assert_int_equal(samples->test.samples, 1000);
    double positive = 0;
    for (size_t i = 0; i < 1000; i++) {
        const float *x = (const float *)(const void *)samples->train.input[0].values + 2 * i;
        float label = ((const float *)(const void *)samples->train.target[0].values)[i];
        wanted->look((double)x[0], (double)x[1], (double)label);
        positive += label > 0;
    }
    assert_true(positive > 430 && positive < 570);
}

static void look_at_circle(double x, double y, double label)
{
    double r = sqrt(x * x + y * y);
    assert_true(label > 0 ? r <= 2.5001 : r >= 3.4999 && r <= 5.0001);
}

static void look_at_xor(double x, double y, double label)
{
    assert_true(fabs(x) >= 0.2999 && fabs(x) <= 5.3001 && fabs(y) >= 0.2999 && fabs(y) <= 5.3001);
    assert_true(label == (x * y >= 0 ? 1 : -1));
}

static void look_at_gauss(double x, double y, double label)
{
    assert_true(fabs(x - 2 * label) < 3.6 && fabs(y - 2 * label) < 3.6);
}

static void look_at_spiral(double x, double y, double label)
{
    double r = sqrt(x * x + y * y), t = 1.75 * r / 5 * 2 * 3.14159265358979 + (label > 0 ? 0 : 3.14159265358979);
    assert_true(fabs(x - r * sin(t)) < 1e-4 && fabs(y - r * cos(t)) < 1e-4);
}

static void look_at_plane(double x, double y, double label)
{
    assert_true(fabs(x) <= 6 && fabs(y) <= 6 && fabs(label - (x + y) / 10) < 1e-6);
}

static void look_at_hills(double x, double y, double label)
{
    double up = 1 - sqrt(x * x + (y + 2.5) * (y + 2.5)) / 2;
    if (up > 0.5)
        expect_near(label, up, 1e-5);
    assert_true(fabs(label) <= 1);
}

static void test_playground_patterns_are_those_of_the_playground(void **state)
{
    (void)state;
    static void (*const looks[])(double, double, double) = {look_at_circle, look_at_xor,   look_at_gauss,
                                                            look_at_spiral, look_at_plane, look_at_hills};
    for (int pattern = 0; pattern < 5; pattern++) {
        Wanted wanted = {&sign_network, {.format = DATA_PLAYGROUND, .pattern = (Data_pattern)pattern}, looks[pattern]};
        expect_success(look_at_all, &wanted);
    }
}

static void look_at_regression(Context *context, void *argument)
{
    const Samples *samples = load(context, argument);
    for (size_t i = 0; i < samples->train.samples; i++) {
        const float *x = (const float *)(const void *)samples->train.input[0].values + 2 * i;
        look_at_hills((double)x[0], (double)x[1],
                      (double)((const float *)(const void *)samples->train.target[0].values)[i]);
    }
}

static void test_playground_regression_takes_the_greater_hill(void **state)
{
    (void)state;
    Wanted wanted = {&sign_network, {.format = DATA_PLAYGROUND, .pattern = DATA_PATTERN_GAUSS_REGRESSION}, NULL};
    expect_success(look_at_regression, &wanted);
}

static void look_at_features(Context *context, void *argument)
{
    const Samples *samples = load(context, argument);
    for (size_t i = 0; i < samples->train.samples; i++) {
        const float *f = (const float *)(const void *)samples->train.input[0].values + 7 * i;
        double x = (double)f[0], y = (double)f[1];
        double expected[] = {x, y, x * x, y * y, x * y, sin(x), sin(y)};
        for (int k = 0; k < 7; k++)
            expect_near((double)f[k], expected[k], 1e-5);
    }
}

static void test_playground_has_seven_features(void **state)
{
    (void)state;
    Wanted wanted = {
        &seven_network,
        {.format = DATA_PLAYGROUND, .features = 7, .feature = {0, 1, 2, 3, 4, 5, 6}, .train = {.samples = 50}},
        NULL};
    expect_success(look_at_features, &wanted);
    Data_spec spec = wanted.spec;
    spec.pattern = DATA_PATTERN_CIRCLE;
    spec.train.samples = 500;
    assert_true(train_well(&seven_network, &spec, quiet_options(30)).test.accuracy > 0.98);
}

static void remember(Context *context, void *argument)
{
    static float first[2000];
    static int calls;
    const Samples *samples = load(context, argument);
    const float *x = (const float *)(const void *)samples->train.input[0].values;
    int same = 0;
    for (int i = 0; i < 2000; i++) {
        same += first[i] == x[i];
        first[i] = x[i];
    }
    if (calls == 1)
        assert_int_equal(same, 2000);
    if (calls == 2)
        assert_true(same < 10);
    calls++;
}

static void test_playground_points_are_the_seeds(void **state)
{
    (void)state;
    Wanted wanted = {&sign_network, {.format = DATA_PLAYGROUND, .pattern = DATA_PATTERN_SPIRAL, .noise = 0.3}, NULL};
    expect_success(remember, &wanted);
    expect_success(remember, &wanted);
    wanted.spec.seed = 1;
    expect_success(remember, &wanted);
}

static void look_at_classes(Context *context, void *argument)
{
    const Samples *samples = load(context, argument);
    for (size_t i = 0; i < samples->train.samples; i++) {
        int32_t t = ((const int32_t *)(const void *)samples->train.target[0].values)[i];
        assert_true(t == 0 || t == 1);
    }
    assert_string_equal(samples->encoding->classes[0].name[1], "1");
}

static void load_only(Context *context, void *argument)
{
    load(context, argument);
}

static void test_playground_labels_are_what_the_target_wants(void **state)
{
    (void)state;
    Wanted wanted = {&two_network, {.format = DATA_PLAYGROUND}, NULL};
    expect_success(look_at_classes, &wanted);
    wanted.spec.pattern = DATA_PATTERN_PLANE;
    expect_failure(load_only, &wanted, "pattern plane gives one number as the target; the network two has another");
    wanted.network = &classes_network;
    wanted.spec.pattern = DATA_PATTERN_XOR;
    expect_failure(load_only, &wanted, "pattern xor gives one of two classes as the target");
    wanted.network = &seven_network;
    expect_failure(load_only, &wanted, "a sample has 2 numbers, the network seven takes 7");
    wanted.network = &sign_network;
    wanted.spec.noise = -1;
    expect_failure(load_only, &wanted, "data.noise is -1");
    wanted.spec.noise = 0;
    wanted.spec.train.samples = 2000000000;
    expect_failure(load_only, &wanted, "data.train is 2000000000; it is 1 to 10000000 points");
}

const struct CMUnitTest playground_tests[] = {
    cmocka_unit_test(test_playground_patterns_are_those_of_the_playground),
    cmocka_unit_test(test_playground_regression_takes_the_greater_hill),
    cmocka_unit_test(test_playground_has_seven_features),
    cmocka_unit_test(test_playground_points_are_the_seeds),
    cmocka_unit_test(test_playground_labels_are_what_the_target_wants),
};
const size_t playground_count = sizeof playground_tests / sizeof *playground_tests;
