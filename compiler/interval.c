/* interval.c - what is known of the values of integers. */
#include "interval.h"
#include "expr.h"

static long long least(const long long *values, int count)
{
    long long value = values[0];
    for (int i = 1; i < count; i++)
        value = values[i] < value ? values[i] : value;
    return value;
}

static long long greatest(const long long *values, int count)
{
    long long value = values[0];
    for (int i = 1; i < count; i++)
        value = values[i] > value ? values[i] : value;
    return value;
}

Interval interval_of(const Expr *expr)
{
    if (expr->kind == EX_INT)
        return (Interval){true, expr->number, expr->number};
    if (expr->kind == EX_NAME)
        return (Interval){expr->symbol->ranged, expr->symbol->low, expr->symbol->high};
    if (expr->kind != EX_ADD && expr->kind != EX_SUB && expr->kind != EX_MUL)
        return (Interval){0};
    Interval a = interval_of(expr->args[0]), b = interval_of(expr->args[1]);
    if (!a.known || !b.known)
        return (Interval){0};
    if (expr->kind == EX_ADD)
        return (Interval){true, a.low + b.low, a.high + b.high};
    if (expr->kind == EX_SUB)
        return (Interval){true, a.low - b.high, a.high - b.low};
    long long corners[] = {a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high};
    return (Interval){true, least(corners, 4), greatest(corners, 4)};
}

void learn(const Stmt *stmt)
{
    Symbol *symbol = stmt->symbol;
    if (is_counted(stmt)) {
        symbol->ranged = true;
        symbol->low = stmt->from->number;
        symbol->high = stmt->to->number - 1;
    }
    if (stmt->kind == ST_DECLARE && stmt->value && symbol->type == TYPE_INT) {
        Interval value = interval_of(stmt->value);
        symbol->ranged = value.known && !symbol->assigned;
        symbol->low = value.low;
        symbol->high = value.high;
    }
}

void learn_all(const Stmt *stmt)
{
    learn(stmt);
    for (int i = 0; i < stmt->count; i++)
        learn_all(stmt->items[i]);
    if (stmt->body)
        learn_all(stmt->body);
    if (stmt->other)
        learn_all(stmt->other);
}
