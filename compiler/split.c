/* split.c - takes affine guards out of inner loops.
 *
 * `for (k...) if (0 <= k + a && k + a < H) body` becomes a loop over just those k: a guard on the loop's own variable
 * turns into the loop's limits, `% S == 0` into its stride, and a guard on outer variables moves outwards, where the
 * next loop takes it up. A guard that cuts a loop at a constant makes two loops. What depends on data stays. A test that
 * would still stand in an innermost loop is left to unswitch.c. */
#include "split.h"
#include "affine.h"
#include "interval.h"

typedef struct Guard {
    int count;
    Expr **terms; /* all must hold */
} Guard;

static void add_terms(Guard *guard, Expr *condition)
{
    if (condition->kind == EX_AND) {
        add_terms(guard, condition->args[0]);
        add_terms(guard, condition->args[1]);
    } else {
        PUSH(guard->terms, guard->count, condition);
    }
}

static Expr *conjunction(const Guard *guard)
{
    Expr *all = NULL;
    for (int i = 0; i < guard->count; i++)
        all = all ? expr_binary(EX_AND, all, guard->terms[i]) : guard->terms[i];
    return all;
}

/* ---- what is known of values ---- */

static bool always(const Expr *term)
{
    if (term->kind < EX_EQ || term->kind > EX_GE || term->args[0]->type != TYPE_INT)
        return false;
    Interval a = interval_of(term->args[0]), b = interval_of(term->args[1]);
    if (!a.known || !b.known)
        return false;
    switch (term->kind) {
    case EX_EQ:
        return a.low == a.high && b.low == b.high && a.low == b.low;
    case EX_NE:
        return a.high < b.low || a.low > b.high;
    case EX_LT:
        return a.high < b.low;
    case EX_LE:
        return a.high <= b.low;
    case EX_GT:
        return a.low > b.high;
    default:
        return a.low >= b.high;
    }
}

static bool never(const Expr *term)
{
    static const ExprKind opposite[] = {
        [EX_EQ] = EX_NE, [EX_NE] = EX_EQ, [EX_LT] = EX_GE, [EX_LE] = EX_GT, [EX_GT] = EX_LE, [EX_GE] = EX_LT};
    if (term->kind < EX_EQ || term->kind > EX_GE)
        return false;
    Expr other = *term;
    other.kind = opposite[term->kind];
    return always(&other);
}

/* An integer without the choices that its loops' ranges decide. */
static Expr *decided(Expr *expr)
{
    if (expr->type == TYPE_INT && expr->kind == EX_COND) {
        if (always(expr->args[0]))
            return decided(expr->args[1]);
        if (never(expr->args[0]))
            return decided(expr->args[2]);
    }
    return expr;
}

/* A condition with what its loops' ranges decide put in: a literal, where that is all of it. */
static Expr *decided_condition(Expr *condition)
{
    if (condition->kind == EX_AND || condition->kind == EX_OR)
        return expr_binary(condition->kind, decided_condition(condition->args[0]),
                           decided_condition(condition->args[1]));
    if (condition->kind == EX_NOT)
        return expr_unary(EX_NOT, decided_condition(condition->args[0]));
    return always(condition) ? expr_bool(true) : never(condition) ? expr_bool(false) : condition;
}

/* ---- the limits of a loop ---- */

static Expr *plus(Expr *left, Expr *right)
{
    return normalized(expr_binary(EX_ADD, left, right));
}

static Expr *minus(Expr *left, Expr *right)
{
    return normalized(expr_binary(EX_SUB, left, right));
}

/* factor * v + rest < limit. Divisions truncate; where a numerator is negative the quotient is at most 0, and the loop
 * starts at 0 or later, so truncation and floor agree on the iterations that run. */
static bool limit_above(Stmt *loop, Affine value, Expr *limit)
{
    Expr *room = minus(limit, value.rest);
    if (value.factor > 0) {
        Expr *rounded = plus(room, expr_int(value.factor - 1));
        loop->to = expr_choice(EX_LT, loop->to, expr_binary(EX_DIV, rounded, expr_int(value.factor)));
    } else {
        Expr *excess = plus(minus(value.rest, limit), expr_int(-value.factor));
        loop->from = expr_choice(EX_GT, loop->from, expr_binary(EX_DIV, excess, expr_int(-value.factor)));
    }
    return true;
}

/* factor * v + rest >= limit. */
static bool limit_below(Stmt *loop, Affine value, Expr *limit)
{
    if (value.factor > 0) {
        Expr *missing = plus(minus(limit, value.rest), expr_int(value.factor - 1));
        loop->from = expr_choice(EX_GT, loop->from, expr_binary(EX_DIV, missing, expr_int(value.factor)));
    } else {
        Expr *room = plus(minus(value.rest, limit), expr_int(-value.factor));
        loop->to = expr_choice(EX_LT, loop->to, expr_binary(EX_DIV, room, expr_int(-value.factor)));
    }
    return true;
}

/* One comparison that mentions the loop's variable on one side. */
static bool take_comparison(Stmt *loop, const Expr *term, const Changes *locals)
{
    if (term->kind < EX_LT || term->kind > EX_GE)
        return false;
    Affine left = affine_in(term->args[0], loop->symbol, locals);
    Affine right = affine_in(term->args[1], loop->symbol, locals);
    if (!left.valid || !right.valid || (left.factor != 0) == (right.factor != 0))
        return false;
    Expr *one = expr_int(1);
    bool flipped = left.factor == 0;
    Affine value = flipped ? right : left;
    Expr *limit = flipped ? left.rest : right.rest;
    switch (term->kind) {
    case EX_LT:
        return flipped ? limit_below(loop, value, plus(limit, one)) : limit_above(loop, value, limit);
    case EX_LE:
        return flipped ? limit_below(loop, value, limit) : limit_above(loop, value, plus(limit, one));
    case EX_GT:
        return flipped ? limit_above(loop, value, limit) : limit_below(loop, value, plus(limit, one));
    case EX_GE:
        return flipped ? limit_above(loop, value, plus(limit, one)) : limit_below(loop, value, limit);
    default:
        return false;
    }
}

/* The v in [0, modulus) with factor * v + 1 = 0 modulo modulus; they have no common divisor. */
static long long solve(long long factor, long long modulus)
{
    for (long long v = 0; v < modulus; v++)
        if ((factor * v + 1) % modulus == 0)
            return v;
    return 0;
}

/* (factor * v + rest) % S == 0: v runs from the first that fits in steps of S; the remainder of a negative number is
 * brought to [0, S) by adding S. With g the greatest common divisor of S and the factor, g must divide the rest, which
 * is a guard for `outside`; then all is divided by g. */
static bool take_stride(Stmt *loop, const Expr *term, const Changes *locals, Guard *outside)
{
    const Expr *remainder = term->args[0];
    if (term->kind != EX_EQ || !is_int(term->args[1], 0) || remainder->kind != EX_MOD ||
        remainder->args[1]->kind != EX_INT || loop->step != 1)
        return false;
    long long modulus = remainder->args[1]->number;
    Affine value = affine_in(remainder->args[0], loop->symbol, locals);
    if (!value.valid || value.factor == 0 || modulus < 2)
        return false;
    long long common = greatest_divisor(value.factor, modulus);
    Expr *rest = value.rest;
    if (common > 1) {
        Expr *divides = expr_binary(EX_EQ, expr_binary(EX_MOD, normalized(rest), expr_int(common)), expr_int(0));
        PUSH(outside->terms, outside->count, divides);
        rest = expr_binary(EX_DIV, normalized(rest), expr_int(common));
        modulus /= common;
    }
    if (modulus == 1)
        return true;
    /* v = solve * rest modulo S; counted from the loop's lower limit. */
    long long factor = value.factor / common % modulus;
    Expr *root = expr_binary(EX_MUL, expr_int(solve(factor < 0 ? factor + modulus : factor, modulus)), rest);
    Expr *distance = expr_binary(EX_MOD, minus(root, loop->from), expr_int(modulus));
    distance = expr_binary(EX_MOD, plus(distance, expr_int(modulus)), expr_int(modulus));
    loop->from = plus(loop->from, distance);
    loop->step = (int)modulus;
    return true;
}

/* ---- loops ---- */

static bool declares_only_before(const Stmt *body)
{
    for (int i = 0; i + 1 < body->count; i++)
        if (body->items[i]->kind != ST_DECLARE || body->items[i]->symbol->type != TYPE_INT)
            return false;
    const Stmt *last = body->count ? body->items[body->count - 1] : NULL;
    return last && last->kind == ST_IF && !last->other;
}

static bool mentions_declared(const Stmt *body, const Expr *term)
{
    for (int i = 0; i < body->count; i++)
        if (body->items[i]->kind == ST_DECLARE && mentions(term, body->items[i]->symbol))
            return true;
    return false;
}

typedef struct Renewal {
    const Expr *term;
    bool found;
} Renewal;

static void find_renewal(void *context, Expr *expr, bool write)
{
    Renewal *renewal = context;
    if (write && expr->kind == EX_NAME)
        renewal->found |= mentions(renewal->term, expr->symbol);
    if (write && expr->kind == EX_LOAD)
        renewal->found |= expr_reads(renewal->term, expr->array);
}

bool is_renewed(const Stmt *body, const Expr *term)
{
    Renewal renewal = {.term = term};
    visit_stmt(body, find_renewal, &renewal);
    return renewal.found;
}

bool is_harmless(const Expr *expr)
{
    bool divides = expr->kind == EX_DIV || expr->kind == EX_MOD;
    bool good = expr->kind != EX_LOAD && expr->type == TYPE_INT;
    if (divides && (expr->args[1]->kind != EX_INT || !expr->args[1]->number))
        return false;
    for (int i = 0; good && i < expr->count; i++)
        good = is_harmless(expr->args[i]);
    return good;
}

/* `if (a) { int s = e; if (b) body }` at the end of a body is `int s = e; if (a && b) body`: a loop of one iteration
 * between the two has dissolved. */
static void join_guards(Stmt *body)
{
    while (declares_only_before(body)) {
        Stmt *branch = body->items[body->count - 1], *inner = branch->body;
        bool good = declares_only_before(inner);
        for (int i = 0; good && i + 1 < inner->count; i++)
            good = is_harmless(inner->items[i]->value);
        if (!good)
            return;
        Stmt *joined = stmt_new(ST_IF), *last = inner->items[inner->count - 1];
        joined->value = expr_binary(EX_AND, branch->value, last->value);
        joined->body = last->body;
        joined->comment = branch->comment;
        body->count--;
        for (int i = 0; i + 1 < inner->count; i++)
            block_add(body, inner->items[i]);
        block_add(body, joined);
    }
}

/* A term in which every local has become what it was declared as; NULL if that reads data or divides. */
static Expr *without_locals(const Expr *term, Changes *locals)
{
    Expr *plain = expr_copy(&(Changes){0}, term);
    for (int i = 0; i < locals->count; i++)
        plain = expr_copy(locals, plain);
    for (int i = 0; i < plain->count; i++)
        if (!is_harmless(plain->args[i]))
            return NULL;
    return plain;
}

/* Takes what it can of the guard that is the whole body of a loop; returns what must stand around the loop. */
static Guard take_guard(Stmt *loop)
{
    Guard inside = {0}, ranges = {0}, outside = {0}, all = {0};
    if (loop->step >= 1)
        join_guards(loop->body);
    if (loop->step < 1 || !declares_only_before(loop->body))
        return outside;
    Stmt *branch = loop->body->items[loop->body->count - 1];
    Changes locals = {0};
    for (int i = 0; i + 1 < loop->body->count; i++)
        change_add(&locals, loop->body->items[i]->symbol, loop->body->items[i]->value);
    add_terms(&all, branch->value);
    for (int i = 0; i < all.count; i++) {
        Expr *term = all.terms[i];
        if (always(term))
            continue;
        if (is_renewed(branch->body, term)) {
            PUSH(inside.terms, inside.count, term);
            continue;
        }
        Expr *plain = without_locals(term, &locals);
        if (plain && !mentions(plain, loop->symbol))
            term = plain;
        bool own = mentions(term, loop->symbol) || mentions_declared(loop->body, term);
        Guard *to = own ? &ranges : &outside;
        PUSH(to->terms, to->count, term);
    }
    /* Limits first: the stride counts from the lower one. */
    Guard strides = {0};
    for (int i = 0; i < ranges.count; i++)
        if (ranges.terms[i]->kind == EX_EQ || !take_comparison(loop, ranges.terms[i], &locals))
            PUSH(strides.terms, strides.count, ranges.terms[i]);
    for (int i = 0; i < strides.count; i++)
        if (strides.terms[i]->kind != EX_EQ || !take_stride(loop, strides.terms[i], &locals, &outside))
            PUSH(inside.terms, inside.count, strides.terms[i]);
    loop->body->count--;
    if (inside.count) {
        branch->value = conjunction(&inside);
        block_add(loop->body, branch);
    } else {
        block_add(loop->body, branch->body);
    }
    return outside;
}

/* The constant at which an `if (v < constant)` directly in a loop's body cuts its range, or -1. */
static long long cut_of(const Stmt *loop, int *index)
{
    if (loop->from->kind != EX_INT || loop->to->kind != EX_INT || loop->step != 1)
        return -1;
    for (int i = 0; i < loop->body->count; i++) {
        const Stmt *item = loop->body->items[i];
        *index = i;
        if (item->kind == ST_IF && item->value->kind == EX_LT && item->value->args[0]->kind == EX_NAME &&
            item->value->args[0]->symbol == loop->symbol && item->value->args[1]->kind == EX_INT)
            return item->value->args[1]->number;
    }
    return -1;
}

/* The loop from `from` to `to`, with its item `index` replaced by that item's own body. */
static void add_piece(Stmt *block, const Stmt *loop, long long from, long long to, int index, const Stmt *instead)
{
    if (from >= to)
        return;
    Stmt *piece = stmt_for(loop->symbol, expr_int(from), expr_int(to), 1);
    piece->comment = block->count ? NULL : loop->comment;
    for (int i = 0; i < loop->body->count; i++)
        if (i != index)
            block_add(piece->body, loop->body->items[i]);
        else if (instead)
            block_add(piece->body, (Stmt *)instead);
    block_add(block, stmt_copy(&(Changes){0}, piece));
}

static Stmt *cut(Stmt *loop)
{
    int index = 0;
    long long at = cut_of(loop, &index), from = loop->from->number, to = loop->to->number;
    if (at < 0)
        return loop;
    at = at < from ? from : at > to ? to : at;
    Stmt *block = stmt_block();
    const Stmt *branch = loop->body->items[index];
    add_piece(block, loop, from, at, index, branch->body);
    add_piece(block, loop, at, to, index, branch->other);
    return block;
}

/* What the ranges decide of a branch is not tested; the branch itself if it is not decided. */
static Stmt *without_certainties(Stmt *branch)
{
    branch->value = decided_condition(branch->value);
    if (branch->value->kind != EX_INT)
        return branch;
    Stmt *taken = branch->value->number ? branch->body : branch->other;
    return taken ? taken : stmt_block();
}

/* Inner loops first: what they hand out is the body of the next. */
Stmt *split_stmt(Stmt *stmt)
{
    if (stmt->kind == ST_DECLARE || stmt->kind == ST_ASSIGN)
        stmt->value = decided(stmt->value);
    if (stmt->kind == ST_IF)
        stmt = without_certainties(stmt);
    learn(stmt);
    Stmt items = {.kind = ST_BLOCK};
    for (int i = 0; i < stmt->count; i++)
        block_add(&items, split_stmt(stmt->items[i]));
    stmt->items = items.items;
    stmt->count = items.count;
    if (stmt->other)
        stmt->other = split_stmt(stmt->other);
    if (stmt->body)
        stmt->body = split_stmt(stmt->body);
    if (stmt->kind != ST_FOR)
        return stmt;
    Guard outside = take_guard(stmt);
    if (!outside.count)
        return cut(stmt);
    Stmt *branch = stmt_new(ST_IF);
    branch->value = conjunction(&outside);
    branch->body = stmt_block();
    block_add(branch->body, stmt);
    return without_certainties(branch);
}

/* ---- the pass ---- */

/* A guard, or an integer that is one of two: without them there is nothing to take out of the loops. */
static bool is_undecided(const Stmt *stmt)
{
    const Expr *value = stmt->value;
    if (stmt->kind == ST_IF || (value && value->kind == EX_COND && value->type == TYPE_INT))
        return true;
    for (int i = 0; i < stmt->count; i++)
        if (is_undecided(stmt->items[i]))
            return true;
    return stmt->body && is_undecided(stmt->body);
}

static void split_kernel(Kernel *kernel)
{
    /* A guard that is gone leaves locals that nobody reads. */
    Stmt *body = prune(split_stmt(kernel->body));
    if (body && has_if(body))
        body = prune(unswitch(body));
    kernel->body = body ? body : stmt_block(); /* for these sizes no guard holds */
    kernel->verified = NULL;
    note_uses(kernel);
}

void split(Model *model)
{
    for (int p = 0; p < PHASES; p++)
        for (int i = 0; model->phase[p] && i < model->phase[p]->steps; i++)
            if (is_undecided(model->phase[p]->step[i]->kernel->body))
                split_kernel(model->phase[p]->step[i]->kernel);
}
