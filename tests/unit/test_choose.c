/* test_choose.c - compiler/choose.c and traffic.c: which tiles are taken, and what is counted for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "choose.h"
#include "expr.h"
#include "machine.h"
#include "program.h"
#include "traffic.h"

static Nest nest_in(const char *text)
{
    Nest nest = nest_of(program_kernel(text)->body->items[0]);
    assert_true(nest.depth > 0);
    return nest;
}

static const Symbol *lane_symbol(const Nest *nest, const Choice_of_tile *choice)
{
    return nest->loop[choice->tile.lane_loop]->symbol;
}

/* for n < rows: for o < columns: y[n][o] = what is summed over i < 64. */
static Nest sum_nest(int rows, int columns, const char *arrays, const char *term)
{
    return nest_in(format("void f(%s, float y[%d][%d]) { for (int n = 0; n < %d; n++) for (int o = 0; o < %d; o++) { "
                          "float s = 0.0f; for (int i = 0; i < 64; i++) s += %s; y[n][o] = s; } }",
                          arrays, rows, columns, rows, columns, term));
}

static Nest dense_nest(int rows, int columns)
{
    const char *arrays = format("const float x[%d][64], const float w[64][%d]", rows, columns);
    return sum_nest(rows, columns, arrays, "x[n][i] * w[i][o]");
}

static const struct {
    const char *machine;
    int lanes;
} targets[] = {{"sse", 4}, {"avx2", 8}, {"avx512", 16}};
enum { TARGETS = sizeof targets / sizeof *targets };

/* ---- which loop has the lanes ---- */

static void test_lanes_go_where_the_stride_is_one(void **state)
{
    (void)state;
    const Machine *machine = machine_find("avx2");
    Nest rows = dense_nest(32, 32);
    Choice_of_tile choice = choose(machine, 8, &rows);
    assert_int_equal(choice.tile.lanes, 8);
    assert_string_equal(lane_symbol(&rows, &choice)->name, "o");
    Nest columns = nest_in("void f(const float x[32][64], float y[32][32]) { for (int o = 0; o < 32; o++) "
                           "for (int n = 0; n < 32; n++) { float s = 0.0f; for (int i = 0; i < 64; i++) "
                           "s += x[n][i]; y[o][n] = s; } }");
    choice = choose(machine, 8, &columns);
    assert_string_equal(lane_symbol(&columns, &choice)->name, "n");
}

static void test_single_numbers_fill_the_registers_of_a_microcontroller(void **state)
{
    (void)state;
    const Machine *machine = machine_find("cortex-m4");
    Nest map = dense_nest(64, 64);
    Choice_of_tile choice = choose(machine, 1, &map);
    assert_int_equal(choice.tile.lanes, 1);
    int sums = choice.tile.rows * choice.tile.columns;
    assert_true(choice.tile.rows > 1 && choice.tile.columns > 1 && sums >= 16 && sums < machine->registers);
    assert_int_equal(64 % choice.tile.rows + 64 % choice.tile.columns, 0); /* a rest is code in flash */
    Nest vector = dense_nest(1, 64);
    choice = choose(machine, 1, &vector);
    assert_in_range(choice.tile.rows * choice.tile.columns, 16, machine->registers);
}

static void test_a_jump_is_read_from_a_transposed_copy(void **state)
{
    (void)state;
    Nest nest = sum_nest(32, 32, "const float g[32][64], const float w[32][64]", "g[n][i] * w[o][i]");
    Choice_of_tile choice = choose(machine_find("avx2"), 8, &nest);
    assert_int_equal(choice.tile.lanes, 8);
    assert_int_equal(choice.lanes.jumps, 1);
    assert_string_equal(choice.lanes.jumping[0]->name, "w");
}

static void test_one_copy_serves_one_dimension(void **state)
{
    (void)state;
    const char *arrays = "const float g[32][64], const float w[32][32][64]";
    Nest both = sum_nest(32, 32, arrays, "g[n][i] * w[o][n][i] + w[n][o][i]");
    Choice_of_tile choice = choose(machine_find("avx2"), 8, &both);
    assert_true(choice.tile.lanes == 1 || choice.lanes.jumps <= 1);
    for (int i = 0; i < choice.lanes.jumps; i++)
        assert_string_not_equal(choice.lanes.jumping[i]->name, "w");
    Nest square = sum_nest(32, 64, "const float g[64][64], const float w[64][64]", "g[n][i] * (w[o][i] + w[i][o])");
    choice = choose(machine_find("avx2"), 8, &square);
    for (int i = 0; i < choice.lanes.jumps; i++)
        assert_int_equal(choice.lanes.dimension[i], 0);
}

/* Writes that jump, places that come from data, branches and limits that differ, divisions: no lanes at all. */
static void test_no_lanes_where_they_would_part(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "y[2 * o] = x[o];",
        "y[o] = x[at[o]];",
        "y[o] = x[o / 2];",
        "y[o] = x[o * o];",
        "y[o] = x[o] * (float)(o % 3);",
        "if (o > 2) y[o] = x[o]; else y[o] = 1.0f;",
        "float s = 0.0f; for (int i = 0; i < o; i++) s += x[i]; y[o] = s;",
        "float s = x[o]; int k = at[o]; s += x[k]; y[o] = s;",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        Nest nest = nest_in(format("void f(const float x[64], const int at[64], float y[128]) { "
                                   "for (int o = 0; o < 64; o++) { %s } }",
                                   bodies[i]));
        Choice_of_tile choice = choose(machine_find("avx512"), 16, &nest);
        if (choice.cycles >= 0 && choice.tile.lanes != 1)
            fail_msg("lanes in: %s", bodies[i]);
    }
}

/* ---- how large a tile is ---- */

enum { SYMBOLS_MAX = 256 };

typedef struct Symbols {
    int count;
    const Symbol *symbol[SYMBOLS_MAX];
} Symbols;

static bool symbols_hold(const Symbols *symbols, const Symbol *symbol)
{
    bool found = false;
    for (int i = 0; i < symbols->count; i++)
        found |= symbols->symbol[i] == symbol;
    return found;
}

static void symbols_add(Symbols *symbols, const Symbol *symbol)
{
    if (symbols_hold(symbols, symbol))
        return;
    assert_true(symbols->count < SYMBOLS_MAX);
    symbols->symbol[symbols->count++] = symbol;
}

static void find_assigned(Symbols *assigned, Symbols *declared, const Stmt *stmt)
{
    if (stmt->kind == ST_DECLARE)
        symbols_add(declared, stmt->symbol);
    if (stmt->kind == ST_ASSIGN && stmt->target->kind != EX_LOAD)
        symbols_add(assigned, stmt->target->symbol);
    for (int i = 0; i < stmt->count; i++)
        find_assigned(assigned, declared, stmt->items[i]);
    if (stmt->body)
        find_assigned(assigned, declared, stmt->body);
    if (stmt->other)
        find_assigned(assigned, declared, stmt->other);
}

/* Registers of the locals that a loop assigns and does not declare. */
static int sums_of(const Stmt *loop)
{
    Symbols assigned = {0}, declared = {0};
    find_assigned(&assigned, &declared, loop->body);
    int sums = 0;
    for (int i = 0; i < assigned.count; i++) {
        int cells = 1;
        for (int d = 0; d < assigned.symbol[i]->rank; d++)
            cells *= assigned.symbol[i]->dims[d];
        sums += symbols_hold(&declared, assigned.symbol[i]) ? 0 : cells;
    }
    return sums;
}

/* Most locals that are kept from one iteration of a loop to the next. */
static int most_sums(const Stmt *stmt)
{
    int most = 0;
    for (int i = 0; i < stmt->count; i++) {
        int inside = most_sums(stmt->items[i]);
        most = inside > most ? inside : most;
    }
    if (stmt->kind == ST_FOR && !stmt->unroll) {
        int sums = sums_of(stmt);
        most = sums > most ? sums : most;
    }
    int body = stmt->body ? most_sums(stmt->body) : 0;
    return body > most ? body : most;
}

static void check_registers(const Stmt *loop, int *checked)
{
    for (int t = 0; t < TARGETS; t++) {
        Nest nest = nest_of((Stmt *)loop);
        const Machine *machine = machine_find(targets[t].machine);
        Choice_of_tile choice = nest.depth ? choose(machine, targets[t].lanes, &nest) : (Choice_of_tile){.cycles = -1};
        if (choice.cycles < 0 || choice.tile.lanes < 2)
            continue;
        int sums = most_sums(tile_nest(&nest, &choice.tile));
        *checked += sums > 1;
        if (sums >= machine->registers)
            fail_msg("%d sums in %d registers of %s", sums, machine->registers, machine->name);
    }
}

static void test_tile_never_holds_more_accumulators_than_registers(void **state)
{
    (void)state;
    int checked = 0;
    static const int extents[] = {1, 3, 7, 16, 33, 100};
    for (int n = 0; n < 6; n++)
        for (int o = 0; o < 6; o++)
            check_registers(dense_nest(extents[n], extents[o]).loop[0], &checked);
    Model *model = program_bound("network: t\ninput: [12, 9, 16]\nlayers:\n"
                                 "  - conv2d: {filters: 32, kernel: 3, padding: 1, activation: relu}\n"
                                 "  - max_pool2d: 3\n  - batch_norm\n  - conv2d_transpose: {filters: 3, kernel: 2}\n"
                                 "  - layer_norm\n  - dense: 10\nloss: mse\ntrain: {batch: 5}\n",
                                 program_options("avx2", 8));
    assert_non_null(model);
    split(model);
    fuse(model);
    const Phase *phase = model->phase[PHASE_GRADIENT];
    for (int i = 0; i < phase->steps; i++)
        for (int k = 0; k < phase->step[i]->kernel->body->count; k++)
            if (phase->step[i]->kernel->body->items[k]->kind == ST_FOR)
                check_registers(phase->step[i]->kernel->body->items[k], &checked);
    assert_true(checked > 100);
}

/* Two multiply-adds start in a cycle, each takes four. */
static void test_a_tile_has_sums_enough_to_hide_the_latency(void **state)
{
    (void)state;
    for (int t = 0; t < TARGETS; t++) {
        Nest nest = dense_nest(64, 256);
        Choice_of_tile choice = choose(machine_find(targets[t].machine), targets[t].lanes, &nest);
        assert_true(choice.tile.rows * choice.tile.columns * tile_full_rows(&nest, &choice.tile) >= 8);
        assert_true(choice.tile.rows > 1 && choice.tile.columns > 0);
    }
}

/* Three taps over rows of so many columns: at the borders two. */
static Nest window_nest(int columns)
{
    return nest_in(format("void f(const float x[%d][32], const float k[3][32][16], float y[%d][16]) { "
                          "for (int w = 0; w < %d; w++) for (int o = 0; o < 16; o++) { "
                          "float s = 0.0f; for (int l = (1 - w > 0 ? 1 - w : 0); l < (3 < %d - w ? 3 : %d - w); l++) "
                          "for (int i = 0; i < 32; i++) s += x[w + l - 1][i] * k[l][i][o]; y[w][o] = s; } }",
                          columns, columns, columns, columns + 1, columns + 1));
}

/* Columns whose windows are cut at the borders are rows of one tile only where each has a number. */
static void test_rows_of_other_limits_have_numbers(void **state)
{
    (void)state;
    for (int columns = 3; columns < 130; columns += 9) {
        Nest nest = window_nest(columns);
        Tile tile = choose(machine_find("avx512"), 16, &nest).tile;
        bool full = tile.fulls == 1 && tile.full_loop[0] == 0, rows = tile.row_loop == 0 && tile.rows > 1;
        assert_int_equal(tile.lanes, 16);
        assert_true(columns > 32 || full || rows);
        assert_true(!rows || tile.numbered);
        assert_true(!tile.numbered || (columns + tile.rows - 1) / tile.rows <= 4);
    }
    Nest even = dense_nest(64, 64);
    assert_false(choose(machine_find("avx512"), 16, &even).tile.numbered);
}

/* Weights behind the second cache are packed for each tile where several tiles of rows, or an outer loop, read them. */
static void test_large_weights_that_are_read_again_are_packed(void **state)
{
    (void)state;
    const Machine *machine = machine_find("avx512");
    Nest large = dense_nest(256, 8192), once = dense_nest(1, 8192), small = dense_nest(256, 512);
    Tile tile = choose(machine, 16, &large).tile;
    assert_non_null(tile.pack.from);
    assert_string_equal(tile.pack.from->name, "w");
    assert_null(choose(machine, 16, &once).tile.pack.from);
    assert_null(choose(machine, 16, &small).tile.pack.from);
    /* Not what differs from row to row, however large. */
    Nest own = sum_nest(256, 8192, "const float x[256][64], const float w[256][64][8192]", "x[n][i] * w[n][i][o]");
    assert_null(choose(machine, 16, &own).tile.pack.from);
    /* Nor what a tile does not read from its own first column on. */
    Nest shifted = sum_nest(256, 8191, "const float x[256][64], const float w[64][8192]", "x[n][i] * w[i][o + 1]");
    assert_null(choose(machine, 16, &shifted).tile.pack.from);
    /* Nor what is larger than the second cache even for one tile. */
    Nest deep = nest_in("void f(const float x[64][200000], const float w[200000][32], float y[64][32]) { "
                        "for (int n = 0; n < 64; n++) for (int o = 0; o < 32; o++) { float s = 0.0f; "
                        "for (int i = 0; i < 200000; i++) s += x[n][i] * w[i][o]; y[n][o] = s; } }");
    assert_null(choose(machine, 16, &deep).tile.pack.from);
}

static void test_a_choice_names_each_loop_once(void **state)
{
    (void)state;
    for (int t = 0; t < TARGETS; t++)
        for (int rows = 1; rows < 40; rows += 6) {
            Nest nest = dense_nest(rows, 19);
            Tile tile = choose(machine_find(targets[t].machine), targets[t].lanes, &nest).tile;
            assert_true(tile.lane_loop != tile.row_loop);
            for (int i = 0; i < tile.fulls; i++) {
                assert_true(tile.full_loop[i] != tile.lane_loop && tile.full_loop[i] != tile.row_loop);
                assert_true(i == 0 || tile.full_loop[i] != tile.full_loop[0]);
            }
            assert_true(tile.row_loop < 0 ? tile.rows == 1 : tile.rows <= rows);
        }
}

/* ---- traffic ---- */

static double passage(const char *text, const char *symbol, long long span)
{
    const Nest nest = nest_in(text);
    Reach reach = {NULL, span};
    for (int i = 0; i < nest.depth; i++)
        if (symbol && strcmp(nest.loop[i]->symbol->name, symbol) == 0)
            reach.symbol = nest.loop[i]->symbol;
    assert_true(!symbol || reach.symbol);
    return passage_elements(nest.body, &reach, 1);
}

static double sum_passage(const char *arrays, const char *term)
{
    return passage(format("void f(%s, float y[100]) { for (int n = 0; n < 100; n++) { float s = 0.0f; "
                          "for (int i = 0; i < 64; i++) s += %s; y[n] = s; } }",
                          arrays, term),
                   NULL, 0);
}

static void test_passage_counts_each_array_once(void **state)
{
    (void)state;
    static const char one[] = "const float x[101][64]", two[] = "const float x[101][64], const float z[101][64]";
    assert_true(sum_passage(one, "x[n][i]") == 64);
    assert_true(sum_passage(one, "x[n][i] * x[n + 1][i]") == 64);
    assert_true(sum_passage(two, "x[n][i] * z[n][i]") == 128);
    assert_true(sum_passage(two, "x[n][i] * x[n][0] * z[n][0]") == 64 + 16);
}

static void test_passage_counts_whole_lines_of_rows(void **state)
{
    (void)state;
    assert_true(sum_passage("const float x[64][64]", "x[i][3]") == 64 * 16);
    assert_true(sum_passage("const float x[64][3]", "x[i][2]") == 64 * 3);
    assert_true(sum_passage("const float x[129][100]", "x[2 * i][n]") == 127 * 16);
    assert_true(sum_passage("const float x[64]", "x[n]") == 16);
}

static void test_passage_is_never_more_than_the_array(void **state)
{
    (void)state;
    assert_true(sum_passage("const float x[10][20], const int at[64]", "x[at[i]][at[i]]") == 10 * 20 + 64);
    assert_true(sum_passage("const float x[40][64]", "x[i / 2][i]") == 40 * 64);
}

static void test_passage_reaches_as_far_as_the_tile(void **state)
{
    (void)state;
    static const char text[] = "void f(const float x[40][64], const float w[64][40], float y[40][40]) { "
                               "for (int n = 0; n < 40; n++) for (int o = 0; o < 40; o++) { float s = 0.0f; "
                               "for (int i = 0; i < 64; i++) s += x[n][i] * w[i][o]; y[n][o] = s; } }";
    assert_true(passage(text, NULL, 0) == 64 + 64 * 16);
    assert_true(passage(text, "n", 3) == 4 * 64 + 64 * 16);
    assert_true(passage(text, "o", 31) == 64 + 64 * 32);
    assert_true(passage(text, "n", 63) == 40 * 64 + 64 * 16);
    assert_true(passage(text, "o", 63) == 64 + 64 * 40);
}

static double trips(const char *loop)
{
    Kernel *kernel = program_kernel(format("void f(float y[99]) { for (int v = 0; v < 33; v++) { float s = 0.0f; "
                                           "for (%s) s += 1.0f; y[v] = s; } }",
                                           loop));
    const Stmt *body = kernel->body->items[0]->body;
    return usual_trips(body->items[1]);
}

static void test_trips_of_a_window_are_those_inside(void **state)
{
    (void)state;
    assert_true(trips("int l = 2; l < 9; l++") == 7);
    assert_true(trips("int l = (1 - v > 0 ? 1 - v : 0); l < (5 < 33 - v ? 5 : 33 - v); l++") == 5);
    assert_true(trips("int l = 9; l >= 1; l--") >= 8);
    assert_true(trips("int l = 0; l < 0; l++") == 1);
    assert_true(trips("int l = v; l < v + 2; l++") > 1);
}

static void test_memory_costs_more_the_farther_it_is(void **state)
{
    (void)state;
    assert_true(memory_cycles(32 << 10) == 0);
    assert_true(memory_cycles((32 << 10) + 64) > 0);
    assert_true(far_memory_cycles(1 << 20) == 0);
    double near = memory_cycles(1 << 20), far = memory_cycles((1 << 20) + 64);
    assert_true(far > 2 * near && far_memory_cycles((1 << 20) + 64) < far);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, program_start, program_stop)
        TEST(test_lanes_go_where_the_stride_is_one),
        cmocka_unit_test(test_single_numbers_fill_the_registers_of_a_microcontroller),
        TEST(test_a_jump_is_read_from_a_transposed_copy),
        TEST(test_one_copy_serves_one_dimension),
        TEST(test_no_lanes_where_they_would_part),
        TEST(test_tile_never_holds_more_accumulators_than_registers),
        TEST(test_a_tile_has_sums_enough_to_hide_the_latency),
        TEST(test_rows_of_other_limits_have_numbers),
        TEST(test_large_weights_that_are_read_again_are_packed),
        TEST(test_a_choice_names_each_loop_once),
        TEST(test_passage_counts_each_array_once),
        TEST(test_passage_counts_whole_lines_of_rows),
        TEST(test_passage_is_never_more_than_the_array),
        TEST(test_passage_reaches_as_far_as_the_tile),
        TEST(test_trips_of_a_window_are_those_inside),
        TEST(test_memory_costs_more_the_farther_it_is),
    };
    return cmocka_run_group_tests_name("choose", tests, NULL, NULL);
}
