/* halves.c - a half that several rows of a tile read becomes a float once, before them.
 *
 *     for all v: for all f: sum[v][f] = fma(x[v], w[i][f], sum[v][f])
 *
 * becomes
 *
 *     for all f: w_value[f] = w[i][f];
 *     for all v: for all f: sum[v][f] = fma(x[v], w_value[f], sum[v][f])
 *
 * C compilers that write the loops out see for themselves that a conversion comes again where it is a builtin of
 * theirs, and do not where it is assembler or has branches. */
#include "halves.h"
#include "expr.h"

/* An unrolled loop, outside of which the loads are put that do not depend on it. */
typedef struct Hoist {
    const Stmt *outer;
    int loops; /* unrolled ones inside, around the statement at hand */
    const Stmt *loop[REGISTER_RANK_MAX];
    int owns; /* what is declared inside, other loops included */
    const Symbol **own;
    int count;
    Expr **load;
    Expr **value; /* of each load: what takes its place */
    Stmt *before;
} Hoist;

/* ---- which loads ---- */

static void note_own(Hoist *h, const Stmt *stmt)
{
    if (stmt->symbol && !(stmt->kind == ST_FOR && stmt->unroll))
        PUSH(h->own, h->owns, stmt->symbol);
    for (int i = 0; i < stmt->count; i++)
        note_own(h, stmt->items[i]);
    if (stmt->body)
        note_own(h, stmt->body);
    if (stmt->other)
        note_own(h, stmt->other);
}

static bool is_outside(const Hoist *h, const Expr *load)
{
    bool outside = load->kind == EX_LOAD && load->array->half && !mentions(load, h->outer->symbol);
    for (int i = 0; i < h->owns && outside; i++)
        outside = !mentions(load, h->own[i]);
    return outside;
}

/* ---- the values before the loop ---- */

static Expr *element(const Hoist *h, Symbol *symbol, const Expr *load)
{
    Expr *value = expr_name(symbol);
    value->lanes = symbol->lanes = load->lanes;
    for (int i = 0; i < h->loops; i++) {
        if (!mentions(load, h->loop[i]->symbol))
            continue;
        value->kind = EX_ELEMENT;
        value->args = push_grow(value->args, value->count, sizeof(Expr *));
        value->args[value->count++] = expr_name(h->loop[i]->symbol);
        symbol->dims[symbol->rank++] = (int)h->loop[i]->to->number;
    }
    return value;
}

/* One is declared with its value; several are made in loops like those that read them. */
static void add_before(Hoist *h, Symbol *symbol, Expr *value, Expr *load)
{
    block_add(h->before, stmt_declare(symbol, symbol->rank ? NULL : load));
    if (!symbol->rank)
        return;
    Stmt *whole = stmt_assign(value, load);
    for (int i = h->loops - 1; i >= 0; i--) {
        if (!mentions(load, h->loop[i]->symbol))
            continue;
        Stmt *loop = stmt_for(h->loop[i]->symbol, h->loop[i]->from, h->loop[i]->to, 1);
        loop->unroll = true;
        block_add(loop->body, whole);
        whole = loop;
    }
    Changes changes = {0};
    block_add(h->before, stmt_copy(&changes, whole));
}

static Expr *value_of(Hoist *h, Expr *load)
{
    for (int i = 0; i < h->count; i++)
        if (same_expr(h->load[i], load) && h->load[i]->part == load->part)
            return h->value[i];
    Symbol *symbol = symbol_new(SYM_LOCAL, TYPE_REAL, format("%s_value", load->array->name));
    Expr *value = element(h, symbol, load);
    add_before(h, symbol, value, load);
    int count = h->count;
    PUSH(h->load, h->count, load);
    PUSH(h->value, count, value);
    return value;
}

/* ---- the loop ---- */

/* What only one side of a choice reads need not exist on the other: it stays where it is. */
static Expr *replace_loads(Hoist *h, Expr *expr)
{
    if (expr->kind == EX_COND || expr->kind == EX_AND || expr->kind == EX_OR)
        return expr;
    if (expr->kind == EX_LOAD)
        return is_outside(h, expr) ? value_of(h, expr) : expr;
    Expr *copy = NEW(Expr);
    *copy = *expr;
    copy->args = expr->count ? NEW_ARRAY(expr->count, Expr *) : NULL;
    for (int i = 0; i < expr->count; i++)
        copy->args[i] = replace_loads(h, expr->args[i]);
    return copy;
}

static void replace_in(Hoist *h, Stmt *stmt)
{
    const bool unrolled = stmt->kind == ST_FOR && stmt->unroll && stmt != h->outer;
    if (stmt->kind == ST_IF || h->loops + unrolled > REGISTER_RANK_MAX)
        return;
    if (unrolled)
        h->loop[h->loops++] = stmt;
    if ((stmt->kind == ST_ASSIGN || stmt->kind == ST_DECLARE) && stmt->value)
        stmt->value = replace_loads(h, stmt->value);
    for (int i = 0; i < stmt->count; i++)
        replace_in(h, stmt->items[i]);
    if (stmt->body)
        replace_in(h, stmt->body);
    h->loops -= unrolled;
}

static Stmt *hoist_from(Stmt *loop)
{
    Hoist h = {.outer = loop, .before = stmt_block()};
    note_own(&h, loop->body);
    replace_in(&h, loop);
    return h.before;
}

static void hoist_in_block(Stmt *block)
{
    const Stmt old = *block;
    block->items = NULL;
    block->count = 0;
    for (int i = 0; i < old.count; i++) {
        if (old.items[i]->kind == ST_FOR && old.items[i]->unroll)
            block_add(block, hoist_from(old.items[i]));
        hoist_halves(old.items[i]);
        block_add(block, old.items[i]);
    }
}

void hoist_halves(Stmt *stmt)
{
    if (stmt->kind == ST_BLOCK)
        hoist_in_block(stmt);
    if (stmt->body)
        hoist_halves(stmt->body);
    if (stmt->other)
        hoist_halves(stmt->other);
}
