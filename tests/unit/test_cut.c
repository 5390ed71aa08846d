/* test_cut.c - compiler/cut.c: the cheapest labels are those that trying all of them finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cut.h"
#include "program.h"

enum { THINGS_MAX = 10, SEAMS_MAX = 20 };

typedef struct Things {
    int count, seams;
    double first[THINGS_MAX], second[THINGS_MAX];
    Seam seam[SEAMS_MAX];
} Things;

static double cost_of(const Things *things, unsigned labels)
{
    double cost = 0;
    for (int i = 0; i < things->count; i++)
        cost += labels >> i & 1 ? things->second[i] : things->first[i];
    for (int i = 0; i < things->seams; i++)
        cost += (labels >> things->seam[i].one ^ labels >> things->seam[i].other) & 1 ? things->seam[i].cost : 0;
    return cost;
}

static int second_labels(unsigned labels)
{
    int count = 0;
    for (; labels; labels >>= 1)
        count += labels & 1;
    return count;
}

static unsigned labels_of(const Things *things)
{
    const bool *label = cheapest_labels(things->count, things->first, things->second, things->seams, things->seam);
    unsigned labels = 0;
    for (int i = 0; i < things->count; i++)
        labels |= label[i] ? 1u << i : 0;
    return labels;
}

/* Costs from 0 to limit - 1, in steps of `grain`; one in `forbidden` may not be. Most labels cost nothing, so that what
 * one thing costs is weighed against others far away. */
static Things random_things(int limit, double grain, int forbidden)
{
    Things things = {.count = 1 + program_random(THINGS_MAX)};
    for (int i = 0; i < things.count; i++) {
        things.first[i] = program_random(3) ? 0 : program_random(limit) * grain;
        things.second[i] = program_random(3)           ? 0
                           : program_random(forbidden) ? program_random(limit) * grain
                                                       : FORBIDDEN;
    }
    for (int i = program_random(SEAMS_MAX); i > 0 && things.count > 1; i--) {
        int one = program_random(things.count), other = program_random(things.count - 1);
        double cost = program_random(forbidden) ? program_random(limit) * grain : FORBIDDEN;
        things.seam[things.seams++] = (Seam){one, other + (other >= one), cost};
    }
    return things;
}

static void check_things(const Things *things, double rounding)
{
    unsigned found = labels_of(things), best = 0;
    for (unsigned labels = 1; labels < 1u << things->count; labels++) {
        double apart = cost_of(things, labels) - cost_of(things, best);
        if (apart < -rounding || (apart <= rounding && second_labels(labels) < second_labels(best)))
            best = labels;
    }
    assert_true(cost_of(things, found) <= cost_of(things, best) + rounding);
    assert_int_equal(second_labels(found), second_labels(best));
}

static void test_labels_are_the_cheapest_of_all(void **state)
{
    (void)state;
    program_seed(51);
    for (int trial = 0; trial < 500; trial++) {
        Things things = random_things(100, 1, 12);
        check_things(&things, 0);
    }
}

/* So few different costs that many labelings cost the same. */
static void test_of_equal_labelings_the_one_with_fewer_second_labels(void **state)
{
    (void)state;
    program_seed(52);
    for (int trial = 0; trial < 500; trial++) {
        Things things = random_things(3, 1, 6);
        check_things(&things, 0);
    }
    const Things same = {.count = 2, .first = {1, 1}, .second = {1, 1}, .seams = 1, .seam = {{0, 1, 5}}};
    assert_int_equal(labels_of(&same), 0);
}

static void test_costs_that_are_no_whole_numbers(void **state)
{
    (void)state;
    program_seed(53);
    for (int trial = 0; trial < 300; trial++) {
        Things things = random_things(1000, 0.1 / 3, 12);
        check_things(&things, 1e-9);
    }
}

static void test_a_forbidden_seam_is_never_cut(void **state)
{
    (void)state;
    Things things = {.count = 2, .first = {1000, 0}, .second = {0, 900}, .seams = 1, .seam = {{0, 1, FORBIDDEN}}};
    assert_int_equal(labels_of(&things), 3);
    things.second[1] = 1100;
    assert_int_equal(labels_of(&things), 0);
    things.second[1] = FORBIDDEN;
    assert_int_equal(labels_of(&things), 0);
    things.seam[0].cost = 900;
    assert_int_equal(labels_of(&things), 1);
}

/* A copy pays only if enough stands behind it: two things that gain 6 each, around one that loses 1, for a seam
 * of 10. */
static void test_a_seam_is_paid_by_all_behind_it(void **state)
{
    (void)state;
    Things things = {.count = 4, .first = {0, 6, 0, 6}, .second = {FORBIDDEN, 0, 1, 0}, .seams = 3};
    things.seam[0] = (Seam){0, 1, 10};
    things.seam[1] = (Seam){1, 2, 6};
    things.seam[2] = (Seam){2, 3, 6};
    assert_int_equal(labels_of(&things), 14);
    things.first[3] = 1;
    assert_int_equal(labels_of(&things), 0);
}

/* The shortest way of a flow runs from 2 to 1, the cheapest cut needs it the other way round. */
static void test_flow_is_taken_back(void **state)
{
    (void)state;
    Things things = {.count = 4, .first = {0, 1, 0, 2}, .second = {2, 0, 1, 0}, .seams = 3};
    things.seam[0] = (Seam){2, 3, 2};
    things.seam[1] = (Seam){0, 1, 2};
    things.seam[2] = (Seam){2, 1, 1};
    assert_int_equal(labels_of(&things), 0);
    check_things(&things, 0);
}

static void test_nothing_and_things_without_seams(void **state)
{
    (void)state;
    assert_non_null(cheapest_labels(0, NULL, NULL, 0, NULL));
    const Things apart = {.count = 3, .first = {1, 2, 3}, .second = {2, 1, 3}};
    assert_int_equal(labels_of(&apart), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, program_start, program_stop)
        TEST(test_labels_are_the_cheapest_of_all),   TEST(test_of_equal_labelings_the_one_with_fewer_second_labels),
        TEST(test_costs_that_are_no_whole_numbers),  TEST(test_a_forbidden_seam_is_never_cut),
        TEST(test_a_seam_is_paid_by_all_behind_it),  TEST(test_flow_is_taken_back),
        TEST(test_nothing_and_things_without_seams),
    };
    return cmocka_run_group_tests_name("cut", tests, NULL, NULL);
}
