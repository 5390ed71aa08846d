/* printable.c - lanes and arrays in registers are where the print expects them. */
#include "printable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct Check {
    const Kernel *kernel;
    int lanes;
    const char *subject;
    int unrolled; /* loops around */
    const Symbol **symbol;
} Check;

static void broken(const Check *check, const char *what)
{
    fail_msg("%s: %s\n%s", check->kernel->name, what, check->subject);
}

/* ---- expressions ---- */

/* An array whose subscripts are numbers once loops are unrolled can live in registers. */
static void check_registers(const Check *check, const Expr *expr)
{
    if (expr->count != expr->symbol->rank || !expr->count)
        broken(check, "subscripts of an array in registers");
    for (int i = 0; i < expr->count; i++) {
        bool known = expr->args[i]->kind == EX_INT;
        for (int k = 0; k < check->unrolled && !known; k++)
            known = expr->args[i]->kind == EX_NAME && expr->args[i]->symbol == check->symbol[k];
        if (!known)
            broken(check, "an array in registers with a subscript of run time");
    }
}

static bool has_lanes_itself(const Expr *expr)
{
    bool named = expr->kind == EX_NAME || expr->kind == EX_ELEMENT;
    return expr->kind == EX_IOTA || (named && expr->symbol->lanes);
}

static void check_part(const Check *check, const Expr *expr)
{
    bool lanes = expr->kind == EX_FOLD ? expr->args[1]->lanes : expr->lanes;
    if (expr->part < 0 || expr->part >= check->lanes || (expr->part && !lanes))
        broken(check, "a part of the lanes");
}

static void check_expr(const Check *check, const Expr *expr)
{
    bool inside = has_lanes_itself(expr), in_arguments = false;
    for (int i = 0; i < expr->count; i++) {
        check_expr(check, expr->args[i]);
        in_arguments |= expr->args[i]->lanes;
    }
    bool subscripts = expr->kind == EX_LOAD || expr->kind == EX_ELEMENT;
    if (subscripts && in_arguments)
        broken(check, "lanes in a subscript");
    if (expr->kind == EX_FOLD ? expr->lanes || expr->args[0]->lanes
                              : expr->kind != EX_LOAD && (inside || in_arguments) != expr->lanes)
        broken(check, "lanes are lost");
    bool divides = expr->kind == EX_DIV || expr->kind == EX_MOD;
    if (expr->lanes && (check->lanes < 2 || (divides && expr->type == TYPE_INT)))
        broken(check, "lanes where there can be none");
    if (expr->kind == EX_LOAD || expr->kind == EX_FOLD)
        check_part(check, expr);
    if (expr->kind == EX_NAME && expr->symbol->rank)
        broken(check, "an array in registers without subscripts");
    if (expr->kind == EX_ELEMENT)
        check_registers(check, expr);
}

/* ---- statements ---- */

static void check_stmt(Check *check, const Stmt *stmt);

static void check_loop(Check *check, const Stmt *stmt)
{
    int unrolled = check->unrolled;
    if (stmt->unroll) {
        bool counted = stmt->from->kind == EX_INT && stmt->to->kind == EX_INT && stmt->step == 1;
        if (!counted || stmt->to->number - stmt->from->number < 2)
            broken(check, "a loop that cannot be unrolled, or need not be");
        PUSH(check->symbol, check->unrolled, stmt->symbol);
    }
    check_stmt(check, stmt->body);
    check->unrolled = unrolled;
}

static void check_stmt(Check *check, const Stmt *stmt)
{
    Expr *const parts[] = {stmt->from, stmt->to, stmt->value, stmt->target};
    bool uniform = true;
    for (int i = 0; i < 4; i++)
        if (parts[i]) {
            check_expr(check, parts[i]);
            uniform &= i == 3 || !parts[i]->lanes;
        }
    bool control = stmt->kind == ST_FOR || stmt->kind == ST_IF;
    bool taken = stmt->kind == ST_DECLARE ? stmt->symbol->lanes : stmt->target && stmt->target->lanes;
    if (!uniform && (control || !taken))
        broken(check, "a scalar that has lanes");
    if (stmt->kind == ST_DECLARE && (stmt->symbol->rank > 0) == (stmt->value != NULL))
        broken(check, "a single variable has a value where it is declared, an array in registers has none");
    for (int i = 0; i < stmt->count; i++)
        check_stmt(check, stmt->items[i]);
    if (stmt->kind == ST_FOR)
        check_loop(check, stmt);
    else if (stmt->body)
        check_stmt(check, stmt->body);
    if (stmt->other)
        check_stmt(check, stmt->other);
}

void check_printable(const Kernel *kernel, int lanes, const char *subject)
{
    Check check = {.kernel = kernel, .lanes = lanes, .subject = subject};
    check_stmt(&check, kernel->body);
}
