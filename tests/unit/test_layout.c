/* test_layout.c - compiler/layout.c: with the samples in the lanes a network computes what it did, and only what lies
 * between its layers moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "evaluate.h"
#include "expr.h"
#include "program.h"
#include "verify.h"

/* ---- what has moved ---- */

typedef struct Seams {
    int inside, outside;
} Seams;

static bool is_seam(const Step *step, const char *name)
{
    return strcmp(step->kernel->name, name) == 0;
}

static Seams seams_of(const Phase *phase)
{
    Seams seams = {0};
    for (int i = 0; phase && i < phase->steps; i++) {
        seams.inside += is_seam(phase->step[i], "samples_inside");
        seams.outside += is_seam(phase->step[i], "samples_outside");
    }
    return seams;
}

/* Sums over the samples in the lanes, and those of a vector that is not full. */
typedef struct Folds {
    int all, parts;
} Folds;

static void note_fold(void *context, Expr *expr, bool write)
{
    (void)write;
    Folds *folds = context;
    folds->all += expr->kind == EX_FOLD;
    folds->parts += expr->kind == EX_FOLD && expr->part;
}

/* Steps and kernels as they were. */
typedef struct Before {
    int steps;
    Step *step;
} Before;

static Before before_layout(const Phase *phase)
{
    Before before = {.steps = phase->steps, .step = NEW_ARRAY(phase->steps, Step)};
    for (int i = 0; i < phase->steps; i++)
        before.step[i] = *phase->step[i];
    return before;
}

static bool in_arena_of(const Argument *argument)
{
    Role role = root_tensor(argument->tensor)->role;
    return role == ROLE_VALUE || role == ROLE_SCRATCH;
}

/* The steps are the old ones with copies between them; an array of an argument is the array it was. Returns how many
 * steps have other kernels. */
static int check_arguments(const Before *before, const Phase *phase)
{
    int old = 0, moved = 0;
    for (int s = 0; s < phase->steps; s++) {
        const Step *step = phase->step[s];
        if (is_seam(step, "samples_inside") || is_seam(step, "samples_outside"))
            continue;
        const Step *was = &before->step[old++];
        assert_ptr_equal(step->source, was->source);
        moved += step->kernel != was->kernel;
        for (int a = 0; a < step->count; a++) {
            const Array *array = step->kernel->parameters[a].array;
            if (array && !in_arena_of(&step->arguments[a]))
                assert_ptr_equal(array, was->kernel->parameters[a].array);
        }
    }
    assert_int_equal(old, before->steps);
    return moved;
}

/* ---- networks ---- */

static const struct {
    const char *machine;
    int lanes, batch;
} targets[] = {{"sse", 4, 8},      {"sse", 4, 20},     {"avx2", 8, 8},    {"avx2", 8, 24},
               {"avx512", 16, 16}, {"avx512", 16, 20}, {"avx512", 16, 32}};
enum { TARGETS = sizeof targets / sizeof *targets };

static const char *const networks[] = {
    "input: [7, 6, 1]\nlayers:\n  - conv2d: {filters: 3, kernel: 3, padding: 1, activation: relu}\n"
    "  - max_pool2d: 2\n  - conv2d: {filters: 6, kernel: 3, padding: same}\n  - flatten\n  - dense: 16\n  - relu\n"
    "  - dense: 3\n",
    "input: [6, 5, 3]\nlayers:\n  - conv2d: {filters: 1, kernel: 2, stride: 2}\n"
    "  - conv2d_transpose: {filters: 6, kernel: 3, stride: 2}\n  - batch_norm: {activation: silu}\n"
    "  - avg_pool2d: 2\n  - dense: {units: 3, activation: softmax}\n",
    "input: [6, 5, 6]\nlayers:\n  - depthwise_conv2d: {kernel: 3, padding: 1, name: a}\n  - relu: {name: b}\n"
    "  - conv2d: {filters: 6, kernel: 1, name: c}\n  - add: {inputs: [a, c]}\n  - dropout: 0.5\n  - global_avg_pool\n",
    "input: [17, 3]\nlayers:\n  - conv1d: {filters: 6, kernel: 3, stride: 2, padding: same, activation: relu}\n"
    "  - max_pool1d: {kernel: 3, stride: 1, padding: same}\n  - dense: 1\n",
};
enum { NETWORKS = sizeof networks / sizeof *networks };

static const char *spec_of(int network, int batch, const char *more)
{
    return format("network: t\n%sloss: mse\ntrain: {batch: %d}\n%s", networks[network], batch, more);
}

static Model *merged(const char *spec, Options *options)
{
    Model *model = program_bound(spec, options);
    if (!model)
        fail_msg("refused: %s\n%s", program_messages(), spec);
    program_merge(model);
    return model;
}

static void check_after(const char *pass, const char *spec, const Model *model, Places places, const uint64_t *bound)
{
    uint64_t after[PHASES] = {0};
    verify(model, pass);
    if (places == PLACES_ARENA)
        verify_places(model, pass);
    evaluate_model(model, spec, places, after);
    evaluate_same(pass, bound, after);
}

/* Returns how many steps of the gradient have the samples inside. */
static int check_network(const char *spec, Options *options, Seams *seams, Folds *folds)
{
    uint64_t bound[PHASES] = {0};
    Model *model = merged(spec, options);
    evaluate_model(model, spec, PLACES_OWN, bound);
    Before before = before_layout(model->phase[PHASE_GRADIENT]);
    layout(model);
    check_after("layout", spec, model, PLACES_OWN, bound);
    int moved = check_arguments(&before, model->phase[PHASE_GRADIENT]);
    Seams own = seams_of(model->phase[PHASE_GRADIENT]);
    seams->inside += own.inside;
    seams->outside += own.outside;
    carry(model);
    share(model);
    schedule(model);
    verify(model, "schedule");
    for (int i = 0; i < model->phase[PHASE_GRADIENT]->steps; i++)
        visit_stmt(model->phase[PHASE_GRADIENT]->step[i]->kernel->body, note_fold, folds);
    plan(model);
    check_after("carry, schedule or plan", spec, model, PLACES_ARENA, bound);
    return moved;
}

static void test_layout_changes_no_number(void **state)
{
    (void)state;
    for (int t = 0; t < TARGETS; t++) {
        Seams seams = {0};
        Folds folds = {0};
        int moved = 0;
        for (int i = 0; i < NETWORKS; i++)
            moved += check_network(spec_of(i, targets[t].batch, ""),
                                   program_options(targets[t].machine, targets[t].lanes), &seams, &folds);
        if (moved < 10 || !seams.inside || !seams.outside)
            fail_msg("batch %d, %d lanes: %d steps moved, %d copies in, %d out", targets[t].batch, targets[t].lanes,
                     moved, seams.inside, seams.outside);
        assert_true(folds.all > 0);
        assert_int_equal(folds.parts, targets[t].batch % targets[t].lanes ? folds.all : 0);
    }
}

/* ---- chains of steps ---- */

/* A layer of so many channels that takes long, and what can only be as the template has it. */
static const char *chain_kernels(int batch, int channels)
{
    const char *shape = format("[%d][4][5][%d]", batch, channels);
    const char *loops = format("for (int n = 0; n < %d; n++) for (int r = 0; r < 4; r++) for (int s = 0; s < 5; s++) "
                               "for (int f = 0; f < %d; f++)",
                               batch, channels);
    Text text = {0};
    text_add(&text,
             "void mix(const float x%s, const float w[12][%d][%d], float y%s) { %s { float sum = 0.0f; "
             "for (int k = 0; k < 12; k++) for (int c = 0; c < %d; c++) sum += x[n][r][s][c] * w[k][c][f]; "
             "y[n][r][s][f] = sum; } }\n",
             shape, channels, channels, shape, loops, channels);
    text_add(&text, "void turn(const float x%s, float y%s) { %s y[n][r][s][f] = x[%d - n][r][s][f]; }\n", shape, shape,
             loops, batch - 1);
    text_add(&text, "void mark(const float x%s, int at%s) { %s at[n][r][s][f] = x[n][r][s][f] > 0.0f ? 1 : 0; }\n",
             shape, shape, loops);
    text_add(&text, "void pick(const int at%s, float y%s) { %s y[n][r][s][f] = (float)at[n][r][s][f]; }\n", shape,
             shape, loops);
    return text.bytes;
}

typedef struct Chain {
    Model *model;
    Phase *phase;
    Before before;
} Chain;

static uint64_t result_of(const Chain *chain)
{
    Memory memory = {.model = chain->model};
    evaluate_phase(&memory, chain->phase);
    return evaluate_results(&memory, chain->phase);
}

/* Steps of the gradient, merged. */
static Chain new_chain(int batch, int channels, Options *options, const char *const *calls, int count)
{
    Chain chain = {.phase = program_phase(chain_kernels(batch, channels), calls, count)};
    chain.phase->kind = PHASE_GRADIENT;
    chain.phase->batch = batch;
    chain.model = program_model(chain.phase);
    *chain.model->options = *options;
    merge(chain.model);
    chain.before = before_layout(chain.phase);
    return chain;
}

/* The same after layout, which changed no number. */
static Chain laid_out(int batch, int channels, Options *options, const char *const *calls, int count)
{
    Chain chain = new_chain(batch, channels, options, calls, count);
    uint64_t result = result_of(&chain);
    layout(chain.model);
    verify(chain.model, "layout");
    assert_int_equal(result_of(&chain), result);
    return chain;
}

static void check_names(const Chain *chain, const char *const *names, int count)
{
    assert_int_equal(chain->phase->steps, count);
    for (int i = 0; i < count; i++)
        assert_string_equal(chain->phase->step[i]->kernel->name, names[i]);
}

static void test_a_copy_stands_where_the_layout_changes(void **state)
{
    (void)state;
    static const char *const calls[] = {"mix(in, in_w, a)", "mix(a, in_w, b)", "mix(b, in_w, c)", "mix(c, in_w, out)"};
    static const char *const after[] = {"samples_inside", "mix", "mix", "mix", "samples_outside", "mix"};
    Chain chain = laid_out(32, 3, program_options("avx512", 16), calls, 4);
    check_names(&chain, after, 6);
    assert_int_equal(check_arguments(&chain.before, chain.phase), 3);
    Step *const *step = chain.phase->step;
    assert_ptr_equal(step[1]->arguments[0].tensor, step[0]->arguments[1].tensor);
    assert_ptr_equal(step[5]->arguments[0].tensor, step[4]->arguments[1].tensor);
}

static void test_equal_steps_still_share_their_kernel(void **state)
{
    (void)state;
    static const char *const calls[] = {"mix(in, in_w, a)",   "mix(a, in_w, b)", "mix(b, in_w, c)",
                                        "mix(c, in_w, out1)", "mix(c, in_v, d)", "mix(d, in_v, out2)"};
    Chain chain = laid_out(16, 6, program_options("avx512", 16), calls, 6);
    for (int i = 0; i < chain.phase->steps; i++) {
        const Step *other = chain.phase->step[i], *first = NULL;
        const Array *array = other->kernel->parameters[0].array;
        for (int k = 0; k < i; k++) {
            const Step *one = chain.phase->step[k];
            const Array *its = one->kernel->parameters[0].array;
            bool same_layout = its->rank == array->rank && its->dims[3]->number == array->dims[3]->number;
            bool same_name = strcmp(one->kernel->name, other->kernel->name) == 0;
            assert_int_equal(one->kernel == other->kernel, same_name && same_layout);
            first = !first && one->kernel == other->kernel ? one : first;
        }
        assert_ptr_equal(other->kernel->owner, first ? first : other);
    }
    assert_int_equal(check_arguments(&chain.before, chain.phase), 4);
    assert_int_equal(seams_of(chain.phase).outside, 2);
}

/* What is read of other samples keeps its layout, and so does whoever makes it. */
static void test_steps_that_cannot_move_stay(void **state)
{
    (void)state;
    static const char *const calls[] = {"mix(in, in_w, a)", "mix(a, in_w, b)", "mix(b, in_w, c)",  "turn(c, d)",
                                        "mix(d, in_w, e)",  "mix(e, in_w, f)", "mix(f, in_w, out)"};
    Chain chain = laid_out(16, 3, program_options("avx2", 8), calls, 7);
    check_arguments(&chain.before, chain.phase);
    int old = 0;
    bool moved[7] = {0};
    for (int i = 0; i < chain.phase->steps; i++)
        if (strncmp(chain.phase->step[i]->kernel->name, "samples", 7) != 0) {
            moved[old] = chain.phase->step[i]->kernel != chain.before.step[old].kernel;
            old++;
        }
    assert_true(moved[0] && moved[1] && moved[4] && moved[5]);
    assert_false(moved[2] || moved[3] || moved[6]);
}

/* Both write c: one that is moved would write into a copy. */
static void test_those_that_write_one_tensor_have_one_layout(void **state)
{
    (void)state;
    static const char *const calls[] = {"mix(in, in_w, a)",   "mix(a, in_w, b)", "mix(b, in_w, c)",
                                        "mix(c, in_w, out1)", "turn(in2, c)",    "mix(c, in_w, out2)"};
    static const char *const after[] = {"samples_inside", "mix", "mix", "samples_outside", "mix", "mix", "turn", "mix"};
    Chain chain = laid_out(16, 3, program_options("avx512", 16), calls, 6);
    check_names(&chain, after, 8);
}

static void test_a_copy_is_made_once_as_long_as_it_is_true(void **state)
{
    (void)state;
    static const char *const calls[] = {"mix(in, in_w, a)", "mix(a, in_w, b)", "mix(b, in_w, c)", "mix(c, in_w, out1)",
                                        "mix(c, in_v, out2)"};
    static const char *const once_more[] = {"mix(in, in_w, a)",   "mix(a, in_w, b)", "mix(b, in_w, c)",
                                            "mix(c, in_w, out1)", "mix(b, in_v, c)", "mix(c, in_w, out2)"};
    Options *options = program_options("avx512", 16);
    Chain chain = laid_out(16, 3, options, calls, 5);
    assert_int_equal(seams_of(chain.phase).outside, 1);
    chain = laid_out(16, 3, options, once_more, 6);
    assert_int_equal(seams_of(chain.phase).outside, 2);
}

static void test_integers_move_like_reals(void **state)
{
    (void)state;
    static const char *const calls[] = {"mix(in, in_w, a)", "mix(a, in_w, b)", "mark(b, c)", "pick(c, out)"};
    static const char *const after[] = {"samples_inside", "mix", "mix", "mark", "samples_outside", "pick"};
    Chain chain = laid_out(16, 3, program_options("avx2", 8), calls, 4);
    check_names(&chain, after, 6);
    assert_int_equal(chain.phase->step[4]->arguments[1].tensor->type, TYPE_INT);
}

/* ---- blocks ---- */

static const char *const three[] = {"mix(in, in_w, a)", "mix(a, in_w, b)", "mix(b, in_w, out)"};

static int best_block(int batch, int lanes)
{
    int block = lanes;
    while (2 * block > lanes && batch % block)
        block--;
    return 2 * block > lanes ? block : 0;
}

/* [n][r][s][c] is [n / block][c][r][s][n % block], or [c][r][s][n]. */
static void check_block(const Array *array, int batch, int block)
{
    int blocks = batch > block;
    assert_int_equal(array->rank, 4 + blocks);
    assert_int_equal(array->dims[array->rank - 1]->number, block);
    assert_int_equal(array->dims[blocks]->number, 3);
    if (blocks)
        assert_int_equal(array->dims[0]->number, batch / block);
}

static void test_blocks_divide_the_batch_and_fill_half_of_the_lanes(void **state)
{
    (void)state;
    for (int lanes = 4; lanes <= 16; lanes *= 2)
        for (int batch = 1; batch <= 40; batch++) {
            Options *options = program_options(lanes == 4 ? "sse" : lanes == 8 ? "avx2" : "avx512", lanes);
            Chain chain = new_chain(batch, 3, options, three, 3);
            layout(chain.model);
            int block = best_block(batch, lanes), moved = check_arguments(&chain.before, chain.phase);
            if (block == 0)
                assert_int_equal(moved, 0);
            else if (lanes > 4)
                assert_true(moved > 0);
            for (int i = 0; moved && i < chain.phase->steps; i++)
                if (chain.phase->step[i]->kernel != chain.before.step[0].kernel &&
                    strcmp(chain.phase->step[i]->kernel->name, "mix") == 0)
                    check_block(chain.phase->step[i]->kernel->parameters[0].array, batch, block);
        }
}

/* ---- where it is left alone ---- */

static void check_left_alone(Chain chain, const char *why)
{
    layout(chain.model);
    bool same = chain.phase->steps == chain.before.steps;
    for (int i = 0; same && i < chain.before.steps; i++)
        same = chain.phase->step[i]->kernel == chain.before.step[i].kernel;
    if (!same)
        fail_msg("samples moved: %s", why);
}

static void test_layout_is_left_alone_where_it_does_not_pay_or_cannot_be(void **state)
{
    (void)state;
    Options *options = program_options("avx512", 16);
    Chain chain = new_chain(16, 3, options, three, 3);
    layout(chain.model);
    assert_int_equal(check_arguments(&chain.before, chain.phase), 2);
    check_left_alone(new_chain(16, 16, options, three, 3), "the channels fill the lanes");
    check_left_alone(new_chain(16, 12, options, three, 3), "the channels fill most of the lanes");
    check_left_alone(new_chain(16, 3, program_options("c", 1), three, 3), "there are no lanes");
    Options *traced = program_options("avx512", 16);
    traced->branches = true;
    check_left_alone(new_chain(16, 3, traced, three, 3), "branches leave a trace");
    chain = new_chain(16, 3, options, three, 3);
    chain.model->ram_bytes = 1 << 20;
    check_left_alone(chain, "there is a budget");
    chain = new_chain(16, 3, options, three, 3);
    chain.model->phase[PHASE_GRADIENT] = NULL;
    chain.model->phase[PHASE_PREDICT] = chain.phase;
    check_left_alone(chain, "a prediction has few samples");
}

static void test_a_budget_switches_layout_off(void **state)
{
    (void)state;
    for (int budget = 0; budget < 2; budget++) {
        Model *model = merged(spec_of(1, 16, budget ? "memory: {ram: 1M}\n" : ""), program_options("avx512", 16));
        Before before = before_layout(model->phase[PHASE_GRADIENT]);
        layout(model);
        assert_int_equal(check_arguments(&before, model->phase[PHASE_GRADIENT]) > 0, !budget);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, program_start, program_stop)
        TEST(test_layout_changes_no_number),
        TEST(test_a_copy_stands_where_the_layout_changes),
        TEST(test_equal_steps_still_share_their_kernel),
        TEST(test_steps_that_cannot_move_stay),
        TEST(test_those_that_write_one_tensor_have_one_layout),
        TEST(test_a_copy_is_made_once_as_long_as_it_is_true),
        TEST(test_integers_move_like_reals),
        TEST(test_blocks_divide_the_batch_and_fill_half_of_the_lanes),
        TEST(test_layout_is_left_alone_where_it_does_not_pay_or_cannot_be),
        TEST(test_a_budget_switches_layout_off),
    };
    return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
