/* stretch.c - where the limits of loops inside a nest change their form.
 *
 * A window that meets the border of an image has fewer taps there: l goes from max(0, 1 - v) to min(3, 33 - v). For
 * 1 <= v < 31 that is 0 to 3, whatever v is. */
#include "stretch.h"
#include "affine.h"
#include "expr.h"

/* ---- where a choice changes ---- */

/* truth(v) = (factor * v + rest) compared with 0. */
typedef struct Comparison {
    bool known;
    bool extreme; /* chooses the larger or smaller of its sides */
    ExprKind kind;
    long long factor, rest;
} Comparison;

/* Of `a > b ? a : b` both answers are the same where a = b: either serves. */
static bool is_extreme(const Expr *choice)
{
    const Expr *condition = choice->args[0];
    return (same_expr(condition->args[0], choice->args[1]) && same_expr(condition->args[1], choice->args[2])) ||
           (same_expr(condition->args[0], choice->args[2]) && same_expr(condition->args[1], choice->args[1]));
}

/* Of a choice; equality, which holds in one place, is not looked into. */
static Comparison comparison_of(const Expr *choice, const Symbol *variable)
{
    const Expr *condition = choice->args[0];
    bool compares = condition->kind >= EX_LT && condition->kind <= EX_GE;
    if (!compares || !mentions(condition, variable))
        return (Comparison){0};
    Affine left = affine_in(condition->args[0], variable, NULL), right = affine_in(condition->args[1], variable, NULL);
    if (!left.valid || !right.valid)
        return (Comparison){0};
    const Expr *rest = normalized(expr_binary(EX_SUB, left.rest, right.rest));
    return (Comparison){rest->kind == EX_INT, is_extreme(choice), condition->kind, left.factor - right.factor,
                        rest->kind == EX_INT ? rest->number : 0};
}

static bool truth(const Comparison *comparison, long long value)
{
    long long left = comparison->factor * value + comparison->rest;
    switch (comparison->kind) {
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

/* Whether a choice is the same for a whole stretch; `answer` tells which. */
static bool decided(const Comparison *comparison, Stretch stretch, bool *answer)
{
    if (!comparison->known)
        return false;
    bool first = truth(comparison, stretch.from), last = truth(comparison, stretch.to - 1);
    *answer = first;
    if (first == last) /* a comparison of affine sides changes once at most */
        return true;
    if (!comparison->extreme) /* both answers are the same where the sides are */
        return false;
    if (comparison->factor * stretch.from + comparison->rest == 0) {
        *answer = truth(comparison, stretch.from + 1);
        return *answer == last;
    }
    bool before = truth(comparison, stretch.to - 2);
    return comparison->factor * (stretch.to - 1) + comparison->rest == 0 && before == first;
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
        const Comparison comparison = comparison_of(expr, search->variable);
        bool answer;
        /* Borders are narrow, so the middle's answer is the one to keep. */
        long long middle = stretch->from + (stretch->to - stretch->from) / 2;
        Stretch best = {middle, middle + 1};
        while (best.from > stretch->from && decided(&comparison, (Stretch){best.from - 1, best.to}, &answer))
            best.from--;
        while (best.to < stretch->to && decided(&comparison, (Stretch){best.from, best.to + 1}, &answer))
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

bool even_stretch(const Nest *nest, int loop, Stretch *stretch)
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

/* ---- limits as they are in it ---- */

static Expr *decide(const Expr *expr, const Symbol *variable, Stretch stretch)
{
    bool answer;
    const Comparison comparison = expr->kind == EX_COND ? comparison_of(expr, variable) : (Comparison){0};
    if (decided(&comparison, stretch, &answer))
        return decide(expr->args[answer ? 1 : 2], variable, stretch);
    Expr *copy = NEW(Expr);
    *copy = *expr;
    copy->args = expr->count ? NEW_ARRAY(expr->count, Expr *) : NULL;
    for (int i = 0; i < expr->count; i++)
        copy->args[i] = decide(expr->args[i], variable, stretch);
    return copy;
}

void decide_limits(Stmt *stmt, const Symbol *variable, Stretch stretch)
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
