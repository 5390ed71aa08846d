/* test_masks.c - where a bit is kept instead of a number, and that nothing comes out otherwise. */
#include "evaluate.h"
#include "lives.h"
#include "program.h"
#include "verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* A convolution's activation is read by a pooling, and waits for its question while a wider convolution works. */
static const char *waiting(const char *size, const char *activation, const char *layers)
{
    return format("network: t\ninput: %s\nlayers:\n  - conv2d: {filters: 3, kernel: 3, padding: same}\n  - %s\n%s"
                  "  - max_pool2d: 2\n  - conv2d: {filters: 24, kernel: 3, padding: same}\n  - tanh\n  - flatten\n"
                  "  - dense: 4\nloss: mse\ntrain: {batch: 1%s}\n",
                  size, activation, layers, program_random(2) ? "" : ", update: fused");
}

static const char *pooled(const char *activation)
{
    return waiting("[7, 9, 2]", activation, "");
}

static Model *ordered(const char *spec, const char *machine, int lanes)
{
    Model *model = program_bound(spec, program_options(machine, lanes));
    assert_non_null(model);
    copies(model);
    split(model);
    fuse(model);
    slices(model);
    order(model);
    return model;
}

static Phase *training_phase(const Model *model)
{
    return model->phase[model->phase[PHASE_TRAIN] ? PHASE_TRAIN : PHASE_GRADIENT];
}

static int count_masks(const Model *model)
{
    const Phase *phase = training_phase(model);
    int count = 0;
    for (int i = 0; i < phase->steps; i++)
        count += strcmp(phase->step[i]->kernel->name, "mask") == 0;
    return count;
}

static long long most_bytes(const Model *model)
{
    Phase *phase = training_phase(model);
    find_lives(phase);
    find_heirs(phase);
    const Profile profile = profile_of(phase, 1);
    long long most = 0;
    for (int t = 0; t < profile.times; t++)
        most = profile.reals[t] + profile.ints[t] > most ? profile.reals[t] + profile.ints[t] : most;
    return 4 * most;
}

/* Masks, and all that follows them, change no number; the number of masks. */
static int masked(const char *spec, const char *machine, int lanes)
{
    Model *model = ordered(spec, machine, lanes);
    uint64_t before[PHASES] = {0}, after[PHASES] = {0}, planned[PHASES] = {0};
    evaluate_model(model, spec, PLACES_OWN, before);
    const long long bytes = most_bytes(model);
    masks(model);
    verify(model, "masks");
    evaluate_model(model, spec, PLACES_OWN, after);
    evaluate_same("masks", before, after);
    const int count = count_masks(model);
    assert_true(count ? most_bytes(model) < bytes : most_bytes(model) == bytes);
    merge(model);
    share(model);
    schedule(model);
    verify(model, "schedule");
    plan(model);
    verify(model, "plan");
    verify_places(model, "plan");
    evaluate_model(model, spec, PLACES_ARENA, planned);
    evaluate_same("plan", before, planned);
    return count;
}

static void test_of_what_only_its_sign_is_asked_a_bit_is_kept(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) { /* with and without a gradient region */
        assert_int_equal(masked(pooled("relu"), "cortex-m4", 1), 1);
        assert_int_equal(masked(pooled("leaky_relu"), "rv32imafc", 1), 1);
        assert_int_equal(masked(pooled("hard_sigmoid"), "cortex-m0", 1), 1); /* 0 < y && y < 1 */
    }
}

static void test_what_the_gradient_needs_as_a_number_stays(void **state)
{
    (void)state;
    const char *const activations[] = {"elu", "tanh", "prelu", "hard_swish", "silu"};
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++)
        assert_int_equal(masked(pooled(activations[i]), "cortex-m4", 1), 0);
    /* The gradient of a convolution's weights reads what the ReLU makes. */
    assert_int_equal(masked(waiting("[7, 9, 2]", "relu", "  - conv2d: {filters: 3, kernel: 1}\n"), "cortex-m4", 1), 0);
}

static void test_words_that_are_not_full(void **state)
{
    (void)state;
    for (int width = 7; width < 23; width += 3)
        assert_int_equal(masked(waiting(format("[%d, 7, 1]", width), "relu", ""), "cortex-m4", 1), 1);
}

static void test_only_where_instructions_and_bytes_are_counted(void **state)
{
    (void)state;
    assert_int_equal(masked(pooled("relu"), "c", 1), 0);
    assert_int_equal(masked(pooled("relu"), "avx2", 8), 0);
    assert_int_equal(masked(pooled("relu"), "cortex-m4", 4), 0);
}

static void test_two_readers_with_one_question(void **state)
{
    (void)state;
    assert_int_equal(masked("network: t\ninput: [8, 8, 2]\nlayers:\n"
                            "  - conv2d: {filters: 4, kernel: 3, padding: same, activation: relu, name: a}\n"
                            "  - max_pool2d: {kernel: 2, name: b}\n  - avg_pool2d: {input: a, kernel: 2, name: c}\n"
                            "  - add: {inputs: [b, c]}\n  - conv2d: {filters: 30, kernel: 3, padding: same}\n  - tanh\n"
                            "  - flatten\n  - dense: 3\nloss: mse\ntrain: {batch: 1}\n",
                            "cortex-m4", 1),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, program_start, program_stop)
        TEST(test_of_what_only_its_sign_is_asked_a_bit_is_kept),
        TEST(test_what_the_gradient_needs_as_a_number_stays),
        TEST(test_words_that_are_not_full),
        TEST(test_only_where_instructions_and_bytes_are_counted),
        TEST(test_two_readers_with_one_question),
    };
    return cmocka_run_group_tests_name("masks", tests, NULL, NULL);
}
