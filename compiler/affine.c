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

/* ---- sums of products with numbers ---- */

enum { TERMS_MAX = 16 };

typedef struct Sum {
    long long constant;
    int count; /* above TERMS_MAX: too many, left as they are */
    const Expr *part[TERMS_MAX];
    long long factor[TERMS_MAX];
} Sum;

static void add_part(Sum *sum, const Expr *part, long long factor)
{
    for (int i = 0; i < sum->count && i < TERMS_MAX; i++)
        if (same_expr(sum->part[i], part)) {
            sum->factor[i] += factor;
            return;
        }
    if (sum->count < TERMS_MAX) {
        sum->part[sum->count] = part;
        sum->factor[sum->count] = factor;
    }
    sum->count++;
}

static void add_terms(Sum *sum, const Expr *expr, long long factor)
{
    if (expr->kind == EX_INT) {
        sum->constant += factor * expr->number;
    } else if (expr->kind == EX_ADD || expr->kind == EX_SUB) {
        add_terms(sum, expr->args[0], factor);
        add_terms(sum, expr->args[1], expr->kind == EX_ADD ? factor : -factor);
    } else if (expr->kind == EX_MUL && expr->args[1]->kind == EX_INT) {
        add_terms(sum, expr->args[0], factor * expr->args[1]->number);
    } else if (expr->kind == EX_MUL && expr->args[0]->kind == EX_INT) {
        add_terms(sum, expr->args[1], factor * expr->args[0]->number);
    } else {
        add_part(sum, expr, factor);
    }
}

static Expr *scaled(const Expr *part, long long factor)
{
    return expr_binary(EX_MUL, (Expr *)part, expr_int(factor));
}

Expr *normalized(const Expr *expr)
{
    Sum sum = {0};
    add_terms(&sum, expr, 1);
    if (sum.count > TERMS_MAX)
        return (Expr *)expr;
    Expr *result = NULL;
    for (int i = 0; i < sum.count; i++)
        if (sum.factor[i] > 0) {
            Expr *term = scaled(sum.part[i], sum.factor[i]);
            result = result ? expr_binary(EX_ADD, result, term) : term;
        }
    if (!result)
        result = expr_int(sum.constant);
    else if (sum.constant)
        result = expr_binary(sum.constant > 0 ? EX_ADD : EX_SUB, result,
                             expr_int(sum.constant > 0 ? sum.constant : -sum.constant));
    for (int i = 0; i < sum.count; i++)
        if (sum.factor[i] < 0)
            result = expr_binary(EX_SUB, result, scaled(sum.part[i], -sum.factor[i]));
    return result;
}

bool split_multiple(const Expr *expr, long long divisor, Expr **multiple, long long *rest)
{
    Sum sum = {0};
    add_terms(&sum, expr, 1);
    bool whole = sum.count <= TERMS_MAX && divisor != 0;
    for (int i = 0; whole && i < sum.count; i++)
        whole = sum.factor[i] % divisor == 0;
    if (!whole)
        return false;
    Expr *quotient = expr_int(sum.constant / divisor);
    for (int i = 0; i < sum.count; i++)
        quotient = expr_binary(EX_ADD, scaled(sum.part[i], sum.factor[i] / divisor), quotient);
    *multiple = normalized(quotient);
    *rest = sum.constant % divisor;
    return true;
}

/* ---- numbers ---- */

long long greatest_divisor(long long a, long long b)
{
    while (b) {
        long long rest = a % b;
        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

long long divided_up(long long value, long long step)
{
    return value > 0 ? (value + step - 1) / step : -(-value / step);
}
