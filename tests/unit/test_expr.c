/* test_expr.c - compiler/expr.c, affine.c and interval.c against an evaluator, over random integer expressions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "affine.h"
#include "evaluate.h"
#include "interval.h"
#include "program.h"

enum { NAMES = 3, TRIALS = 3000, POINTS = 12 };

static Symbol *name[NAMES];

static void new_names(void)
{
    static const char *const text[NAMES] = {"a", "b", "c"};
    for (int i = 0; i < NAMES; i++)
        name[i] = symbol_new(SYM_LOOP, TYPE_INT, text[i]);
}

/* A tree that nothing has simplified. */
static Expr *raw(ExprKind kind, Type type, int count)
{
    Expr *expr = NEW(Expr);
    *expr = (Expr){.kind = kind, .type = type, .count = count, .args = NEW_ARRAY(count, Expr *)};
    return expr;
}

static Expr *random_leaf(void)
{
    if (program_random(2))
        return expr_name(name[program_random(NAMES)]);
    return expr_int(program_random(9) - 3);
}

static Expr *random_condition(int depth);

static Expr *random_int(int depth)
{
    static const ExprKind kinds[] = {EX_ADD, EX_SUB, EX_MUL, EX_DIV, EX_MOD, EX_ADD, EX_SUB, EX_MUL};
    if (!depth || program_random(6) == 0)
        return random_leaf();
    int which = program_random(11);
    if (which == 0) {
        Expr *choice = raw(EX_COND, TYPE_INT, 3);
        choice->args[0] = random_condition(depth - 1);
        choice->args[1] = random_int(depth - 1);
        choice->args[2] = random_int(depth - 1);
        return choice;
    }
    if (which == 1) {
        Expr *negative = raw(EX_NEG, TYPE_INT, 1);
        negative->args[0] = random_int(depth - 1);
        return negative;
    }
    ExprKind kind = kinds[program_random(8)];
    Expr *expr = raw(kind, TYPE_INT, 2);
    expr->args[0] = random_int(depth - 1);
    expr->args[1] = kind == EX_DIV || kind == EX_MOD ? expr_int(1 + program_random(5)) : random_int(depth - 1);
    return expr;
}

static Expr *random_condition(int depth)
{
    if (depth && program_random(3) == 0) {
        Expr *expr = raw(program_random(2) ? EX_AND : EX_OR, TYPE_BOOL, 2);
        expr->args[0] = random_condition(depth - 1);
        expr->args[1] = random_condition(depth - 1);
        return expr;
    }
    if (depth && program_random(6) == 0) {
        Expr *expr = raw(EX_NOT, TYPE_BOOL, 1);
        expr->args[0] = random_condition(depth - 1);
        return expr;
    }
    Expr *expr = raw((ExprKind)(EX_EQ + program_random(6)), TYPE_BOOL, 2);
    expr->args[0] = random_int(depth ? depth - 1 : 0);
    expr->args[1] = random_int(depth ? depth - 1 : 0);
    return expr;
}

static void random_values(long long values[NAMES])
{
    for (int i = 0; i < NAMES; i++)
        values[i] = program_random(15) - 7;
}

static long long value_of(Expr *expr, const long long values[NAMES])
{
    return evaluate_int(expr, name, values, NAMES);
}

static void test_folding_keeps_the_value(void **state)
{
    (void)state;
    program_seed(11);
    for (int trial = 0; trial < TRIALS; trial++) {
        new_names();
        Expr *expr = program_random(4) ? random_int(4) : random_condition(4);
        Expr *folded = expr_copy(&(Changes){0}, expr);
        for (int point = 0; point < POINTS; point++) {
            long long values[NAMES];
            random_values(values);
            assert_int_equal(value_of(expr, values), value_of(folded, values));
        }
    }
}

static int size_of(const Expr *expr)
{
    int size = 1;
    for (int i = 0; i < expr->count; i++)
        size += size_of(expr->args[i]);
    return size;
}

static void test_folding_never_grows_an_expression(void **state)
{
    (void)state;
    program_seed(12);
    for (int trial = 0; trial < TRIALS; trial++) {
        new_names();
        Expr *expr = random_int(4);
        assert_true(size_of(expr_copy(&(Changes){0}, expr)) <= size_of(expr));
    }
}

static void test_folding_leaves_a_number_where_all_is_known(void **state)
{
    (void)state;
    program_seed(13);
    for (int trial = 0; trial < TRIALS; trial++) {
        new_names();
        Expr *expr = random_int(4);
        long long values[NAMES];
        random_values(values);
        Changes changes = {0};
        for (int i = 0; i < NAMES; i++)
            change_add(&changes, name[i], expr_int(values[i]));
        Expr *folded = expr_copy(&changes, expr);
        assert_int_equal(folded->kind, EX_INT);
        assert_int_equal(folded->number, value_of(expr, values));
    }
}

static void test_normalized_keeps_the_value(void **state)
{
    (void)state;
    program_seed(14);
    for (int trial = 0; trial < TRIALS; trial++) {
        new_names();
        Expr *expr = random_int(4), *normal = normalized(expr);
        for (int point = 0; point < POINTS; point++) {
            long long values[NAMES];
            random_values(values);
            assert_int_equal(value_of(expr, values), value_of(normal, values));
        }
    }
}

static void test_normalized_joins_equal_parts(void **state)
{
    (void)state;
    new_names();
    Expr *a = expr_name(name[0]), *b = expr_name(name[1]);
    Expr *inner = expr_binary(EX_SUB, a, expr_int(2));
    Expr *expr = normalized(expr_binary(EX_SUB, expr_binary(EX_ADD, b, a), inner)); /* b + a - (a - 2) */
    assert_int_equal(expr->kind, EX_ADD);
    assert_ptr_equal(expr->args[0]->symbol, name[1]);
    assert_true(is_int(expr->args[1], 2));
}

static void test_affine_form_equals_the_expression(void **state)
{
    (void)state;
    program_seed(15);
    int valid = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        new_names();
        Expr *expr = random_int(4);
        Affine affine = affine_in(expr, name[0], NULL);
        if (!affine.valid)
            continue;
        valid++;
        assert_false(mentions(affine.rest, name[0]));
        for (int point = 0; point < POINTS; point++) {
            long long values[NAMES];
            random_values(values);
            assert_int_equal(value_of(expr, values), affine.factor * values[0] + value_of(affine.rest, values));
        }
    }
    assert_true(valid > TRIALS / 4);
}

static void test_affine_form_refuses_what_is_not_linear(void **state)
{
    (void)state;
    new_names();
    Expr *a = expr_name(name[0]), *b = expr_name(name[1]);
    assert_false(affine_in(expr_binary(EX_MUL, a, a), name[0], NULL).valid);
    assert_false(affine_in(expr_binary(EX_MUL, a, b), name[0], NULL).valid);
    assert_false(affine_in(expr_binary(EX_DIV, a, expr_int(2)), name[0], NULL).valid);
    assert_false(affine_in(expr_binary(EX_MOD, a, expr_int(2)), name[0], NULL).valid);
}

static void test_affine_form_looks_through_locals(void **state)
{
    (void)state;
    new_names();
    Changes locals = {0};
    change_add(&locals, name[1], expr_binary(EX_MUL, expr_name(name[0]), expr_int(3)));
    Affine affine = affine_in(expr_binary(EX_ADD, expr_name(name[1]), expr_name(name[2])), name[0], &locals);
    assert_true(affine.valid);
    assert_int_equal(affine.factor, 3);
    assert_ptr_equal(affine.rest->symbol, name[2]);
}

static void test_interval_holds_every_value(void **state)
{
    (void)state;
    program_seed(16);
    int known = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        new_names();
        for (int i = 0; i < NAMES; i++) {
            name[i]->ranged = true;
            name[i]->low = program_random(8) - 5;
            name[i]->high = name[i]->low + program_random(5);
        }
        Expr *expr = random_int(3);
        Interval interval = interval_of(expr);
        if (!interval.known)
            continue;
        known++;
        long long v[NAMES];
        for (v[0] = name[0]->low; v[0] <= name[0]->high; v[0]++)
            for (v[1] = name[1]->low; v[1] <= name[1]->high; v[1]++)
                for (v[2] = name[2]->low; v[2] <= name[2]->high; v[2]++) {
                    long long value = value_of(expr, v);
                    assert_true(interval.low <= value && value <= interval.high);
                }
    }
    assert_true(known > TRIALS / 4);
}

static void test_interval_is_unknown_without_ranges(void **state)
{
    (void)state;
    new_names();
    assert_false(interval_of(expr_binary(EX_ADD, expr_name(name[0]), expr_int(1))).known);
    assert_true(interval_of(expr_int(7)).known);
}

static void test_reals_are_folded_only_where_no_bit_changes(void **state)
{
    (void)state;
    Symbol *symbol = symbol_new(SYM_LOCAL, TYPE_REAL, "x");
    Expr *x = expr_name(symbol);
    assert_ptr_equal(expr_binary(EX_MUL, x, expr_real("1.0")), x);
    assert_ptr_equal(expr_binary(EX_MUL, expr_real("1.0"), x), x);
    assert_ptr_equal(expr_binary(EX_DIV, x, expr_real("1.0")), x);
    assert_ptr_equal(expr_binary(EX_SUB, x, expr_real("0.0")), x);
    assert_ptr_not_equal(expr_binary(EX_MUL, x, expr_real("0.0")), x);
    assert_int_equal(expr_binary(EX_MUL, x, expr_real("0.0"))->kind, EX_MUL); /* NaN, -0 */
    assert_int_equal(expr_binary(EX_SUB, x, x)->kind, EX_SUB);
    assert_int_equal(expr_binary(EX_ADD, expr_real("0.1"), expr_real("0.2"))->kind, EX_ADD);
}

static void test_prune_removes_what_nothing_reads(void **state)
{
    (void)state;
    Kernel *kernel = program_kernel("void f(const float x[8], float y[8]) { for (int i = 0; i < 8; i++) { "
                                    "float unused = x[i]; float sum = 0.0f; for (int k = 0; k < 8; k++) sum += x[k]; "
                                    "if (x[i] > 0.0f) { float other = x[i]; } y[i] = x[i]; } }");
    Stmt *body = prune(kernel->body);
    assert_int_equal(stmt_size(body), 1);
    assert_null(prune(program_kernel("void f(const float x[8], float y[8]) { float a = x[0]; float b = a; }")->body));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_folding_keeps_the_value, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_folding_never_grows_an_expression, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_folding_leaves_a_number_where_all_is_known, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_normalized_keeps_the_value, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_normalized_joins_equal_parts, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_affine_form_equals_the_expression, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_affine_form_refuses_what_is_not_linear, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_affine_form_looks_through_locals, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_interval_holds_every_value, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_interval_is_unknown_without_ranges, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_reals_are_folded_only_where_no_bit_changes, program_start, program_stop),
        cmocka_unit_test_setup_teardown(test_prune_removes_what_nothing_reads, program_start, program_stop),
    };
    return cmocka_run_group_tests_name("expr", tests, NULL, NULL);
}
