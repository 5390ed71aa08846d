/* carry.c - sums over more than the caches hold, in stretches. Needs nests without guards; leaves others.
 *
 * The gradient of a weight is a sum over all images, for each tap: so the images pass through once for each tap.
 * Instead of `sum = 0; for n: ...; w = sum` in all iterations of a nest, w = 0 in all of them, then for each n in turn
 * in all of them `sum = w; ...; w = sum`: the same sums in the same order, and what one n reads is read again while it
 * is near. */
#include "carry.h"
#include "choose.h"
#include "expr.h"
#include "peel.h"
#include "traffic.h"

/* It has to be so much faster. */
static const double CARRY_GAIN = 0.9;

/* A body that is a sum: a local that starts as a number, a loop of constant limits that adds to it, one store. */
typedef struct Sum {
    const Stmt *start, *loop, *store;
} Sum;

static bool sum_of(const Stmt *body, Sum *sum)
{
    if (body->count != 3)
        return false;
    *sum = (Sum){body->items[0], body->items[1], body->items[2]};
    return sum->start->kind == ST_DECLARE && sum->start->value->kind == EX_REAL && is_counted(sum->loop) &&
           sum->loop->step == 1 && sum->store->kind == ST_ASSIGN && !sum->store->add &&
           sum->store->target->kind == EX_LOAD && sum->store->value->kind == EX_NAME &&
           sum->store->value->symbol == sum->start->symbol && !stmt_reads(body, sum->store->target->array);
}

/* The loops of a nest around a body that is made from theirs, with new variables. */
static Stmt *around(const Nest *nest, const Stmt *body, Changes *changes)
{
    Stmt *whole = stmt_block(), *at = whole;
    for (int i = 0; i < nest->depth; i++) {
        const Stmt *loop = nest->loop[i];
        Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, loop->symbol->name);
        Stmt *copy = stmt_for(symbol, expr_copy(changes, loop->from), expr_copy(changes, loop->to), loop->step);
        change_add(changes, loop->symbol, expr_name(symbol));
        block_add(at, copy);
        at = copy->body;
    }
    block_add(at, stmt_copy(changes, body));
    return whole;
}

/* What one iteration adds: where that is one number, made apart, it is added to the target; elsewhere the sum starts
 * from the target and goes back there. */
static void add_part(const Sum *sum, Stmt *into)
{
    const Stmt *body = sum->loop->body, *last = body->items[body->count - 1];
    const Symbol *symbol = sum->start->symbol;
    const Expr sum_itself = {.kind = EX_NAME, .type = symbol->type, .symbol = (Symbol *)symbol};
    bool apart =
        last->kind == ST_ASSIGN && last->add && same_expr(last->target, &sum_itself) && !mentions(last->value, symbol);
    for (int i = 0; i + 1 < body->count && apart; i++)
        apart = !stmt_mentions(body->items[i], symbol);
    if (!apart) {
        block_add(into, stmt_declare(sum->start->symbol, sum->store->target));
        block_add(into, (Stmt *)body);
        block_add(into, (Stmt *)sum->store);
        return;
    }
    for (int i = 0; i + 1 < body->count; i++)
        block_add(into, body->items[i]);
    Stmt *add = stmt_assign(sum->store->target, last->value);
    add->add = true;
    block_add(into, add);
}

Stmt *carried(const Nest *nest)
{
    Sum sum;
    if (!sum_of(nest->body, &sum))
        return NULL;
    Stmt *start = stmt_block(), *part = stmt_block();
    block_add(start, stmt_assign(sum.store->target, sum.start->value));
    add_part(&sum, part);

    Stmt *whole = around(nest, start, &(Changes){0});
    whole->items[0]->comment = nest->loop[0]->comment;
    Changes changes = {0};
    Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, sum.loop->symbol->name);
    change_add(&changes, sum.loop->symbol, expr_name(symbol));
    Stmt *loop = stmt_for(symbol, sum.loop->from, sum.loop->to, 1);
    block_add(loop->body, around(nest, part, &changes));
    block_add(whole, loop);
    return whole;
}

/* The same in stretches if that is so much cheaper; NULL if not. */
static Stmt *cheaper(Estimates *estimates, const Nest *nest)
{
    const Stmt whole = {.kind = ST_BLOCK, .count = 1, .items = (Stmt **)&nest->loop[0]};
    double bytes = sizeof(float) * passage_elements(&whole, NULL, 0);
    Stmt *stretches = far_memory_cycles(bytes) > 0 ? carried(nest) : NULL;
    if (!stretches)
        return NULL;
    const Stmt *loop = stretches->items[1];
    double start = best_cycles(estimates, &(Stmt){.count = 1, .items = stretches->items}, 0);
    double each = best_cycles(estimates, loop->body, PEEL_DEPTH);
    double now = best_cycles(estimates, &whole, PEEL_DEPTH);
    if (start < 0 || each < 0 || now < 0)
        return NULL;
    /* What is too large for the caches comes in once all the same. */
    double cycles = start + usual_trips(loop) * each + far_memory_cycles(bytes);
    return cycles < CARRY_GAIN * now ? stretches : NULL;
}

static void carry_kernel(Estimates *estimates, Kernel *kernel)
{
    Stmt *body = stmt_block();
    for (int i = 0; i < kernel->body->count; i++) {
        Stmt *stmt = kernel->body->items[i], *stretches = NULL;
        if (stmt->kind == ST_FOR) {
            Nest nest = nest_of(stmt);
            stretches = nest.depth ? cheaper(estimates, &nest) : NULL;
        }
        block_add(body, stretches ? stretches : stmt);
    }
    kernel->body = body;
}

void carry(Model *model)
{
    const Options *options = model->options;
    for (int p = 0; p < PHASES && options->lanes > 1 && !options->branches; p++)
        for (int i = 0; model->phase[p] && i < model->phase[p]->steps; i++)
            if (model->phase[p]->step[i]->kernel->owner == model->phase[p]->step[i])
                carry_kernel(estimates_of(model), model->phase[p]->step[i]->kernel);
}
