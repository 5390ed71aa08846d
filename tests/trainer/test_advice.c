/* test_advice.c - what is said of losses that go wrong, and that nothing is said of those that go right. */
#include "support.h"

#include "advice.h"
#include "nnc/random.h"

#include <math.h>
#include <string.h>

typedef double Loss(int step, double luck);

/* The first warning in a run of 1000 steps, or "". luck is normal. */
static const char *first_warning(Loss *loss, double batch)
{
    static char text[ADVICE_BYTES];
    Advice advice = {.steps = 0};
    for (int step = 0; step < 1000; step++) {
        double value = loss(step, nnc_random_normal(5, (uint32_t)step));
        Advice_facts facts = {.step = (uint64_t)step + 1, .steps = 1000, .rate = 0.1, .batch = batch, .input_peak = 1};
        if (advice_step(&advice, &facts, value, text))
            return text;
    }
    return "";
}

static double falls(int step, double luck)
{
    return 0.1 + 2.2 * exp(-step / 150.0) * (1 + 0.1 * luck);
}

static double falls_then_trembles(int step, double luck)
{
    return step < 100 ? 2.3 * exp(-step / 20.0) : 0.02 * fabs(1 + luck);
}

static double plateau_then_falls(int step, double luck)
{
    return 0.05 * luck + (step < 120 ? 0.69 : 0.69 * exp((120 - step) / 100.0)) + 0.1;
}

static double noisy_but_level(int step, double luck)
{
    return step < 50 ? 1.0 - step * 0.01 : 0.5 * (1 + 0.3 * fabs(luck));
}

static double explodes(int step, double luck)
{
    return exp(step / 30.0) * (1 + 0.1 * luck);
}

static double swings(int step, double luck)
{
    return 1 + 0.05 * luck + (step % 2 == 0 ? 0.9 : -0.9);
}

static double swings_slowly(int step, double luck)
{
    return 1.5 + 0.05 * luck + sin(step / 25.0);
}

static double crawls(int step, double luck)
{
    return 2.3 - 1e-5 * step + 0.02 * luck;
}

static void test_advice_is_silent_when_training_goes_well(void **state)
{
    (void)state;
    assert_string_equal(first_warning(falls, 32), "");
    assert_string_equal(first_warning(falls, 1), "");
    assert_string_equal(first_warning(falls_then_trembles, 32), "");
    assert_string_equal(first_warning(plateau_then_falls, 32), "");
    assert_string_equal(first_warning(noisy_but_level, 32), "");
}

static void test_advice_names_divergence_oscillation_and_crawl(void **state)
{
    (void)state;
    const char *said = first_warning(explodes, 32);
    assert_non_null(strstr(said, "diverges"));
    assert_non_null(strstr(said, "at step "));
    assert_non_null(strstr(said, "lower learning_rate from 0.1 to 0.01"));
    said = first_warning(swings, 100);
    assert_non_null(strstr(said, "oscillates around"));
    assert_non_null(strstr(said, "lower learning_rate"));
    assert_non_null(strstr(first_warning(swings_slowly, 100), "oscillates around"));
    said = first_warning(crawls, 32);
    assert_non_null(strstr(said, "at step 208"));
    assert_non_null(strstr(said, "crawls: it was 2."));
    assert_non_null(strstr(said, "raise learning_rate from 0.1 to 1"));
}

static void test_advice_says_each_thing_once(void **state)
{
    (void)state;
    char text[ADVICE_BYTES];
    Advice advice = {.steps = 0};
    int warnings = 0;
    for (int step = 0; step < 1000; step++) {
        Advice_facts facts = {.step = (uint64_t)step + 1, .steps = 1000, .rate = 0.1, .batch = 100};
        warnings += advice_step(&advice, &facts, swings(step, 0), text);
    }
    assert_int_equal(warnings, 1);
}

static void test_advice_on_no_number_names_step_rate_and_data(void **state)
{
    (void)state;
    char text[ADVICE_BYTES];
    Advice_facts facts = {.step = 17, .steps = 100, .rate = 0.5, .batch = 8, .input_peak = 452600, .target_peak = 30};
    advice_not_finite(&facts, (double)NAN, text);
    assert_non_null(strstr(text, "the loss of step 17 is not a number: lower learning_rate from 0.5 to 0.05"));
    assert_non_null(strstr(text, "the inputs reach 452600: data.standardize: {inputs: true}"));
    assert_non_null(strstr(text, "the targets reach 30"));
}

const struct CMUnitTest advice_tests[] = {
    cmocka_unit_test(test_advice_is_silent_when_training_goes_well),
    cmocka_unit_test(test_advice_names_divergence_oscillation_and_crawl),
    cmocka_unit_test(test_advice_says_each_thing_once),
    cmocka_unit_test(test_advice_on_no_number_names_step_rate_and_data),
};
const size_t advice_count = sizeof advice_tests / sizeof *advice_tests;
