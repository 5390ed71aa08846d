/* test_tile.c - compiler/tile.c and flatten.c: tiles of every size compute what the nest does, in the form that they
 * promise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "choose.h"
#include "evaluate.h"
#include "expr.h"
#include "flatten.h"
#include "program.h"
#include "steps.h"

/* A window of three over rows of nine: two taps at the borders, so other limits for other w. */
static const char window[] =
    "void f(const float x[5][9], const float k[3][21], float y[5][9][21]) { for (int h = 0; h < 5; h++) "
    "for (int w = 0; w < 9; w++) for (int o = 0; o < 21; o++) { float sum = 0.5f; "
    "for (int l = (1 - w > 0 ? 1 - w : 0); l < (3 < 10 - w ? 3 : 10 - w); l++) { float t = x[h][w + l - 1] * 2.0f; "
    "sum += t * k[l][o]; } y[h][w][o] = sum; } }";
static const char dense[] =
    "void f(const float x[7][4], const float w[4][32], float y[7][32]) { for (int n = 0; n < 7; n++) "
    "for (int o = 0; o < 32; o++) { float sum = 0.0f; for (int i = 0; i < 4; i++) { float t = x[n][i] * 2.0f; "
    "sum += t * w[i][o]; } y[n][o] = sum; } }";

static Nest nest_in(const Kernel *kernel)
{
    Nest nest = nest_of(kernel->body->items[0]);
    assert_true(nest.depth > 0);
    return nest;
}

static Kernel tiled(const Kernel *kernel, const Tile *tile)
{
    Nest nest = nest_in(kernel);
    Kernel copy = *kernel;
    copy.body = tile_nest(&nest, tile);
    return copy;
}

static void check_tile(const Kernel *kernel, const Tile *tile, uint64_t before)
{
    Kernel copy = tiled(kernel, tile);
    evaluate_subject(
        format("lanes %d, rows %d, columns %d, %d full", tile->lanes, tile->rows, tile->columns, tile->fulls));
    if (evaluate_kernel(&copy, tile->lanes) != before)
        fail_msg("another number: lanes %d, rows %d, columns %d, %d full", tile->lanes, tile->rows, tile->columns,
                 tile->fulls);
}

static void check_sizes(const char *text, Tile tile)
{
    const Kernel *kernel = program_kernel(text);
    uint64_t before = evaluate_kernel(kernel, 1);
    for (tile.lanes = 1; tile.lanes <= 16; tile.lanes *= tile.lanes == 1 ? 4 : 2)
        for (tile.columns = 1; tile.columns <= 3; tile.columns++)
            for (tile.rows = 1; tile.rows <= (tile.row_loop < 0 ? 1 : 5); tile.rows++)
                check_tile(kernel, &tile, before);
}

static void test_tiles_of_every_size_change_no_number(void **state)
{
    (void)state;
    check_sizes(window, (Tile){.lane_loop = 2, .row_loop = -1});
    check_sizes(window, (Tile){.lane_loop = 2, .row_loop = 0});
    check_sizes(dense, (Tile){.lane_loop = 1, .row_loop = 0});
}

static void test_tiles_with_full_loops_change_no_number(void **state)
{
    (void)state;
    check_sizes(window, (Tile){.lane_loop = 2, .row_loop = -1, .fulls = 1, .full_loop = {1}});
    check_sizes(window, (Tile){.lane_loop = 2, .row_loop = 0, .fulls = 1, .full_loop = {1}});
    check_sizes(window, (Tile){.lane_loop = 2, .row_loop = -1, .fulls = 2, .full_loop = {1, 0}});
    check_sizes(dense, (Tile){.lane_loop = 1, .row_loop = -1, .fulls = 1, .full_loop = {0}});
}

/* Rows that meet a border have numbers; the tiles between are a loop. */
static void test_tiles_between_the_borders_are_a_loop(void **state)
{
    (void)state;
    check_sizes(window, (Tile){.lane_loop = 2, .row_loop = 1, .numbered = true});
    const Kernel *kernel = program_kernel(window);
    Nest nest = nest_in(kernel);
    const struct {
        int rows, loops; /* of tiles of rows; 9 rows of which 1 to 7 meet no border */
    } cases[] = {{1, 1}, {2, 1}, {3, 0}, {4, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const Tile tile = {
            .lane_loop = 2, .row_loop = 1, .lanes = 16, .rows = cases[i].rows, .columns = 2, .numbered = true};
        const Stmt *images = tile_nest(&nest, &tile)->items[0];
        int loops = 0;
        for (int k = 0; k < images->body->count; k++) {
            const Stmt *stmt = images->body->items[k];
            loops += stmt->kind == ST_FOR && !stmt->unroll && strcmp(stmt->symbol->name, "w") == 0;
        }
        assert_int_equal(loops, cases[i].loops);
    }
}

/* Some rows are in a branch, others not; a local that is assigned in one has a copy for each row. */
static void test_rows_take_their_own_branches(void **state)
{
    (void)state;
    check_sizes(
        "void f(const float x[7][19], float y[7][19]) { for (int n = 0; n < 7; n++) for (int o = 0; o < 19; o++) "
        "{ float s = 1.0f; for (int i = 0; i < 7; i++) if (i < n) s += x[i][o]; else s = s * 0.5f; "
        "y[n][o] = s; } }",
        (Tile){.lane_loop = 1, .row_loop = 0});
}

/* ---- packed copies ---- */

static Array *array_called(const Kernel *kernel, const char *name)
{
    for (int i = 0; i < kernel->count; i++)
        if (strcmp(kernel->parameters[i].array->name, name) == 0)
            return kernel->parameters[i].array;
    fail_msg("no array %s", name);
    return NULL;
}

static Array *packed_array(const Array *from, int width)
{
    Array *to = NEW(Array);
    *to = *from;
    to->name = format("%s_packed", from->name);
    to->dims[to->rank - 1] = expr_int(width);
    return to;
}

typedef struct Reads {
    const Array *array;
    int reads, prefetches;
} Reads;

static void count_reads(void *context, Expr *expr, bool write)
{
    Reads *reads = context;
    reads->reads += expr->kind == EX_LOAD && !write && expr->array == reads->array;
}

static void count_prefetches(Reads *reads, const Stmt *stmt)
{
    reads->prefetches += stmt->kind == ST_PREFETCH;
    for (int i = 0; i < stmt->count; i++)
        count_prefetches(reads, stmt->items[i]);
    if (stmt->body)
        count_prefetches(reads, stmt->body);
}

/* The copy alone reads the array: with a last tile that is smaller, once more; and no row reads it again. If
 * there is another tile of columns, its lines are fetched in the loops that an outer loop repeats. */
static void check_packed(const char *text, const char *name, Tile tile, bool prefetches)
{
    const Kernel *kernel = program_kernel(text);
    uint64_t before = evaluate_kernel(kernel, 1);
    const Nest nest = nest_of(kernel->body->items[0]);
    const long long columns = nest.loop[tile.lane_loop]->to->number;
    for (tile.lanes = 4; tile.lanes <= 16; tile.lanes *= 2)
        for (tile.columns = 1; tile.columns <= 3; tile.columns++)
            for (tile.rows = 1; tile.rows <= (tile.row_loop < 0 ? 1 : 4); tile.rows++) {
                Kernel copy = *kernel;
                tile.pack.from = array_called(kernel, name);
                tile.pack.to = packed_array(tile.pack.from, tile.lanes * tile.columns);
                copy.count = 0;
                copy.parameters = NULL;
                for (int i = 0; i < kernel->count; i++)
                    kernel_add(&copy, kernel->parameters[i]);
                kernel_add(&copy, (Parameter){.array = tile.pack.to});
                check_tile(&copy, &tile, before);
                Reads reads = {.array = tile.pack.from};
                const Stmt *body = tiled(&copy, &tile).body;
                visit_stmt(body, count_reads, &reads);
                count_prefetches(&reads, body);
                assert_in_range(reads.reads - reads.prefetches, 1, 2 * tile.columns);
                assert_int_equal(reads.prefetches > 0, prefetches && columns > tile.lanes * tile.columns);
            }
}

static void test_packed_tiles_change_no_number(void **state)
{
    (void)state;
    check_packed(dense, "w", (Tile){.lane_loop = 1, .row_loop = 0}, false);
    check_packed(dense, "w", (Tile){.lane_loop = 1, .row_loop = -1}, true);
    check_packed(window, "k", (Tile){.lane_loop = 2, .row_loop = 0}, true);
    /* No loop is left: of three taps each meets other columns. */
    check_packed(window, "k", (Tile){.lane_loop = 2, .row_loop = -1, .fulls = 1, .full_loop = {1}}, false);
}

/* ---- form ---- */

typedef struct Form_of_tile {
    int loops, open; /* loops inside the tile; those whose limits are no numbers */
    int sums, locals, stores, parts;
} Form_of_tile;

static int cells_of(const Symbol *symbol)
{
    int cells = 1;
    for (int i = 0; i < symbol->rank; i++)
        cells *= symbol->dims[i];
    return cells;
}

/* What stands in loops that are unrolled counts as often as they run; those are no loops themselves. */
static void count_form(Form_of_tile *form, const Stmt *stmt, int times)
{
    if (stmt->kind == ST_FOR && stmt->unroll) {
        times *= (int)(stmt->to->number - stmt->from->number);
    } else if (stmt->kind == ST_FOR) {
        form->loops++;
        form->open += stmt->from->kind != EX_INT || stmt->to->kind != EX_INT;
    }
    if (stmt->kind == ST_DECLARE) {
        form->sums += strncmp(stmt->symbol->name, "sum", 3) == 0 ? times * cells_of(stmt->symbol) : 0;
        form->locals += stmt->symbol->name[0] == 't' ? times * cells_of(stmt->symbol) : 0;
    }
    if (stmt->kind == ST_ASSIGN && stmt->target->kind == EX_LOAD) {
        form->stores += times;
        form->parts += times * stmt->target->part;
    }
    for (int i = 0; i < stmt->count; i++)
        count_form(form, stmt->items[i], times);
    if (stmt->body)
        count_form(form, stmt->body, times);
    if (stmt->other)
        count_form(form, stmt->other, times);
}

static Form_of_tile form_of_tile(const char *text, Tile tile)
{
    Kernel kernel = tiled(program_kernel(text), &tile);
    Form_of_tile form = {0};
    count_form(&form, kernel.body, 1);
    return form;
}

/* All w are in the tile, so l is a number: a piece for 0, one for 1 and one for 2, in each h. */
static void test_a_full_loop_makes_limits_numbers(void **state)
{
    (void)state;
    Tile tile = {.lane_loop = 2, .row_loop = -1, .lanes = 8, .rows = 1, .columns = 3};
    assert_int_equal(form_of_tile(window, tile).open, 1);
    tile.fulls = 1;
    tile.full_loop[0] = 1;
    Form_of_tile form = form_of_tile(window, tile);
    assert_int_equal(form.open, 0);
    assert_int_equal(form.loops, 1);
    assert_int_equal(form.sums, 9 * 3);
}

/* Six rows and one left over: what depends on n alone is not there for each column, nor the sums for each other. */
static void test_each_statement_has_the_copies_that_differ(void **state)
{
    (void)state;
    Form_of_tile form = form_of_tile(dense, (Tile){.lane_loop = 1, .row_loop = 0, .lanes = 8, .rows = 6, .columns = 4});
    assert_int_equal(form.sums, 6 * 4 + 4);
    assert_int_equal(form.locals, 6 + 1);
    assert_int_equal(form.stores, 6 * 4 + 4);
    assert_int_equal(form.loops, 2);
}

/* Of twenty rows, five times four, those of one h share what depends on h alone. */
static void test_rows_of_two_loops_share_what_depends_on_one(void **state)
{
    (void)state;
    static const char text[] = "void f(const float x[5][6], const float k[4][6][16], float y[5][4][16]) { "
                               "for (int h = 0; h < 5; h++) for (int w = 0; w < 4; w++) for (int o = 0; o < 16; o++) { "
                               "float sum = 0.0f; for (int i = 0; i < 6; i++) { float t = x[h][i] * 2.0f; "
                               "sum += t * k[w][i][o]; } y[h][w][o] = sum; } }";
    const Tile tile = {
        .lane_loop = 2, .row_loop = 0, .lanes = 16, .rows = 5, .columns = 1, .fulls = 1, .full_loop = {1}};
    Form_of_tile form = form_of_tile(text, tile);
    assert_int_equal(form.sums, 5 * 4);
    assert_int_equal(form.locals, 5);
    check_sizes(text, tile);
}

static void test_only_the_last_vector_is_partly_filled(void **state)
{
    (void)state;
    Tile tile = {.lane_loop = 1, .row_loop = -1, .lanes = 8, .rows = 1, .columns = 4};
    assert_int_equal(form_of_tile(dense, tile).parts, 0);
    tile.lane_loop = 2;
    assert_int_equal(form_of_tile(window, tile).parts, 21 % 8);
    tile.lanes = 16;
    assert_int_equal(form_of_tile(window, tile).parts, 21 % 16);
}

/* ---- flatten ---- */

static void test_flatten_joins_loops_over_whole_arrays(void **state)
{
    (void)state;
    static const char text[] = "void f(const float x[6][5], float y[6][5]) { for (int n = 0; n < 6; n++) "
                               "for (int m = 0; m < 5; m++) y[n][m] = x[n][m] * 2.0f; }";
    Kernel *kernel = program_kernel(text);
    uint64_t before = evaluate_kernel(kernel, 1);
    assert_true(flatten_kernel(kernel));
    assert_false(flatten_kernel(kernel));
    assert_int_equal(kernel->body->items[0]->to->number, 30);
    assert_int_equal(evaluate_kernel(kernel, 1), before);
}

static void test_flatten_refuses_what_is_no_row_of_elements(void **state)
{
    (void)state;
    static const char *const bodies[] = {"y[n][m] = x[m][n];",
                                         "y[n][m] = x[n][0];",
                                         "y[n][m] = x[n][m] * (float)m;",
                                         "y[n][m] = x[n][m] * (float)(n * 4 + m);",
                                         "y[n][m] = x[n][4 - m];",
                                         "y[m][n] = x[m][n];"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        Kernel *kernel =
            program_kernel(format("void f(const float x[5][5], float y[5][5]) { for (int n = 0; n < 5; n++) "
                                  "for (int m = 0; m < 5; m++) %s }",
                                  bodies[i]));
        uint64_t before = evaluate_kernel(kernel, 1);
        while (flatten_kernel(kernel))
            ;
        assert_int_equal(evaluate_kernel(kernel, 1), before);
    }
}

static void test_flatten_changes_random_indices_with_their_elements(void **state)
{
    (void)state;
    Kernel *kernel = program_kernel("void f(const float x[6][5], float y[6][5]) { for (int n = 0; n < 6; n++) "
                                    "for (int m = 0; m < 5; m++) y[n][m] = x[n][m] * (float)(n * 5 + m); }");
    uint64_t before = evaluate_kernel(kernel, 1);
    assert_true(flatten_kernel(kernel));
    assert_int_equal(evaluate_kernel(kernel, 1), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tiles_of_every_size_change_no_number, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_tiles_with_full_loops_change_no_number, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_tiles_between_the_borders_are_a_loop, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_packed_tiles_change_no_number, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_rows_take_their_own_branches, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_a_full_loop_makes_limits_numbers, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_each_statement_has_the_copies_that_differ, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_rows_of_two_loops_share_what_depends_on_one, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_only_the_last_vector_is_partly_filled, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_flatten_joins_loops_over_whole_arrays, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_flatten_refuses_what_is_no_row_of_elements, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_flatten_changes_random_indices_with_their_elements, program_start,
                                        program_stop),
    };
    return cmocka_run_group_tests_name("tile", tests, NULL, NULL);
}
