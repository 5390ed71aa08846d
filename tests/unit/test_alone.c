/* test_alone.c - compiler/alone.c: which arrays of a kernel overlap nothing else that it uses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "program.h"

static const char scale[] =
    "void f(const float x[8], const float k[8], float y[8]) { for (int i = 0; i < 8; i++) y[i] = x[i] * k[i]; }";

static Tensor *tensor_of(const Phase *phase, int step, int argument)
{
    return phase->step[step]->arguments[argument].tensor;
}

/* Steps of one kernel, their values one behind the other in the arena. */
static Phase *steps(const char *const *calls, int count)
{
    Phase *phase = program_phase(scale, calls, count);
    for (int i = 0; i < phase->tensors; i++)
        phase->tensor[i]->offset = 8 * i;
    return phase;
}

/* What is found of y, the third parameter. */
static bool is_alone(Phase *phase, int lanes)
{
    Model *model = program_model(phase);
    *model->options = *program_options("avx2", lanes);
    alone(model);
    return phase->step[0]->kernel->parameters[2].array->alone;
}

static void test_values_in_places_of_their_own_are_alone(void **state)
{
    (void)state;
    Phase *phase = steps((const char *const[]){"f(in1, a, b)"}, 1);
    assert_true(is_alone(phase, 8));
    assert_false(phase->step[0]->kernel->parameters[0].array->alone); /* is not written */
    assert_false(is_alone(steps((const char *const[]){"f(in1, a, b)"}, 1), 1));
    assert_false(is_alone(steps((const char *const[]){"f(in1, a, out1)"}, 1), 8));
}

static void test_values_that_overlap_are_not(void **state)
{
    (void)state;
    assert_false(is_alone(steps((const char *const[]){"f(in1, a, a)"}, 1), 8));
    for (int offset = 0; offset <= 24; offset++) {
        Phase *phase = steps((const char *const[]){"f(in1, a, b)"}, 1);
        tensor_of(phase, 0, 1)->offset = 12;
        tensor_of(phase, 0, 2)->offset = offset;
        assert_int_equal(is_alone(phase, 8), offset <= 4 || offset >= 20);
        tensor_of(phase, 0, 1)->type = TYPE_INT; /* has an arena of its own */
        assert_true(is_alone(phase, 8));
    }
    Phase *phase = steps((const char *const[]){"f(in1, a, b)"}, 1);
    tensor_of(phase, 0, 2)->view = tensor_of(phase, 0, 1);
    assert_false(is_alone(phase, 8));
}

/* One step in which it overlaps is enough, be it the first or the last. */
static void test_all_steps_of_a_kernel_have_a_say(void **state)
{
    (void)state;
    assert_true(is_alone(steps((const char *const[]){"f(in1, a, b)", "f(in1, c, d)"}, 2), 8));
    for (int wrong = 0; wrong < 2; wrong++) {
        const char *const calls[] = {wrong ? "f(in1, a, b)" : "f(in1, b, b)", wrong ? "f(in1, d, d)" : "f(in1, c, d)"};
        Phase *phase = steps(calls, 2);
        phase->step[1]->kernel = phase->step[0]->kernel;
        assert_false(is_alone(phase, 8));
    }
}

/* Members of a struct by themselves, or a row of several. */
static void test_weights_are_told_apart(void **state)
{
    (void)state;
    const Weight weights[] = {{.shape = {.rank = 1, .dims = {8}}}, {.shape = {.rank = 1, .dims = {8}}}};
    for (int same = 0; same < 2; same++) {
        Phase *phase = steps((const char *const[]){"f(in1, a, b)"}, 1);
        for (int a = 1; a < 3; a++) {
            tensor_of(phase, 0, a)->role = ROLE_WEIGHT;
            tensor_of(phase, 0, a)->weight = &weights[same ? 0 : a - 1];
        }
        assert_int_equal(is_alone(phase, 8), !same);
        tensor_of(phase, 0, 1)->elements = 16;
        assert_false(is_alone(phase, 8));
        tensor_of(phase, 0, 1)->role = ROLE_GRADIENT;
        assert_true(is_alone(phase, 8));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, program_start, program_stop)
        TEST(test_values_in_places_of_their_own_are_alone),
        TEST(test_values_that_overlap_are_not),
        TEST(test_all_steps_of_a_kernel_have_a_say),
        TEST(test_weights_are_told_apart),
    };
    return cmocka_run_group_tests_name("alone", tests, NULL, NULL);
}
