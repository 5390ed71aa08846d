/* test_peel.c - compiler/peel.c and carry.c: where a nest is cut, and which sums are taken in stretches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "choose.h"
#include "evaluate.h"
#include "expr.h"
#include "machine.h"
#include "peel.h"
#include "program.h"

/* Estimates that are remembered, as in a model. */
static Estimates *estimates_on(const char *machine, int lanes)
{
    return estimates_of(&(Model){.options = program_options(machine, lanes)});
}

/* A window over a row: `from` and `to` are the limits of its taps in w, `place` is where tap l reads. */
static Kernel *window_kernel(int columns, const char *from, const char *to, const char *place)
{
    return program_kernel(format("void f(const float x[%d][16], const float k[9][16][16], float y[%d][16]) { "
                                 "for (int w = 0; w < %d; w++) for (int o = 0; o < 16; o++) { float s = 0.0f; "
                                 "for (int l = %s; l < %s; l++) for (int i = 0; i < 16; i++) "
                                 "s += x[%s][i] * k[l][i][o]; y[w][o] = s; } }",
                                 2 * columns, columns, columns, from, to, place));
}

static Kernel *three_taps(int columns)
{
    return window_kernel(columns, "(0 > 1 - w ? 0 : 1 - w)",
                         format("(3 < %d - w ? 3 : %d - w)", columns + 1, columns + 1), "w + l - 1");
}

static Nest nest_in(const Kernel *kernel)
{
    Nest nest = nest_of(kernel->body->items[0]);
    assert_true(nest.depth > 0);
    return nest;
}

static int open_limits(const Stmt *stmt)
{
    int open = stmt->kind == ST_FOR && (stmt->from->kind != EX_INT || stmt->to->kind != EX_INT);
    for (int i = 0; i < stmt->count; i++)
        open += open_limits(stmt->items[i]);
    return open + (stmt->body ? open_limits(stmt->body) : 0) + (stmt->other ? open_limits(stmt->other) : 0);
}

/* ---- peel ---- */

static void test_peel_leaves_constant_limits_in_the_middle(void **state)
{
    (void)state;
    Nest nest = nest_in(three_taps(32));
    Peel peel = best_peel(estimates_on("avx512", 16), &nest, 1, -1);
    assert_true(peel.cycles >= 0);
    assert_int_equal(peel.loop, 0);
    assert_int_equal(peel.even.from, 1);
    assert_int_equal(peel.even.to, 31);
    assert_int_equal(open_limits(nest.loop[0]), 1);
    assert_int_equal(open_limits(peel_piece(&nest, &peel, 1)), 0);
}

/* An extreme is the same on both sides where it changes: w = 1 and w = 29 belong to the middle, whatever
 * is compared. */
static void test_the_middle_is_as_long_as_it_can_be(void **state)
{
    (void)state;
    static const char *const froms[] = {"(0 > 1 - w ? 0 : 1 - w)", "(0 >= 1 - w ? 0 : 1 - w)",
                                        "(1 - w > 0 ? 1 - w : 0)", "(1 - w >= 0 ? 1 - w : 0)",
                                        "(w < 1 ? 1 - w : 0)",     "(w >= 1 ? 0 : 1 - w)"};
    static const char *const tos[] = {"(3 < 31 - w ? 3 : 31 - w)", "(3 <= 31 - w ? 3 : 31 - w)",
                                      "(31 - w < 3 ? 31 - w : 3)", "(31 - w <= 3 ? 31 - w : 3)",
                                      "(w > 28 ? 31 - w : 3)",     "(w <= 28 ? 3 : 31 - w)"};
    for (int i = 0; i < 6; i++) {
        Nest nest = nest_in(window_kernel(30, froms[i], tos[i], "w + l - 1"));
        Peel peel = best_peel(estimates_on("avx2", 8), &nest, 0, -1);
        if (peel.even.from != 1 || peel.even.to != 29 || open_limits(peel_piece(&nest, &peel, 1)))
            fail_msg("%lld to %lld for %s to %s", peel.even.from, peel.even.to, froms[i], tos[i]);
    }
}

/* The three pieces, one behind the other. */
static Kernel pieces_of(const Kernel *kernel, const Peel *peel)
{
    Nest nest = nest_in(kernel);
    Kernel copy = *kernel;
    copy.body = stmt_block();
    for (int i = 0; i < 3; i++) {
        Stmt *piece = peel_piece(&nest, peel, i);
        if (piece)
            block_add(copy.body, piece);
    }
    return copy;
}

static void test_pieces_compute_what_the_nest_does(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *place;
    } windows[] = {
        {"(0 > 1 - w ? 0 : 1 - w)", "(3 < 31 - w ? 3 : 31 - w)", "w + l - 1"},
        {"(2 - w > 0 ? 2 - w : 0)", "(5 <= 32 - w ? 5 : 32 - w)", "w + l - 2"},
        {"0", "(4 < 30 - w ? 4 : 30 - w)", "w + l"},
        {"(1 - 2 * w > 0 ? 1 - 2 * w : 0)", "(4 < 60 - 2 * w ? 4 : 60 - 2 * w)", "2 * w + l - 1"},
        {"(w < 3 ? 1 : 0)", "(w > 26 ? 2 : 3)", "w + l"},
        {"(w < 3 ? 2 : 1)", "(w <= 2 ? 5 : 3)", "l"},
        {"(w != 4 ? 0 : 2)", "(w < 9 ? 4 : 3)", "w + l"},
    };
    int cut = 0;
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        const Kernel *kernel = window_kernel(30, windows[i].from, windows[i].to, windows[i].place);
        Nest nest = nest_in(kernel);
        Peel peel = best_peel(estimates_on("sse", 4), &nest, 1, -1);
        if (peel.cycles < 0)
            continue;
        cut++;
        Kernel pieces = pieces_of(kernel, &peel);
        evaluate_subject(format("%s to %s", windows[i].from, windows[i].to));
        if (evaluate_kernel(&pieces, 4) != evaluate_kernel(kernel, 4))
            fail_msg("other numbers for %s to %s", windows[i].from, windows[i].to);
    }
    assert_true(cut >= 6);
}

static void test_what_has_no_border_is_not_cut(void **state)
{
    (void)state;
    Estimates *avx2 = estimates_on("avx2", 8);
    Nest even = nest_in(window_kernel(30, "0", "3", "w + l"));
    assert_true(best_peel(avx2, &even, 1, -1).cycles < 0);
    Nest slanted = nest_in(window_kernel(9, "0", "w", "l"));
    assert_true(best_peel(avx2, &slanted, 1, -1).cycles < 0);
}

/* All but two of the columns can share their taps' vectors; there are too many for tiles with numbers. */
static void test_best_cut_is_cheaper_than_no_cut(void **state)
{
    (void)state;
    static const char *const machines[] = {"sse", "avx2", "avx512"};
    for (int i = 0; i < 3; i++) {
        Estimates *estimates = estimates_on(machines[i], 4 << i);
        const Kernel *kernel = three_taps(150);
        Nest nest = nest_in(kernel);
        double whole = choose(estimates->machine, 4 << i, &nest).cycles,
               cut = best_peel(estimates, &nest, 1, -1).cycles;
        assert_true(0 < cut && cut < whole);
        assert_true(best_cycles(estimates, kernel->body, 1) == cut);
        assert_true(best_cycles(estimates, kernel->body, 0) == whole);
    }
}

static void test_a_cut_takes_less_than_its_limit(void **state)
{
    (void)state;
    Estimates *avx2 = estimates_on("avx2", 8);
    Nest nest = nest_in(three_taps(150));
    const Peel peel = best_peel(avx2, &nest, 1, -1);
    assert_true(best_peel(avx2, &nest, 1, peel.cycles + 1).cycles == peel.cycles);
    assert_true(best_peel(avx2, &nest, 1, peel.cycles).cycles < 0);
    assert_true(best_peel(avx2, &nest, 1, 0).cycles < 0);
}

static void test_a_cut_costs_what_its_pieces_cost(void **state)
{
    (void)state;
    Estimates *avx2 = estimates_on("avx2", 8);
    Nest nest = nest_in(three_taps(32));
    Peel peel = best_peel(avx2, &nest, 0, -1);
    double cycles = 0;
    for (int i = 0; i < 3; i++)
        cycles += best_cycles(avx2, peel_piece(&nest, &peel, i), 0) + PIECE_CYCLES;
    assert_true(peel.cycles == cycles);
}

/* ---- carry ---- */

/* w[k][o] = the sum of x[n][m + k][o] * g[n][m][o] * p[n][m][o] * q[n][m][o], or of something else. */
static const char *gradient(int rows, int columns, const char *sum, const char *store)
{
    Text arrays = {0};
    for (const char *name = "gpq"; *name; name++)
        text_add(&arrays, "const float %c[%d][%d][16], ", *name, rows, columns);
    return format("void f(const float x[%d][%d][16], %sfloat w[8][16]) { "
                  "for (int k = 0; k < 8; k++) for (int o = 0; o < 16; o++) { float s = 0.0f; "
                  "for (int n = 0; n < %d; n++) for (int m = 0; m < %d; m++) s += %s; w[k][o] = %s; } }",
                  rows, columns + 8, arrays.bytes, rows, columns, sum, store);
}

static Model *model_of(const char *text)
{
    static const char *const call = "f(in1, in2, in3, in4, out)";
    Model *model = program_model(program_phase(text, &call, 1));
    *model->options = *program_options("sse", 4);
    return model;
}

static const Stmt *body_of(const Model *model)
{
    return model->phase[PHASE_PREDICT]->step[0]->kernel->body;
}

static uint64_t result_of(const Model *model)
{
    Memory memory = {.model = model};
    evaluate_phase(&memory, model->phase[PHASE_PREDICT]);
    return evaluate_results(&memory, model->phase[PHASE_PREDICT]);
}

/* As it stands, and scheduled. */
static void check_result(Model *model, uint64_t before)
{
    assert_int_equal(result_of(model), before);
    schedule(model);
    assert_int_equal(result_of(model), before);
}

static const char product[] = "x[n][m + k][o] * g[n][m][o] * p[n][m][o] * q[n][m][o]";

/* All four arrays are more than 1 MB. Zeros first; then the loop over n is outside of all others. */
static void test_carry_takes_a_long_sum_in_stretches(void **state)
{
    (void)state;
    Model *model = model_of(gradient(9, 512, product, "s"));
    carry(model);
    const Stmt *body = body_of(model);
    assert_int_equal(body->count, 2);
    assert_string_equal(body->items[0]->symbol->name, "k");
    assert_int_equal(body->items[0]->body->items[0]->body->items[0]->kind, ST_ASSIGN);
    assert_string_equal(body->items[1]->symbol->name, "n");
    assert_int_equal(body->items[1]->to->number, 9);
    assert_string_equal(body->items[1]->body->items[0]->symbol->name, "k");
}

/* To the last bit: so many numbers have another sum in any other order. */
static void test_carry_keeps_the_order_of_the_sum(void **state)
{
    (void)state;
    Model *model = model_of(gradient(9, 512, product, "s"));
    uint64_t before = result_of(model);
    carry(model);
    assert_int_equal(body_of(model)->count, 2);
    check_result(model, before);
}

/* The same with what each n adds made apart, by `start` and sums over m. */
static const char *gradient_of_parts(const char *start, const char *part)
{
    Text arrays = {0};
    for (const char *name = "gpq"; *name; name++)
        text_add(&arrays, "const float %c[9][512][16], ", *name);
    return format("void f(const float x[9][520][16], %sfloat w[8][16]) { for (int k = 0; k < 8; k++) "
                  "for (int o = 0; o < 16; o++) { float s = 0.0f; for (int n = 0; n < 9; n++) { float part = %s; "
                  "for (int m = 0; m < 512; m++) part += %s; s += %s; } w[k][o] = s; } }",
                  arrays.bytes, start, product, part);
}

static const Stmt *innermost(const Stmt *stmt)
{
    while (stmt->kind == ST_FOR)
        stmt = stmt->body->count == 1 ? stmt->body->items[0] : stmt->body;
    return stmt;
}

/* A part that is made apart goes to where the sum is kept; one that knows the sum has it beside it. */
static void test_carry_adds_a_part_to_the_target(void **state)
{
    (void)state;
    static const char *const parts[][2] = {{"0.0f", "part"}, {"s * 0.5f", "part"}, {"0.0f", "part + s"}};
    for (int i = 0; i < 3; i++) {
        Model *model = model_of(gradient_of_parts(parts[i][0], parts[i][1]));
        uint64_t before = result_of(model);
        carry(model);
        assert_int_equal(body_of(model)->count, 2);
        const Stmt *part = innermost(body_of(model)->items[1]), *last = part->items[part->count - 1];
        assert_int_equal(last->kind, ST_ASSIGN);
        assert_int_equal(last->target->kind, EX_LOAD);
        assert_int_equal(last->add, i == 0);
        check_result(model, before);
    }
}

static void check_not_carried(const char *text)
{
    Model *model = model_of(text);
    carry(model);
    if (body_of(model)->count != 1)
        fail_msg("in stretches: %s", text);
}

static void test_carry_leaves_what_stays_in_the_caches(void **state)
{
    (void)state;
    check_not_carried(gradient(3, 512, product, "s"));
    check_not_carried(gradient(60, 60, product, "s"));
}

/* What is stored is more than the sum, or is not complete before all is read. */
static void test_carry_leaves_what_is_no_plain_sum(void **state)
{
    (void)state;
    check_not_carried(gradient(9, 512, product, "s * 2.0f"));
    check_not_carried(gradient(9, 512, "x[n][m + k][o] * g[n][m][o] * p[n][m][o] * q[n][m][o] + w[k][o]", "s"));
    check_not_carried(gradient(9, 512, product, "s + w[k][o]"));
}

/* y[n][o] = 2 * the sum of x[n][i] * w[place of i and o], + b[o]. */
static const char *product_with(int samples, int inputs, int outputs, const char *place)
{
    return format("void f(const float x[%d][%d], const float w[%d][%d], const float b[%d], float y[%d][%d]) { "
                  "for (int n = 0; n < %d; n++) for (int o = 0; o < %d; o++) { float s = 0.0f; "
                  "for (int i = 0; i < %d; i++) s += x[n][i] * w%s; float t = s * 2.0f; y[n][o] = t + b[o]; } }",
                  samples, inputs, inputs, outputs, outputs, samples, outputs, samples, outputs, inputs, place);
}

static Model *matrix_model(const char *text)
{
    static const char *const call = "f(in1, in2, in3, out)";
    Model *model = program_model(program_phase(text, &call, 1));
    *model->options = *program_options("sse", 4);
    return model;
}

/* 1.3 MB and more, of which each number is needed once: eight rows at a time; what remains is in the last nest. */
static void test_a_matrix_is_taken_by_rows(void **state)
{
    (void)state;
    for (int remain = 0; remain < 8; remain += 3) {
        Model *model = matrix_model(product_with(1, 1000 + remain, 333, "[i][o]"));
        uint64_t before = result_of(model);
        carry(model);
        const Stmt *body = body_of(model);
        assert_int_equal(body->count, 3);
        assert_string_equal(body->items[1]->symbol->name, "stretch");
        assert_int_equal(body->items[1]->to->number, 125);
        const Stmt *last = body->items[2]->body;
        assert_int_equal(last->count, remain ? 4 : 3);
        assert_true(!remain || is_int(last->items[1]->from, 1000));
        check_result(model, before);
    }
}

static void check_not_by_rows(const char *text)
{
    Model *model = matrix_model(text);
    carry(model);
    assert_int_equal(body_of(model)->count, 1);
}

/* Two samples need each number twice; eight vectors are a row; the caches hold it; it is read along the sum; there are
 * few rows. */
static void test_other_matrices_are_not_taken_by_rows(void **state)
{
    (void)state;
    check_not_by_rows(product_with(2, 1000, 333, "[i][o]"));
    check_not_by_rows(product_with(1, 10000, 32, "[i][o]"));
    check_not_by_rows(product_with(1, 700, 333, "[i][o]"));
    check_not_by_rows(product_with(1, 1000, 1000, "[o][i]"));
    check_not_by_rows(product_with(1, 15, 33333, "[i][o]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, program_start, program_stop)
        TEST(test_peel_leaves_constant_limits_in_the_middle),
        TEST(test_the_middle_is_as_long_as_it_can_be),
        TEST(test_pieces_compute_what_the_nest_does),
        TEST(test_what_has_no_border_is_not_cut),
        TEST(test_best_cut_is_cheaper_than_no_cut),
        TEST(test_a_cut_takes_less_than_its_limit),
        TEST(test_a_cut_costs_what_its_pieces_cost),
        TEST(test_carry_takes_a_long_sum_in_stretches),
        TEST(test_carry_keeps_the_order_of_the_sum),
        TEST(test_carry_adds_a_part_to_the_target),
        TEST(test_carry_leaves_what_stays_in_the_caches),
        TEST(test_carry_leaves_what_is_no_plain_sum),
        TEST(test_a_matrix_is_taken_by_rows),
        TEST(test_other_matrices_are_not_taken_by_rows),
    };
    return cmocka_run_group_tests_name("peel", tests, NULL, NULL);
}
