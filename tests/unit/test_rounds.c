/* test_rounds.c - compiler/rounds.c: steps that take blocks of samples in turn compute what they did, in
 * less memory. */
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

/* Maps of 96 samples take 1.2 MB, which is more than the second cache holds. */
static const char *const networks[] = {
    "input: [32, 32, 1]\nlayers:\n  - conv2d: {filters: 3, kernel: 1, activation: relu}\n  - max_pool2d: 2\n"
    "  - conv2d: {filters: 2, kernel: 3, padding: same}\n  - avg_pool2d: 4\n  - dense: 2\n",
    "input: [32, 32, 1]\nlayers:\n  - conv2d: {filters: 3, kernel: 1, activation: tanh}\n  - dropout: 0.5\n"
    "  - avg_pool2d: 4\n  - batch_norm\n  - conv2d: {filters: 3, kernel: 2}\n  - dense: 1\n",
    "input: [32, 32, 3]\nlayers:\n  - conv2d: {filters: 3, kernel: 1, name: a}\n  - relu: {name: b}\n"
    "  - conv2d: {share: a, name: c}\n  - add: {inputs: [a, c]}\n  - max_pool2d: 8\n  - dense: 2\n",
};
enum { NETWORKS = sizeof networks / sizeof *networks, BATCH = 96 };

static const char *spec_of(int network, int batch, const char *more)
{
    return format("network: t\n%sloss: mse\ntrain: {batch: %d}\n%s", networks[network], batch, more);
}

static Model *laid_out(const char *spec, Options *options)
{
    Model *model = program_bound(spec, options);
    if (!model)
        fail_msg("refused: %s\n%s", program_messages(), spec);
    program_merge(model);
    layout(model);
    return model;
}

static void check_after(const char *pass, const char *spec, const Model *model, Places places, const uint64_t *before)
{
    uint64_t after[PHASES] = {0};
    verify(model, pass);
    if (places == PLACES_ARENA)
        verify_places(model, pass);
    evaluate_model(model, spec, places, after);
    evaluate_same(pass, before, after);
}

static int steps_in_rounds(const Phase *phase)
{
    int count = 0;
    for (int i = 0; i < phase->steps; i++)
        count += phase->step[i]->rounds != NULL;
    return count;
}

/* ---- networks ---- */

static const struct {
    const char *machine;
    int lanes, rounds;
} targets[] = {{"sse", 4, 24}, {"avx2", 8, 12}, {"avx512", 16, 6}};
enum { TARGETS = sizeof targets / sizeof *targets };

/* batch_norm, which knows all samples, and a gradient to which two steps add stand between the rounds of the second and
 * of the third network. */
static void test_rounds_change_no_number(void **state)
{
    (void)state;
    for (int t = 0; t < TARGETS; t++) {
        int steps = 0;
        for (int i = 0; i < NETWORKS; i++) {
            const char *spec = spec_of(i, BATCH, "");
            Model *model = laid_out(spec, program_options(targets[t].machine, targets[t].lanes));
            uint64_t before[PHASES] = {0};
            evaluate_model(model, spec, PLACES_OWN, before);
            rounds(model);
            const Phase *phase = model->phase[PHASE_GRADIENT];
            steps += steps_in_rounds(phase);
            for (int s = 0; s < phase->steps; s++)
                assert_true(!phase->step[s]->rounds || phase->step[s]->rounds->count == targets[t].rounds);
            check_after("rounds", spec, model, PLACES_OWN, before);
            carry(model);
            share(model);
            schedule(model);
            plan(model);
            check_after("plan", spec, model, PLACES_ARENA, before);
        }
        if (steps < 12)
            fail_msg("%s: %d steps make rounds", targets[t].machine, steps);
    }
}

static const Tensor *tensor_named(const Phase *phase, const char *name)
{
    for (int i = 0; i < phase->tensors; i++)
        if (strcmp(phase->tensor[i]->name, name) == 0)
            return phase->tensor[i];
    fail_msg("no tensor '%s'", name);
    return NULL;
}

/* What the backward pass reads is there for all samples; what only a round sees, for sixteen. */
static void test_what_only_a_round_sees_is_of_one_block(void **state)
{
    (void)state;
    Model *model = laid_out(spec_of(0, BATCH, ""), program_options("avx512", 16));
    rounds(model);
    const Phase *phase = model->phase[PHASE_GRADIENT];
    assert_int_equal(tensor_named(phase, "conv2d_1_relu")->elements, BATCH * 32 * 32 * 3);
    const Tensor *gradient = tensor_named(phase, "d_conv2d_1");
    assert_int_equal(gradient->elements, 16 * 32 * 32 * 3);
    assert_int_equal(gradient->dims[0], 16);
    plan(model);
    const Tensor *whole = tensor_named(phase, "conv2d_1_relu");
    assert_true(whole->born < gradient->born && gradient->born < whole->dies);
    assert_int_equal(whole->dies, phase->steps - 1);
}

/* ---- gradients ---- */

static void test_a_gradient_begins_at_zero_before_the_rounds(void **state)
{
    (void)state;
    Model *model = laid_out(spec_of(0, BATCH, ""), program_options("avx512", 16));
    rounds(model);
    const Phase *phase = model->phase[PHASE_GRADIENT];
    int zeros = 0;
    for (int s = 0; s < phase->steps; s++) {
        const Step *step = phase->step[s];
        if (strcmp(step->kernel->name, "zeros"))
            continue;
        assert_null(step->rounds);
        assert_int_equal(step->arguments[0].tensor->role, ROLE_GRADIENT);
        int users = 0;
        for (int later = s + 1; later < phase->steps; later++)
            for (int a = 0; a < phase->step[later]->count; a++)
                if (phase->step[later]->arguments[a].tensor == step->arguments[0].tensor) {
                    users++;
                    assert_non_null(phase->step[later]->rounds);
                }
        assert_int_equal(users, 1);
        zeros++;
    }
    assert_int_equal(zeros, 6);
}

/* ---- steps ---- */

/* Of six blocks, 1.5 MB. */
#define LOOPS "for (int block = 0; block < 6; block++) for (int i = 0; i < 65536; i++) "
static const char kernels[] =
    "void twice(const float x[6][65536], float y[6][65536]) { " LOOPS "y[block][i] = x[block][i] * 2.0f; }\n"
    "void mirror(const float x[6][65536], float y[6][65536]) { " LOOPS "y[block][i] = x[5 - block][i]; }\n"
    "void gather(const float x[6][65536], float y[6][65536]) { " LOOPS
    "{ float sum = 0.0f; for (int k = 0; k < 6; k++) sum += x[k][i]; y[block][i] = sum; } }\n"
    "void scale(const float x[6][65536], const float g[1], float y[6][65536]) { " LOOPS
    "y[block][i] = x[block][i] * g[0]; }\n"
    "void total(const float x[6][65536], float y[6][65536], float s[1]) { " LOOPS "y[block][i] = x[block][i]; "
    "float sum = 0.0f; " LOOPS "sum += x[block][i]; s[0] = sum; }\n";

/* Which of five steps make rounds, a letter each. */
static void check_steps(const char *middle, const char *expected)
{
    const char *const calls[] = {"twice(in, a)", "twice(a, b)", middle, "twice(c, d)", "twice(d, out)"};
    Phase *phase = program_phase(kernels, calls, 5);
    phase->batch = BATCH;
    phase->block = 16;
    for (int i = 0; i < phase->tensors; i++)
        if (strcmp(phase->tensor[i]->name, "in_g") == 0)
            phase->tensor[i]->role = ROLE_GRADIENT;
    Model *model = program_model(phase);
    Memory before = {.model = model}, after = before;
    const bool runs = !strstr(middle, "in_g"); /* nobody has written that gradient */
    if (runs)
        evaluate_phase(&before, phase);
    const uint64_t result = runs ? evaluate_results(&before, phase) : 0;
    rounds(model);
    verify(model, "rounds");
    if (runs) {
        evaluate_phase(&after, phase);
        assert_int_equal(evaluate_results(&after, phase), result);
    }
    assert_int_equal(phase->steps, 5);
    char steps[6] = "";
    for (int i = 0; i < 5; i++)
        steps[i] = phase->step[i]->rounds ? 'r' : '-';
    assert_string_equal(steps, expected);
}

static void test_a_block_needs_nothing_of_another(void **state)
{
    (void)state;
    check_steps("twice(b, c)", "rrrrr");
    check_steps("mirror(b, c)", "rr-rr");
    check_steps("gather(b, c)", "rr-rr");
    check_steps("total(b, c, out_s)", "rr-rr");
    check_steps("scale(b, in_w, c)", "rrrrr");
    check_steps("scale(b, in_g, c)", "rr-rr");
}

/* ---- where there are none ---- */

static void check_none(const char *spec, Options *options, const char *why)
{
    Model *model = laid_out(spec, options);
    rounds(model);
    for (int p = 0; p < PHASES; p++)
        if (model->phase[p] && steps_in_rounds(model->phase[p]))
            fail_msg("there are rounds, though %s", why);
}

static void test_there_are_no_rounds_without_need(void **state)
{
    (void)state;
    check_none(spec_of(0, 32, ""), program_options("avx512", 16), "all samples stay in the cache");
    check_none(spec_of(0, 16, ""), program_options("avx512", 16), "there is one block");
    check_none(spec_of(0, BATCH, ""), program_options("c", 1), "there are no lanes");
    check_none(spec_of(0, BATCH, "memory: {ram: 8M}\n"), program_options("avx512", 16), "there is a budget");
    Options *options = program_options("avx512", 16);
    options->threads = true;
    check_none(spec_of(0, BATCH, ""), options, "threads share the blocks");
    const char *named = format("network: t\ninput: {block: [32, 32, 1]}\n%sloss: mse\ntrain: {batch: %d}\n",
                               strchr(networks[0], '\n') + 1, BATCH);
    check_none(named, program_options("avx512", 16), "an argument is called block");
}

/* A large gradient would be read and written by each block. */
static void test_a_large_gradient_ends_the_rounds(void **state)
{
    (void)state;
    const char *spec = "network: t\ninput: [32, 32, 1]\nlayers:\n  - conv2d: {filters: 3, kernel: 1}\n  - relu\n"
                       "  - conv2d: {filters: 3, kernel: 31}\nloss: mse\ntrain: {batch: 96}\n";
    Model *model = laid_out(spec, program_options("avx512", 16));
    rounds(model);
    const Phase *phase = model->phase[PHASE_GRADIENT];
    for (int s = 0; s < phase->steps; s++)
        for (int a = 0; a < phase->step[s]->count; a++) {
            const Tensor *tensor = phase->step[s]->arguments[a].tensor;
            if (tensor && tensor->role == ROLE_GRADIENT && tensor->elements > 8192)
                assert_null(phase->step[s]->rounds);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, program_start, program_stop)
        TEST(test_rounds_change_no_number),
        TEST(test_what_only_a_round_sees_is_of_one_block),
        TEST(test_a_gradient_begins_at_zero_before_the_rounds),
        TEST(test_a_block_needs_nothing_of_another),
        TEST(test_there_are_no_rounds_without_need),
        TEST(test_a_large_gradient_ends_the_rounds),
    };
    return cmocka_run_group_tests_name("rounds", tests, NULL, NULL);
}
