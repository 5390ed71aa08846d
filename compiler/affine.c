/* affine.c - an expression as coefficient * variable + rest. */
#include "affine.h"

static const Affine not_affine = {0};

static const Expr *definition(const Changes *locals, const Symbol *symbol)
{
    for (int i = locals ? locals->count - 1 : -1; i >= 0; i--)
        if (locals->change[i].symbol == symbol)
            return locals->change[i].by;
    return NULL;
}

static Affine constant(const Expr *expr)
{
    return (Affine){true, 0, expr_copy(&(Changes){0}, expr)};
}

static Affine product(Affine left, Affine right)
{
    if (left.factor == 0 && left.rest->kind == EX_INT)
        return (Affine){true, left.rest->number * right.factor, expr_binary(EX_MUL, left.rest, right.rest)};
    if (right.factor == 0 && right.rest->kind == EX_INT)
        return (Affine){true, right.rest->number * left.factor, expr_binary(EX_MUL, left.rest, right.rest)};
    if (left.factor == 0 && right.factor == 0)
        return (Affine){true, 0, expr_binary(EX_MUL, left.rest, right.rest)};
    return not_affine;
}

Affine affine_in(const Expr *expr, const Symbol *variable, const Changes *locals)
{
    if (expr->type != TYPE_INT)
        return not_affine;
    if (expr->kind == EX_INT)
        return constant(expr);
    if (expr->kind == EX_NAME) {
        if (expr->symbol == variable)
            return (Affine){true, 1, expr_int(0)};
        const Expr *value = definition(locals, expr->symbol);
        return value ? affine_in(value, variable, locals) : constant(expr);
    }
    if (expr->kind == EX_NEG) {
        Affine inner = affine_in(expr->args[0], variable, locals);
        return inner.valid ? (Affine){true, -inner.factor, expr_binary(EX_SUB, expr_int(0), inner.rest)} : not_affine;
    }
    if (expr->kind != EX_ADD && expr->kind != EX_SUB && expr->kind != EX_MUL)
        return mentions(expr, variable) || expr->kind == EX_LOAD || expr->count != 2 ? not_affine : constant(expr);
    Affine left = affine_in(expr->args[0], variable, locals), right = affine_in(expr->args[1], variable, locals);
    if (!left.valid || !right.valid)
        return not_affine;
    if (expr->kind == EX_MUL)
        return product(left, right);
    long long sign = expr->kind == EX_ADD ? 1 : -1;
    return (Affine){true, left.factor + sign * right.factor, expr_binary(expr->kind, left.rest, right.rest)};
}
