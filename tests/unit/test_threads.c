/* test_threads.c - which loops threads may share, and which of those they do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "apart.h"
#include "expr.h"
#include "machine.h"
#include "print.h"
#include "program.h"

/* ---- the proof ---- */

/* Of the last nest: the loop that is so many loops further in, within one that is so many further in. */
static bool apart_within(const char *text, int inner, int outer)
{
    Kernel *kernel = program_kernel(text);
    Stmt *loop = kernel->body->items[kernel->body->count - 1], *around = loop;
    for (int i = 0; i < inner; i++)
        loop = loop->body->items[loop->body->count - 1];
    for (int i = 0; i < outer; i++)
        around = around->body->items[around->body->count - 1];
    return is_apart(kernel, loop, around, 4);
}

static bool outer_is_apart(const char *text)
{
    return apart_within(text, 0, 0);
}

static void test_apart_are_iterations_that_write_elements_of_their_own(void **state)
{
    (void)state;
    assert_true(
        outer_is_apart("void f(const float x[8], float y[8]) { for (int i = 0; i < 8; i++) y[i] = x[7 - i]; }"));
    assert_true(outer_is_apart("void f(float y[8][4]) { for (int i = 0; i < 8; i++) for (int k = 0; k < 4; k++) "
                               "y[i][k] = y[i][3 - k] + 1.0f; }"));
    assert_true(outer_is_apart("void f(float y[32]) { for (int i = 0; i < 8; i++) for (int k = 0; k < 4; k++) "
                               "y[4 * i + k] = 1.0f; }"));
    assert_true(outer_is_apart("void f(float y[9]) { for (int i = 0; i < 9; i += 3) { y[i] = 1.0f; y[i + 1] = 2.0f; "
                               "y[i + 2] = y[i]; } }"));
    assert_true(outer_is_apart("void f(const float x[8], float y[8]) { for (int i = 0; i < 8; i++) { float s = 0.0f; "
                               "for (int k = 0; k < 8; k++) s += x[k]; y[i] = s; } }"));
}

static void test_apart_are_no_iterations_that_meet(void **state)
{
    (void)state;
    assert_false(outer_is_apart("void f(float y[9]) { for (int i = 0; i < 8; i++) y[i + 1] = y[i]; }"));
    assert_false(outer_is_apart("void f(float y[2]) { for (int i = 0; i < 8; i++) y[0] += 1.0f; }"));
    assert_false(outer_is_apart("void f(float y[12]) { for (int i = 0; i < 8; i++) for (int k = 0; k < 4; k++) "
                                "y[i + k] = 1.0f; }"));
    assert_false(outer_is_apart("void f(float y[10]) { for (int i = 0; i < 9; i += 2) { y[i] = 1.0f; y[i + 1] = 2.0f; "
                                "float a = y[i] < 0.0f ? y[i + 2] : 0.0f; y[i] = a; } }"));
    assert_false(
        outer_is_apart("void f(const int32_t t[8], float y[8]) { for (int i = 0; i < 8; i++) y[i] = y[t[i]]; }"));
    assert_false(outer_is_apart("void f(const float x[8], float y[1]) { float s = 0.0f; for (int i = 0; i < 8; i++) "
                                "s += x[i]; }"));
}

/* A store of 4 lanes in steps of 4 ends where the next begins; in steps of 2 it does not. */
static void test_apart_counts_lanes(void **state)
{
    (void)state;
    for (int step = 2; step <= 4; step += 2) {
        Kernel *kernel =
            program_kernel(format("void f(float y[8]) { for (int i = 0; i < 8; i += %d) y[i] = 1.0f; }", step));
        Stmt *loop = kernel->body->items[0];
        assert_true(is_apart(kernel, loop, loop, 4));
        loop->body->items[0]->target->lanes = true;
        assert_int_equal(is_apart(kernel, loop, loop, 4), step == 4);
        loop->body->items[0]->target->part = 2;
        assert_true(is_apart(kernel, loop, loop, 4));
    }
}

static void test_apart_through_all_iterations_of_a_loop_around(void **state)
{
    (void)state;
    const char *carried = "void f(const float x[9][8], float y[8]) { for (int n = 0; n < 9; n++) "
                          "for (int i = 0; i < 8; i++) y[i] = y[i] + x[n][i]; }";
    assert_false(outer_is_apart(carried));
    assert_true(apart_within(carried, 1, 1));
    assert_true(apart_within(carried, 1, 0));
    const char *moving = "void f(float y[17]) { for (int n = 0; n < 9; n++) for (int i = 0; i < 8; i++) "
                         "y[i + n] = 1.0f; }";
    assert_true(apart_within(moving, 1, 1));
    assert_false(apart_within(moving, 1, 0));
}

/* ---- the choice ---- */

static const char *shared_text(const char *text)
{
    const char *calls[] = {"f(in_x, out_y)"};
    Phase *phase = program_phase(text, calls, 1);
    Model *model = program_model(phase);
    model->options->threads = true;
    model->options->lanes = 1;
    threads(model);
    Text body = {0};
    print_body(&body, phase->step[0]->kernel);
    return body.bytes;
}

static void test_threads_share_what_is_large(void **state)
{
    (void)state;
    const char *large =
        shared_text("void f(const float x[4096][64], float y[4096][64]) { for (int n = 0; n < 4096; n++) "
                    "for (int i = 0; i < 64; i++) y[n][i] = x[n][i] * x[n][i] + 1.0f; }");
    assert_non_null(strstr(large, "NNC_PRAGMA(omp parallel for)\n    for (int n"));
    const char *small = shared_text("void f(const float x[16][64], float y[16][64]) { for (int n = 0; n < 16; n++) "
                                    "for (int i = 0; i < 64; i++) y[n][i] = x[n][i] * x[n][i] + 1.0f; }");
    assert_null(strstr(small, "NNC_PRAGMA"));
}

static void test_threads_join_short_loops(void **state)
{
    (void)state;
    const char *text = shared_text("void f(const float x[4096][64], float y[3][8][64]) { for (int k = 0; k < 3; k++) "
                                   "for (int l = 0; l < 8; l++) for (int i = 0; i < 64; i++) { float s = 0.0f; "
                                   "for (int n = 0; n < 4096; n++) s += x[n][i] * x[n][k]; y[k][l][i] = s; } }");
    assert_non_null(strstr(text, "NNC_PRAGMA(omp parallel for collapse(2))\n    for (int k"));
}

static void test_threads_wait_for_nothing_in_carried_sums(void **state)
{
    (void)state;
    const char *text = shared_text("void f(const float x[64][4096], float y[4096]) { for (int n = 0; n < 64; n++) "
                                   "for (int i = 0; i < 4096; i++) y[i] = y[i] + x[n][i] * x[n][i]; }");
    assert_non_null(strstr(text, "NNC_PRAGMA(omp parallel)\n    for (int n"));
    assert_non_null(strstr(text, "NNC_PRAGMA(omp for schedule(static) nowait)\n        for (int i"));
}

static void test_threads_wait_between_two_shared_loops(void **state)
{
    (void)state;
    const char *text =
        shared_text("void f(const float x[64][65536], float y[2][65536]) { for (int n = 0; n < 64; n++) { "
                    "for (int i = 0; i < 65536; i++) y[0][i] = y[1][i] + x[n][i] * x[n][i]; "
                    "for (int k = 0; k < 65536; k++) y[1][k] = y[0][k] * 0.5f; } }");
    assert_non_null(strstr(text, "NNC_PRAGMA(omp parallel)\n    for (int n"));
    assert_non_null(strstr(text, "NNC_PRAGMA(omp for)\n        for (int i"));
    assert_non_null(strstr(text, "NNC_PRAGMA(omp for)\n        for (int k"));
    assert_null(strstr(text, "nowait"));
}

static void test_threads_leave_sums_to_one(void **state)
{
    (void)state;
    const char *text = shared_text("void f(const float x[262144], float y[1]) { float s = 0.0f; "
                                   "for (int i = 0; i < 262144; i++) s += x[i] * x[i]; y[0] = s; }");
    assert_null(strstr(text, "NNC_PRAGMA"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_apart_are_iterations_that_write_elements_of_their_own, program_start,
                                        program_stop),
        cmocka_unit_test_setup_teardown(test_apart_are_no_iterations_that_meet, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_apart_counts_lanes, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_apart_through_all_iterations_of_a_loop_around, program_start,
                                        program_stop),
        cmocka_unit_test_setup_teardown(test_threads_share_what_is_large, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_threads_join_short_loops, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_threads_wait_for_nothing_in_carried_sums, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_threads_wait_between_two_shared_loops, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_threads_leave_sums_to_one, program_start, program_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
