/* test_plan.c - compiler/plan.c: no tensor in the bytes of one that is alive, and no more bytes than needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "evaluate.h"
#include "program.h"
#include "verify.h"

static const char kernels[] =
    "void copy(const float x[64], float y[64]) { for (int i = 0; i < 64; i++) y[i] = x[i] + 1.0f; }\n"
    "void mirror(const float x[64], float y[64]) { for (int i = 0; i < 64; i++) y[i] = x[63 - i]; }\n"
    "void two(const float x[64], float y[64], float z[64])\n"
    "{ for (int i = 0; i < 64; i++) { y[i] = 2.0f * x[i]; z[i] = x[i]; } }\n"
    "void sums(const float x[64], float y[64])\n"
    "{ for (int i = 0; i < 64; i++) { y[i] = 0.0f; for (int k = 0; k < 3; k++) y[i] += x[i]; } }\n"
    "void again(const float x[64], float y[64])\n"
    "{ for (int k = 0; k < 3; k++) for (int i = 0; i < 64; i++) y[i] = x[i] * (float)k; }\n"
    "void both(const float x[64], const float v[64], float y[64])\n"
    "{ for (int i = 0; i < 64; i++) y[i] = x[i] * v[63 - i]; }\n"
    "void pair(const float x[64], const float v[64], float y[64])\n"
    "{ for (int i = 0; i < 64; i++) y[i] = x[i] * v[i]; }\n"
    "void widen(const float x[64], float y[4][64])\n"
    "{ for (int n = 0; n < 4; n++) for (int i = 0; i < 64; i++) y[n][i] = x[i] * (float)n; }\n"
    "void narrow(const float x[4][64], float y[64])\n"
    "{ for (int i = 0; i < 64; i++) { float s = 0.0f; for (int n = 0; n < 4; n++) s += x[n][i]; y[i] = s; } }\n"
    "void mark(const float x[64], int at[64]) { for (int i = 0; i < 64; i++) at[i] = x[i] > 0.0f ? 1 : 0; }\n"
    "void pick(const int at[64], const float x[64], float y[64])\n"
    "{ for (int i = 0; i < 64; i++) y[i] = x[i] * (float)at[i]; }\n";

static Phase *planned(const char *const *calls, int count)
{
    Phase *phase = program_phase(kernels, calls, count);
    Model *model = program_model(phase);
    share(model);
    plan(model);
    verify(model, "plan");
    verify_places(model, "plan");
    return phase;
}

static const Tensor *tensor_of(const Phase *phase, const char *name)
{
    for (int i = 0; i < phase->tensors; i++)
        if (strcmp(phase->tensor[i]->name, name) == 0)
            return phase->tensor[i];
    fail_msg("no tensor '%s'", name);
    return NULL;
}

static void test_plan_reuses_memory_of_dead_tensors(void **state)
{
    (void)state;
    const char *const calls[] = {"mirror(in, a)", "mirror(a, b)", "mirror(b, c)", "mirror(c, d)", "mirror(d, out)"};
    const Phase *phase = planned(calls, 5);
    assert_int_equal(phase->arena_reals, 128);
    assert_int_equal(phase->bound_reals, 128);
    assert_int_equal(tensor_of(phase, "a")->offset, tensor_of(phase, "c")->offset);
}

static void test_plan_puts_elementwise_results_in_place(void **state)
{
    (void)state;
    const char *const calls[] = {"copy(in, a)", "copy(a, b)", "copy(b, c)", "copy(c, out)"};
    assert_int_equal(planned(calls, 4)->arena_reals, 64);
}

/* Each of these reads the dying tensor after it has written the new one, or at another element. */
static void test_plan_keeps_apart_what_is_still_read(void **state)
{
    (void)state;
    const char *const steps[] = {"mirror(a, b)", "two(a, b, c)", "sums(a, b)", "again(a, b)", "both(a, a, b)"};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const char *const calls[] = {"copy(in, a)", steps[i], "copy(b, out)"};
        const Phase *phase = planned(calls, 3);
        if (tensor_of(phase, "a")->offset == tensor_of(phase, "b")->offset)
            fail_msg("%s: b takes the place of a", steps[i]);
    }
}

/* Its first nest reads x for the last time, the second one makes z out of y, in any order of elements. */
static void test_plan_reuses_what_an_earlier_nest_has_read(void **state)
{
    (void)state;
    static const char two_nests[] =
        "void copy(const float x[64], float y[64]) { for (int i = 0; i < 64; i++) y[i] = x[i] + 1.0f; }\n"
        "void turn(const float x[64], float y[64], float z[64])\n"
        "{ for (int i = 0; i < 64; i++) y[i] = x[63 - i]; for (int i = 0; i < 64; i++) z[i] = y[63 - i]; }\n";
    const char *const calls[] = {"copy(in, a)", "turn(a, b, c)", "copy(c, out)"};
    Phase *phase = program_phase(two_nests, calls, 3);
    Model *model = program_model(phase);
    share(model);
    plan(model);
    verify(model, "plan");
    verify_places(model, "plan");
    assert_int_equal(phase->bound_reals, 128);
    assert_int_equal(phase->arena_reals, 128);
    assert_int_equal(tensor_of(phase, "a")->offset, tensor_of(phase, "c")->offset);
}

/* The gradient of the input, which may take the input's place, behind that of the weight, which reads it. */
static void test_order_puts_the_nest_last_that_makes_something(void **state)
{
    (void)state;
    static const char backward[] =
        "void copy(const float x[64], float y[64]) { for (int i = 0; i < 64; i++) y[i] = x[i] + 1.0f; }\n"
        "void back(const float x[64], const float dy[64], float dx[64], float dw[64])\n"
        "{ for (int i = 0; i < 64; i++) dx[i] = dy[63 - i]; for (int i = 0; i < 64; i++) dw[i] = x[i] * dy[i]; }\n";
    const char *const calls[] = {"copy(in, a)", "copy(in, b)", "back(a, b, c, out_w)", "copy(c, out)"};
    Phase *phase = program_phase(backward, calls, 4);
    Model *model = program_model(phase);
    order(model);
    share(model);
    plan(model);
    verify(model, "plan");
    verify_places(model, "plan");
    assert_int_equal(phase->arena_reals, 128);
}

/* One tensor dies for two, of which only one can have its place. */
static void test_plan_bound_gives_each_place_to_one_heir(void **state)
{
    (void)state;
    const char *const calls[] = {"copy(in, a)", "two(a, b, c)", "pair(b, c, out)"};
    const Phase *phase = planned(calls, 3);
    assert_int_equal(phase->bound_reals, 128);
    assert_int_equal(phase->arena_reals, 128);
}

static void test_plan_keeps_a_tensor_that_is_read_later(void **state)
{
    (void)state;
    const char *const calls[] = {"copy(in, a)", "copy(a, b)", "pair(a, b, out)"};
    assert_int_equal(planned(calls, 3)->arena_reals, 128);
}

static void test_plan_keeps_ints_in_a_region_of_their_own(void **state)
{
    (void)state;
    const char *const calls[] = {"copy(in, a)", "mark(a, b)", "pick(b, a, out)"};
    const Phase *phase = planned(calls, 3);
    assert_int_equal(phase->arena_ints, 64);
    assert_int_equal(phase->arena_reals, 64);
}

static void test_plan_places_nothing_that_is_never_used(void **state)
{
    (void)state;
    const char *const calls[] = {"copy(in, out)"};
    assert_int_equal(planned(calls, 1)->arena_reals, 0);
}

static void test_plan_aligns_tensors_to_the_lanes(void **state)
{
    (void)state;
    static const char odd[] = "void f(const float x[5], float y[5]) { for (int i = 0; i < 5; i++) y[i] = x[4 - i]; }\n";
    const char *const calls[] = {"f(in, a)", "f(a, b)", "f(b, c)", "f(c, out)"};
    Phase *phase = program_phase(odd, calls, 4);
    Model *model = program_model(phase);
    model->options->lanes = 16;
    share(model);
    plan(model);
    for (int i = 0; i < phase->tensors; i++)
        assert_int_equal(phase->tensor[i]->offset % 16, 0);
}

/* ---- random programs ---- */

/* Steps that read what earlier ones made: values are v0, v1, ... of 64 elements, w0, ... of 256, marks m0, ... */
static Phase *random_phase(void)
{
    const char *calls[24];
    int count = 1, narrow = 1, wide = 0, marks = 0;
    calls[0] = "copy(in, v0)";
    int steps = 2 + program_random(20);
    while (count < steps) {
        int from = program_random(narrow), other = program_random(narrow);
        switch (program_random(8)) {
        case 0:
            calls[count] = format("mirror(v%d, v%d)", from, narrow++);
            break;
        case 1:
            calls[count] = format("two(v%d, v%d, v%d)", from, narrow, narrow + 1);
            narrow += 2;
            break;
        case 2:
            calls[count] = format("widen(v%d, w%d)", from, wide++);
            break;
        case 3:
            calls[count] = wide ? format("narrow(w%d, v%d)", program_random(wide), narrow) : "copy(in, v0)";
            narrow += wide > 0;
            break;
        case 4:
            calls[count] = format("pair(v%d, v%d, v%d)", from, other, narrow++);
            break;
        case 5:
            calls[count] = format("both(v%d, v%d, v%d)", from, other, narrow++);
            break;
        case 6:
            calls[count] = marks && program_random(2)
                               ? format("pick(m%d, v%d, v%d)", program_random(marks), from, narrow++)
                               : format("mark(v%d, m%d)", from, marks++);
            break;
        default:
            calls[count] = format("copy(v%d, v%d)", from, narrow++);
            break;
        }
        count += strcmp(calls[count], "copy(in, v0)") != 0;
    }
    calls[count++] = format("copy(v%d, out)", narrow - 1);
    return program_phase(kernels, calls, count);
}

static bool placed(const Tensor *tensor)
{
    return tensor->role == ROLE_VALUE && tensor->from >= 0;
}

static int count_nests(const Phase *phase)
{
    int nests = 0;
    for (int i = 0; i < phase->steps; i++)
        nests += phase->step[i]->kernel->body->count;
    return nests;
}

/* Element by element, nest by nest: whoever lives there is alone, or hands over in that very nest. */
static void check_every_byte(const Phase *phase, Type type, long long size)
{
    const int nests = count_nests(phase);
    for (int nest = 0; nest < nests; nest++)
        for (long long place = 0; place < size; place++) {
            const Tensor *owner = NULL;
            for (int i = 0; i < phase->tensors; i++) {
                const Tensor *tensor = phase->tensor[i];
                if (!placed(tensor) || tensor->type != type || nest < tensor->from || nest > tensor->until ||
                    place < tensor->offset || place >= tensor->offset + tensor->elements)
                    continue;
                if (owner) {
                    bool hands_over = (owner->until == nest && tensor->from == nest) ||
                                      (tensor->until == nest && owner->from == nest);
                    assert_true(hands_over);
                    assert_int_equal(owner->offset, tensor->offset);
                    assert_int_equal(owner->elements, tensor->elements);
                }
                owner = tensor;
            }
        }
}

static void test_plan_never_overlaps_live_tensors(void **state)
{
    (void)state;
    program_seed(1);
    for (int trial = 0; trial < 200; trial++) {
        Phase *phase = random_phase();
        Model *model = program_model(phase);
        share(model);
        plan(model);
        verify(model, "plan");
        verify_places(model, "plan");
        check_every_byte(phase, TYPE_REAL, phase->arena_reals);
        check_every_byte(phase, TYPE_INT, phase->arena_ints);
    }
}

static void test_plan_reaches_the_lower_bound_or_stays_near(void **state)
{
    (void)state;
    program_seed(2);
    long long reached = 0, bound = 0;
    for (int trial = 0; trial < 100; trial++) {
        Phase *phase = random_phase();
        Model *model = program_model(phase);
        share(model);
        plan(model);
        reached += phase->arena_reals;
        bound += phase->bound_reals;
    }
    assert_true(reached <= bound + bound / 20);
}

static void test_plan_changes_no_number(void **state)
{
    (void)state;
    program_seed(3);
    for (int trial = 0; trial < 200; trial++) {
        Phase *phase = random_phase();
        Model *model = program_model(phase);
        Memory own = {.model = model}, arena = {.model = model, .places = PLACES_ARENA};
        evaluate_phase(&own, phase);
        share(model);
        plan(model);
        evaluate_phase(&arena, phase);
        assert_int_equal(evaluate_results(&own, phase), evaluate_results(&arena, phase));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plan_reuses_memory_of_dead_tensors, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_plan_puts_elementwise_results_in_place, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_plan_keeps_apart_what_is_still_read, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_plan_reuses_what_an_earlier_nest_has_read, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_order_puts_the_nest_last_that_makes_something, program_start,
                                        program_stop),
        cmocka_unit_test_setup_teardown(test_plan_bound_gives_each_place_to_one_heir, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_plan_keeps_a_tensor_that_is_read_later, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_plan_keeps_ints_in_a_region_of_their_own, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_plan_places_nothing_that_is_never_used, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_plan_aligns_tensors_to_the_lanes, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_plan_never_overlaps_live_tensors, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_plan_reaches_the_lower_bound_or_stays_near, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_plan_changes_no_number, program_start, program_stop),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
