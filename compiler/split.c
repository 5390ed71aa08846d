/* split.c - takes affine guards out of inner loops.
 *
 * `for (k...) if (0 <= k + a && k + a < H) body` becomes a loop over just those k: a guard on the loop's own variable
 * turns into the loop's limits, `% S == 0` into its stride, and a guard on outer variables moves outwards, where the
 * next loop takes it up. A guard that cuts a loop at a constant makes two loops. Where a test would still stand in an
 * innermost loop, a loop around it is cut where the test changes: at the border into pieces, for `% S == 0` into its S
 * phases. What depends on data stays. */
#include "affine.h"
#include "interval.h"
#include "parallel.h"
#include "sizes.h"

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

/* A guard on what the guarded statements assign holds for one iteration, not for the next. */
static bool is_renewed(const Stmt *body, const Expr *term)
{
    Renewal renewal = {.term = term};
    visit_stmt(body, find_renewal, &renewal);
    return renewal.found;
}

/* Costs nothing and can do no harm where the guard does not hold. */
static bool is_harmless(const Expr *expr)
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
static Stmt *split_stmt(Stmt *stmt)
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

/* ---- tests that are left in innermost loops ---- */

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
    const Expr *rest = minus(a.rest, b.rest);
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

static Stmt *unswitch(Stmt *stmt);

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

/* Outer loops first: where an outer border decides, the inner loop stays whole. Phases first: only one of them has
 * borders. The phases of a loop run one after the other, so it must be parallel. */
static Stmt *unswitch(Stmt *stmt)
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
