/* mutate.c - enumerates the mutants of a function from its parsed tree:
 *
 *     every sign turned (+ and -, a negation dropped, an assigned value negated, += and -=)
 *     every operand dropped from a sum, a product, a quotient, a conjunction; every function but its argument
 *     every operator exchanged: + * and / *, % /, && ||; every comparison at its border and turned around
 *     every subscript and index of a random number off by one, up and down
 *     every literal one larger, every real one also larger by a hundred-thousandth
 *     every selection decided for either side, every `if` always taken
 *     every assignment dropped, every sum that forgets what it had; every loop shorter by one at either end */
#include "mutate.h"

#include <stdlib.h>
#include <string.h>

typedef struct Collector {
    const Kernel *kernel;
    int count;
    Mutant **mutants;
} Collector;

static void add(Collector *all, const Span *span, const char *what, void *slot, void *now)
{
    Mutant *mutant = NEW(Mutant);
    *mutant =
        (Mutant){.kernel = all->kernel, .span = *span, .what = what, .slot = slot, .was = *(void **)slot, .now = now};
    PUSH(all->mutants, all->count, mutant);
}

/* ---- expressions ---- */

static Expr *changed(const Expr *expr, ExprKind kind)
{
    Expr *copy = NEW(Expr);
    *copy = *expr;
    copy->kind = kind;
    return copy;
}

static Expr *of_two(ExprKind kind, Expr *left, Expr *right)
{
    Expr *expr = NEW(Expr);
    *expr = (Expr){.kind = kind, .type = left->type, .span = left->span, .count = 2, .args = NEW_ARRAY(2, Expr *)};
    expr->args[0] = left;
    expr->args[1] = right;
    return expr;
}

static Expr *negated(Expr *argument)
{
    Expr *expr = NEW(Expr);
    *expr = (Expr){
        .kind = EX_NEG, .type = argument->type, .span = argument->span, .count = 1, .args = NEW_ARRAY(1, Expr *)};
    expr->args[0] = argument;
    return expr;
}

static Expr *one(const Expr *like)
{
    Expr *expr = NEW(Expr);
    *expr = (Expr){.kind = EX_INT, .type = TYPE_INT, .span = like->span, .number = 1};
    return expr;
}

static const char *sign_of(ExprKind kind)
{
    switch (kind) {
#define X(name, text, strength)                                                                                        \
    case EX_##name:                                                                                                    \
        return text;
        OPERATORS(X)
#undef X
    default:
        return "?";
    }
}

static void exchange(Collector *all, Expr **slot, ExprKind kind)
{
    const Expr *expr = *slot;
    add(all, expr->span, format("%s becomes %s", sign_of(expr->kind), sign_of(kind)), slot, changed(expr, kind));
}

static void drop_operands(Collector *all, Expr **slot)
{
    const Expr *expr = *slot;
    add(all, expr->span, format("%s loses its left side", sign_of(expr->kind)), slot, expr->args[1]);
    add(all, expr->span, format("%s loses its right side", sign_of(expr->kind)), slot, expr->args[0]);
}

static void mutate_operator(Collector *all, Expr **slot)
{
    /* What each turns into; EX_INT: nothing more. */
    static const struct {
        ExprKind from, to[2];
    } table[] = {
        {EX_ADD, {EX_SUB, EX_MUL}}, {EX_SUB, {EX_ADD, EX_INT}}, {EX_MUL, {EX_ADD, EX_INT}}, {EX_DIV, {EX_MUL, EX_INT}},
        {EX_MOD, {EX_DIV, EX_INT}}, {EX_AND, {EX_OR, EX_INT}},  {EX_OR, {EX_AND, EX_INT}},  {EX_EQ, {EX_NE, EX_INT}},
        {EX_NE, {EX_EQ, EX_INT}},   {EX_LT, {EX_LE, EX_GE}},    {EX_LE, {EX_LT, EX_GT}},    {EX_GT, {EX_GE, EX_LE}},
        {EX_GE, {EX_GT, EX_LT}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (int k = 0; k < 2 && table[i].from == (*slot)->kind; k++)
            if (table[i].to[k] != EX_INT)
                exchange(all, slot, table[i].to[k]);
    bool comparison = (*slot)->kind >= EX_EQ && (*slot)->kind <= EX_GE;
    if (!comparison)
        drop_operands(all, slot);
}

static const char *literal_text(const Expr *expr)
{
    return expr->kind == EX_INT ? format("%lld", expr->number) : expr->text;
}

static void mutate_literal(Collector *all, Expr **slot)
{
    const Expr *expr = *slot;
    Expr *larger = changed(expr, expr->kind), *nudged = changed(expr, expr->kind);
    if (expr->kind == EX_INT) {
        larger->number++;
    } else {
        double number = strtod(expr->text, NULL);
        larger->text = format("%.17g", number + 1);
        nudged->text = format("%.17g", number * 1.00001);
        if (number != 0)
            add(all, expr->span, "larger by a hundred-thousandth", slot, nudged);
    }
    add(all, expr->span, format("%s becomes %s", literal_text(expr), literal_text(larger)), slot, larger);
}

static void off_by_one(Collector *all, Expr **slot, const char *what, const Span *span)
{
    add(all, span, format("%s plus one", what), slot, of_two(EX_ADD, *slot, one(*slot)));
    add(all, span, format("%s minus one", what), slot, of_two(EX_SUB, *slot, one(*slot)));
}

static void mutate_call(Collector *all, Expr **slot)
{
    Expr *call = *slot;
    for (int i = 0; i < call->count; i++) {
        if (call->function->types[i] == TYPE_REAL)
            add(all, call->span, format("%s gives its argument %d", call->function->name, i + 1), slot, call->args[i]);
        else if (call->function->types[i] == TYPE_INT)
            off_by_one(all, &call->args[i], "random index", call->span);
    }
}

static void mutate_expr(Collector *all, Expr **slot)
{
    Expr *expr = *slot;
    switch (expr->kind) {
    case EX_INT:
    case EX_REAL:
        mutate_literal(all, slot);
        break;
    case EX_NEG:
    case EX_NOT:
        add(all, expr->span, expr->kind == EX_NEG ? "- is dropped" : "! is dropped", slot, expr->args[0]);
        break;
    case EX_COND:
        add(all, expr->span, "? is always true", slot, expr->args[1]);
        add(all, expr->span, "? is never true", slot, expr->args[2]);
        break;
    case EX_CALL:
        mutate_call(all, slot);
        break;
    case EX_LOAD:
        for (int i = 0; i < expr->count; i++)
            off_by_one(all, &expr->args[i], format("subscript %d of %s", i + 1, expr->array->name), expr->span);
        break;
    default:
        if (expr->count == 2)
            mutate_operator(all, slot);
    }
    for (int i = 0; i < expr->count; i++)
        mutate_expr(all, &expr->args[i]);
}

/* ---- statements ---- */

static bool is_zero(const Expr *expr)
{
    return (expr->kind == EX_REAL && strtod(expr->text, NULL) == 0) || (expr->kind == EX_INT && expr->number == 0);
}

static Stmt *like(const Stmt *stmt)
{
    Stmt *copy = NEW(Stmt);
    *copy = *stmt;
    return copy;
}

static Stmt *nothing(void)
{
    Stmt *block = NEW(Stmt);
    block->kind = ST_BLOCK;
    return block;
}

/* -0 is 0, and a condition has no sign. */
static void negate(Collector *all, Expr **slot, const char *name, const Span *span)
{
    if ((*slot)->type != TYPE_BOOL && (*slot)->type != TYPE_KEY && !is_zero(*slot))
        add(all, span, format("the value of %s is negated", name), slot, negated(*slot));
}

static void mutate_assign(Collector *all, Stmt **slot)
{
    Stmt *stmt = *slot;
    const char *name = stmt->target->kind == EX_LOAD ? stmt->target->array->name : stmt->target->symbol->name;
    add(all, stmt->span, format("%s is not assigned", name), slot, nothing());
    if (stmt->add) {
        Stmt *forgetful = like(stmt);
        forgetful->add = false;
        add(all, stmt->span, "+= becomes =", slot, forgetful);
    }
    negate(all, &stmt->value, name, stmt->span);
    if (stmt->target->kind == EX_LOAD)
        mutate_expr(all, &stmt->target);
}

static void mutate_loop(Collector *all, Stmt **slot)
{
    Stmt *stmt = *slot, *late = like(stmt), *early = like(stmt);
    bool up = stmt->step > 0;
    late->from = of_two(up ? EX_ADD : EX_SUB, stmt->from, one(stmt->from));
    early->to = of_two(up ? EX_SUB : EX_ADD, stmt->to, one(stmt->to));
    add(all, stmt->span, format("the loop over %s begins one late", stmt->symbol->name), slot, late);
    add(all, stmt->span, format("the loop over %s ends one early", stmt->symbol->name), slot, early);
    mutate_expr(all, &stmt->from);
    mutate_expr(all, &stmt->to);
}

static void mutate_stmt(Collector *all, Stmt **slot)
{
    Stmt *stmt = *slot;
    if (stmt->kind == ST_ASSIGN)
        mutate_assign(all, slot);
    if (stmt->kind == ST_DECLARE)
        negate(all, &stmt->value, stmt->symbol->name, stmt->span);
    if (stmt->kind == ST_FOR)
        mutate_loop(all, slot);
    if (stmt->kind == ST_IF)
        add(all, stmt->span, "the if is always taken", slot, stmt->body);
    if (stmt->value)
        mutate_expr(all, &stmt->value);
    for (int i = 0; i < stmt->count; i++)
        mutate_stmt(all, &stmt->items[i]);
    if (stmt->body)
        mutate_stmt(all, &stmt->body);
    if (stmt->other)
        mutate_stmt(all, &stmt->other);
}

int mutants_of(const Kernel *kernel, Mutant **mutants)
{
    Collector all = {.kernel = kernel};
    Stmt *body = kernel->body;
    for (int i = 0; i < body->count; i++)
        mutate_stmt(&all, &body->items[i]);
    *mutants = NEW_ARRAY(all.count, Mutant);
    for (int i = 0; i < all.count; i++)
        (*mutants)[i] = *all.mutants[i];
    return all.count;
}

void mutant_apply(const Mutant *mutant)
{
    *mutant->slot = mutant->now;
}

void mutant_undo(const Mutant *mutant)
{
    *mutant->slot = mutant->was;
}

const char *mutant_name(const Mutant *mutant)
{
    int line = mutant->span.line - mutant->kernel->span.line + 1;
    return format("%s %d:%d %s", mutant->kernel->name, line, mutant->span.column, mutant->what);
}
