/* test_folds.c - accuracy by folds, counted by hand. */
#include "support.h"

#include "folds.h"

static const float similarity[] = {0.9f, 0.75f, 0.3f, 0.5f, 0.8f, 0.4f, 0.2f, 0.6f};
static const bool same[] = {true, true, false, false, true, true, false, false};
static const int fold[] = {0, 0, 0, 0, 1, 1, 1, 1};
static const Fold_scores scores = {8, similarity, same, fold, 2};

/* Fold 0 alone: all above 0.5 are of one person, all from there on of two. */
static void test_a_threshold_lies_between_what_it_separates(void **state)
{
    (void)state;
    assert_close(folds_threshold(&context, &scores, 1), (0.75 + 0.5) / 2);
}

/* Fold 1 alone: three of four are right if 0.8 is accepted, or if all down to 0.4 are; the first of two is taken. */
static void test_of_equally_good_thresholds_the_middle_one(void **state)
{
    (void)state;
    assert_close(folds_threshold(&context, &scores, 0), (0.8 + 0.6) / 2);
}

/* Accepting 0, 1, ... of them, the greatest first, decides so many rightly. */
static void test_the_middle_of_several(void **state)
{
    (void)state;
    static const float values[] = {0.9f, 0.8f, 0.7f, 0.6f, 0.5f, 0.4f, 0.0f};
    static const bool alternating[] = {false, true, false, true, false, true, true};
    static const int one[7] = {0};
    /* 3 2 3 2 3 2 3 4 of seven: all are accepted */
    const Fold_scores all = {7, values, alternating, one, 1};
    assert_close(folds_threshold(&context, &all, -1), 0.0);
    /* 3 2 3 2 3 2 3 of six, four times 3; of those the second lies between 0.8 and 0.7 */
    const Fold_scores six = {6, values, alternating, one, 1};
    assert_close(folds_threshold(&context, &six, -1), 0.75);
}

static void test_nothing_may_be_accepted(void **state)
{
    (void)state;
    static const bool none[4] = {false, false, false, true};
    const Fold_scores four = {4, similarity, none, fold, 1};
    double threshold = folds_threshold(&context, &four, -1);
    assert_true(threshold > 0.9);
    assert_close(folds_accuracy(&four, -1, threshold), 0.75);
}

static void test_accuracy_of_a_fold_and_of_all(void **state)
{
    (void)state;
    assert_close(folds_accuracy(&scores, 0, 0.7), 1);
    assert_close(folds_accuracy(&scores, 1, 0.625), 0.75);
    assert_close(folds_accuracy(&scores, -1, 0.55), 6.0 / 8);
}

/* A similarity that equals the threshold is accepted. */
static void test_the_threshold_itself_is_accepted(void **state)
{
    (void)state;
    assert_close(folds_accuracy(&scores, 0, (double)similarity[1]), 1);
    assert_close(folds_accuracy(&scores, 0, nextafter((double)similarity[1], 1)), 0.75);
}

/* 0.7 decides all of fold 0 rightly, 0.625 three of four of fold 1: 1 and 3/4, mean 7/8, deviation sqrt(2 / 64) with
 * one degree of freedom, over sqrt(2): 1/8. */
static void test_mean_and_standard_error(void **state)
{
    (void)state;
    Fold_result result = folds_evaluate(&context, &scores);
    assert_close(result.mean, 7.0 / 8);
    assert_close(result.standard_error, 1.0 / 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_threshold_lies_between_what_it_separates),
        cmocka_unit_test(test_of_equally_good_thresholds_the_middle_one),
        cmocka_unit_test(test_the_middle_of_several),
        cmocka_unit_test(test_nothing_may_be_accepted),
        cmocka_unit_test(test_accuracy_of_a_fold_and_of_all),
        cmocka_unit_test(test_the_threshold_itself_is_accepted),
        cmocka_unit_test(test_mean_and_standard_error),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
