/* peel.c - cuts the range of a loop where the limits of loops inside change their form.
 *
 * Where a window meets no border (stretch.h), any iterations can be rows of one tile. What is before and behind is cut
 * off and scheduled by itself. */
#include "peel.h"
#include "expr.h"

/* ---- cutting ---- */

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

/* ---- what it estimates ---- */

Stmt *peel_piece(const Nest *nest, const Peel *peel, int which)
{
    const Stmt *loop = nest->loop[peel->loop];
    const Stretch stretches[] = {{loop->from->number, peel->even.from}, peel->even, {peel->even.to, loop->to->number}};
    return stretches[which].from < stretches[which].to ? cut_down(nest, peel->loop, stretches[which]) : NULL;
}

/* Where they take as much as `limit` already, the rest is not asked for. */
static double peel_cycles(Estimates *estimates, const Nest *nest, const Peel *peel, int depth, double limit)
{
    double cycles = 0;
    for (int i = 0; i < 3; i++) {
        const Stmt *block = peel_piece(nest, peel, i);
        double own = block ? best_cycles(estimates, block, depth) : 0;
        cycles += own + (block ? PIECE_CYCLES : 0);
        if (own < 0 || (limit >= 0 && cycles >= limit))
            return -1;
    }
    return cycles;
}

Peel best_peel(Estimates *estimates, const Nest *nest, int depth, double limit)
{
    Peel best = {.cycles = -1};
    for (int i = nest->depth - 1; i >= 0; i--) {
        Peel peel = {.loop = i};
        if (!even_stretch(nest, i, &peel.even))
            continue;
        peel.cycles = peel_cycles(estimates, nest, &peel, depth, limit);
        if (peel.cycles < 0)
            continue;
        best = peel;
        limit = peel.cycles;
    }
    return best;
}
