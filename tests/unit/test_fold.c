/* test_fold.c - compiler/tile.c: lanes along a loop inside whose results are added one after the other. */
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
#include "program.h"

/* The gradient of a weight, with so many samples beside each other: w[k][o] = the sum over b and n of parts. */
static const char *gradient(int samples, const char *inside)
{
    return format("void f(const float x[3][12][%d], const float g[3][3][8][%d], float z[%d], float w[5][3]) { "
                  "for (int k = 0; k < 5; k++) for (int o = 0; o < 3; o++) { float sum = 0.0f; float other = 0.0f; "
                  "for (int b = 0; b < 3; b++) for (int n = 0; n < %d; n++) { %s } w[k][o] = sum + other; } }",
                  samples, samples, samples, samples, inside);
}

static const char parts[] = "float part = 0.0f; for (int u = 0; u < 8; u++) part += x[b][k + u][n] * g[b][o][u][n]; "
                            "sum += part;";

static Nest nest_in(const Kernel *kernel)
{
    Nest nest = nest_of(kernel->body->items[0]);
    assert_int_equal(nest.depth, 2);
    return nest;
}

static const Stmt *find_loop(const Stmt *stmt, const char *name)
{
    if (stmt->kind == ST_FOR && strcmp(stmt->symbol->name, name) == 0)
        return stmt;
    const Stmt *found = NULL;
    for (int i = 0; i < stmt->count && !found; i++)
        found = find_loop(stmt->items[i], name);
    return found || !stmt->body ? found : find_loop(stmt->body, name);
}

/* ---- numbers ---- */

typedef struct Folds {
    int count, part;
} Folds;

static void note_fold(void *context, Expr *expr, bool write)
{
    (void)write;
    Folds *folds = context;
    if (expr->kind == EX_FOLD) {
        folds->count++;
        folds->part = expr->part;
    }
}

static Folds check_fold(const Kernel *kernel, const Tile *tile, uint64_t before)
{
    Nest nest = nest_in(kernel);
    Kernel copy = *kernel;
    copy.body = tile_nest(&nest, tile);
    evaluate_subject(format("%d lanes, %d rows, %d full", tile->lanes, tile->rows, tile->fulls));
    if (evaluate_kernel(&copy, tile->lanes) != before)
        fail_msg("another number: %d lanes, %d rows, %d full", tile->lanes, tile->rows, tile->fulls);
    Folds folds = {0};
    visit_stmt(copy.body, note_fold, &folds);
    return folds;
}

/* As many samples as there are lanes, and fewer. */
static void test_folded_lanes_change_no_number(void **state)
{
    (void)state;
    for (int lanes = 4; lanes <= 16; lanes *= 2)
        for (int samples = 2; samples <= lanes; samples++) {
            const Kernel *kernel = program_kernel(gradient(samples, parts));
            uint64_t before = evaluate_kernel(kernel, 1);
            Tile tile = {.lane_loop = -1, .row_loop = -1, .lanes = lanes, .columns = 1};
            tile.fold = find_loop(kernel->body, "n");
            for (tile.rows = 1; tile.rows <= 5; tile.rows += 2) {
                tile.row_loop = tile.rows > 1 ? 0 : -1;
                for (tile.fulls = 0; tile.fulls <= 1; tile.fulls++) {
                    tile.full_loop[0] = 1;
                    Folds folds = check_fold(kernel, &tile, before);
                    assert_true(folds.count > 0);
                    assert_int_equal(folds.part, samples % lanes);
                }
            }
        }
}

/* Nothing of a lane that is no sample is added, whatever is in it: 0 / 0 and its like. */
static void test_lanes_that_are_not_filled_are_not_added(void **state)
{
    (void)state;
    const Kernel *kernel = program_kernel(gradient(5, "float part = g[b][o][k][n] / x[b][k][n]; sum += part + 1.0f;"));
    const Tile tile = {
        .lane_loop = -1, .row_loop = -1, .lanes = 8, .rows = 1, .columns = 1, .fold = find_loop(kernel->body, "n")};
    assert_int_equal(check_fold(kernel, &tile, evaluate_kernel(kernel, 1)).part, 5);
}

/* ---- which loops ---- */

static bool folds(const char *inside)
{
    return is_fold(find_loop(program_kernel(gradient(8, inside))->body, "n"));
}

static void test_only_a_sum_that_is_known_nowhere_else_is_folded(void **state)
{
    (void)state;
    assert_true(folds(parts));
    assert_true(folds("float part = x[b][k][n]; sum += part * part;"));
    assert_false(folds("sum += x[b][k][n];"));
    assert_false(folds("float part = x[b][k][n]; sum = part;"));
    assert_false(folds("float part = x[b][k][n]; sum = sum + part;"));
    assert_false(folds("float part = x[b][k][n]; sum += part * sum;"));
    assert_false(folds("float part = x[b][k][n] * sum; sum += part;"));
    assert_false(folds("float part = x[b][k][n]; sum += 1.0f; sum += part;"));
    assert_false(folds("other += x[b][k][n]; sum += x[b][k][n];"));
    assert_false(folds("float part = other; other = x[b][k][n]; sum += part;"));
    assert_false(folds("if (n > 2) other += 1.0f; sum += x[b][k][n];"));
    assert_false(folds("float part = 0.0f; if (sum > 1.0f) part += 1.0f; sum += part;"));
    assert_false(folds("float part = x[b][k][n]; sum += part; z[n] = part;"));
    assert_false(folds("float part = x[b][k][n]; z[n] += part;"));
}

static Tile chosen(int samples, const char *inside, int lanes)
{
    Nest nest = nest_in(program_kernel(gradient(samples, inside)));
    return choose(machine_find(lanes == 8 ? "avx2" : "avx512"), lanes, &nest).tile;
}

static void test_lanes_go_along_the_samples_where_channels_do_not_fill_them(void **state)
{
    (void)state;
    Tile tile = chosen(16, parts, 16);
    assert_non_null(tile.fold);
    assert_string_equal(tile.fold->symbol->name, "n");
    assert_int_equal(tile.lane_loop, -1);
    assert_int_equal(tile.columns, 1);
    assert_non_null(chosen(12, parts, 16).fold);
}

/* Parts that would be folded, were it not for what stands in the sum over u. */
static const Stmt *fold_of_sum(const char *sum)
{
    return chosen(8, format("float part = 0.0f; for (int u = 0; u < 8; u++) %s sum += part;", sum), 8).fold;
}

/* More samples than lanes; parts whose branches differ; samples that are not beside each other. */
static void test_no_lanes_along_what_cannot_be_folded(void **state)
{
    (void)state;
    assert_null(chosen(17, parts, 16).fold);
    assert_null(chosen(9, parts, 8).fold);
    assert_non_null(fold_of_sum("part += x[b][k][n] * g[b][o][u][n];"));
    assert_non_null(fold_of_sum("if (u > 2) part += x[b][k][n] * g[b][o][u][n];"));
    assert_null(fold_of_sum("if (n > 2) part += x[b][k][n] * g[b][o][u][n];"));
    assert_null(fold_of_sum("for (int v = 0; v < n; v++) part += x[b][k][n] * g[b][o][u][n];"));
    assert_null(fold_of_sum("part += x[b][n][u] * g[b][o][u][n];"));
    assert_null(fold_of_sum("part += x[b][k][2 * n / 2] * g[b][o][u][n];"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, program_start, program_stop)
        TEST(test_folded_lanes_change_no_number),
        TEST(test_lanes_that_are_not_filled_are_not_added),
        TEST(test_only_a_sum_that_is_known_nowhere_else_is_folded),
        TEST(test_lanes_go_along_the_samples_where_channels_do_not_fill_them),
        TEST(test_no_lanes_along_what_cannot_be_folded),
    };
    return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
