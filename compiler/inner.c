/* inner.c - what stands inside the body of a nest. Found once; many tiles are tried with it. */
#include "inner.h"
#include "expr.h"
#include "traffic.h"

static bool is_sum(const Stmt *stmt, bool innermost)
{
    return stmt->kind == ST_ASSIGN && innermost && stmt->target->kind == EX_NAME;
}

/* ---- loops ---- */

static Loops loop_of(const Nest *nest, const Symbol *variable)
{
    for (int i = 0; i < nest->depth; i++)
        if (nest->loop[i]->symbol == variable)
            return loop_bit(i);
    return 0;
}

static void note_limit(Inner_loop *inner, const Nest *nest, const Expr *limit)
{
    if (limit->kind == EX_NAME) {
        const Loops named = loop_of(nest, limit->symbol);
        inner->named |= named;
        inner->settles &= named != 0;
    }
    inner->settles &= limit->kind != EX_LOAD && limit->kind != EX_CALL;
    for (int i = 0; i < limit->count && inner->settles; i++)
        note_limit(inner, nest, limit->args[i]);
}

static Inner_loop inner_loop_of(const Nest *nest, const Dependents *by, const Stmt *loop, double entered)
{
    Inner_loop inner = {.loop = loop, .settles = true, .entered = entered};
    note_limit(&inner, nest, loop->from);
    note_limit(&inner, nest, loop->to);
    for (int i = 0; i < nest->depth; i++)
        inner.by |= limits_depend(&by[i], loop) ? loop_bit(i) : 0;
    return inner;
}

/* What is looked at, and in what. */
typedef struct Search {
    const Nest *nest;
    const Dependents *by;
    const Stmt *fold;
    Inner found;
} Search;

static void look_inside(Search *search, const Stmt *stmt, double trips, bool innermost)
{
    Inner *found = &search->found;
    if (stmt->kind == ST_FOR) {
        PUSH(found->loop, found->loops, inner_loop_of(search->nest, search->by, stmt, trips));
        if (stmt == search->fold)
            found->folded = trips * usual_trips(stmt);
        else
            trips *= usual_trips(stmt);
        innermost = !has_loop(stmt->body);
    }
    if (is_sum(stmt, innermost)) {
        found->sums++;
        if (trips > found->trips)
            found->trips = trips;
    }
    for (int i = 0; i < stmt->count; i++)
        look_inside(search, stmt->items[i], trips, innermost);
    if (stmt->body)
        look_inside(search, stmt->body, trips, innermost);
    if (stmt->other)
        look_inside(search, stmt->other, trips, innermost);
}

Inner inner_of(const Nest *nest, const Dependents *by, const Stmt *fold)
{
    Search search = {.nest = nest, .by = by, .fold = fold, .found = {.trips = 1}};
    look_inside(&search, nest->body, 1, false);
    return search.found;
}

/* ---- what sums read ---- */

/* x[v + l] for all l is x[v + l - 1] of the next v: compilers keep it in a register until then. */
static bool is_window(const Expr *load, const Dependents *axis, const Dependents *inner)
{
    bool window = false;
    for (int i = 0; i < load->count && !window; i++)
        window = depends(axis, load->args[i]) && depends(inner, load->args[i]);
    return window;
}

static void note_read(void *context, Expr *load, bool write)
{
    Reads *reads = context;
    if (write)
        return;
    Read read = {.load = load};
    for (int i = 0; i < reads->nest->depth; i++)
        if (depends(&reads->by[i], load)) {
            read.by |= loop_bit(i);
            read.window |= is_window(load, &reads->by[i], &reads->inner) ? loop_bit(i) : 0;
        }
    PUSH(reads->read, reads->count, read);
}

static void note_reads(Reads *reads, const Stmt *stmt, bool innermost)
{
    if (stmt->kind == ST_FOR) {
        innermost = !has_loop(stmt->body);
        if (innermost)
            reads->inner = dependents_of(stmt->body, stmt->symbol);
    }
    if (is_sum(stmt, innermost))
        visit_loads(stmt, note_read, reads);
    for (int i = 0; i < stmt->count; i++)
        note_reads(reads, stmt->items[i], innermost);
    if (stmt->body)
        note_reads(reads, stmt->body, innermost);
    if (stmt->other)
        note_reads(reads, stmt->other, innermost);
}

Reads reads_of(const Nest *nest, const Dependents *by)
{
    Reads reads = {.nest = nest, .by = by};
    note_reads(&reads, nest->body, false);
    return reads;
}
