/* unswitch.c - takes tests out of innermost loops: a loop around such a test is cut where the test changes, at the border
 * into pieces, for `% S == 0` into its S phases.
 *
 * Outer loops first: where an outer border decides, the inner loop stays whole. Phases first: only one of them has
 * borders. The phases of a loop run one after the other, so it must be parallel. */
#include "affine.h"
#include "parallel.h"
#include "sizes.h"
#include "split.h"

/* A loop that has more phases keeps its test. */
enum { PHASES_OF_LOOP_MAX = 16 };

/* Where a loop is to be cut so that a test in it goes one way in each piece. */
typedef struct Cut {
    const Stmt *loop;
    Changes locals;
    bool found;
    long long at;     /* the first iteration of the second piece */
    long long phases; /* of `% S == 0`: more than 1, if such a test was found */
} Cut;

/* The comparison as factor * v + number REL 0; false if other variables take part. */
static bool as_line(const Cut *cut, const Expr *left, const Expr *right, long long *factor, long long *number)
{
    Affine a = affine_in(left, cut->loop->symbol, &cut->locals), b = affine_in(right, cut->loop->symbol, &cut->locals);
    if (!a.valid || !b.valid || a.factor == b.factor)
        return false;
    const Expr *rest = normalized(expr_binary(EX_SUB, a.rest, b.rest));
    *factor = a.factor - b.factor;
    *number = rest->number;
    return rest->kind == EX_INT;
}

static bool holds(ExprKind relation, long long value)
{
    long long result = 0;
    operate(relation, value, 0, &result);
    return result != 0;
}

static void seek_border(Cut *cut, const Expr *term)
{
    long long factor, number, from = cut->loop->from->number, to = cut->loop->to->number;
    if (cut->found || !as_line(cut, term->args[0], term->args[1], &factor, &number))
        return;
    for (long long v = from + 1; v < to && !cut->found; v++)
        if (holds(term->kind, factor * v + number) != holds(term->kind, factor * (v - 1) + number)) {
            cut->found = true;
            cut->at = v;
        }
}

static void seek_phases(Cut *cut, const Expr *term)
{
    const Expr *remainder = term->args[0];
    long long factor, number;
    if (!is_int(term->args[1], 0) || remainder->args[1]->kind != EX_INT || cut->phases > 1 ||
        !as_line(cut, remainder->args[0], expr_int(0), &factor, &number))
        return;
    long long stride = remainder->args[1]->number, phases = stride / greatest_divisor(stride, factor);
    if (phases > 1 && phases <= PHASES_OF_LOOP_MAX)
        cut->phases = phases;
}

static void seek_in_condition(Cut *cut, const Expr *condition)
{
    if (condition->kind == EX_AND || condition->kind == EX_OR || condition->kind == EX_NOT) {
        for (int i = 0; i < condition->count; i++)
            seek_in_condition(cut, condition->args[i]);
        return;
    }
    if (condition->kind < EX_EQ || condition->kind > EX_GE || condition->args[0]->type != TYPE_INT)
        return;
    bool equality = condition->kind == EX_EQ || condition->kind == EX_NE;
    if (equality && condition->args[0]->kind == EX_MOD)
        seek_phases(cut, condition);
    else
        seek_border(cut, condition);
}

static void seek(Cut *cut, const Stmt *stmt, bool innermost)
{
    if (stmt->kind == ST_DECLARE && stmt->symbol->type == TYPE_INT && !stmt->symbol->assigned)
        change_add(&cut->locals, stmt->symbol, stmt->value);
    if (stmt->kind == ST_IF && innermost)
        seek_in_condition(cut, stmt->value);
    if (stmt->kind == ST_FOR)
        innermost = !has_loop(stmt->body);
    for (int i = 0; i < stmt->count; i++)
        seek(cut, stmt->items[i], innermost);
    if (stmt->body)
        seek(cut, stmt->body, innermost);
    if (stmt->other)
        seek(cut, stmt->other, innermost);
}

/* The ints of a body that depend on the loop alone, and the names that are made inside, on which others depend. */
typedef struct Ints {
    Changes locals;
    int count;
    const Symbol **inside;
} Ints;

static bool is_made_inside(const Ints *ints, const Expr *value)
{
    bool found = false;
    for (int i = 0; i < ints->count; i++)
        found |= mentions(value, ints->inside[i]);
    return found;
}

/* Takes those ints out of the body. */
static void take_ints(Ints *ints, Stmt *stmt)
{
    int kept = 0;
    for (int i = 0; i < stmt->count; i++) {
        Stmt *item = stmt->items[i];
        Expr *value = item->kind == ST_DECLARE ? expr_copy(&ints->locals, item->value) : NULL;
        if (value && !item->symbol->assigned && is_harmless(value) && !is_made_inside(ints, value)) {
            change_add(&ints->locals, item->symbol, value);
            continue;
        }
        if (item->symbol)
            PUSH(ints->inside, ints->count, item->symbol);
        stmt->items[kept++] = item;
        take_ints(ints, item);
    }
    stmt->count = kept;
    if (stmt->body)
        take_ints(ints, stmt->body);
    if (stmt->other)
        take_ints(ints, stmt->other);
}

/* (S * e + c) / S, where S divides c, and (S * e + c) % S == 0: exact, whatever the sign. */
static Expr *without_multiples(Expr *expr)
{
    for (int i = 0; i < expr->count; i++)
        expr->args[i] = without_multiples(expr->args[i]);
    bool division = expr->type == TYPE_INT && expr->kind == EX_DIV;
    bool test =
        (expr->kind == EX_EQ || expr->kind == EX_NE) && expr->args[0]->kind == EX_MOD && is_int(expr->args[1], 0);
    const Expr *quotient = test ? expr->args[0] : expr;
    if ((!division && !test) || quotient->args[1]->kind != EX_INT)
        return expr;
    Expr *multiple;
    long long rest;
    if (!split_multiple(quotient->args[0], quotient->args[1]->number, &multiple, &rest))
        return expr;
    if (test)
        return expr_bool((rest == 0) == (expr->kind == EX_EQ));
    return rest ? expr : multiple;
}

static void simplify_stmt(Stmt *stmt)
{
    Expr **parts[] = {&stmt->from, &stmt->to, &stmt->value, &stmt->target};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (*parts[i])
            *parts[i] = without_multiples(*parts[i]);
    for (int i = 0; i < stmt->count; i++)
        simplify_stmt(stmt->items[i]);
    if (stmt->body)
        simplify_stmt(stmt->body);
    if (stmt->other)
        simplify_stmt(stmt->other);
}

/* The iterations v = phases * j + phase of a loop, as a loop over j. */
static Stmt *phase_of(const Stmt *loop, long long phases, long long phase, const Changes *ints)
{
    Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, loop->symbol->name);
    Stmt *piece = stmt_for(symbol, expr_int(divided_up(loop->from->number - phase, phases)),
                           expr_int(divided_up(loop->to->number - phase, phases)), 1);
    Expr *place = expr_binary(EX_ADD, expr_binary(EX_MUL, expr_name(symbol), expr_int(phases)), expr_int(phase));
    Changes changes = {0}, rename = {0};
    change_add(&rename, loop->symbol, place);
    change_add(&changes, loop->symbol, place);
    for (int i = 0; i < ints->count; i++)
        change_add(&changes, ints->change[i].symbol, expr_copy(&rename, ints->change[i].by));
    piece->body = stmt_copy(&changes, loop->body);
    piece->comment = phase ? NULL : loop->comment;
    return piece;
}

/* Where a test is gone: `float s = a; s = b;` is `float s = b;`, and a local that keeps its literal is that literal. */
static void settle(Changes *literals, Stmt *stmt)
{
    int kept = 0;
    for (int i = 0; i < stmt->count; i++) {
        Stmt *item = stmt->items[i], *next = i + 1 < stmt->count ? stmt->items[i + 1] : NULL;
        bool real = item->kind == ST_DECLARE && item->symbol->type == TYPE_REAL;
        if (real && next && next->kind == ST_ASSIGN && !next->add && next->target->kind == EX_NAME &&
            next->target->symbol == item->symbol && !mentions(next->value, item->symbol)) {
            item->value = next->value;
            stmt->items[i + 1] = item;
        } else if (real && is_literal(item->value) && !is_renewed(stmt, expr_name(item->symbol))) {
            change_add(literals, item->symbol, item->value);
        } else {
            stmt->items[kept++] = item;
        }
    }
    stmt->count = kept;
    for (int i = 0; i < stmt->count; i++)
        settle(literals, stmt->items[i]);
    if (stmt->body)
        settle(literals, stmt->body);
    if (stmt->other)
        settle(literals, stmt->other);
}

static void add_unswitched(Stmt *block, const Stmt *piece)
{
    Stmt *copy = stmt_copy(&(Changes){0}, piece);
    if (!copy)
        return;
    simplify_stmt(copy);
    copy = split_stmt(copy);
    Changes literals = {0};
    settle(&literals, copy);
    copy = stmt_copy(&literals, copy);
    if (copy)
        block_add(block, unswitch(copy));
}

static Stmt *cut_in_phases(Stmt *loop, long long phases)
{
    Ints ints = {0};
    Stmt *block = stmt_block();
    take_ints(&ints, loop->body);
    for (long long phase = 0; phase < phases; phase++)
        add_unswitched(block, phase_of(loop, phases, phase, &ints.locals));
    return block;
}

static Stmt *cut_at_border(Stmt *loop, long long at)
{
    Stmt *block = stmt_block();
    for (int half = 0; half < 2; half++) {
        Stmt *piece = stmt_for(loop->symbol, half ? expr_int(at) : loop->from, half ? loop->to : expr_int(at), 1);
        piece->body = loop->body;
        piece->comment = half ? NULL : loop->comment;
        add_unswitched(block, piece);
    }
    return block;
}

Stmt *unswitch(Stmt *stmt)
{
    bool counted = is_counted(stmt) && stmt->step == 1;
    if (counted) {
        Cut cut = {.loop = stmt};
        seek(&cut, stmt, false);
        if (cut.phases > 1 && is_parallel(stmt))
            return cut_in_phases(stmt, cut.phases);
        if (cut.found)
            return cut_at_border(stmt, cut.at);
    }
    Stmt items = {.kind = ST_BLOCK};
    for (int i = 0; i < stmt->count; i++)
        block_add(&items, unswitch(stmt->items[i]));
    stmt->items = items.items;
    stmt->count = items.count;
    if (stmt->other)
        stmt->other = unswitch(stmt->other);
    if (stmt->body)
        stmt->body = unswitch(stmt->body);
    return stmt;
}
