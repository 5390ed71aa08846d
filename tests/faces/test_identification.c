/* test_identification.c - rank-1 on vectors in a plane, counted by hand. */
#include "support.h"

#include "identification.h"

static const double degree = 3.14159265358979323846 / 180;

/* Photographs as directions in degrees. */
static Likenesses directions(const double *degrees, const size_t *first, size_t people)
{
    size_t count = first[people];
    float *matrix = context_allocate(&context, count * count, sizeof *matrix);
    for (size_t i = 0; i < count * count; i++)
        matrix[i] = (float)cos((degrees[i / count] - degrees[i % count]) * degree);
    return (Likenesses){count, people, first, matrix};
}

/* A at 0 and 30, B at 40 and 90. Enrolled 0 and 40: 30 is nearer to B, 90 to B: 1 of 2. Enrolled 30 and 90: 0 to A, 40
 * to A: 1 of 2. */
static void test_one_photograph_in_turn(void **state)
{
    (void)state;
    static const size_t first[] = {0, 2, 4};
    Likenesses all = directions((const double[]){0, 30, 40, 90}, first, 2);
    Rank_one result = identification_rank_one(&context, &all, 1);
    assert_close(result.mean, 0.5);
    assert_close(result.best, 0.5);
    assert_int_equal(result.probes, 4);
}

/* A at 0, 100 and 45, B at 60 and 200, whose mean is 130. Two of each are enrolled, so only A's third is recognised:
 *     enrolled 0, 100   45 is 5 from A's mean, 85 from B's: right    45 from A's nearest, 15 from B's: wrong
 *     enrolled 100, 45   0 is 72.5 from A's mean, 130 from B's: right   45 from A's nearest, 60 from B's: right
 *     enrolled 45, 0   100 is 77.5 from A's mean, 30 from B's: wrong   55 from A's nearest, 40 from B's: wrong */
static void test_mean_and_most_similar_differ(void **state)
{
    (void)state;
    static const size_t first[] = {0, 3, 5};
    Likenesses all = directions((const double[]){0, 100, 45, 60, 200}, first, 2);
    Rank_one result = identification_rank_one(&context, &all, 2);
    assert_close(result.mean, 2.0 / 3);
    assert_close(result.best, 1.0 / 3);
    assert_int_equal(result.probes, 3);
}

/* Who has one photograph is enrolled with it, and never recognised. */
static void test_single_photographs_only_distract(void **state)
{
    (void)state;
    static const size_t first[] = {0, 2, 3};
    Likenesses all = directions((const double[]){0, 20, 21}, first, 2);
    Rank_one result = identification_rank_one(&context, &all, 1);
    assert_int_equal(result.probes, 2);
    assert_close(result.best, 0.5); /* 20 is taken for 21; 0 for 20 */
}

static void test_nobody_to_recognise(void **state)
{
    (void)state;
    static const size_t first[] = {0, 1, 2};
    Likenesses all = directions((const double[]){0, 20}, first, 2);
    assert_true(isnan(identification_rank_one(&context, &all, 1).mean));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_photograph_in_turn),
        cmocka_unit_test(test_mean_and_most_similar_differ),
        cmocka_unit_test(test_single_photographs_only_distract),
        cmocka_unit_test(test_nobody_to_recognise),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
