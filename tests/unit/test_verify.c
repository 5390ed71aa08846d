/* test_verify.c - compiler/verify.c: each invariant, broken by hand, ends the process with a message and status 3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "expr.h"
#include "program.h"
#include "verify.h"

static const char kernels[] =
    "void first(const float x[8], float y[8]) { for (int i = 0; i < 8; i++) y[i] = x[7 - i]; }\n"
    "void second(const float u[8], float v[8]) { for (int k = 0; k < 8; k++) v[k] = u[7 - k]; }\n"
    "void third(const float p[8], float q[8]) { for (int l = 0; l < 8; l++) q[l] = p[7 - l]; }\n";

/* in -> a -> b -> out, with places in the arena. */
static Model *chain(void)
{
    const char *const calls[] = {"first(in, a)", "second(a, b)", "third(b, out)"};
    Model *model = program_model(program_phase(kernels, calls, 3));
    share(model);
    plan(model);
    return model;
}

static Stmt *loop_of(const Phase *phase, int step)
{
    return phase->step[step]->kernel->body->items[0];
}

static Stmt *store_of(const Phase *phase, int step)
{
    return loop_of(phase, step)->body->items[0];
}

static Tensor *made_by(const Phase *phase, int step)
{
    return phase->step[step]->arguments[1].tensor;
}

/* ---- what can be broken ---- */

static void read_a_foreign_array(Phase *phase)
{
    store_of(phase, 1)->value->array = store_of(phase, 0)->value->array;
}

static void leave_a_subscript_out(Phase *phase)
{
    store_of(phase, 1)->value->count = 0;
}

static void write_to_a_constant(Phase *phase)
{
    store_of(phase, 1)->target->array->constant = true;
}

static void lose_a_declaration(Phase *phase)
{
    loop_of(phase, 1)->symbol = symbol_new(SYM_LOOP, TYPE_INT, "k");
}

static void lose_an_argument(Phase *phase)
{
    phase->step[1]->count--;
}

static void make_a_tensor_smaller(Phase *phase)
{
    made_by(phase, 1)->elements--;
}

static void read_before_it_is_written(Phase *phase)
{
    Step *first = phase->step[0];
    phase->step[0] = phase->step[1];
    phase->step[1] = first;
}

static void leave_the_arena(Phase *phase)
{
    phase->arena_reals--;
}

static void lie_in_living_bytes(Phase *phase)
{
    made_by(phase, 1)->offset = made_by(phase, 0)->offset + 4;
    phase->arena_reals = 1000;
}

/* ---- what is said of it ---- */

typedef void Check(const Model *model, const char *pass);

/* Runs a check in a process of its own: its exit status, and what it says. */
static int status_of(Check *check, const Model *model, char *said, size_t room)
{
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        dup2(ends[1], STDERR_FILENO);
        check(model, "test");
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t got; length + 1 < room && (got = read(ends[0], said + length, room - length - 1)) > 0;)
        length += (size_t)got;
    said[length] = 0;
    close(ends[0]);
    assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void expect_bug(Check *check, void damage(Phase *), const char *message)
{
    char said[512];
    Model *model = chain();
    assert_int_equal(status_of(check, model, said, sizeof said), 0);
    damage(model->phase[PHASE_PREDICT]);
    assert_int_equal(status_of(check, model, said, sizeof said), 3);
    if (!strstr(said, message))
        fail_msg("'%s' is not said in: %s", message, said);
}

static void test_broken_steps_are_told(void **state)
{
    (void)state;
    expect_bug(verify, read_a_foreign_array, "in step 'second(a, b)' (second): an array that is no parameter: 'x'");
    expect_bug(verify, leave_a_subscript_out, "a wrong number of subscripts of 'u'");
    expect_bug(verify, write_to_a_constant, "a write to the const array 'v'");
    expect_bug(verify, lose_a_declaration, "a name out of its scope: 'k'");
    expect_bug(verify, lose_an_argument, "arguments and parameters differ in number in 'second'");
    expect_bug(verify, make_a_tensor_smaller, "a tensor of another size stands for 'v'");
    expect_bug(verify, read_before_it_is_written, "nothing has been written before it is read: 'a'");
}

static void test_broken_places_are_told(void **state)
{
    (void)state;
    expect_bug(verify_places, leave_the_arena, "a tensor that lies outside the arena: ");
    expect_bug(verify_places, lie_in_living_bytes, "a tensor in the bytes of one that is alive: ");
}

/* A pass that changes a body in place has to say so. */
static void test_only_changed_bodies_are_looked_at_again(void **state)
{
    (void)state;
    char said[512];
    Model *model = chain();
    Phase *phase = model->phase[PHASE_PREDICT];
    verify(model, "test");
    lose_a_declaration(phase);
    assert_int_equal(status_of(verify_changes, model, said, sizeof said), 0);
    phase->step[1]->kernel->verified = NULL;
    assert_int_equal(status_of(verify_changes, model, said, sizeof said), 3);
    assert_int_equal(status_of(verify, model, said, sizeof said), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, program_start, program_stop)
        TEST(test_broken_steps_are_told),
        TEST(test_broken_places_are_told),
        TEST(test_only_changed_bodies_are_looked_at_again),
    };
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
