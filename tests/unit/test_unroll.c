/* test_unroll.c - compiler/unroll.c: which loops are written out, and that nothing else changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "choose.h"
#include "evaluate.h"
#include "expr.h"
#include "program.h"
#include "unroll.h"

/* ---- what stands in a tree ---- */

typedef struct Found {
    int loops, unrolled, arrays, elements, statements;
} Found;

static void note_element(void *context, Expr *expr, bool write)
{
    (void)write;
    *(int *)context += expr->kind == EX_ELEMENT;
}

static void find(Found *found, const Stmt *stmt)
{
    found->loops += stmt->kind == ST_FOR && !stmt->unroll;
    found->unrolled += stmt->kind == ST_FOR && stmt->unroll;
    found->arrays += stmt->kind == ST_DECLARE && stmt->symbol->rank > 0;
    found->statements += stmt->kind == ST_DECLARE || stmt->kind == ST_ASSIGN;
    for (int i = 0; i < stmt->count; i++)
        find(found, stmt->items[i]);
    if (stmt->body)
        find(found, stmt->body);
    if (stmt->other)
        find(found, stmt->other);
}

static Found found_in(const Stmt *stmt)
{
    Found found = {0};
    find(&found, stmt);
    visit_stmt(stmt, note_element, &found.elements);
    return found;
}

/* ---- tiles ---- */

static const char *dense(int rows, int inputs, int outputs)
{
    return format("void f(const float x[%d][%d], const float w[%d][%d], float y[%d][%d]) { "
                  "for (int n = 0; n < %d; n++) for (int o = 0; o < %d; o++) { float sum = 0.5f; "
                  "for (int i = 0; i < %d; i++) { float t = x[n][i] * 2.0f; sum += t * w[i][o]; } y[n][o] = sum; } }",
                  rows, inputs, inputs, outputs, rows, outputs, rows, outputs, inputs);
}

static Stmt *tiles_of(const Kernel *kernel, Tile tile)
{
    Nest nest = nest_of(kernel->body->items[0]);
    assert_true(nest.depth > 0);
    return tile_nest(&nest, &tile);
}

/* What unroll_tiles leaves, which computes what the kernel does. */
static Found unrolled_tiles(const char *text, Tile tile)
{
    Kernel kernel = *program_kernel(text);
    uint64_t before = evaluate_kernel(&kernel, 1);
    kernel.body = unroll_tiles(tiles_of(&kernel, tile));
    evaluate_subject(format("lanes %d, rows %d, columns %d of %s", tile.lanes, tile.rows, tile.columns, text));
    if (evaluate_kernel(&kernel, tile.lanes) != before)
        fail_msg("another number: lanes %d, rows %d, columns %d of %s", tile.lanes, tile.rows, tile.columns, text);
    return found_in(kernel.body);
}

/* Whatever is short becomes statements alone; whatever is not keeps its loops, and its arrays if it has cells. */
static void test_a_nest_is_straight_as_a_whole_or_not_at_all(void **state)
{
    (void)state;
    int straight = 0, kept = 0;
    for (int lanes = 1; lanes <= 16; lanes *= 4)
        for (int rows = 1; rows <= 4; rows++)
            for (int columns = 1; columns <= 2; columns++)
                for (int inputs = 1; inputs <= 7; inputs += 3) {
                    const Tile tile = {.row_loop = 0, .lane_loop = 1, .lanes = lanes, .rows = rows, .columns = columns};
                    Found found = unrolled_tiles(dense(5, inputs, 19), tile);
                    bool loops = found.loops + found.unrolled > 0;
                    if (!loops)
                        assert_true(!found.arrays && !found.elements && found.statements <= 64);
                    else if (rows * columns > 1)
                        assert_true(found.arrays && found.elements);
                    straight += !loops;
                    kept += loops;
                }
    assert_true(straight > 0 && kept > 0);
}

/* A sum whose branches are those of its row: each branch is in its own scope. */
static void test_straight_code_keeps_its_branches(void **state)
{
    (void)state;
    static const char text[] =
        "void f(const float x[3][4], float y[3][4]) { for (int n = 0; n < 3; n++) for (int o = 0; o < 4; o++) { "
        "float sum = 1.0f; for (int i = 0; i < 3; i++) if (i < n) { float t = x[i][o] * 2.0f; sum += t; } "
        "else sum = sum * 0.5f; y[n][o] = sum; } }";
    Found found = unrolled_tiles(text, (Tile){.row_loop = 0, .lane_loop = 1, .lanes = 4, .rows = 3, .columns = 1});
    assert_int_equal(found.loops + found.unrolled + found.arrays, 0);
}

static Stmt *copies_of(int rows, int columns)
{
    const char *text = format("void f(const float x[%d][%d], float y[%d][%d]) { for (int n = 0; n < %d; n++) "
                              "for (int i = 0; i < %d; i++) y[n][i] = x[n][i]; }",
                              rows, columns, rows, columns, rows, columns);
    return program_kernel(text)->body->items[0];
}

static void test_straight_code_has_64_statements_at_most(void **state)
{
    (void)state;
    Found most = found_in(unroll_tiles(copies_of(16, 4))), more = found_in(unroll_tiles(copies_of(13, 5)));
    assert_int_equal(most.loops, 0);
    assert_int_equal(most.statements, 64);
    assert_int_equal(more.loops, 2);
    assert_int_equal(more.statements, 1);
}

static void test_straight_code_has_16_turns_of_a_loop_at_most(void **state)
{
    (void)state;
    assert_int_equal(found_in(unroll_tiles(copies_of(16, 2))).loops, 0);
    assert_int_equal(found_in(unroll_tiles(copies_of(17, 2))).loops, 2);
}

static void test_limits_that_are_no_numbers_keep_all_loops(void **state)
{
    (void)state;
    static const char text[] =
        "void f(const float x[3][3], float y[3]) { for (int n = 0; n < 3; n++) { float s = 0.0f; "
        "for (int i = 0; i < n; i++) s += x[n][i]; y[n] = s; } }";
    assert_int_equal(found_in(unroll_tiles(program_kernel(text)->body)).loops, 2);
}

/* ---- single loops ---- */

/* A loop of so many iterations around so many statements. */
static Kernel *loop_of(int trips, int statements)
{
    Text text = {0};
    text_add(&text, "void f(const float x[99], float y[99]) { for (int i = 0; i < %d; i++) { ", trips);
    for (int i = 0; i < statements; i++)
        text_add(&text, "y[%d * i + %d] = x[i] * 2.0f; ", statements, i);
    text_add(&text, "} }");
    return program_kernel(text.bytes);
}

/* Loops that are left of a kernel that still computes what it did. */
static int loops_left(Kernel *kernel, Unrolling unrolling)
{
    uint64_t before = evaluate_kernel(kernel, 8);
    kernel->body = unroll(kernel->body, unrolling);
    assert_int_equal(evaluate_kernel(kernel, 8), before);
    return found_in(kernel->body).loops;
}

static void test_a_loop_is_written_out_up_to_its_limits(void **state)
{
    (void)state;
    assert_int_equal(loops_left(loop_of(16, 4), UNROLL_LANES), 0);
    assert_int_equal(loops_left(loop_of(16, 5), UNROLL_LANES), 1);
    assert_int_equal(loops_left(loop_of(17, 1), UNROLL_LANES), 1);
    assert_int_equal(loops_left(loop_of(8, 1), UNROLL_SCALAR), 0);
    assert_int_equal(loops_left(loop_of(4, 2), UNROLL_SCALAR), 0);
    assert_int_equal(loops_left(loop_of(9, 1), UNROLL_SCALAR), 1);
    assert_int_equal(loops_left(loop_of(3, 3), UNROLL_SCALAR), 1);
}

static void test_inner_loops_are_written_out_first(void **state)
{
    (void)state;
    static const char text[] = "void f(const float x[99], float y[99]) { for (int i = 0; i < %d; i++) "
                               "for (int k = 0; k < %d; k++) y[%d * i + k] = x[i + k]; }";
#define NESTED(outer, inner) program_kernel(format(text, outer, inner, inner))
    assert_int_equal(loops_left(NESTED(3, 4), UNROLL_LANES), 0);
    assert_int_equal(loops_left(NESTED(20, 4), UNROLL_LANES), 1);
    assert_int_equal(loops_left(NESTED(3, 20), UNROLL_LANES), 2);
    assert_int_equal(loops_left(NESTED(4, 4), UNROLL_SCALAR), 1);
}

static void test_loops_of_other_steps(void **state)
{
    (void)state;
    static const char text[] = "void f(const float x[99], float y[99]) { for (%s) y[i] = x[i] * 2.0f; }";
    assert_int_equal(loops_left(program_kernel(format(text, "int i = 1; i < 8; i += 3")), UNROLL_LANES), 0);
    assert_int_equal(loops_left(program_kernel(format(text, "int i = 5; i >= 2; i--")), UNROLL_LANES), 1);
    assert_int_equal(loops_left(program_kernel(format(text, "int i = 3; i < 3; i++")), UNROLL_LANES), 0);
}

/* The cells of a tile are left to the C compiler. */
static void test_loops_over_cells_stay(void **state)
{
    (void)state;
    const Tile tile = {.row_loop = 0, .lane_loop = 1, .lanes = 8, .rows = 6, .columns = 2};
    const Kernel *kernel = program_kernel(dense(6, 30, 16));
    Stmt *tiles = tiles_of(kernel, tile);
    Found before = found_in(tiles), after = found_in(unroll(tiles, UNROLL_LANES));
    assert_true(before.unrolled > 0);
    assert_int_equal(after.unrolled, before.unrolled);
    assert_int_equal(after.loops, before.loops);
}

static void test_what_a_loop_says_is_said_once(void **state)
{
    (void)state;
    Kernel *kernel = loop_of(3, 1);
    kernel->body->items[0]->comment = "told";
    const Stmt *block = unroll(kernel->body, UNROLL_LANES);
    assert_int_equal(block->count, 3);
    assert_string_equal(block->items[0]->comment, "told");
    assert_null(block->items[1]->comment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, program_start, program_stop)
        TEST(test_a_nest_is_straight_as_a_whole_or_not_at_all),
        TEST(test_straight_code_keeps_its_branches),
        TEST(test_straight_code_has_64_statements_at_most),
        TEST(test_straight_code_has_16_turns_of_a_loop_at_most),
        TEST(test_limits_that_are_no_numbers_keep_all_loops),
        TEST(test_a_loop_is_written_out_up_to_its_limits),
        TEST(test_inner_loops_are_written_out_first),
        TEST(test_loops_of_other_steps),
        TEST(test_loops_over_cells_stay),
        TEST(test_what_a_loop_says_is_said_once),
    };
    return cmocka_run_group_tests_name("unroll", tests, NULL, NULL);
}
