/* parallel.c - which loops may run in any order, and what their bodies depend on. */
#include "parallel.h"
#include "affine.h"
#include "interval.h"

/* ---- arrays ---- */

typedef struct Accesses {
    const Array *array;
    int dimension; /* the one that is being tried */
    const Expr *subscript;
    bool apart; /* each has this subscript there */
} Accesses;

static void compare_dimension(void *context, Expr *load, bool write)
{
    (void)write;
    Accesses *all = context;
    if (load->array != all->array)
        return;
    all->apart = all->apart && same_expr(all->subscript, load->args[all->dimension]);
}

/* True if an expression mentions a variable of a loop (or a local) inside this one. */
static bool varies_inside(const Stmt *stmt, const Expr *expr)
{
    if (stmt->symbol && mentions(expr, stmt->symbol))
        return true;
    for (int i = 0; i < stmt->count; i++)
        if (varies_inside(stmt->items[i], expr))
            return true;
    return (stmt->body && varies_inside(stmt->body, expr)) || (stmt->other && varies_inside(stmt->other, expr));
}

/* factor * v + rest names different elements for different v: the rest stays the same, or moves by less than factor. */
static bool keeps_apart(const Expr *subscript, const Stmt *loop)
{
    Affine affine = affine_in(subscript, loop->symbol, NULL);
    if (!affine.valid || affine.factor == 0)
        return false;
    if (!varies_inside(loop->body, affine.rest))
        return true;
    Interval rest = interval_of(affine.rest);
    long long factor = affine.factor < 0 ? -affine.factor : affine.factor;
    return rest.known && rest.high - rest.low < factor;
}

/* Of what is written here: one of its subscripts moves with the loop, and every access inside has the same there. */
static bool accesses_are_apart(const Stmt *loop, const Expr *written)
{
    for (int d = 0; d < written->array->rank; d++) {
        if (!mentions(written->args[d], loop->symbol) || !keeps_apart(written->args[d], loop))
            continue;
        Accesses all = {written->array, d, written->args[d], true};
        visit_loads(loop->body, compare_dimension, &all);
        if (all.apart)
            return true;
    }
    return false;
}

bool declared_inside(const Stmt *stmt, const Symbol *symbol)
{
    if (stmt->kind == ST_DECLARE && stmt->symbol == symbol)
        return true;
    for (int i = 0; i < stmt->count; i++)
        if (declared_inside(stmt->items[i], symbol))
            return true;
    return (stmt->body && declared_inside(stmt->body, symbol)) || (stmt->other && declared_inside(stmt->other, symbol));
}

bool locals_are_own(const Stmt *loop, const Stmt *stmt)
{
    bool local = stmt->kind == ST_ASSIGN && (stmt->target->kind == EX_NAME || stmt->target->kind == EX_ELEMENT);
    if (local && !declared_inside(loop->body, stmt->target->symbol))
        return false;
    for (int i = 0; i < stmt->count; i++)
        if (!locals_are_own(loop, stmt->items[i]))
            return false;
    return (!stmt->body || locals_are_own(loop, stmt->body)) && (!stmt->other || locals_are_own(loop, stmt->other));
}

static bool writes_are_apart(const Stmt *loop, const Stmt *stmt)
{
    const Expr *target = stmt->target;
    bool apart = true;
    if (target && target->kind == EX_LOAD)
        apart = accesses_are_apart(loop, target);
    else if (target)
        apart = declared_inside(loop->body, target->symbol);
    for (int i = 0; i < stmt->count && apart; i++)
        apart = writes_are_apart(loop, stmt->items[i]);
    return apart && (!stmt->body || writes_are_apart(loop, stmt->body)) &&
           (!stmt->other || writes_are_apart(loop, stmt->other));
}

bool is_parallel(const Stmt *loop)
{
    learn_all(loop);
    return is_parallel_inside(loop);
}

bool is_parallel_inside(const Stmt *loop)
{
    return writes_are_apart(loop, loop->body);
}

/* ---- strides ---- */

Stride stride_of(const Expr *load, const Symbol *variable)
{
    Stride stride = STRIDE_NONE;
    for (int i = 0; i < load->count; i++) {
        if (!mentions(load->args[i], variable))
            continue;
        Affine affine = affine_in(load->args[i], variable, NULL);
        if (!affine.valid)
            return STRIDE_DATA;
        if (affine.factor != 0)
            stride = stride == STRIDE_NONE && i == load->count - 1 && affine.factor == 1 ? STRIDE_UNIT : STRIDE_OTHER;
    }
    return stride;
}

/* ---- dependence of locals ---- */

bool depends(const Dependents *dependents, const Expr *expr)
{
    if (expr->kind == EX_NAME) {
        if (expr->symbol == dependents->variable)
            return true;
        for (int i = 0; i < dependents->count; i++)
            if (dependents->symbol[i] == expr->symbol)
                return true;
        return false;
    }
    for (int i = 0; i < expr->count; i++)
        if (depends(dependents, expr->args[i]))
            return true;
    return false;
}

static bool contains(const Dependents *dependents, const Symbol *symbol)
{
    for (int i = 0; i < dependents->count; i++)
        if (dependents->symbol[i] == symbol)
            return true;
    return false;
}

static bool collect(Dependents *dependents, const Stmt *stmt, bool guarded)
{
    bool changed = false;
    const Symbol *target = NULL;
    if (stmt->kind == ST_DECLARE)
        target = stmt->symbol;
    else if (stmt->kind == ST_ASSIGN && stmt->target->kind == EX_NAME)
        target = stmt->target->symbol;
    if (target && !contains(dependents, target) && (guarded || depends(dependents, stmt->value))) {
        PUSH(dependents->symbol, dependents->count, target);
        changed = true;
    }
    if (stmt->kind == ST_IF)
        guarded |= depends(dependents, stmt->value);
    if (stmt->kind == ST_FOR)
        guarded |= depends(dependents, stmt->from) || depends(dependents, stmt->to);
    for (int i = 0; i < stmt->count; i++)
        changed |= collect(dependents, stmt->items[i], guarded);
    if (stmt->body)
        changed |= collect(dependents, stmt->body, guarded);
    if (stmt->other)
        changed |= collect(dependents, stmt->other, guarded);
    return changed;
}

Dependents dependents_of(const Stmt *block, const Symbol *variable)
{
    Dependents dependents = {.variable = variable};
    while (collect(&dependents, block, false))
        ;
    return dependents;
}

bool limits_depend(const Dependents *dependents, const Stmt *loop)
{
    return depends(dependents, loop->from) || depends(dependents, loop->to);
}

bool inner_limits_depend(const Dependents *dependents, const Stmt *stmt)
{
    bool found = stmt->kind == ST_FOR && limits_depend(dependents, stmt);
    for (int i = 0; i < stmt->count && !found; i++)
        found = inner_limits_depend(dependents, stmt->items[i]);
    return found || (stmt->body && inner_limits_depend(dependents, stmt->body)) ||
           (stmt->other && inner_limits_depend(dependents, stmt->other));
}
