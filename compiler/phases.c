/* phases.c - cuts loops by the remainder of their variable, where loops inside start at one.
 *
 * The gradient of a stride of 2 meets every second tap: k runs from (r + 1) % 2 in steps of 2. For r = 2 q + i the
 * remainder is a number, k = remainder + 2 t, and what was (r + 1 - k) / 2 is q + a number - t: no division is left,
 * and neighbours share their limits. */
#include "phases.h"
#include "affine.h"
#include "expr.h"
#include "interval.h"

enum { PIECES_MAX = 16 };

/* ---- where a loop starts ---- */

/* from = low + the distance to the next k that is `root` modulo the step. */
typedef struct Start {
    bool known;
    Expr *low, *root;
} Start;

/* (x % m + m) % m, the remainder that is not negative; its x, or NULL. */
static Expr *of_remainder(const Expr *expr, long long modulus)
{
    if (expr->kind != EX_MOD || !is_int(expr->args[1], modulus) || expr->args[0]->kind != EX_ADD)
        return NULL;
    const Expr *sum = expr->args[0];
    if (!is_int(sum->args[1], modulus) || sum->args[0]->kind != EX_MOD || !is_int(sum->args[0]->args[1], modulus))
        return NULL;
    return sum->args[0]->args[0];
}

static Start start_of(const Stmt *loop)
{
    Expr *distance = of_remainder(loop->from, loop->step);
    if (distance)
        return (Start){true, expr_int(0), normalized(distance)};
    if (loop->from->kind != EX_ADD)
        return (Start){0};
    distance = of_remainder(loop->from->args[1], loop->step);
    if (!distance)
        return (Start){0};
    Expr *low = loop->from->args[0];
    return (Start){true, low, normalized(expr_binary(EX_ADD, distance, low))};
}

/* Into how many remainders a variable must be cut so that the start of a loop becomes a number; 1: it does
 * not matter. */
static long long remainders_of(const Stmt *loop, const Symbol *variable)
{
    Start start = loop->step > 1 ? start_of(loop) : (Start){0};
    if (!start.known || !mentions(start.root, variable))
        return 1;
    Affine root = affine_in(start.root, variable, NULL);
    if (!root.valid || root.rest->kind != EX_INT)
        return 1;
    return loop->step / greatest_divisor(loop->step, root.factor);
}

static long long most_remainders(const Stmt *stmt, const Symbol *variable)
{
    long long most = stmt->kind == ST_FOR ? remainders_of(stmt, variable) : 1;
    for (int i = 0; i < stmt->count; i++) {
        long long own = most_remainders(stmt->items[i], variable);
        most = own > most ? own : most;
    }
    const Stmt *inside[] = {stmt->body, stmt->other};
    for (int i = 0; i < 2; i++) {
        long long own = inside[i] ? most_remainders(inside[i], variable) : 1;
        most = own > most ? own : most;
    }
    return most;
}

/* ---- limits ---- */

typedef struct Piece {
    Changes changes; /* what variables and integer locals are */
    bool failed;     /* a limit was not understood */
} Piece;

/* The smaller or larger one; one of the two if that is known. */
static Expr *extreme(bool smaller, Expr *a, Expr *b)
{
    Interval apart = interval_of(normalized(expr_binary(EX_SUB, a, b)));
    if (apart.known && apart.high <= 0)
        return smaller ? a : b;
    if (apart.known && apart.low >= 0)
        return smaller ? b : a;
    return expr_choice(smaller ? EX_LT : EX_GT, a, b);
}

/* The least t with start + step * t >= limit. */
static Expr *steps_to(Piece *piece, const Expr *limit, long long start, int step)
{
    if (limit->kind == EX_COND) {
        const Expr *test = limit->args[0];
        bool less = test->kind == EX_LT || test->kind == EX_LE, greater = test->kind == EX_GT || test->kind == EX_GE;
        bool straight = same_expr(test->args[0], limit->args[1]) && same_expr(test->args[1], limit->args[2]);
        bool crossed = same_expr(test->args[0], limit->args[2]) && same_expr(test->args[1], limit->args[1]);
        if ((!less && !greater) || (!straight && !crossed)) {
            piece->failed = true;
            return expr_int(0);
        }
        return extreme(less == straight, steps_to(piece, limit->args[1], start, step),
                       steps_to(piece, limit->args[2], start, step));
    }
    Expr *whole;
    long long rest;
    if (!split_multiple(expr_binary(EX_SUB, (Expr *)limit, expr_int(start)), step, &whole, &rest)) {
        piece->failed = true;
        return expr_int(0);
    }
    return rest > 0 ? normalized(expr_binary(EX_ADD, whole, expr_int(1))) : whole;
}

/* ---- pieces ---- */

/* S * e / S is e, exactly. */
static Expr *without_divisions(Expr *expr)
{
    for (int i = 0; i < expr->count; i++)
        expr->args[i] = without_divisions(expr->args[i]);
    Expr *whole;
    long long rest;
    if (expr->type == TYPE_INT && expr->kind == EX_DIV && expr->args[1]->kind == EX_INT &&
        split_multiple(expr->args[0], expr->args[1]->number, &whole, &rest) && rest == 0)
        return whole;
    return expr;
}

static Expr *settled(Piece *piece, const Expr *expr)
{
    return without_divisions(expr_copy(&piece->changes, expr));
}

static void add_settled(Piece *piece, const Stmt *stmt, Stmt *into);

/* for k from ... in steps of S: for t, with k = number + S t. */
static Stmt *with_step_one(Piece *piece, const Stmt *loop)
{
    Start start = start_of(loop);
    Expr *root = start.known ? normalized(settled(piece, start.root)) : NULL, *whole;
    long long rest;
    if (!root || !split_multiple(root, loop->step, &whole, &rest)) {
        piece->failed = true;
        return stmt_block();
    }
    rest = (rest + loop->step) % loop->step;
    Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, loop->symbol->name);
    Stmt *copy = stmt_for(symbol, steps_to(piece, settled(piece, start.low), rest, loop->step),
                          steps_to(piece, settled(piece, loop->to), rest, loop->step), 1);
    Expr *place = expr_binary(EX_MUL, expr_name(symbol), expr_int(loop->step));
    change_add(&piece->changes, loop->symbol, expr_binary(EX_ADD, place, expr_int(rest)));
    return copy;
}

static void add_loop(Piece *piece, const Stmt *loop, Stmt *into)
{
    int known = piece->changes.count;
    Stmt *copy;
    if (loop->step > 1 && loop->from->kind != EX_INT) {
        copy = with_step_one(piece, loop);
    } else {
        Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, loop->symbol->name);
        copy = stmt_for(symbol, settled(piece, loop->from), settled(piece, loop->to), loop->step);
        change_add(&piece->changes, loop->symbol, expr_name(symbol));
    }
    if (piece->failed)
        return;
    learn(copy);
    add_settled(piece, loop->body, copy->body);
    piece->changes.count = known;
    block_add(into, copy);
}

static void add_branch(Piece *piece, const Stmt *branch, Stmt *into)
{
    Stmt *copy = stmt_new(ST_IF);
    copy->value = settled(piece, branch->value);
    copy->body = stmt_block();
    add_settled(piece, branch->body, copy->body);
    if (branch->other) {
        copy->other = stmt_block();
        add_settled(piece, branch->other, copy->other);
    }
    block_add(into, copy);
}

/* A copy with what is known put in; integers that only name an expression become it. */
static void add_settled(Piece *piece, const Stmt *stmt, Stmt *into)
{
    switch (stmt->kind) {
    case ST_BLOCK:
        for (int i = 0; i < stmt->count; i++)
            add_settled(piece, stmt->items[i], into);
        return;
    case ST_FOR:
        add_loop(piece, stmt, into);
        return;
    case ST_IF:
        add_branch(piece, stmt, into);
        return;
    case ST_DECLARE:
        if (stmt->symbol->type == TYPE_INT && !stmt->symbol->assigned) {
            change_add(&piece->changes, stmt->symbol, settled(piece, stmt->value));
            return;
        }
        Symbol *symbol = symbol_new(SYM_LOCAL, stmt->symbol->type, stmt->symbol->name);
        symbol->assigned = stmt->symbol->assigned;
        block_add(into, stmt_declare(symbol, settled(piece, stmt->value)));
        change_add(&piece->changes, stmt->symbol, expr_name(symbol));
        return;
    case ST_ASSIGN: {
        Stmt *copy = stmt_assign(settled(piece, stmt->target), settled(piece, stmt->value));
        copy->add = stmt->add;
        block_add(into, copy);
        return;
    }
    case ST_PREFETCH: /* tiles come later */
        return;
    }
}

/* The iterations of a nest in which the variable of loop i has the remainder remainder[i] modulo modulus[i]. */
static bool add_piece(const Nest *nest, const long long *modulus, const long long *remainder, Stmt *into)
{
    Piece piece = {0};
    Stmt *whole = stmt_block(), *at = whole;
    for (int i = 0; i < nest->depth; i++) {
        const Stmt *loop = nest->loop[i];
        Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, loop->symbol->name);
        Stmt *copy = stmt_for(symbol, settled(&piece, loop->from), settled(&piece, loop->to), loop->step);
        Expr *value = expr_name(symbol);
        if (modulus[i] > 1) {
            copy->from = expr_int(divided_up(loop->from->number - remainder[i], modulus[i]));
            copy->to = expr_int(divided_up(loop->to->number - remainder[i], modulus[i]));
            value = expr_binary(EX_ADD, expr_binary(EX_MUL, value, expr_int(modulus[i])), expr_int(remainder[i]));
            if (copy->from->number >= copy->to->number)
                return true; /* fewer iterations than remainders */
        }
        change_add(&piece.changes, loop->symbol, value);
        learn(copy);
        block_add(at, copy);
        at = copy->body;
    }
    add_settled(&piece, nest->body, at);
    whole->items[0]->comment = into->count ? NULL : nest->loop[0]->comment;
    block_add(into, whole->items[0]);
    return !piece.failed;
}

Stmt *cut_in_remainders(const Nest *nest)
{
    long long modulus[CHAIN_MAX], remainder[CHAIN_MAX] = {0}, pieces = 1;
    for (int i = 0; i < nest->depth; i++) {
        const Stmt *loop = nest->loop[i];
        modulus[i] = is_counted(loop) && loop->step == 1 ? most_remainders(nest->body, loop->symbol) : 1;
        pieces *= modulus[i];
    }
    if (pieces < 2 || pieces > PIECES_MAX)
        return NULL;
    Stmt *block = stmt_block();
    for (long long piece = 0; piece < pieces; piece++) {
        long long left = piece;
        for (int i = nest->depth - 1; i >= 0; i--) {
            remainder[i] = left % modulus[i];
            left /= modulus[i];
        }
        if (!add_piece(nest, modulus, remainder, block))
            return NULL;
    }
    return block;
}
