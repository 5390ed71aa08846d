/* test_passes.c - the passes over random networks: what each leaves must compute the same numbers; and the form that
 * split, parallel, fuse, slices and merge promise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "evaluate.h"
#include "expr.h"
#include "parallel.h"
#include "program.h"
#include "verify.h"

static bool is_full(void)
{
    const char *full = getenv("UNIT_TESTS_FULL");
    return full && strcmp(full, "true") == 0;
}

/* ---- split ---- */

static void find_load(void *context, Expr *expr, bool write)
{
    (void)write;
    if (expr->kind == EX_LOAD || expr->type == TYPE_REAL)
        *(bool *)context = true;
}

static bool depends_on_data(Expr *condition)
{
    bool found = false;
    visit_expr(condition, find_load, &found);
    return found;
}

/* Guards on subscripts in loops that hold no other loop. */
static int affine_guards(const Stmt *stmt, bool innermost)
{
    int count = stmt->kind == ST_IF && innermost && !depends_on_data(stmt->value);
    for (int i = 0; i < stmt->count; i++)
        count += affine_guards(stmt->items[i], innermost);
    bool inner = stmt->kind == ST_FOR ? !has_loop(stmt->body) : innermost;
    return count + (stmt->body ? affine_guards(stmt->body, inner) : 0) +
           (stmt->other ? affine_guards(stmt->other, inner) : 0);
}

static int below(int limit)
{
    return program_random(limit);
}

static const char *random_padding(void)
{
    static const char *const paddings[] = {"valid", "same", "0", "1", "3", "[1, 2]"};
    return below(4) ? paddings[below(6)] : format("[%d, %d, %d, %d]", below(4), below(4), below(4), below(4));
}

static const char *random_pair(int limit)
{
    return format("[%d, %d]", 1 + below(limit), 1 + below(limit));
}

static const char *random_sides(int limit)
{
    return format("[%d, %d, %d, %d]", below(limit), below(limit), below(limit), below(limit));
}

/* Layers over maps of `channels` channels whose borders are guards: windows of every kind, and what cuts and pads. */
static const char *random_map_layer(int channels)
{
    const char *kernel = random_pair(4), *stride = random_pair(4), *dilation = random_pair(3);
    const char *padding = random_padding();
    int groups = below(2) ? channels : 1;
    switch (below(9)) {
    case 0:
        return format("max_pool2d: {kernel: %s, stride: %s, padding: %s}", kernel, stride, padding);
    case 1:
        return format("avg_pool2d: {kernel: %s, stride: %s, padding: %s, count_include_pad: %s}", kernel, stride,
                      padding, below(2) ? "true" : "false");
    case 2:
        return format("depthwise_conv2d: {kernel: %s, stride: %s, padding: %s, dilation: %s, multiplier: %d}", kernel,
                      stride, padding, dilation, 1 + below(2));
    case 3:
        return format("conv2d_transpose: {filters: %d, kernel: %s, stride: %s, padding: %s, dilation: %s, groups: %d, "
                      "output_padding: %d}",
                      channels, kernel, stride, random_sides(3), dilation, groups, below(2));
    case 4:
        return format("pad2d: {padding: %s, value: 0.5}", random_sides(3));
    case 5:
        return format("crop2d: %s", random_sides(3));
    case 6:
        return format("upsample2d: {scale_factor: %s, mode: %s}", random_pair(3), below(2) ? "nearest" : "bilinear");
    case 7:
        return format("slice: {axis: %d, start: %d, stop: -1, step: %d}", 1 + below(3), below(3), 1 + below(4));
    default:
        return format("conv2d: {filters: %d, kernel: %s, stride: %s, padding: %s, dilation: %s, groups: %d}",
                      groups * (1 + below(2)), kernel, stride, padding, dilation, groups);
    }
}

static const char *random_row_layer(void)
{
    static const char *const paddings[] = {"valid", "same", "0", "2", "[1, 0]", "[0, 3]"};
    static const char *const kinds[] = {"conv1d: {filters: 2, ", "max_pool1d: {", "avg_pool1d: {",
                                        "avg_pool1d: {count_include_pad: false, "};
    return format("%skernel: %d, stride: %d, padding: %s}", kinds[below(4)], 1 + below(4), 1 + below(4),
                  paddings[below(6)]);
}

static const char *random_window(void)
{
    int height = 1 + below(8), width = 1 + below(8), channels = 1 + below(3);
    bool row = below(4) == 0;
    return format("network: t\ninput: [%s%d, 2]\nlayers:\n  - dense: %d\n  - %s\nloss: mse\ntrain: {batch: 2}\n",
                  row ? "" : format("%d, ", height), width, channels,
                  row ? random_row_layer() : random_map_layer(channels));
}

/* The kernels of a network before and after split compute the same. */
static void check_split(const char *spec, Model *model)
{
    uint64_t before[PHASES][64] = {{0}};
    evaluate_subject(spec);
    for (int p = 0; p < PHASES; p++)
        for (int i = 0; model->phase[p] && i < model->phase[p]->steps; i++)
            before[p][i] = evaluate_kernel(model->phase[p]->step[i]->kernel, 1);
    split(model);
    verify(model, "split");
    for (int p = 0; p < PHASES; p++)
        for (int i = 0; model->phase[p] && i < model->phase[p]->steps; i++) {
            const Kernel *kernel = model->phase[p]->step[i]->kernel;
            if (before[p][i] != evaluate_kernel(kernel, 1))
                fail_msg("split changes what %s computes in\n%s", kernel->name, spec);
            if (affine_guards(kernel->body, false))
                fail_msg("an inner loop of %s tests a subscript in\n%s", kernel->name, spec);
        }
}

static void test_split_leaves_no_affine_guard_in_inner_loops(void **state)
{
    (void)state;
    program_seed(21);
    int trials = is_full() ? 2000 : 300, accepted = 0;
    for (int i = 0; i < 10 * trials && accepted < trials; i++) {
        /* Refused specs - a kernel larger than its image - count up to 20 messages a report: a new one each time. */
        program_stop(NULL);
        program_start(NULL);
        const char *spec = random_window();
        Model *model = program_bound(spec, &(Options){0});
        if (!model)
            continue;
        accepted++;
        check_split(spec, model);
    }
    assert_int_equal(accepted, trials);
}

static void check_split_of(const char *text)
{
    Phase *phase = NEW(Phase);
    Step *step = NEW(Step);
    *step = (Step){.title = "t", .source = program_kernel(text), .kernel = program_kernel(text)};
    PUSH(phase->step, phase->steps, step);
    uint64_t before = evaluate_kernel(step->source, 1);
    split(program_model(phase));
    if (evaluate_kernel(step->kernel, 1) != before)
        fail_msg("split changes what this computes:\n%s", text);
}

static void test_split_keeps_guards_on_what_changes_inside(void **state)
{
    (void)state;
    check_split_of("void f(const float x[9], float y[9]) { int left = 3; for (int i = 0; i < 9; i++) "
                   "if (left > 0) { y[i] = x[i]; left = left - 1; } }");
    check_split_of("void f(const int t[9], float y[9]) { for (int i = 0; i < 9; i++) if (t[i] < 1) y[i] = 2.0f; }");
}

static void test_split_cuts_ranges_of_every_form(void **state)
{
    (void)state;
    static const char *const guards[] = {"i < 4",
                                         "4 > i",
                                         "i <= 4",
                                         "i >= 4",
                                         "2 * i + 1 < 9",
                                         "9 > 3 * i",
                                         "7 - i >= 2",
                                         "3 - 2 * i < 1",
                                         "i % 3 == 0",
                                         "(i + 2) % 3 == 0",
                                         "(7 - i) % 2 == 0",
                                         "i == 4",
                                         "i != 4",
                                         "i < k",
                                         "i + k < 9",
                                         "k <= i && i < k + 3",
                                         "(i - k) % 2 == 0",
                                         "2 * i <= k",
                                         "i - 3 * k >= 0",
                                         "(2 * i + k) % 3 == 0",
                                         "(2 * i + 1) % 4 == 0",
                                         "k - i >= 1 && i % 2 == 0",
                                         "i < 4 || i > 7",
                                         "!(i < 4)",
                                         "100 < i",
                                         "i > -5",
                                         "5 * i - 7 * k >= 3"};
    for (size_t g = 0; g < sizeof guards / sizeof *guards; g++) {
        check_split_of(format("void f(const float x[11], float y[6][11]) { for (int k = 0; k < 6; k++) "
                              "for (int i = 0; i < 11; i++) if (%s) y[k][i] = x[i] + 1.0f; }",
                              guards[g]));
        check_split_of(format("void f(const float x[11], float y[11]) { for (int i = 0; i < 11; i++) { float s = 0.0f; "
                              "for (int k = 0; k < 6; k++) if (%s) s += x[k] * 2.0f; else s += 1.0f; y[i] = s; } }",
                              guards[g]));
    }
}

/* ---- parallel ---- */

static bool outer_is_parallel(const char *text)
{
    return is_parallel(program_kernel(text)->body->items[0]);
}

static void test_parallel_finds_loops_whose_iterations_are_apart(void **state)
{
    (void)state;
    assert_true(
        outer_is_parallel("void f(const float x[8], float y[8]) { for (int i = 0; i < 8; i++) y[i] = x[7 - i]; }"));
    assert_true(outer_is_parallel("void f(const float x[8], float y[8][4]) { for (int i = 0; i < 8; i++) "
                                  "for (int k = 0; k < 4; k++) y[i][k] = x[k]; }"));
    assert_true(outer_is_parallel("void f(float y[32]) { for (int i = 0; i < 8; i++) for (int k = 0; k < 4; k++) "
                                  "y[4 * i + k] = (float)k; }"));
    assert_true(
        outer_is_parallel("void f(const float x[8], float y[8]) { for (int i = 0; i < 8; i++) { float s = 0.0f; "
                          "for (int k = 0; k < 8; k++) s += x[k]; y[i] = s; } }"));
    assert_true(outer_is_parallel("void f(float y[8]) { for (int i = 0; i < 8; i++) y[i] = y[i] * 2.0f; }"));
}

static void test_parallel_refuses_loops_that_carry_something(void **state)
{
    (void)state;
    assert_false(outer_is_parallel("void f(float y[9]) { for (int i = 0; i < 8; i++) y[i + 1] = y[i]; }"));
    assert_false(
        outer_is_parallel("void f(const float x[8], float y[1]) { for (int i = 0; i < 8; i++) y[0] += x[i]; }"));
    assert_false(outer_is_parallel("void f(float y[8]) { for (int i = 0; i < 8; i++) y[7 - i] = y[i]; }"));
    assert_false(outer_is_parallel("void f(float y[36]) { for (int i = 0; i < 8; i++) for (int k = 0; k < 5; k++) "
                                   "y[4 * i + k] = (float)k; }"));
    assert_false(outer_is_parallel("void f(float y[8]) { for (int i = 0; i < 8; i++) y[i / 2] = (float)i; }"));
    assert_false(outer_is_parallel("void f(float y[8]) { for (int i = 0; i < 8; i++) y[i] = y[0]; }"));
}

static void test_parallel_refuses_locals_of_outside(void **state)
{
    (void)state;
    const Stmt *body = program_kernel("void f(const float x[8], float y[1]) { float s = 0.0f; "
                                      "for (int i = 0; i < 8; i++) s += x[i]; y[0] = s; }")
                           ->body;
    assert_false(is_parallel(body->items[1]));
}

/* ---- fuse ---- */

static int steps_after_fuse(const char *layers)
{
    Model *model = program_bound(format("network: t\ninput: [6]\nlayers: %s\n", layers), &(Options){0});
    assert_non_null(model);
    split(model);
    fuse(model);
    verify(model, "fuse");
    return model->phase[PHASE_PREDICT]->steps;
}

static void test_fuse_moves_activations_into_the_store(void **state)
{
    (void)state;
    assert_int_equal(steps_after_fuse("[dense: {units: 4, activation: relu}, dense: {units: 3, activation: relu}]"), 2);
    assert_int_equal(steps_after_fuse("[relu, leaky_relu, hard_swish]"), 1);
}

static void test_fuse_keeps_heavy_functions_out_of_large_sums(void **state)
{
    (void)state;
    assert_int_equal(steps_after_fuse("[dense: 17, tanh]"), 2);
    assert_int_equal(steps_after_fuse("[dense: 16, tanh]"), 1);
}

/* What the phase computes before and after fuse; how many steps it has then. */
static int check_fuse(const char *spec, PhaseKind kind)
{
    Model *model = program_bound(spec, &(Options){0});
    assert_non_null(model);
    Phase *phase = model->phase[kind];
    Memory before = {.model = model}, after = {.model = model};
    evaluate_phase(&before, phase);
    split(model);
    fuse(model);
    evaluate_phase(&after, phase);
    assert_int_equal(evaluate_results(&before, phase), evaluate_results(&after, phase));
    return phase->steps;
}

static void test_fuse_keeps_values_that_others_read(void **state)
{
    (void)state;
    static const char spec[] = "network: t\ninput: [6]\nlayers:\n  - dense: {units: 6, name: a}\n  - relu: {name: b}\n"
                               "  - dense: {units: 6, name: c, input: a}\n  - add: {inputs: [b, c]}\n";
    assert_int_equal(check_fuse(spec, PHASE_PREDICT), 2);
}

/* Both nests of add's backward function write the one gradient: it is complete after the second. */
static void test_fuse_keeps_a_gradient_that_is_added_to_later(void **state)
{
    (void)state;
    check_fuse("network: t\ninput: [3]\nlayers:\n  - dense: {units: 4, activation: relu, name: a}\n"
               "  - add: {inputs: [a, a]}\n  - dense: 2\nloss: mse\ntrain: {batch: 3}\n",
               PHASE_GRADIENT);
}

static void test_fuse_keeps_the_random_numbers_of_each_step_apart(void **state)
{
    (void)state;
    check_fuse("network: t\ninput: [3]\nlayers:\n  - dense: {units: 4, activation: relu, name: a}\n"
               "  - dropout: 0.5\n  - dropout: 0.5\nloss: mse\ntrain: {batch: 3}\n",
               PHASE_GRADIENT);
}

/* ---- merge ---- */

static int kernels_after_merge(const char *layers)
{
    Options options = {0};
    Model *model =
        program_bound(format("network: t\ninput: [4]\nlayers: %s\nloss: mse\ntrain: {batch: 3}\n", layers), &options);
    fuse(model);
    merge(model);
    verify(model, "merge");
    const Phase *phase = model->phase[PHASE_PREDICT];
    int kernels = 0;
    for (int i = 0; i < phase->steps; i++)
        kernels += phase->step[i]->kernel->owner == phase->step[i];
    return kernels;
}

static void test_merge_gives_equal_layers_one_kernel(void **state)
{
    (void)state;
    assert_int_equal(kernels_after_merge("[dense: 4, tanh, dense: 4, tanh, dense: 4]"), 2);
    assert_int_equal(kernels_after_merge("[dense: {units: 4, activation: relu}, dense: 4, dense: 4]"), 2);
}

static void test_merge_keeps_what_differs_apart(void **state)
{
    (void)state;
    assert_int_equal(kernels_after_merge("[dense: 4, dense: {units: 4, bias: false}]"), 2);
    assert_int_equal(kernels_after_merge("[dense: 4, dense: 5, dense: 4]"), 3);
    assert_int_equal(kernels_after_merge("[leaky_relu: 0.1, softmax, leaky_relu: 0.2]"), 3);
}

/* Whether steps with these kernels share one. */
static bool merges(const char *one, const char *other)
{
    Step first = {.kernel = program_kernel(one)}, second = {.kernel = program_kernel(other)};
    Step *steps[] = {&first, &second};
    Phase phase = {.steps = 2, .step = steps};
    merge(&(Model){.phase[PHASE_PREDICT] = &phase});
    return first.kernel == second.kernel;
}

static void test_merge_sees_every_difference(void **state)
{
    (void)state;
    static const char text[] = "void f(const float x[3][3], float y[3][3]) { /* all */ for (int r = 0; r < 3; r++) "
                               "for (int c = 0; c < 3; c++) { float s = 0.5f; s += x[r][c]; y[r][c] = s; } }";
    static const char *const changes[][2] = {
        {"f(const", "g(const"},
        {"const float x", "float x"},
        {"x[3][3]", "x[3][4]"},
        {"/* all */", "/* some */"},
        {"r < 3", "r < 2"},
        {"r++", "r += 2"},
        {"0.5f", "0.25f"},
        {"s += x", "s = x"},
        {"+= x[r][c]", "+= x[c][r]"},
        {"+= x[r][c]", "+= x[r][0]"},
        {"+= x[r][c]", "+= sqrtf(x[r][c])"},
        {"+= x[r][c]", "+= y[r][c]"},
        {"y[r][c] = s", "y[c][r] = s"},
        {"float s = 0.5f;", "float s = 0.5f; s += 1.0f;"},
        {"+= x[r][c]", "+= -x[r][c]"},
        {"y[r][c] = s", "y[r][c] += s"},
    };
    assert_true(merges(text, text));
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const char *at = strstr(text, changes[i][0]);
        assert_non_null(at);
        const char *other = format("%.*s%s%s", (int)(at - text), text, changes[i][1], at + strlen(changes[i][0]));
        if (merges(text, other) || merges(other, text))
            fail_msg("%s for %s is not seen", changes[i][1], changes[i][0]);
    }
}

/* ---- everything, over random networks ---- */

static const char *random_layer(int number, int *names)
{
    static const char *const plain[] = {"relu",       "tanh",       "sigmoid",    "softmax",
                                        "leaky_relu", "batch_norm", "layer_norm", "dropout: 0.5",
                                        "gelu",       "hard_swish", "silu",       "log_softmax"};
    int other = number ? program_random(number) : 0;
    if (number && program_random(4) == 0)
        return format("  - %s: {inputs: [l%d, l%d], name: l%d}\n", program_random(2) ? "add" : "multiply", other,
                      number - 1, (*names)++);
    if (number > 1 && program_random(4) == 0) {
        const char *joined = format("  - concat: {inputs: [l%d, l%d], name: j%d}\n", other, number - 1, *names);
        return format("%s  - dense: {units: 4, name: l%d}\n", joined, (*names)++);
    }
    if (program_random(2))
        return format("  - dense: {units: 4, name: l%d%s}\n", (*names)++,
                      program_random(2) ? ", activation: relu" : "");
    const char *kind = plain[program_random(12)];
    if (strchr(kind, ':'))
        return format("  - dropout: {rate: 0.5, name: l%d}\n", (*names)++);
    return format("  - %s: {name: l%d}\n", kind, (*names)++);
}

static const char *random_network(void)
{
    static const char *const optimizers[] = {"sgd", "adam", "{sgd: {momentum: 0.9}}", "rmsprop", "adagrad"};
    static const char *const rest[] = {"", "regularizer: {l2: 0.1}\n", "clip: {norm: 1.0}\n",
                                       "regularizer: {l1: 0.1, l2: 0.2}\nclip: {value: 0.5}\n"};
    Text text = {0};
    text_add(&text, "network: t\ninput: [4]\nlayers:\n");
    int names = 0, layers = 1 + program_random(7);
    for (int i = 0; i < layers; i++)
        text_add(&text, "%s", random_layer(i, &names));
    text_add(&text, "loss: %s\noptimizer: %s\n%strain: {batch: 3%s}\n",
             program_random(2) ? "mse" : "softmax_cross_entropy", optimizers[program_random(5)],
             rest[program_random(4)], program_random(3) ? "" : ", update: fused");
    return text.bytes;
}

/* In prediction a concat of layers that nobody else reads has no step: they are made where they belong. */
static void test_slices_leave_no_copy_of_joined_layers(void **state)
{
    (void)state;
    Model *model = program_bound("network: t\ninput: [6]\nlayers:\n"
                                 "  - dense: {units: 4, activation: relu, name: a}\n"
                                 "  - dense: {input: a, units: 3, name: b}\n"
                                 "  - dense: {input: a, units: 5, activation: tanh, name: c}\n"
                                 "  - concat: {inputs: [a, b, c], name: j}\n  - dense: 2\nloss: mse\n",
                                 &(Options){0});
    assert_non_null(model);
    split(model);
    fuse(model);
    slices(model);
    verify(model, "slices");
    const Phase *phase = model->phase[PHASE_PREDICT];
    for (int i = 0; i < phase->steps; i++)
        assert_string_not_equal(phase->step[i]->title, "j");
}

/* Whether a network makes anything a second time. */
static bool repeats(const Model *model)
{
    const Phase *phase = model->phase[model->phase[PHASE_TRAIN] ? PHASE_TRAIN : PHASE_GRADIENT];
    for (int i = 0; phase && i < phase->steps; i++)
        if (phase->step[i]->again)
            return true;
    return false;
}

static void test_passes_change_no_number(void **state)
{
    (void)state;
    program_seed(31);
    int trials = is_full() ? 1000 : 150, accepted = 0, again = 0;
    for (int i = 0; i < trials; i++) {
        program_stop(NULL);
        program_start(NULL);
        const char *spec = random_network();
        static const char *const machines[] = {"c", "sse", "avx2", "avx512"};
        Options *options = program_options(machines[i % 4], 1 << (i % 4 ? i % 4 + 1 : 0));
        options->predict_batch = 2;
        Model *model = program_bound(spec, options);
        if (!model)
            continue;
        accepted++;
        uint64_t bound[PHASES] = {0}, splitted[PHASES] = {0}, fused[PHASES] = {0}, planned[PHASES] = {0};
        uint64_t viewed[PHASES] = {0}, sliced[PHASES] = {0}, ordered[PHASES] = {0}, repeated[PHASES] = {0};
        evaluate_model(model, spec, PLACES_OWN, bound);
        copies(model);
        verify(model, "copies");
        evaluate_model(model, spec, PLACES_OWN, viewed);
        evaluate_same("copies", bound, viewed);
        split(model);
        evaluate_model(model, spec, PLACES_OWN, splitted);
        evaluate_same("split", bound, splitted);
        fuse(model);
        verify(model, "fuse");
        evaluate_model(model, spec, PLACES_OWN, fused);
        evaluate_same("fuse", bound, fused);
        slices(model);
        verify(model, "slices");
        evaluate_model(model, spec, PLACES_OWN, sliced);
        evaluate_same("slices", bound, sliced);
        order(model);
        evaluate_model(model, spec, PLACES_OWN, ordered);
        evaluate_same("order", bound, ordered);
        if (program_random(2)) {
            model->train.recompute = true;
            model->ram_bytes = 1;
            recompute(model);
            verify(model, "recompute");
            evaluate_model(model, spec, PLACES_OWN, repeated);
            evaluate_same("recompute", bound, repeated);
            again += repeats(model);
        }
        merge(model);
        verify(model, "merge");
        carry(model);
        share(model);
        schedule(model);
        verify(model, "schedule");
        plan(model);
        verify(model, "plan");
        verify_places(model, "plan");
        evaluate_model(model, spec, PLACES_ARENA, planned);
        evaluate_same("plan", bound, planned);
    }
    assert_true(accepted > trials / 2);
    assert_true(again > trials / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_split_leaves_no_affine_guard_in_inner_loops, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_split_keeps_guards_on_what_changes_inside, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_split_cuts_ranges_of_every_form, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_parallel_finds_loops_whose_iterations_are_apart, program_start,
                                        program_stop),
        cmocka_unit_test_setup_teardown(test_parallel_refuses_loops_that_carry_something, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_parallel_refuses_locals_of_outside, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_fuse_moves_activations_into_the_store, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_fuse_keeps_heavy_functions_out_of_large_sums, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_fuse_keeps_values_that_others_read, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_fuse_keeps_a_gradient_that_is_added_to_later, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_fuse_keeps_the_random_numbers_of_each_step_apart, program_start,
                                        program_stop),
        cmocka_unit_test_setup_teardown(test_slices_leave_no_copy_of_joined_layers, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_merge_gives_equal_layers_one_kernel, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_merge_keeps_what_differs_apart, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_merge_sees_every_difference, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_passes_change_no_number, program_start, program_stop),
    };
    return cmocka_run_group_tests_name("passes", tests, NULL, NULL);
}
