/* test_phases.c - compiler/phases.c: nests cut by remainders compute what they did, without remainders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "choose.h"
#include "evaluate.h"
#include "expr.h"
#include "phases.h"
#include "program.h"

/* ---- form ---- */

typedef struct Left {
    int nests, remainders,
        steps; /* %, and / in subscripts; loops that start at no number and have another step than one */
} Left;

static bool divides(const Expr *expr)
{
    bool found = expr->kind == EX_DIV;
    for (int i = 0; i < expr->count; i++)
        found |= divides(expr->args[i]);
    return found;
}

static void note_division(void *context, Expr *expr, bool write)
{
    (void)write;
    Left *form = context;
    form->remainders += expr->kind == EX_MOD;
    for (int i = 0; expr->kind == EX_LOAD && i < expr->count; i++)
        form->remainders += divides(expr->args[i]);
}

static void note_steps(Left *form, const Stmt *stmt)
{
    form->steps += stmt->kind == ST_FOR && stmt->step != 1 && stmt->from->kind != EX_INT;
    for (int i = 0; i < stmt->count; i++)
        note_steps(form, stmt->items[i]);
    if (stmt->body)
        note_steps(form, stmt->body);
    if (stmt->other)
        note_steps(form, stmt->other);
}

static Left form_of(const Stmt *stmt)
{
    Left form = {.nests = stmt->count};
    visit_stmt(stmt, note_division, &form);
    note_steps(&form, stmt);
    return form;
}

/* ---- networks ---- */

typedef struct Seen {
    int cut, nests, guarded;
} Seen;

/* A window of one tap has no loop: its remainder is asked for by a branch. */
static bool has_branch(const Stmt *stmt)
{
    bool found = stmt->kind == ST_IF;
    for (int i = 0; i < stmt->count; i++)
        found |= has_branch(stmt->items[i]);
    return found || (stmt->body && has_branch(stmt->body));
}

/* Every nest of a kernel that can be cut, against the nest itself. */
static void check_kernel(const Kernel *kernel, Seen *seen)
{
    for (int i = 0; i < kernel->body->count; i++) {
        Stmt *loop = kernel->body->items[i];
        Nest nest = loop->kind == ST_FOR ? nest_of(loop) : (Nest){0};
        Stmt *pieces = nest.depth ? cut_in_remainders(&nest) : NULL;
        if (!pieces)
            continue;
        Left form = form_of(pieces);
        seen->cut++;
        seen->nests += form.nests;
        bool guarded = has_branch(loop);
        seen->guarded += guarded;
        if ((form.remainders && !guarded) || form.steps)
            fail_msg("%d divisions and %d steps are left in %s", form.remainders, form.steps, kernel->name);
        Kernel whole = *kernel, cut = *kernel;
        whole.body = stmt_block();
        block_add(whole.body, loop);
        cut.body = pieces;
        if (evaluate_kernel(&cut, 1) != evaluate_kernel(&whole, 1))
            fail_msg("other numbers in %s", kernel->name);
    }
}

/* False if the spec is refused. */
static bool check_network(const char *layer, const char *input, Seen *seen)
{
    const char *spec =
        format("network: t\ninput: %s\nlayers:\n  - dense: 2\n  - %s\nloss: mse\ntrain: {batch: 2}\n", input, layer);
    Model *model = program_bound(spec, program_options("avx512", 16));
    if (!model)
        return false;
    evaluate_subject(spec);
    copies(model);
    split(model);
    fuse(model);
    const Phase *phase = model->phase[PHASE_GRADIENT];
    for (int i = 0; i < phase->steps; i++)
        check_kernel(phase->step[i]->kernel, seen);
    return true;
}

static Seen seen_in(const char *layer, const char *input)
{
    Seen seen = {0};
    if (!check_network(layer, input, &seen))
        fail_msg("refused: %s", program_messages());
    return seen;
}

/* The gradient of the input is cut: into two nests along each side for a stride of two, three for three. */
static void test_a_stride_cuts_the_gradient_of_the_input(void **state)
{
    (void)state;
    Seen seen = seen_in("conv2d: {filters: 3, kernel: 3, stride: 2, padding: 1}", "[9, 8, 1]");
    assert_int_equal(seen.cut, 1);
    assert_int_equal(seen.nests, 4);
    assert_int_equal(seen_in("conv2d: {filters: 3, kernel: 5, stride: 3}", "[11, 12, 1]").nests, 9);
    assert_int_equal(seen_in("conv2d: {filters: 3, kernel: 3, stride: [3, 1]}", "[11, 12, 1]").nests, 3);
    assert_int_equal(seen_in("conv2d: {filters: 3, kernel: 3, stride: [1, 2]}", "[11, 12, 1]").nests, 2);
    assert_int_equal(seen_in("conv2d: {filters: 3, kernel: 3}", "[9, 8, 1]").cut, 0);
}

static void test_a_transposed_convolution_is_cut_forward(void **state)
{
    (void)state;
    Seen seen = seen_in("conv2d_transpose: {filters: 3, kernel: 4, stride: 2, padding: 1}", "[5, 6, 1]");
    assert_int_equal(seen.cut, 1);
    assert_int_equal(seen.nests, 4);
}

/* Of a row of two only two remainders modulo three occur. */
static void test_a_remainder_without_iterations_has_no_nest(void **state)
{
    (void)state;
    assert_int_equal(seen_in("conv2d: {filters: 3, kernel: [2, 3], stride: 3}", "[2, 7, 1]").nests, 2 * 3);
    assert_int_equal(seen_in("conv2d: {filters: 3, kernel: 3, padding: 1, stride: 3}", "[1, 4, 1]").nests, 3);
}

static void test_more_pieces_than_sixteen_are_too_many(void **state)
{
    (void)state;
    assert_int_equal(seen_in("conv2d: {filters: 3, kernel: 5, stride: 4}", "[13, 14, 1]").nests, 16);
    assert_int_equal(seen_in("conv2d: {filters: 3, kernel: 5, stride: [4, 5]}", "[13, 14, 1]").cut, 0);
}

static void test_pieces_of_random_layers_change_no_number(void **state)
{
    (void)state;
    program_seed(61);
    Seen seen = {0};
    int accepted = 0;
    for (int trial = 0; trial < 150; trial++) {
        program_stop(NULL);
        program_start(NULL);
        static const char *const paddings[] = {"valid", "same", "1", "2"};
        const char *padding = program_random(3) ? paddings[program_random(4)]
                                                : format("[%d, %d, %d, %d]", program_random(4), program_random(4),
                                                         program_random(4), program_random(4));
        const char *window = format("kernel: [%d, %d], stride: [%d, %d], padding: %s", 1 + program_random(5),
                                    1 + program_random(5), 1 + program_random(4), 1 + program_random(4), padding);
        const char *const layers[] = {
            format("conv2d: {filters: 2, %s, dilation: [%d, %d]}", window, 1 + program_random(4),
                   1 + program_random(3)),
            format("depthwise_conv2d: {%s}", window), format("avg_pool2d: {%s}", window),
            format("conv2d_transpose: {filters: 2, kernel: [%d, %d], stride: [%d, %d], padding: %d}",
                   1 + program_random(5), 1 + program_random(5), 1 + program_random(4), 1 + program_random(4),
                   program_random(3))};
        accepted += check_network(layers[program_random(4)],
                                  format("[%d, %d, 1]", 1 + program_random(9), 1 + program_random(9)), &seen);
    }
    assert_true(accepted > 50 && seen.cut - seen.guarded > 30);
}

/* ---- what is understood ---- */

/* y[r] = the sum over taps k from a start, in steps. */
static Stmt *cut_taps(const char *start, const char *step, const char *limit)
{
    Kernel *kernel = program_kernel(format("void f(const float x[64], const float w[8], float y[12]) { "
                                           "for (int r = 0; r < 12; r++) { float s = 0.0f; "
                                           "for (int k = %s; k < %s; k += %s) s += x[(r + 8 - k) / 2] * w[k]; "
                                           "y[r] = s; } }",
                                           start, limit, step));
    Nest nest = nest_of(kernel->body->items[0]);
    assert_int_equal(nest.depth, 1);
    uint64_t before = evaluate_kernel(kernel, 1);
    Stmt *pieces = cut_in_remainders(&nest);
    if (pieces) {
        kernel->body = pieces;
        assert_int_equal(evaluate_kernel(kernel, 1), before);
    }
    return pieces;
}

static void test_starts_and_limits_that_are_understood(void **state)
{
    (void)state;
    static const char *const starts[] = {"(r % 2 + 2) % 2", "(((r + 1) % 2) + 2) % 2", "((3 - r) % 2 + 2) % 2",
                                         "1 + ((r - 1) % 2 + 2) % 2"};
    static const char *const limits[] = {"7", "(r < 4 ? r : 4)", "(4 > r ? r : 4)", "(r - 5 > 3 ? r - 5 : 3)"};
    for (int s = 0; s < 4; s++)
        for (int l = 0; l < 4; l++) {
            const Stmt *pieces = cut_taps(starts[s], "2", limits[l]);
            if (!pieces)
                fail_msg("not cut: from %s to %s", starts[s], limits[l]);
            assert_int_equal(pieces->count, 2);
            assert_int_equal(form_of(pieces).steps, 0);
        }
}

static void test_what_is_not_understood_is_not_cut(void **state)
{
    (void)state;
    static const char start[] = "(r % 2 + 2) % 2";
    static const char *const others[][3] = {
        {"0", "1", "7"},               /* no step */
        {"1", "2", "7"},               /* the same start everywhere */
        {"r % 2", "2", "7"},           /* it could be negative */
        {"(r % 3 + 3) % 3", "2", "7"}, /* not the step's remainder */
        {"(r % 2 + 2) % 2", "3", "7"}, /* nor here */
        {"(r % 3 + 2) % 2", "2", "7"},
        {"(r * r % 2 + 2) % 2", "2", "7"},   /* no number for each remainder */
        {start, "2", "(r < 4 ? 5 : 6)"},     /* no extreme */
        {start, "2", "r / 3 + 1"},           /* no multiple */
        {start, "2", "(r == 4 ? r : 4)"},    /* no comparison of sizes */
        {"((r / 3) % 2 + 2) % 2", "2", "7"}, /* a division of its own */
        {"(2 * r % 2 + 2) % 2", "2", "7"},   /* one remainder alone */
    };
    assert_non_null(cut_taps(start, "2", "7"));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (cut_taps(others[i][0], others[i][1], others[i][2]))
            fail_msg("cut: k from %s to %s in steps of %s", others[i][0], others[i][2], others[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, program_start, program_stop)
        TEST(test_a_stride_cuts_the_gradient_of_the_input),    TEST(test_a_transposed_convolution_is_cut_forward),
        TEST(test_a_remainder_without_iterations_has_no_nest), TEST(test_more_pieces_than_sixteen_are_too_many),
        TEST(test_pieces_of_random_layers_change_no_number),   TEST(test_starts_and_limits_that_are_understood),
        TEST(test_what_is_not_understood_is_not_cut),
    };
    return cmocka_run_group_tests_name("phases", tests, NULL, NULL);
}
