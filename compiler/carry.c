/* carry.c - sums over more than the caches hold, in stretches. Needs nests without guards; leaves others.
 *
 * The gradient of a weight is a sum over all images, for each tap: so the images pass through once for each tap.
 * Instead of `sum = 0; for n: ...; w = sum` in all iterations of a nest, w = 0 in all of them, then for each n in turn
 * in all of them `sum = w; ...; w = sum`: the same sums in the same order, and what one n reads is read again while it
 * is near.
 *
 * A large matrix of which each number is needed once has long rows: a tile would take a few lines of each, and the next
 * tile the lines beside them. So all tiles take the same few rows, then the next ones: the matrix comes in as it lies in
 * memory. */
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

/* ---- rows of a matrix ---- */

/* Of the matrix at a time: few enough that each is a stream of its own for the processor. */
enum { ROWS = 8 };

typedef struct Matrix_sum {
    const Nest *nest;
    const Stmt *start, *loop; /* of the sum; in the nest's body statements that use it follow */
    const Expr *target;       /* of the last one */
    bool has_matrix;          /* a row for each iteration of the sum, longer than tiles are wide */
} Matrix_sum;

static bool is_subscript(const Expr *load, const Symbol *symbol)
{
    bool found = false;
    for (int i = 0; i + 1 < load->count; i++)
        found |= load->args[i]->kind == EX_NAME && load->args[i]->symbol == symbol;
    return found;
}

static void note_matrix(void *context, Expr *load, bool write)
{
    Matrix_sum *sum = context;
    const Nest *nest = sum->nest;
    if (write)
        return;
    bool each_once = is_subscript(load, sum->loop->symbol);
    for (int i = 0; i < nest->depth; i++)
        each_once &= mentions(load, nest->loop[i]->symbol);
    sum->has_matrix |= each_once && stride_of(load, nest->loop[nest->depth - 1]->symbol) == STRIDE_UNIT;
}

/* A local that starts as a number, a loop that does nothing but add to it, what is made of it, and one store of that. */
static bool matrix_sum_of(const Nest *nest, int lanes, Matrix_sum *sum)
{
    const Stmt *body = nest->body, *wide = nest->loop[nest->depth - 1];
    if (body->count < 3 || !is_counted(wide) || wide->to->number - wide->from->number <= COLUMNS_MAX * lanes)
        return false;
    const Stmt *last = body->items[body->count - 1];
    *sum = (Matrix_sum){.nest = nest, .start = body->items[0], .loop = body->items[1], .target = last->target};
    if (sum->start->kind != ST_DECLARE || !sum->start->value || sum->start->value->kind != EX_REAL ||
        !is_counted(sum->loop) || sum->loop->step != 1 || !is_int(sum->loop->from, 0) ||
        sum->loop->to->number < 2 * ROWS || sum->loop->body->count != 1 ||
        sum->loop->body->items[0]->kind != ST_ASSIGN || last->kind != ST_ASSIGN || last->add ||
        last->target->kind != EX_LOAD || last->target->type != TYPE_REAL || stmt_reads(body, last->target->array))
        return false;
    for (int i = 2; i + 1 < body->count; i++)
        if (body->items[i]->kind != ST_DECLARE)
            return false;
    visit_loads(sum->loop, note_matrix, sum);
    return sum->has_matrix;
}

/* Iterations of the sum: those of one loop, behind the ones that come before. */
static void add_terms(const Matrix_sum *sum, Stmt *into, Expr *before, int from, int to)
{
    Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, sum->loop->symbol->name);
    Stmt *loop = stmt_for(symbol, expr_int(from), expr_int(to), 1);
    Changes changes = {0};
    change_add(&changes, sum->loop->symbol, expr_binary(EX_ADD, before, expr_name(symbol)));
    block_add(loop->body, stmt_copy(&changes, sum->loop->body->items[0]));
    block_add(into, loop);
}

/* The zeros, the loop over whole stretches, and what remains with what is made of the sums. */
static Stmt *by_rows(const Matrix_sum *sum)
{
    const Nest *nest = sum->nest;
    const int trips = (int)sum->loop->to->number, whole = trips / ROWS;
    Symbol *symbol = sum->start->symbol;
    Stmt *start = stmt_block(), *part = stmt_block(), *finish = stmt_block();
    block_add(start, stmt_assign((Expr *)sum->target, sum->start->value));

    Symbol *stretch = symbol_new(SYM_LOOP, TYPE_INT, "stretch");
    block_add(part, stmt_declare(symbol, (Expr *)sum->target));
    add_terms(sum, part, expr_binary(EX_MUL, expr_name(stretch), expr_int(ROWS)), 0, ROWS);
    block_add(part, stmt_assign((Expr *)sum->target, expr_name(symbol)));

    block_add(finish, stmt_declare(symbol, (Expr *)sum->target));
    if (trips > whole * ROWS)
        add_terms(sum, finish, expr_int(0), whole * ROWS, trips);
    for (int i = 2; i < nest->body->count; i++)
        block_add(finish, nest->body->items[i]);

    Stmt *all = around(nest, start, &(Changes){0}), *loop = stmt_for(stretch, expr_int(0), expr_int(whole), 1);
    all->items[0]->comment = nest->loop[0]->comment;
    loop->body = around(nest, part, &(Changes){0});
    block_add(all, loop);
    block_add(all, around(nest, finish, &(Changes){0})->items[0]);
    return all;
}

/* ---- what is cheaper ---- */

static double nest_cycles(Estimates *estimates, Stmt *const *nest, int cuts)
{
    return best_cycles(estimates, &(Stmt){.kind = ST_BLOCK, .count = 1, .items = (Stmt **)nest}, cuts);
}

/* A nest that goes through so many bytes, by rows if that is so much cheaper; NULL if not. */
static Stmt *cheaper_by_rows(Estimates *estimates, const Nest *nest, double bytes)
{
    Matrix_sum sum;
    if (!matrix_sum_of(nest, estimates->lanes, &sum))
        return NULL;
    Stmt *rows = by_rows(&sum);
    const double start = nest_cycles(estimates, rows->items, 0), finish = nest_cycles(estimates, rows->items + 2, 0);
    const double each = best_cycles(estimates, rows->items[1]->body, 0);
    const double now = nest_cycles(estimates, nest->loop, 0);
    if (start < 0 || each < 0 || finish < 0 || now < 0)
        return NULL;
    const double cycles = start + usual_trips(rows->items[1]) * each + finish;
    return cycles < CARRY_GAIN * (now + jump_cycles(bytes, COLUMNS_MAX * estimates->lanes)) ? rows : NULL;
}

/* The same with its sums carried through the outermost of their loops. */
static Stmt *cheaper_carried(Estimates *estimates, const Nest *nest, double bytes)
{
    Stmt *stretches = carried(nest);
    if (!stretches)
        return NULL;
    const Stmt *loop = stretches->items[1];
    const double start = nest_cycles(estimates, stretches->items, 0);
    const double each = best_cycles(estimates, loop->body, PEEL_DEPTH);
    const double now = nest_cycles(estimates, nest->loop, PEEL_DEPTH);
    if (start < 0 || each < 0 || now < 0)
        return NULL;
    /* What is too large for the caches comes in once all the same. */
    const double cycles = start + usual_trips(loop) * each + far_memory_cycles(bytes);
    return cycles < CARRY_GAIN * now ? stretches : NULL;
}

static Stmt *cheaper(Estimates *estimates, Stmt *loop)
{
    const Nest nest = nest_of(loop);
    const Stmt whole = {.kind = ST_BLOCK, .count = 1, .items = &loop};
    const double bytes = nest.depth ? sizeof(float) * passage_elements(&whole, NULL, 0) : 0;
    if (far_memory_cycles(bytes) == 0)
        return NULL;
    Stmt *stretches = cheaper_carried(estimates, &nest, bytes);
    return stretches ? stretches : cheaper_by_rows(estimates, &nest, bytes);
}

static void carry_kernel(Estimates *estimates, Kernel *kernel)
{
    Stmt *body = stmt_block();
    bool any = false;
    for (int i = 0; i < kernel->body->count; i++) {
        Stmt *stmt = kernel->body->items[i], *stretches = NULL;
        if (stmt->kind == ST_FOR) {
            const Mark mark = memory_mark();
            stretches = cheaper(estimates, stmt);
            if (!stretches)
                memory_release(mark);
        }
        block_add(body, stretches ? stretches : stmt);
        any |= stretches != NULL;
    }
    if (any)
        kernel->body = body;
}

void carry(Model *model)
{
    const Options *options = model->options;
    if (options->lanes < 2 || options->branches)
        return;
    Estimates *estimates = estimates_of(model);
    for (int p = 0; p < PHASES; p++)
        for (int i = 0; model->phase[p] && i < model->phase[p]->steps; i++)
            if (model->phase[p]->step[i]->kernel->owner == model->phase[p]->step[i])
                carry_kernel(estimates, model->phase[p]->step[i]->kernel);
}
