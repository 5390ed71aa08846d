/* test_metrics.c - ROC, area, equal error rate and true accepts, on lists short enough to be counted by hand. */
#include "support.h"

#include "metrics.h"

static Trials trials_of(const float *genuine, size_t genuines, const float *impostor, size_t impostors)
{
    Trials trials = trials_new(&context, genuines, impostors);
    for (size_t i = 0; i < genuines; i++)
        trials_add_genuine(&trials, genuine[i]);
    for (size_t i = 0; i < impostors; i++)
        trials_add_impostor(&trials, impostor[i]);
    metrics_sort(&trials);
    return trials;
}

/* From the greatest: G G I G I I I (G genuine, I impostor). */
static Trials apart(void)
{
    return trials_of((const float[]){0.4f, 0.9f, 0.8f}, 3, (const float[]){0.1f, 0.5f, 0.2f, 0.3f}, 4);
}

/* 0.9 and 0.8 beat all four impostors, 0.4 beats three of them: 11 of 12. */
static void test_area_counts_the_pairs_that_are_in_order(void **state)
{
    (void)state;
    Trials trials = apart();
    assert_close(metrics_area(&trials), 11.0 / 12);
}

/* 0.6 = 0.6 counts a half, 0.6 > 0.1 and 0.2 > 0.1 one each, 0.2 < 0.6 nothing: 2.5 of 4. */
static void test_area_counts_equal_ones_half(void **state)
{
    (void)state;
    Trials trials = trials_of((const float[]){0.6f, 0.2f}, 2, (const float[]){0.6f, 0.1f}, 2);
    assert_close(metrics_area(&trials), 2.5 / 4);
}

/* (false accepts, false rejects) goes (0, 1/3), (1/4, 1/3), (1/4, 0): it crosses the diagonal in the last step. */
static void test_equal_error_on_a_vertical_step(void **state)
{
    (void)state;
    Trials trials = apart();
    assert_close(metrics_equal_error(&trials), 1.0 / 4);
}

/* One step from (0, 1) to (1, 0), where everything is equal: 1/2. From (0, 1/2) to (1, 0): (1 - e) / 2 = e
 * gives 1/3. */
static void test_equal_error_is_interpolated_over_ties(void **state)
{
    (void)state;
    Trials equal = trials_of((const float[]){0.5f, 0.5f}, 2, (const float[]){0.5f, 0.5f}, 2);
    assert_close(metrics_equal_error(&equal), 0.5);
    Trials half = trials_of((const float[]){0.9f, 0.5f}, 2, (const float[]){0.5f, 0.5f}, 2);
    assert_close(metrics_equal_error(&half), 1.0 / 3);
}

static void test_what_is_apart_has_no_error(void **state)
{
    (void)state;
    Trials trials = trials_of((const float[]){0.9f, 0.8f}, 2, (const float[]){-0.1f, 0.2f}, 2);
    assert_close(metrics_area(&trials), 1);
    assert_close(metrics_equal_error(&trials), 0);
}

static void test_what_is_reversed_is_all_error(void **state)
{
    (void)state;
    Trials trials = trials_of((const float[]){-0.1f, 0.2f}, 2, (const float[]){0.9f, 0.8f}, 2);
    assert_close(metrics_area(&trials), 0);
    assert_close(metrics_equal_error(&trials), 1);
}

/* One impostor of four may be accepted: the threshold lies just above 0.3. */
static void test_true_accepts_at_a_rate(void **state)
{
    (void)state;
    Trials trials = apart();
    Roc_point point = metrics_at_false_accepts(&trials, 0.25);
    assert_int_equal(point.genuines, 3);
    assert_int_equal(point.impostors, 1);
    assert_true(point.threshold > 0.3f && point.threshold < 0.3001f);
}

/* None of four may be accepted at 0.24, so the threshold lies just above 0.5. */
static void test_a_rate_is_never_exceeded(void **state)
{
    (void)state;
    Trials trials = apart();
    Roc_point point = metrics_at_false_accepts(&trials, 0.24);
    assert_int_equal(point.genuines, 2);
    assert_int_equal(point.impostors, 0);
    assert_true(point.threshold > 0.5f && point.threshold < 0.5001f);
}

/* Equal impostors are accepted together, or not at all. */
static void test_a_rate_is_not_exceeded_by_ties(void **state)
{
    (void)state;
    Trials trials = trials_of((const float[]){0.9f, 0.5f}, 2, (const float[]){0.5f, 0.5f, 0.1f, 0.0f}, 4);
    Roc_point point = metrics_at_false_accepts(&trials, 0.25);
    assert_int_equal(point.genuines, 1);
    assert_int_equal(point.impostors, 0);
}

/* As a double 0.001 * 3000 is 3, 0.07 * 100 a little more than 7, and 0.29 * 100 a little less than 29. */
static void test_a_rate_times_pairs_is_not_rounded_away(void **state)
{
    (void)state;
    float impostor[100], genuine = 1000;
    for (int i = 0; i < 100; i++)
        impostor[i] = (float)i;
    Trials trials = trials_of(&genuine, 1, impostor, 100);
    assert_int_equal(metrics_at_false_accepts(&trials, 0.29).impostors, 29);
    assert_int_equal(metrics_at_false_accepts(&trials, 0.07).impostors, 7);
}

static void test_the_roc_visits_each_similarity_once(void **state)
{
    (void)state;
    Trials trials = trials_of((const float[]){0.9f, 0.5f}, 2, (const float[]){0.5f, 0.5f, 0.1f}, 3);
    const Roc_point wanted[] = {{0.9f, 1, 0}, {0.5f, 2, 2}, {0.1f, 2, 3}};
    Roc_point point = {INFINITY, 0, 0};
    for (size_t i = 0; i < 3; i++) {
        assert_true(roc_next(&trials, &point));
        assert_true(point.threshold == wanted[i].threshold);
        assert_int_equal(point.genuines, wanted[i].genuines);
        assert_int_equal(point.impostors, wanted[i].impostors);
    }
    assert_false(roc_next(&trials, &point));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_area_counts_the_pairs_that_are_in_order),
        cmocka_unit_test(test_area_counts_equal_ones_half),
        cmocka_unit_test(test_equal_error_on_a_vertical_step),
        cmocka_unit_test(test_equal_error_is_interpolated_over_ties),
        cmocka_unit_test(test_what_is_apart_has_no_error),
        cmocka_unit_test(test_what_is_reversed_is_all_error),
        cmocka_unit_test(test_true_accepts_at_a_rate),
        cmocka_unit_test(test_a_rate_is_never_exceeded),
        cmocka_unit_test(test_a_rate_is_not_exceeded_by_ties),
        cmocka_unit_test(test_a_rate_times_pairs_is_not_rounded_away),
        cmocka_unit_test(test_the_roc_visits_each_similarity_once),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
