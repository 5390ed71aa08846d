/* test_estimate.c - compiler/estimate.c and fingerprint.c: nests are told apart, and what is remembered is what would
 * be estimated again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "choose.h"
#include "estimate.h"
#include "fingerprint.h"
#include "peel.h"
#include "program.h"

static const char sum[] =
    "void f(const float x[9][5], const float w[5][21], float y[9][21]) { for (int n = 0; n < 9; n++) "
    "for (int o = 0; o < 21; o++) { float s = 0.0f; for (int i = 0; i < 5; i++) s += x[n][i] * w[i][o]; "
    "y[n][o] = s; } }";

static Nest nest_in(const char *text)
{
    return nest_of(program_kernel(text)->body->items[0]);
}

static uint64_t fingerprint(const char *text)
{
    Nest nest = nest_in(text);
    assert_int_equal(nest.depth, 2);
    return nest_fingerprint(&nest);
}

/* The text with one word in place of another. */
static const char *with(const char *text, const char *word, const char *other)
{
    const char *at = strstr(text, word);
    assert_non_null(at);
    return format("%.*s%s%s", (int)(at - text), text, other, at + strlen(word));
}

static void test_names_are_no_part_of_a_fingerprint(void **state)
{
    (void)state;
    const char *renamed =
        "void g(const float a[9][5], const float b[5][21], float c[9][21]) { for (int r = 0; r < 9; r++) "
        "for (int q = 0; q < 21; q++) { float t = 0.0f; for (int k = 0; k < 5; k++) t += a[r][k] * b[k][q]; "
        "c[r][q] = t; } }";
    assert_true(fingerprint(sum) != 0);
    assert_true(fingerprint(sum) == fingerprint(renamed));
}

static void test_every_other_difference_is(void **state)
{
    (void)state;
    static const char *const changes[][2] = {
        {"n < 9", "n < 8"},
        {"i < 5", "i < 4"},
        {"x[9][5]", "x[9][6]"},
        {"int i = 0", "int i = 1"},
        {"s += x", "s = x"},
        {"0.0f", "1.0f"},
        {"x[n][i] * w", "x[n][i] + w"},
        {"* w[i][o]", "* w[i][n]"},
        {"* w[i][o]", "* x[n][i]"},
        {"x[n][i]", "x[i][n]"},
        {"x[n][i]", "expf(x[n][i])"},
        {"x[n][i]", "sqrtf(x[n][i])"},
        {"= s;", "= s + s;"},
    };
    enum { CHANGES = sizeof changes / sizeof *changes };
    uint64_t seen[CHANGES + 1] = {fingerprint(sum)};
    for (int i = 0; i < CHANGES; i++) {
        seen[i + 1] = fingerprint(with(sum, changes[i][0], changes[i][1]));
        for (int k = 0; k <= i; k++)
            if (seen[k] == seen[i + 1])
                fail_msg("%s for %s is not seen", changes[i][1], changes[i][0]);
    }
}

/* A window with borders, of so many columns: it is estimated whole and in pieces. */
static Kernel *window(int columns)
{
    return program_kernel(format("void f(const float x[%d][16], const float k[3][16][16], float y[%d][16]) { "
                                 "for (int w = 0; w < %d; w++) for (int o = 0; o < 16; o++) { float s = 0.0f; "
                                 "for (int l = (0 > 1 - w ? 0 : 1 - w); l < (3 < %d - w ? 3 : %d - w); l++) "
                                 "for (int i = 0; i < 16; i++) s += x[w + l - 1][i] * k[l][i][o]; y[w][o] = s; } }",
                                 columns, columns, columns, columns + 1, columns + 1));
}

static void test_what_is_remembered_is_what_is_estimated(void **state)
{
    (void)state;
    Options *options = program_options("avx512", 16);
    Estimates *remembered = estimates_of(&(Model){.options = options});
    Estimates afresh = {.machine = options->machine, .lanes = options->lanes};
    for (int turn = 0; turn < 2; turn++)
        for (int columns = 3; columns < 160; columns += 13)
            for (int cuts = 0; cuts <= PEEL_DEPTH; cuts++) {
                const Kernel *kernel = window(columns);
                double first = best_cycles(remembered, kernel->body, cuts);
                assert_true(first > 0);
                assert_true(first == best_cycles(&afresh, kernel->body, cuts));
            }
}

/* The second time nothing is estimated: a table in which all costs were changed is believed. */
static void test_nothing_is_estimated_twice(void **state)
{
    (void)state;
    Estimates *estimates = estimates_of(&(Model){.options = program_options("avx2", 8)});
    double first = best_cycles(estimates, window(40)->body, PEEL_DEPTH);
    int known = 0;
    for (int i = 0; i < KNOWN_MOST; i++) {
        known += estimates->known[i].key != 0;
        estimates->known[i].cycles += 1e9;
    }
    assert_in_range(known, 2, 100);
    assert_true(best_cycles(estimates, window(40)->body, PEEL_DEPTH) == first + 1e9);
}

static const char *const nests[] = {
    sum,
    "void f(const float x[9][5], const float w[21][5], float y[9][21]) { for (int n = 0; n < 9; n++) "
    "for (int o = 0; o < 21; o++) { float s = 0.0f; for (int i = 0; i < 5; i++) s += x[n][i] * w[o][i]; "
    "y[n][o] = s; } }",
    "void f(const float x[256][64], const float w[64][8192], float y[256][8192]) { for (int n = 0; n < 256; n++) "
    "for (int o = 0; o < 8192; o++) { float s = 0.0f; for (int i = 0; i < 64; i++) s += x[n][i] * w[i][o]; "
    "y[n][o] = s; } }",
    "void f(const float x[7], float y[7]) { for (int n = 0; n < 7; n++) { float s = 0.0f; "
    "for (int i = 0; i < 3; i++) { float part = 0.0f; for (int k = 0; k < 4; k++) part += x[n]; s += part; } "
    "y[n] = s; } }",
};

static void assert_same_choice(const Choice_of_tile *one, const Choice_of_tile *other)
{
    const Tile *a = &one->tile, *b = &other->tile;
    assert_true(one->cycles == other->cycles);
    assert_int_equal(a->lanes, b->lanes);
    assert_int_equal(a->lane_loop, b->lane_loop);
    assert_int_equal(a->row_loop, b->row_loop);
    assert_int_equal(a->rows, b->rows);
    assert_int_equal(a->columns, b->columns);
    assert_int_equal(a->numbered, b->numbered);
    assert_int_equal(a->fulls, b->fulls);
    for (int i = 0; i < a->fulls; i++)
        assert_int_equal(a->full_loop[i], b->full_loop[i]);
    assert_string_equal(a->pack.from ? a->pack.from->name : "", b->pack.from ? b->pack.from->name : "");
    assert_int_equal(one->lanes.jumps, other->lanes.jumps);
    for (int i = 0; i < one->lanes.jumps; i++) {
        assert_string_equal(one->lanes.jumping[i]->name, other->lanes.jumping[i]->name);
        assert_int_equal(one->lanes.dimension[i], other->lanes.dimension[i]);
    }
}

/* For another nest that is the same: nothing of the first is in the second's choice. */
static void test_a_remembered_tile_is_the_one_that_is_chosen(void **state)
{
    (void)state;
    Options *options = program_options("avx512", 16);
    Estimates *estimates = estimates_of(&(Model){.options = options});
    int packs = 0, jumps = 0;
    for (size_t i = 0; i < sizeof nests / sizeof *nests; i++) {
        Nest first = nest_in(nests[i]), second = nest_in(nests[i]);
        best_choice(estimates, &first);
        const Choice_of_tile chosen = choose(options->machine, options->lanes, &second);
        const Choice_of_tile remembered = best_choice(estimates, &second);
        assert_same_choice(&chosen, &remembered);
        assert_ptr_equal(chosen.tile.pack.from, remembered.tile.pack.from);
        assert_ptr_equal(remembered.lanes.nest, &second);
        for (int k = 0; k < chosen.lanes.jumps; k++)
            assert_ptr_equal(chosen.lanes.jumping[k], remembered.lanes.jumping[k]);
        packs += chosen.tile.pack.from != NULL;
        jumps += chosen.lanes.jumps > 0;
    }
    assert_true(packs && jumps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names_are_no_part_of_a_fingerprint, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_every_other_difference_is, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_what_is_remembered_is_what_is_estimated, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_nothing_is_estimated_twice, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_a_remembered_tile_is_the_one_that_is_chosen, program_start, program_stop),
    };
    return cmocka_run_group_tests_name("estimate", tests, NULL, NULL);
}
