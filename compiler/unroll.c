/* unroll.c - short loops are written out. Needs scheduled nests; leaves loops that are longer.
 *
 * A network of a few neurons becomes straight code: a nest that is short as a whole has no loop left, and what were
 * arrays in registers are single variables, sum[0][1] is sum0_1. Elsewhere a loop of few iterations around a few
 * statements is written out, and the loops over the cells of a tile stay: the C compiler unrolls them. */
#include "unroll.h"
#include "expr.h"
#include "traffic.h"

#include <string.h>

/* A loop of few iterations whose straight form is short. */
enum { TRIPS_MOST = 16, LANES_MOST = 64, SCALAR_MOST = 8 };

/* ---- nests that are short as a whole ---- */

/* Statements of the straight form; more than LANES_MOST: too many, or a loop that is long or not counted. */
static double straight_size(const Stmt *stmt)
{
    double size = stmt->kind == ST_ASSIGN || stmt->kind == ST_DECLARE;
    for (int i = 0; i < stmt->count; i++)
        size += straight_size(stmt->items[i]);
    if (stmt->body)
        size += straight_size(stmt->body);
    if (stmt->other)
        size += straight_size(stmt->other);
    if (stmt->kind == ST_FOR)
        return is_counted(stmt) && usual_trips(stmt) <= TRIPS_MOST ? size * usual_trips(stmt) : LANES_MOST + 1;
    return size;
}

static Stmt *written_out(const Stmt *loop)
{
    Stmt *block = stmt_block();
    for (long long i = loop->from->number; i < loop->to->number; i += loop->step) {
        Changes changes = {0};
        change_add(&changes, loop->symbol, expr_int(i));
        block_add(block, stmt_copy(&changes, loop->body));
    }
    if (block->count)
        block->items[0]->comment = loop->comment;
    return block;
}

static Stmt *straight(Stmt *stmt)
{
    if (stmt->kind == ST_BLOCK) {
        Stmt *block = stmt_block();
        for (int i = 0; i < stmt->count; i++)
            block_add(block, straight(stmt->items[i]));
        return block;
    }
    if (stmt->body)
        stmt->body = straight(stmt->body);
    if (stmt->other)
        stmt->other = straight(stmt->other);
    return stmt->kind == ST_FOR ? written_out(stmt) : stmt;
}

/* ---- arrays in registers as single variables ---- */

typedef struct Single {
    const Symbol *array;
    const char *name;
    Symbol *symbol;
} Single;

typedef struct Singles {
    int count;
    Single *single;
} Singles;

static const char *element_name(const Expr *element)
{
    const char *name = element->symbol->name;
    for (int i = 0; i < element->count; i++)
        name = format(i ? "%s_%lld" : "%s%lld", name, element->args[i]->number);
    return name;
}

/* The variable of an element; a new one the first time. */
static Symbol *single_of(Singles *singles, const Expr *element, bool *is_new)
{
    const char *name = element_name(element);
    for (int i = singles->count - 1; i >= 0; i--)
        if (singles->single[i].array == element->symbol && strcmp(singles->single[i].name, name) == 0)
            return singles->single[i].symbol;
    Symbol *symbol = symbol_new(SYM_LOCAL, element->symbol->type, name);
    symbol->lanes = element->symbol->lanes;
    symbol->assigned = true;
    singles->single = push_grow(singles->single, singles->count, sizeof(Single));
    singles->single[singles->count++] = (Single){element->symbol, name, symbol};
    *is_new = true;
    return symbol;
}

static void make_single(void *context, Expr *expr, bool write)
{
    (void)write;
    bool is_new = false;
    if (expr->kind == EX_ELEMENT)
        *expr = *expr_name(single_of(context, expr, &is_new));
}

/* The first assignment to an element declares its variable. */
static Stmt *with_singles(Singles *singles, Stmt *stmt)
{
    if (stmt->kind == ST_DECLARE && stmt->symbol->rank)
        return NULL;
    if (stmt->kind == ST_ASSIGN && stmt->target->kind == EX_ELEMENT && !stmt->add) {
        bool is_new = false;
        Symbol *symbol = single_of(singles, stmt->target, &is_new);
        if (is_new) {
            Stmt *declaration = stmt_declare(symbol, stmt->value);
            declaration->comment = stmt->comment;
            stmt = declaration;
        }
    }
    int kept = 0;
    for (int i = 0; i < stmt->count; i++) {
        Stmt *item = with_singles(singles, stmt->items[i]);
        if (item)
            stmt->items[kept++] = item;
    }
    stmt->count = kept;
    if (stmt->body)
        stmt->body = with_singles(singles, stmt->body);
    if (stmt->other)
        stmt->other = with_singles(singles, stmt->other);
    if (stmt->kind == ST_ASSIGN || stmt->kind == ST_DECLARE)
        visit_stmt(stmt, make_single, singles);
    return stmt;
}

/* ---- single loops ---- */

/* Inner loops first. */
static Stmt *unroll_inner(Stmt *stmt, int most)
{
    if (stmt->kind == ST_BLOCK) {
        Stmt *block = stmt_block();
        for (int i = 0; i < stmt->count; i++)
            block_add(block, unroll_inner(stmt->items[i], most));
        return block;
    }
    if (stmt->body)
        stmt->body = unroll_inner(stmt->body, most);
    if (stmt->other)
        stmt->other = unroll_inner(stmt->other, most);
    if (stmt->kind != ST_FOR || stmt->unroll || !is_counted(stmt) || has_loop(stmt->body))
        return stmt;
    double trips = usual_trips(stmt);
    return trips <= TRIPS_MOST && trips * stmt_size(stmt->body) <= most ? written_out(stmt) : stmt;
}

Stmt *unroll(Stmt *stmt, Unrolling unrolling)
{
    return unroll_inner(stmt, unrolling == UNROLL_LANES ? LANES_MOST : SCALAR_MOST);
}

Stmt *unroll_tiles(Stmt *tiles)
{
    return straight_size(tiles) <= LANES_MOST ? with_singles(&(Singles){0}, straight(tiles)) : tiles;
}
