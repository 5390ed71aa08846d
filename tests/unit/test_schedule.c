/* test_schedule.c - merge, layout, carry and schedule over networks of odd sizes: with every number of lanes, what they
 * leave must compute the same numbers, first each tensor by itself and then where plan.c puts them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "evaluate.h"
#include "expr.h"
#include "program.h"
#include "verify.h"

static bool is_full(void)
{
    const char *full = getenv("UNIT_TESTS_FULL");
    return full && strcmp(full, "true") == 0;
}

/* ---- targets ---- */

typedef struct Target {
    const char *machine;
    int lanes;
} Target;

static const Target targets[] = {{"cortex-m4", 1}, {"sse", 4}, {"avx2", 8}, {"avx512", 16}};
enum { TARGETS = sizeof targets / sizeof *targets };

/* ---- what a schedule holds ---- */

typedef enum Feature { LANES, PARTS, IOTAS, LOCALS, REGISTERS, TRANSPOSES, FEATURES } Feature;

static void note_features(void *context, Expr *expr, bool write)
{
    (void)write;
    int *found = context;
    found[LANES] += expr->kind == EX_LOAD && expr->lanes;
    found[PARTS] += expr->kind == EX_LOAD && expr->part;
    found[IOTAS] += expr->kind == EX_IOTA;
    found[LOCALS] += expr->kind == EX_NAME && expr->lanes;
    found[REGISTERS] += expr->kind == EX_ELEMENT && expr->lanes;
    found[TRANSPOSES] += expr->kind == EX_LOAD && strstr(expr->array->name, "_transposed");
}

typedef struct Kinds {
    int columns, rows, fulls;
    int carried; /* networks with a sum in stretches */
    int eights;  /* kernels with eight lanes among those with sixteen */
    int feature[FEATURES];
} Kinds;

static int occurrences(const char *text, const char *word)
{
    int count = 0;
    for (const char *at = text; at && (at = strstr(at, word)); at++)
        count++;
    return count;
}

static bool is_owner(const Step *step)
{
    return step->kernel->owner == step;
}

static void note_kinds(Kinds *kinds, const Model *model)
{
    for (int p = 0; p < PHASES; p++)
        for (int i = 0; model->phase[p] && i < model->phase[p]->steps; i++) {
            const Step *step = model->phase[p]->step[i];
            const char *words = step->kernel->schedule;
            if (!is_owner(step) || !words)
                continue;
            visit_stmt(step->kernel->body, note_features, kinds->feature);
            kinds->eights += step->kernel->eight;
            kinds->columns += occurrences(words, "tiles of ") - occurrences(words, "tiles of 1");
            kinds->rows += occurrences(words, " x ");
            kinds->fulls += occurrences(words, " all ");
        }
}

static int top_loops(const Model *model)
{
    int loops = 0;
    for (int p = 0; p < PHASES; p++)
        for (int i = 0; model->phase[p] && i < model->phase[p]->steps; i++)
            for (int k = 0; is_owner(model->phase[p]->step[i]) && k < model->phase[p]->step[i]->kernel->body->count;
                 k++)
                loops += model->phase[p]->step[i]->kernel->body->items[k]->kind == ST_FOR;
    return loops;
}

/* ---- the passes, one after the other ---- */

static void check_after(const char *pass, const char *spec, const Model *model, Places places, const uint64_t *bound)
{
    uint64_t after[PHASES] = {0};
    verify(model, pass);
    if (places == PLACES_ARENA)
        verify_places(model, pass);
    evaluate_model(model, spec, places, after);
    evaluate_same(pass, bound, after);
}

/* False if the spec is refused. What each target computes is compared with what the templates say. */
static bool check_schedules(const char *spec, int first, int last, Kinds *kinds)
{
    uint64_t bound[PHASES] = {0};
    for (int t = first; t < last; t++) {
        Model *model = program_bound(spec, program_options(targets[t].machine, targets[t].lanes));
        if (!model)
            return false;
        if (t == first)
            evaluate_model(model, spec, PLACES_OWN, bound);
        program_merge(model);
        layout(model);
        int loops = top_loops(model);
        carry(model);
        if (top_loops(model) != loops) {
            kinds->carried++;
            check_after("carry", spec, model, PLACES_OWN, bound);
        }
        share(model);
        schedule(model);
        check_after("schedule", spec, model, PLACES_OWN, bound);
        plan(model);
        check_after("plan", spec, model, PLACES_ARENA, bound);
        note_kinds(kinds, model);
    }
    return true;
}

/* ---- networks ---- */

static const char training[] = "loss: mse\noptimizer: adam\nlearning_rate: 0.1\ntrain: {batch: 3}\n";

static const char *const networks[] = {
    "input: [7, 9, 3]\nlayers:\n  - conv2d: {filters: 5, kernel: 3, padding: same, bias: false}\n"
    "  - batch_norm: {activation: relu}\n  - max_pool2d: {kernel: 3, stride: 2, padding: 1}\n  - dense: 3\n",
    "input: [11, 10, 1]\nlayers:\n  - conv2d: {filters: 6, kernel: 5, padding: 2, activation: relu}\n"
    "  - max_pool2d: 2\n  - flatten\n  - dense: {units: 10, activation: tanh}\n  - softmax\n",
    "input: [5, 6, 10]\nlayers:\n  - depthwise_conv2d: {kernel: 3, padding: 1, stride: 2}\n"
    "  - conv2d: {filters: 17, kernel: 1, activation: relu}\n  - global_avg_pool\n  - dense: 1\n",
    "input: [4, 5, 3]\nlayers:\n  - conv2d_transpose: {filters: 6, kernel: 3, stride: 2, padding: 1}\n"
    "  - avg_pool2d: {kernel: 3, stride: 1, padding: 1}\n  - conv2d: {filters: 1, kernel: 2}\n",
    "input: [9, 7, 6]\nlayers:\n  - conv2d: {filters: 6, kernel: [3, 2], dilation: 2, groups: 3, padding: same}\n"
    "  - layer_norm\n  - conv2d: {filters: 10, kernel: 4, stride: 3, padding: [1, 2, 0, 3]}\n  - silu\n",
    "input: [19, 3]\nlayers:\n  - conv1d: {filters: 10, kernel: 5, stride: 2, padding: same, activation: relu}\n"
    "  - max_pool1d: {kernel: 3, stride: 1, padding: same}\n  - dropout: 0.5\n  - softmax\n",
    "input: [6, 7, 16]\nlayers:\n  - conv2d: {filters: 16, kernel: 3, padding: 1, name: a}\n  - relu: {name: b}\n"
    "  - conv2d: {filters: 16, kernel: 3, padding: 1, name: c}\n  - add: {inputs: [a, c]}\n",
    "input: [33]\nlayers:\n  - dense: {units: 20, activation: relu, name: a}\n  - dense: {units: 17, name: b}\n"
    "  - concat: {inputs: [a, b]}\n  - batch_norm\n  - dense: {units: 10, activation: softmax}\n",
};
enum { NETWORKS = sizeof networks / sizeof *networks };

static void test_schedule_changes_no_number_of_known_networks(void **state)
{
    (void)state;
    Kinds kinds = {0};
    for (int i = 0; i < NETWORKS; i++) {
        const char *spec = format("network: t\n%s%s", networks[i], training);
        if (!check_schedules(spec, 0, TARGETS, &kinds))
            fail_msg("refused: %s\n%s", program_messages(), spec);
    }
    assert_true(kinds.columns > 0 && kinds.rows > 0 && kinds.fulls > 0 && kinds.eights > 0);
    for (int i = 0; i < FEATURES; i++)
        if (!kinds.feature[i])
            fail_msg("no schedule has feature %d", i);
}

static const char *random_word(const char *const *words, int count)
{
    return words[program_random(count)];
}

/* A layer with borders between two others, over few channels. */
static const char *random_network(void)
{
    static const char *const channels[] = {"1", "3", "6", "10"}, *const paddings[] = {"1", "2", "same", "valid"};
    static const char *const after[] = {"relu", "batch_norm", "softmax", "gelu", "prelu"};
    const char *c = random_word(channels, 4), *filters = random_word(channels, 4);
    const char *padding = random_word(paddings, 4);
    int kernel = 1 + program_random(5), other = 1 + program_random(5), stride = 1 + program_random(3);
    const char *window = format("kernel: [%d, %d], stride: %d, padding: %s", kernel, other, stride, padding);
    const char *layers[] = {format("conv2d: {filters: %s, %s, dilation: %d}", filters, window, 1 + program_random(2)),
                            format("conv2d: {filters: %s, %s, groups: %s}", c, window, c),
                            format("depthwise_conv2d: {%s, multiplier: %d}", window, 1 + program_random(2)),
                            format("conv2d_transpose: {filters: %s, kernel: [%d, %d], stride: %d, padding: %d}",
                                   filters, kernel, other, stride, program_random(2)),
                            format("max_pool2d: {%s}", window),
                            format("avg_pool2d: {%s}", window)};
    return format("network: t\ninput: [%d, %d, %s]\nlayers:\n  - conv2d: {filters: %s, kernel: 1}\n  - %s\n  - %s\n"
                  "loss: mse\ntrain: {batch: %d}\n",
                  3 + program_random(7), 3 + program_random(12), c, c, random_word(layers, 6), random_word(after, 5),
                  1 + program_random(3));
}

static void test_schedule_changes_no_number_of_random_borders(void **state)
{
    (void)state;
    program_seed(41);
    Kinds kinds = {0};
    int trials = is_full() ? 600 : 18, accepted = 0;
    for (int i = 0; i < 3 * trials && accepted < trials; i++) {
        program_stop(NULL);
        program_start(NULL);
        int target = i % TARGETS;
        accepted += check_schedules(random_network(), target, target + 1, &kinds);
    }
    assert_int_equal(accepted, trials);
}

/* A map and its gradient are more than a megabyte: the weight's gradient is a sum over both, for each tap. */
static void test_carry_changes_no_number(void **state)
{
    (void)state;
    Kinds kinds = {0};
    assert_true(check_schedules("network: t\ninput: [31, 30, 16]\nlayers:\n"
                                "  - depthwise_conv2d: {kernel: [1, 2], padding: same}\n"
                                "loss: mse\ntrain: {batch: 9}\n",
                                TARGETS - 1, TARGETS, &kinds));
    assert_int_equal(kinds.carried, 1);
}

/* ---- what schedule promises ---- */

static Model *scheduled(const char *text, const char *const *calls, int count, Options *options)
{
    Model *model = program_model(program_phase(text, calls, count));
    *model->options = *options;
    schedule(model);
    verify(model, "schedule");
    return model;
}

static const Kernel *first_kernel(const Model *model)
{
    return model->phase[PHASE_PREDICT]->step[0]->kernel;
}

static bool has_lanes(const Kernel *kernel)
{
    int found[FEATURES] = {0};
    visit_stmt(kernel->body, note_features, found);
    return found[LANES] > 0;
}

/* y[n][o] = the sum of g[n][i] * w[o][i]: the lanes over o need w with o innermost. */
static const char *rows_of(const char *result)
{
    return format("for (int n = 0; n < 24; n++) for (int o = 0; o < 32; o++) { float s = 0.0f; "
                  "for (int i = 0; i < 40; i++) s += g[n][i] * w[o][i]; %s[n][o] = s; } ",
                  result);
}

static const char copied[] = "const float g[24][40], float y[24][32], float z[24][32]";
static const char *const copied_call = "f(in1, in2, out1, out2)";

static int copies_in(const Kernel *kernel)
{
    int copies = 0;
    for (int i = 0; i < kernel->body->count; i++) {
        const char *comment = kernel->body->items[i]->comment;
        copies += comment && strstr(comment, "innermost");
    }
    return copies;
}

static void test_a_transposed_copy_is_made_once(void **state)
{
    (void)state;
    const char *text = format("void f(const float w[32][40], %s) { %s %s }", copied, rows_of("y"), rows_of("z"));
    Model *model = scheduled(text, &copied_call, 1, program_options("avx2", 8));
    const Kernel *kernel = first_kernel(model);
    assert_int_equal(copies_in(kernel), 1);
    assert_int_equal(kernel->count, 5);
    const Array *copy = kernel->parameters[4].array;
    assert_string_equal(copy->name, "w_transposed");
    assert_int_equal(copy->dims[0]->number, 40);
    assert_int_equal(copy->dims[1]->number, 32);
    const Step *step = model->phase[PHASE_PREDICT]->step[0];
    assert_int_equal(step->count, 5);
    assert_int_equal(step->arguments[4].tensor->role, ROLE_SCRATCH);
    assert_int_equal(step->arguments[4].tensor->elements, 40 * 32);
}

static int loops_in_steps_of(const Stmt *stmt, int step)
{
    int loops = stmt->kind == ST_FOR && stmt->step == step;
    for (int i = 0; i < stmt->count; i++)
        loops += loops_in_steps_of(stmt->items[i], step);
    return loops + (stmt->body ? loops_in_steps_of(stmt->body, step) : 0);
}

/* w[k][o][i] beyond the first cache is copied with squares of 16 o times 16 i, if nothing is left over. */
static void test_a_large_transposed_copy_is_made_by_squares(void **state)
{
    (void)state;
    static const struct {
        int outputs, inputs, squares; /* loops */
    } all[] = {{96, 112, 2}, {112, 96, 2}, {96, 32, 0}, {96, 113, 0}, {97, 112, 0}};
    static const char *const call = "f(in1, in2, out1)";
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const char *text = format(
            "void f(const float x[24][2][%d], const float w[2][%d][%d], float y[24][%d]) { "
            "for (int n = 0; n < 24; n++) for (int o = 0; o < %d; o++) { float s = 0.0f; for (int k = 0; k < 2; k++) "
            "for (int i = 0; i < %d; i++) s += x[n][k][i] * w[k][o][i]; y[n][o] = s; } }",
            all[i].inputs, all[i].outputs, all[i].inputs, all[i].outputs, all[i].outputs, all[i].inputs);
        const uint64_t before = evaluate_kernel(program_kernel(text), 1);
        const Kernel *kernel = first_kernel(scheduled(text, &call, 1, program_options("avx512", 16)));
        assert_int_equal(copies_in(kernel), 1);
        assert_int_equal(loops_in_steps_of(kernel->body->items[0], 16), all[i].squares);
        assert_true(evaluate_kernel(kernel, 16) == before);
    }
}

/* Two nests go through w, 541,696 bytes, for each u and v, which no tile can hold. */
static const char packed_call[] = "f(in1, in2, out1, out2)";

static const char *packed_kernel(const char *weights, const char *weight)
{
    const char *sum = "for (int u = 0; u < 4; u++) for (int v = 0; v < 1 + u; v++) for (int o = 0; o < 4232; o++) { "
                      "float s = 0.0f; for (int k = 0; k < 2; k++) for (int c = 0; c < 16; c++) "
                      "s += x[u + k][v][c] * %s; %s[u][v][o] = s; } ";
    return format("void f(const float x[5][4][16], const float %s, float y[4][4][4232], "
                  "float z[4][4][4232]) { %s %s }",
                  weights, format(sum, weight, "y"), format(sum, weight, "z"));
}

static void check_packed(const char *text, int parameters, const char *packed)
{
    const char *const call = packed_call;
    const uint64_t before = evaluate_kernel(program_kernel(text), 1);
    const Kernel *kernel = first_kernel(scheduled(text, &call, 1, program_options("avx512", 16)));
    assert_int_equal(kernel->count, parameters);
    assert_string_equal(kernel->parameters[parameters - 1].array->name, packed);
    assert_int_equal(occurrences(kernel->schedule, "packed for each"), 2);
    assert_true(evaluate_kernel(kernel, 16) == before);
}

static void test_a_packed_copy_serves_all_nests(void **state)
{
    (void)state;
    check_packed(packed_kernel("w[2][16][4232]", "w[k][c][o]"), 5, "w_packed");
}

static void test_a_transposed_copy_is_packed(void **state)
{
    (void)state;
    check_packed(packed_kernel("w[2][4232][16]", "w[k][o][c]"), 6, "w_transposed_packed");
}

/* A copy is memory: where that is scarce there is none. */
static void test_nothing_is_packed_where_memory_is_limited(void **state)
{
    (void)state;
    const char *const call = packed_call;
    Model *model = program_model(program_phase(packed_kernel("w[2][16][4232]", "w[k][c][o]"), &call, 1));
    *model->options = *program_options("avx512", 16);
    model->ram_bytes = 10 << 20;
    schedule(model);
    assert_int_equal(first_kernel(model)->count, 4);
}

/* The first copy of an array that changes afterwards is out of date. */
static void test_a_transposed_copy_of_what_changes_is_made_again(void **state)
{
    (void)state;
    const char *change = "for (int o = 0; o < 32; o++) for (int i = 0; i < 40; i++) w[o][i] = w[o][i] * 0.5f;";
    const char *text = format("void f(float w[32][40], %s) { %s %s %s }", copied, rows_of("y"), change, rows_of("z"));
    Phase *phase = program_phase(text, &copied_call, 1);
    Model *model = program_model(phase);
    Memory before = {.model = model}, after = {.model = model};
    evaluate_phase(&before, phase);
    *model->options = *program_options("avx2", 8);
    schedule(model);
    assert_int_equal(copies_in(first_kernel(model)), 2);
    assert_int_equal(first_kernel(model)->count, 5);
    evaluate_phase(&after, phase);
    assert_int_equal(evaluate_results(&before, phase), evaluate_results(&after, phase));
}

/* y[o] = the sum of x[i] * w[i][o], for i below `inputs`, then what a layer makes of it. */
static const char *sums(int inputs, int outputs, const char *value)
{
    return format("void f(const float x[%d], const float w[%d][%d], float y[%d]) { for (int o = 0; o < %d; o++) { "
                  "float s = 0.0f; for (int i = 0; i < %d; i++) s += x[i] * w[i][o]; y[o] = %s; } }",
                  inputs, inputs, outputs, outputs, outputs, inputs, value);
}
static const char *const sums_call = "f(in1, in2, out)";

static bool has_for(const Stmt *stmt)
{
    bool found = stmt->kind == ST_FOR;
    for (int i = 0; i < stmt->count; i++)
        found |= has_for(stmt->items[i]);
    return found || (stmt->body && has_for(stmt->body)) || (stmt->other && has_for(stmt->other));
}

static void test_short_loops_are_written_out(void **state)
{
    (void)state;
    const Kernel *few = first_kernel(scheduled(sums(5, 16, "s"), &sums_call, 1, program_options("avx2", 8)));
    assert_false(has_for(few->body));
    const Kernel *many = first_kernel(scheduled(sums(65, 16, "s"), &sums_call, 1, program_options("avx2", 8)));
    assert_true(has_for(many->body));
    const Kernel *scalar = first_kernel(scheduled(sums(2, 2, "s"), &sums_call, 1, program_options("c", 1)));
    assert_false(has_for(scalar->body));
    scalar = first_kernel(scheduled(sums(9, 2, "s"), &sums_call, 1, program_options("c", 1)));
    assert_true(has_for(scalar->body));
}

/* nnc check follows which way each element goes. */
static void test_branches_of_each_element_leave_a_trace(void **state)
{
    (void)state;
    Options *options = program_options("avx2", 8);
    static const char relu[] = "s < 0.0f ? 0.0f : s";
    assert_true(has_lanes(first_kernel(scheduled(sums(20, 16, relu), &sums_call, 1, options))));
    options->branches = true;
    assert_false(has_lanes(first_kernel(scheduled(sums(20, 16, relu), &sums_call, 1, options))));
    assert_false(has_lanes(first_kernel(scheduled(sums(20, 16, "fabsf(s)"), &sums_call, 1, options))));
    assert_true(has_lanes(first_kernel(scheduled(sums(20, 16, "s * 2.0f"), &sums_call, 1, options))));
}

static void test_a_schedule_is_told_in_words(void **state)
{
    (void)state;
    static const char text[] =
        "void f(const float x[12][64], const float w[64][32], float y[12][32]) { for (int n = 0; n < 12; n++) "
        "for (int o = 0; o < 32; o++) { float s = 0.0f; for (int i = 0; i < 64; i++) s += x[n][i] * w[i][o]; "
        "y[n][o] = s; } }";
    Model *model = scheduled(text, &sums_call, 1, program_options("avx512", 16));
    assert_string_equal(first_kernel(model)->schedule, "16 lanes over o, tiles of 2 x 12 n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_schedule_changes_no_number_of_known_networks, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_schedule_changes_no_number_of_random_borders, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_carry_changes_no_number, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_a_transposed_copy_is_made_once, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_a_large_transposed_copy_is_made_by_squares, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_a_transposed_copy_of_what_changes_is_made_again, program_start,
                                        program_stop),
        cmocka_unit_test_setup_teardown(test_a_packed_copy_serves_all_nests, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_a_transposed_copy_is_packed, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_nothing_is_packed_where_memory_is_limited, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_short_loops_are_written_out, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_branches_of_each_element_leave_a_trace, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_a_schedule_is_told_in_words, program_start, program_stop),
    };
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
