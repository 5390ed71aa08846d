/* test_eight.c - compiler/eight.c: which kernels have vectors of eight lanes, where others have sixteen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "eight.h"
#include "program.h"

/* y[v][f] = the sum of x[v + i] * w[i][f]. */
static const char *convolution(int filters)
{
    return format("for (int v = 0; v < 28; v++) for (int f = 0; f < %d; f++) { float s = 0.0f; "
                  "for (int i = 0; i < 5; i++) s += x[v + i] * w[i][f]; y[v][f] = s; } ",
                  filters);
}

static const Kernel *scheduled(const char *text, const char *call, const Options *options)
{
    Model *model = program_model(program_phase(text, &call, 1));
    *model->options = *options;
    schedule(model);
    return model->phase[PHASE_PREDICT]->step[0]->kernel;
}

static const Kernel *scheduled_convolution(int filters, const Options *options)
{
    const char *text = format("void f(const float x[32], const float w[5][%d], float y[28][%d]) { %s}", filters,
                              filters, convolution(filters));
    return scheduled(text, "f(in1, in2, out1)", options);
}

static void test_few_filters_take_eight_lanes(void **state)
{
    (void)state;
    const Options *options = program_options("avx512", 16);
    for (int filters = 1; filters <= 33; filters++) {
        const Kernel *kernel = scheduled_convolution(filters, options);
        const bool has_lanes = kernel->schedule && strstr(kernel->schedule, " lanes over f");
        assert_int_equal(kernel->eight && has_lanes, has_lanes && filters <= 8);
        assert_int_equal(lanes_of(options, kernel), kernel->eight ? 8 : 16);
        assert_int_equal(kernel->eight && has_lanes, kernel->schedule && strstr(kernel->schedule, "8 lanes over f"));
    }
    assert_true(scheduled_convolution(6, options)->eight);
    assert_true(scheduled_convolution(8, options)->eight);
}

/* All vectors of a function are alike. */
static void test_one_long_loop_takes_sixteen(void **state)
{
    (void)state;
    const char *text = format("void f(const float x[32], const float w[5][8], float y[28][8], float z[64]) "
                              "{ %sfor (int k = 0; k < 64; k++) z[k] = z[k] * 2.0f; }",
                              convolution(8));
    const Kernel *kernel = scheduled(text, "f(in1, in2, out1, out2)", program_options("avx512", 16));
    assert_false(kernel->eight);
    assert_non_null(strstr(kernel->schedule, "16 lanes over k"));
}

/* y[k][v + c] goes along rows by both loops, and by the longer one it has half as many vectors of sixteen. */
static void test_what_takes_longer_with_eight_has_sixteen(void **state)
{
    (void)state;
    const char *text = "void f(const float x[9][40], const float w[9], float y[3][40]) "
                       "{ for (int c = 0; c < 3; c++) for (int v = 0; v < 32; v++) { float s = 0.0f; "
                       "for (int i = 0; i < 9; i++) s += x[i][v + c] * w[i]; y[c][v + c] = s; } }";
    const Kernel *kernel = scheduled(text, "f(in1, in2, out1)", program_options("avx512", 16));
    assert_false(kernel->eight);
    assert_non_null(strstr(kernel->schedule, "16 lanes over v"));
}

static void test_only_sixteen_floats_have_eight_beside_them(void **state)
{
    (void)state;
    Options *options = program_options("avx512", 16);
    assert_true(scheduled_convolution(8, options)->eight);
    options->half = true;
    assert_false(scheduled_convolution(8, options)->eight);
    options = program_options("avx512", 16);
    options->float64 = true;
    assert_false(scheduled_convolution(8, options)->eight);
    assert_false(scheduled_convolution(4, program_options("avx2", 8))->eight);
    assert_false(scheduled_convolution(8, program_options("c", 1))->eight);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_few_filters_take_eight_lanes, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_one_long_loop_takes_sixteen, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_what_takes_longer_with_eight_has_sixteen, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_only_sixteen_floats_have_eight_beside_them, program_start, program_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
