/* peel.c - cuts the range of a loop where the limits of loops inside change their form.
 *
 * A window that meets the border of an image has fewer taps there: l goes from max(0, 1 - v) to min(3, 33 - v). For
 * 1 <= v < 31 that is 0 to 3, whatever v is, and these v can be rows of one tile. What is before and behind is cut off
 * and scheduled by itself. */
#include "peel.h"
#include "affine.h"
#include "choose.h"
#include "phases.h"

/* ---- where a choice changes ---- */

/* truth(v) = (factor * v + rest) compared with 0. */
typedef struct Comparison {
    bool known;
    ExprKind kind;
    long long factor, rest;
} Comparison;

static Comparison comparison_of(const Expr *condition, const Symbol *variable)
{
    bool compares = condition->kind >= EX_EQ && condition->kind <= EX_GE;
    if (!compares || !mentions(condition, variable))
        return (Comparison){0};
    Affine left = affine_in(condition->args[0], variable, NULL), right = affine_in(condition->args[1], variable, NULL);
    if (!left.valid || !right.valid)
        return (Comparison){0};
    const Expr *rest = normalized(expr_binary(EX_SUB, left.rest, right.rest));
    return (Comparison){rest->kind == EX_INT, condition->kind, left.factor - right.factor,
                        rest->kind == EX_INT ? rest->number : 0};
}

static bool truth(const Comparison *comparison, long long value)
{
    long long left = comparison->factor * value + comparison->rest;
    switch (comparison->kind) {
    case EX_EQ:
        return left == 0;
    case EX_NE:
        return left != 0;
    case EX_LT:
        return left < 0;
    case EX_LE:
        return left <= 0;
    case EX_GT:
        return left > 0;
    default:
        return left >= 0;
    }
}

/* Of `a > b ? a : b` both answers are the same where a = b: either serves. */
static bool is_extreme(const Expr *choice)
{
    const Expr *condition = choice->args[0];
    return (same_expr(condition->args[0], choice->args[1]) && same_expr(condition->args[1], choice->args[2])) ||
           (same_expr(condition->args[0], choice->args[2]) && same_expr(condition->args[1], choice->args[1]));
}

/* Whether a choice is the same for a whole stretch; `answer` tells which. */
static bool decided(const Expr *choice, const Symbol *variable, Stretch stretch, bool *answer)
{
    Comparison comparison = comparison_of(choice->args[0], variable);
    if (!comparison.known || choice->args[0]->kind == EX_EQ || choice->args[0]->kind == EX_NE)
        return false;
    bool first = truth(&comparison, stretch.from), last = truth(&comparison, stretch.to - 1);
    *answer = first;
    if (first == last) /* a comparison of affine sides changes once at most */
        return true;
    if (!is_extreme(choice))
        return false;
    if (comparison.factor * stretch.from + comparison.rest == 0) {
        *answer = truth(&comparison, stretch.from + 1);
        return *answer == last;
    }
    bool before = truth(&comparison, stretch.to - 2);
    return comparison.factor * (stretch.to - 1) + comparison.rest == 0 && before == first;
}

/* ---- the longest stretch ---- */

typedef struct Search {
    const Symbol *variable;
    Stretch stretch;
    bool found; /* a choice that depends on the variable */
} Search;

static void narrow(Search *search, const Expr *expr)
{
    if (expr->kind == EX_COND && mentions(expr->args[0], search->variable)) {
        search->found = true;
        Stretch *stretch = &search->stretch;
        bool answer;
        /* Borders are narrow, so the middle's answer is the one to keep. */
        long long middle = stretch->from + (stretch->to - stretch->from) / 2;
        Stretch best = {middle, middle + 1};
        while (best.from > stretch->from && decided(expr, search->variable, (Stretch){best.from - 1, best.to}, &answer))
            best.from--;
        while (best.to < stretch->to && decided(expr, search->variable, (Stretch){best.from, best.to + 1}, &answer))
            best.to++;
        *stretch = best;
    }
    for (int i = 0; i < expr->count; i++)
        narrow(search, expr->args[i]);
}

static void search_limits(Search *search, const Stmt *stmt)
{
    if (stmt->kind == ST_FOR) {
        narrow(search, stmt->from);
        narrow(search, stmt->to);
    }
    for (int i = 0; i < stmt->count; i++)
        search_limits(search, stmt->items[i]);
    if (stmt->body)
        search_limits(search, stmt->body);
    if (stmt->other)
        search_limits(search, stmt->other);
}

/* The longest stretch of a loop of the nest in which no limit inside depends on a choice that the loop's variable makes;
 * false if no limit does anyhow, or if no stretch has two iterations. */
static bool even_stretch(const Nest *nest, int loop, Stretch *stretch)
{
    const Stmt *stmt = nest->loop[loop];
    if (!is_counted(stmt) || stmt->step != 1)
        return false;
    const Stretch range = {stmt->from->number, stmt->to->number};
    Search search = {.variable = stmt->symbol, .stretch = range};
    search_limits(&search, nest->body);
    *stretch = search.stretch;
    return search.found && stretch->to - stretch->from > 1 && stretch->to - stretch->from < range.to - range.from;
}

/* ---- cutting ---- */

static Expr *decide(const Expr *expr, const Symbol *variable, Stretch stretch)
{
    bool answer;
    if (expr->kind == EX_COND && decided(expr, variable, stretch, &answer))
        return decide(expr->args[answer ? 1 : 2], variable, stretch);
    Expr *copy = NEW(Expr);
    *copy = *expr;
    copy->args = expr->count ? NEW_ARRAY(expr->count, Expr *) : NULL;
    for (int i = 0; i < expr->count; i++)
        copy->args[i] = decide(expr->args[i], variable, stretch);
    return copy;
}

static void decide_limits(Stmt *stmt, const Symbol *variable, Stretch stretch)
{
    if (stmt->kind == ST_FOR) {
        stmt->from = decide(stmt->from, variable, stretch);
        stmt->to = decide(stmt->to, variable, stretch);
    }
    for (int i = 0; i < stmt->count; i++)
        decide_limits(stmt->items[i], variable, stretch);
    if (stmt->body)
        decide_limits(stmt->body, variable, stretch);
    if (stmt->other)
        decide_limits(stmt->other, variable, stretch);
}

/* The nest's statement with one loop cut down to a stretch, and the limits inside as they are there. */
static Stmt *cut_down(const Nest *nest, int loop, Stretch stretch)
{
    Changes changes = {0};
    const Symbol *own = NULL;
    bool single = stretch.to - stretch.from == 1;
    if (single)
        change_add(&changes, nest->loop[loop]->symbol, expr_int(stretch.from));
    Stmt *whole = stmt_block(), *at = whole;
    for (int i = 0; i < nest->depth; i++) {
        const Stmt *from = nest->loop[i];
        if (i == loop && single)
            continue;
        Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, from->symbol->name);
        Stmt *copy = stmt_for(symbol, i == loop ? expr_int(stretch.from) : expr_copy(&changes, from->from),
                              i == loop ? expr_int(stretch.to) : expr_copy(&changes, from->to), from->step);
        change_add(&changes, from->symbol, expr_name(symbol));
        copy->comment = i ? NULL : from->comment;
        block_add(at, copy);
        at = copy->body;
        own = i == loop ? symbol : own;
    }
    Stmt *body = stmt_copy(&changes, nest->body);
    block_add(at, body);
    if (own)
        decide_limits(body, own, stretch);
    return whole;
}

/* ---- what it costs ---- */

Stmt *peel_piece(const Nest *nest, const Peel *peel, int which)
{
    const Stmt *loop = nest->loop[peel->loop];
    const Stretch stretches[] = {{loop->from->number, peel->even.from}, peel->even, {peel->even.to, loop->to->number}};
    return stretches[which].from < stretches[which].to ? cut_down(nest, peel->loop, stretches[which]) : NULL;
}

double remainders_cycles(const Machine *machine, int lanes, const Stmt *pieces)
{
    double cycles = 0;
    for (int i = 0; i < pieces->count; i++) {
        double own = best_cycles(machine, lanes, &(Stmt){.count = 1, .items = &pieces->items[i]}, PEEL_DEPTH);
        if (own < 0)
            return -1;
        cycles += own + PIECE_CYCLES;
    }
    return cycles;
}

double best_cycles(const Machine *machine, int lanes, const Stmt *block, int depth)
{
    bool loop = block->count == 1 && block->items[0]->kind == ST_FOR;
    Nest nest = loop ? nest_of(block->items[0]) : (Nest){0};
    if (!nest.depth)
        return -1;
    double cycles = choose(machine, lanes, &nest).cycles;
    double cut = depth ? best_peel(machine, lanes, &nest, depth - 1).cycles : -1;
    if (cut >= 0 && (cycles < 0 || cut < cycles))
        cycles = cut;
    const Stmt *pieces = depth ? cut_in_remainders(&nest) : NULL;
    cut = pieces ? remainders_cycles(machine, lanes, pieces) : -1;
    return cut >= 0 && (cycles < 0 || cut < cycles) ? cut : cycles;
}

static double peel_cycles(const Machine *machine, int lanes, const Nest *nest, const Peel *peel, int depth)
{
    double cycles = 0;
    for (int i = 0; i < 3; i++) {
        const Stmt *block = peel_piece(nest, peel, i);
        double own = block ? best_cycles(machine, lanes, block, depth) : 0;
        if (own < 0)
            return -1;
        cycles += own + (block ? PIECE_CYCLES : 0);
    }
    return cycles;
}

Peel best_peel(const Machine *machine, int lanes, const Nest *nest, int depth)
{
    Peel best = {.cycles = -1};
    for (int i = nest->depth - 1; i >= 0; i--) {
        Peel peel = {.loop = i};
        if (!even_stretch(nest, i, &peel.even))
            continue;
        peel.cycles = peel_cycles(machine, lanes, nest, &peel, depth);
        if (peel.cycles >= 0 && (best.cycles < 0 || peel.cycles < best.cycles))
            best = peel;
    }
    return best;
}
