/* test_tiles.c - compiler/tiles.c and tile_words.c: schedule files, read and written; and that every tile which one can
 * ask for computes the same numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/tile_rounds.h"
#include "evaluate.h"
#include "expr.h"
#include "machine.h"
#include "program.h"
#include "tiles.h"
#include "verify.h"

static bool is_full(void)
{
    const char *full = getenv("UNIT_TESTS_FULL");
    return full && strcmp(full, "true") == 0;
}

/* ---- networks through the passes ---- */

static const char dense[] = "network: t\ninput: [20]\nlayers:\n  - dense: {units: 24, activation: relu}\n  - dense: 5\n"
                            "loss: mse\ntrain: {batch: 6}\n";

/* NULL if the schedule is refused. */
static Model *scheduled(const char *spec, Options *options)
{
    Model *model = program_bound(spec, options);
    assert_non_null(model);
    tiles_read(model);
    if (model->report->errors)
        return NULL;
    program_merge(model);
    layout(model);
    carry(model);
    share(model);
    schedule(model);
    if (model->report->errors)
        return NULL;
    verify(model, "schedule");
    return model;
}

static Model *with_candidates(const char *spec, const char *machine, int lanes, int candidates)
{
    Options *options = program_options(machine, lanes);
    options->candidates = candidates;
    Model *model = scheduled(spec, options);
    assert_non_null(model);
    return model;
}

static Model *with_text(const char *spec, const char *machine, int lanes, const char *text)
{
    Options *options = program_options(machine, lanes);
    options->schedule_text = text;
    return scheduled(spec, options);
}

/* ---- every tile ---- */

static const struct {
    const char *machine;
    int lanes;
} targets[] = {{"sse", 4}, {"avx2", 8}, {"avx512", 16}};
enum { TARGETS = sizeof targets / sizeof *targets };

static const char training[] = "loss: mse\noptimizer: adam\nlearning_rate: 0.1\ntrain: {batch: 3}\n";

/* Odd sizes: what is left over at the ends is another tile. */
static const char *const networks[] = {
    "input: [7, 9, 3]\nlayers:\n  - conv2d: {filters: 5, kernel: 3, padding: same, bias: false}\n"
    "  - batch_norm: {activation: relu}\n  - max_pool2d: {kernel: 3, stride: 2, padding: 1}\n  - dense: 3\n",
    "input: [5, 6, 10]\nlayers:\n  - depthwise_conv2d: {kernel: 3, padding: 1, stride: 2}\n"
    "  - conv2d: {filters: 17, kernel: 1, activation: relu}\n  - global_avg_pool\n  - dense: 1\n",
    "input: [4, 5, 3]\nlayers:\n  - conv2d_transpose: {filters: 6, kernel: 3, stride: 2, padding: 1}\n"
    "  - avg_pool2d: {kernel: 3, stride: 1, padding: 1}\n  - conv2d: {filters: 1, kernel: 2}\n",
    "input: [19, 3]\nlayers:\n  - conv1d: {filters: 10, kernel: 5, stride: 2, padding: same, activation: relu}\n"
    "  - max_pool1d: {kernel: 3, stride: 1, padding: same}\n  - layer_norm\n  - softmax\n",
    "input: [33]\nlayers:\n  - dense: {units: 20, activation: relu, name: a}\n  - dense: {units: 17, name: b}\n"
    "  - concat: {inputs: [a, b]}\n  - batch_norm\n  - dense: {units: 10, activation: softmax}\n",
};
enum { NETWORKS = sizeof networks / sizeof *networks };

/* How many tiles were tried. */
static int check_all_tiles(const char *spec, const char *machine, int lanes, int rounds_most)
{
    uint64_t before[PHASES] = {0};
    Model *first = with_candidates(spec, machine, lanes, 100000);
    evaluate_model(first, spec, PLACES_OWN, before);
    int rounds = most_candidates(first->tiles), tiles = 0;
    int stride = rounds > rounds_most ? rounds / rounds_most : 1;
    for (int round = 0; round < rounds; round += stride) {
        uint64_t after[PHASES] = {0};
        const Mark mark = memory_mark();
        const char *text = round_text(first, round, &tiles);
        const Model *model = with_text(spec, machine, lanes, text);
        if (!model)
            fail_msg("refused: %s\n%s%s", program_messages(), spec, text);
        evaluate_model(model, text, PLACES_OWN, after);
        evaluate_same(text, before, after);
        memory_release(mark);
    }
    return tiles;
}

static void test_every_tile_computes_the_same_numbers(void **state)
{
    (void)state;
    int tiles = 0;
    for (int i = 0; i < NETWORKS; i++)
        for (int t = 0; t < TARGETS; t++)
            if (is_full() || (i + t) % TARGETS == 0)
                tiles += check_all_tiles(format("network: t\n%s%s", networks[i], training), targets[t].machine,
                                         targets[t].lanes, is_full() ? 1000000 : 6);
    print_message("%d tiles\n", tiles);
    assert_true(tiles > 500);
}

/* ---- what is listed ---- */

static void test_candidates_are_other_tiles_and_each_once(void **state)
{
    (void)state;
    const Tiles *tiles = with_candidates(dense, "avx512", 16, 7)->tiles;
    assert_true(tiles->nests > 3);
    for (int i = 0; i < tiles->nests; i++) {
        const Tiled_nest *nest = &tiles->nest[i];
        assert_true(nest->candidates <= 7);
        for (int a = 0; a < nest->candidates; a++) {
            assert_false(same_tile(&nest->candidate[a], &nest->tile));
            for (int b = 0; b < a; b++)
                assert_false(same_tile(&nest->candidate[a], &nest->candidate[b]));
        }
    }
}

static void test_nests_of_a_kernel_are_counted_from_one(void **state)
{
    (void)state;
    const Tiles *tiles = with_candidates(dense, "avx512", 16, 1)->tiles;
    for (int i = 0; i < tiles->nests; i++) {
        const Tiled_nest *nest = &tiles->nest[i];
        bool follows = i && strcmp(tiles->nest[i - 1].kernel, nest->kernel) == 0;
        assert_int_equal(nest->number, follows ? tiles->nest[i - 1].number + 1 : 1);
    }
}

static void test_a_schedule_does_not_change_the_numbers_of_nests(void **state)
{
    (void)state;
    int tiles = 0;
    const Model *first = with_candidates(dense, "avx512", 16, 3);
    Options *options = program_options("avx512", 16);
    options->candidates = 3;
    options->schedule_text = round_text(first, 1, &tiles);
    const Model *second = scheduled(dense, options);
    assert_non_null(second);
    assert_int_equal(second->tiles->nests, first->tiles->nests);
    for (int i = 0; i < first->tiles->nests; i++) {
        assert_string_equal(second->tiles->nest[i].kernel, first->tiles->nest[i].kernel);
        assert_int_equal(second->tiles->nest[i].number, first->tiles->nest[i].number);
        assert_true(same_tile(&second->tiles->nest[i].tile, &first->tiles->nest[i].tile));
    }
}

/* ---- reading and writing ---- */

static const char head[] = "schedule: t\ntarget: avx512\ndtype: float32\nnumerics: fused\nlanes: 16\nregisters: 32\n"
                           "batch: 6\n";

/* Of the prediction, whose kernels are named first. */
static const char *words_of(const Model *model, const char *kernel)
{
    const Phase *phase = model->phase[PHASE_PREDICT];
    for (int i = 0; i < phase->steps; i++)
        if (strcmp(phase->step[i]->kernel->name, kernel) == 0)
            return phase->step[i]->kernel->schedule;
    fail_msg("no kernel '%s'", kernel);
    return NULL;
}

static void test_a_file_gives_a_nest_its_tile(void **state)
{
    (void)state;
    static const char tile[] = "kernels:\n  dense_forward_relu:\n    - {nest: 1, lanes: o, columns: 1}\n";
    static const char other[] = "kernels:\n  dense_forward_relu:\n    - {nest: 1, scalars: o, columns: 3}\n";
    const Model *model = with_text(dense, "avx512", 16, format("%s%s", head, tile));
    assert_non_null(model);
    assert_string_equal(words_of(model, "dense_forward_relu"), "16 lanes over o");
    assert_null(with_text(dense, "avx512", 16, format("%s%s", head, other))); /* lanes are kept */
}

static void test_an_empty_schedule_changes_nothing(void **state)
{
    (void)state;
    const Model *without = scheduled(dense, program_options("avx512", 16));
    const Model *with = with_text(dense, "avx512", 16, format("%skernels: {}\n", head));
    assert_non_null(with);
    for (int i = 0; i < without->phase[PHASE_GRADIENT]->steps; i++) {
        const char *one = without->phase[PHASE_GRADIENT]->step[i]->kernel->schedule;
        const char *other = with->phase[PHASE_GRADIENT]->step[i]->kernel->schedule;
        assert_string_equal(one ? one : "", other ? other : "");
    }
}

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    const Model *model = with_candidates(dense, "avx512", 16, 2);
    const Tile_line lines[] = {
        {"dense_forward_relu", "2.00 -> 1.00 us", 1, "lanes: o", "instead of {lanes: o, columns: 2}"}};
    const char *text = tiles_text(model, lines, 1);
    assert_string_equal(text, format("%skernels:\n  dense_forward_relu:  # 2.00 -> 1.00 us\n"
                                     "    - {nest: 1, lanes: o}  # instead of {lanes: o, columns: 2}\n",
                                     head));
    assert_non_null(with_text(dense, "avx512", 16, text));
    assert_string_equal(tiles_text(model, NULL, 0), format("%skernels: {}  # no other tile is faster\n", head));
}

/* Of any length: never more than a message, and nothing but the whole is taken. */
static void test_a_truncated_file_is_refused(void **state)
{
    (void)state;
    const char *text =
        format("%skernels:\n  dense_forward_relu:\n    - {nest: 1, lanes: o, columns: 1, rows: {o: 1}}\n", head);
    const size_t end = strlen(text) - 2; /* the last brace decides */
    for (size_t length = 0; length < end; length++) {
        program_stop(NULL);
        program_start(NULL);
        if (with_text(dense, "avx512", 16, format("%.*s", (int)length, text)))
            fail_msg("taken: %.*s", (int)length, text);
    }
}

static void test_the_order_of_whole_loops_does_not_matter(void **state)
{
    (void)state;
    const Loop_word a = {.name = "a"}, b = {.name = "b"}, c = {.name = "c"};
    const Tile_words one = {.along = c, .columns = 1, .rows = 1, .fulls = 2, .full = {a, b}};
    Tile_words other = {.along = c, .columns = 1, .rows = 1, .fulls = 2, .full = {b, a}};
    assert_true(same_tile(&one, &other));
    other.full[1] = b;
    assert_false(same_tile(&one, &other));
    other = one;
    other.row = b;
    assert_false(same_tile(&one, &other));
    assert_string_equal(tile_text(&one), "lanes: c, whole: [a, b]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, program_start, program_stop)
        TEST(test_every_tile_computes_the_same_numbers),
        TEST(test_candidates_are_other_tiles_and_each_once),
        TEST(test_nests_of_a_kernel_are_counted_from_one),
        TEST(test_a_schedule_does_not_change_the_numbers_of_nests),
        TEST(test_a_file_gives_a_nest_its_tile),
        TEST(test_an_empty_schedule_changes_nothing),
        TEST(test_what_is_written_is_read),
        TEST(test_a_truncated_file_is_refused),
        TEST(test_the_order_of_whole_loops_does_not_matter),
    };
    return cmocka_run_group_tests_name("tiles", tests, NULL, NULL);
}
