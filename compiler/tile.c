/* tile.c - a nest of parallel loops as tiles of registers.
 *
 *     for o: for n: sum = 0; for i: sum += x[n][i] * w[i][o]; y[n][o] = sum
 *
 * with lanes over o, 2 columns and 3 rows becomes: for o in steps of 2 vectors, for n in steps of 3, six vectors of
 * sums, one loop over i that feeds them all, six stores. Every statement is written once for each copy that it differs
 * in: a value that depends on neither loop once, one that depends on n only 3 times, and so on; a local variable has
 * as many copies. Each sum is added in the order of the template, so the bits are the template's. What is left over at
 * the ends is a smaller tile, its last vector partly filled. */
#include "tile.h"
#include "affine.h"
#include "parallel.h"
#include "sizes.h"

#include <limits.h>

/* ---- one tile ---- */

typedef struct Copy {
    const Symbol *symbol;
    Symbol **copies; /* [rows * columns]; equal where it does not depend */
} Copy;

enum { AXES_MAX = 1 + FULL_MAX };

/* A loop that has rows in the tile: they are its iterations base, base + 1, ... */
typedef struct Axis {
    Dependents by;
    Expr *base;
    int rows, stride; /* the tile's rows are numbered with the last axis fastest */
} Axis;

typedef struct Expander {
    const Nest *nest;
    const Tile *tile;
    int rows, columns, part; /* of this tile; part: filled lanes of its last vector, 0: all */
    int axes;
    Axis axis[AXES_MAX];
    Expr *lane_base;
    Dependents by_lane;
    Changes common; /* loop variables inside the body */
    int copies;
    Copy *copy;
    bool *active; /* [rows]; inside a branch or a loop that some rows skip: the others */
} Expander;

static const Symbol *lane_symbol(const Expander *e)
{
    return e->tile->lane_loop < 0 ? NULL : e->nest->loop[e->tile->lane_loop]->symbol;
}

/* The axes on which an expression depends, a bit each. */
static unsigned axes_of(const Expander *e, const Expr *expr)
{
    unsigned axes = 0;
    for (int i = 0; i < e->axes; i++)
        if (depends(&e->axis[i].by, expr))
            axes |= 1u << i;
    return axes;
}

static bool lane_dependent(const Expander *e, const Expr *expr)
{
    return lane_symbol(e) && depends(&e->by_lane, expr);
}

static int place_on(const Axis *axis, int row)
{
    return row / axis->stride % axis->rows;
}

/* Rows that are alike on these axes share what depends on nothing else: the first active one has it. */
static int leader(const Expander *e, unsigned axes, int row)
{
    for (int other = 0; other < row; other++) {
        bool alike = e->active[other];
        for (int i = 0; i < e->axes && alike; i++)
            alike = !(axes & 1u << i) || place_on(&e->axis[i], other) == place_on(&e->axis[i], row);
        if (alike)
            return other;
    }
    return row;
}

static bool leads(const Expander *e, unsigned axes, int row)
{
    return e->active[row] && leader(e, axes, row) == row;
}

static int first_active(const Expander *e)
{
    int row = 0;
    while (row < e->rows - 1 && !e->active[row])
        row++;
    return row;
}

static Symbol *copy_of(const Expander *e, const Symbol *symbol, int row, int column)
{
    for (int i = e->copies - 1; i >= 0; i--)
        if (e->copy[i].symbol == symbol)
            return e->copy[i].copies[row * e->columns + column];
    return NULL;
}

/* An expression as it is for one row and one column. */
static Expr *instantiate(Expander *e, const Expr *expr, int row, int column, bool subscript);

static Expr *lane_index(Expander *e, int column, bool subscript)
{
    Expr *base = expr_binary(EX_ADD, e->lane_base, expr_int((long long)column * e->tile->lanes));
    if (subscript || e->tile->lanes == 1)
        return base;
    Expr *iota = NEW(Expr);
    *iota = (Expr){.kind = EX_IOTA, .type = TYPE_INT, .lanes = true};
    if (is_int(base, 0))
        return iota;
    Expr *sum = NEW(Expr);
    *sum = (Expr){.kind = EX_ADD, .type = TYPE_INT, .lanes = true, .count = 2};
    sum->args = NEW_ARRAY(2, Expr *);
    sum->args[0] = base;
    sum->args[1] = iota;
    return sum;
}

static Expr *instantiate_name(Expander *e, const Expr *expr, int row, int column, bool subscript)
{
    for (int i = 0; i < e->axes; i++)
        if (expr->symbol == e->axis[i].by.variable)
            return expr_binary(EX_ADD, e->axis[i].base, expr_int(place_on(&e->axis[i], row)));
    if (expr->symbol == lane_symbol(e))
        return lane_index(e, column, subscript);
    Symbol *copy = copy_of(e, expr->symbol, row, column);
    if (copy)
        return expr_name(copy);
    return expr_copy(&e->common, expr);
}

static Expr *instantiate_load(Expander *e, const Expr *expr, int row, int column)
{
    Expr **subscripts = expr->count ? NEW_ARRAY(expr->count, Expr *) : NULL;
    for (int i = 0; i < expr->count; i++)
        subscripts[i] = instantiate(e, expr->args[i], row, column, true);
    Expr *load = expr_load(expr->array, expr->count, subscripts);
    load->lanes = e->tile->lanes > 1 && lane_dependent(e, expr);
    if (load->lanes && column == e->columns - 1)
        load->part = e->part;
    return load;
}

static Expr *instantiate(Expander *e, const Expr *expr, int row, int column, bool subscript)
{
    if (expr->kind == EX_NAME)
        return instantiate_name(e, expr, row, column, subscript);
    if (expr->kind == EX_LOAD)
        return instantiate_load(e, expr, row, column);
    if (expr->count == 2 && expr->type == TYPE_INT && !lane_dependent(e, expr))
        return expr_binary(expr->kind, instantiate(e, expr->args[0], row, column, subscript),
                           instantiate(e, expr->args[1], row, column, subscript));
    Expr *copy = NEW(Expr);
    *copy = *expr;
    copy->args = expr->count ? NEW_ARRAY(expr->count, Expr *) : NULL;
    for (int i = 0; i < expr->count; i++) {
        copy->args[i] = instantiate(e, expr->args[i], row, column, subscript);
        copy->lanes |= copy->args[i]->lanes;
    }
    if (subscript && copy->count == 2 && !copy->lanes)
        return expr_binary(copy->kind, copy->args[0], copy->args[1]);
    return copy;
}

/* ---- statements ---- */

static Symbol **new_copies(Expander *e, const Symbol *symbol, unsigned axes, bool by_lane)
{
    Symbol **copies = NEW_ARRAY(e->rows * e->columns, Symbol *);
    bool rows = axes && e->rows > 1, columns = by_lane && e->columns > 1;
    for (int row = 0; row < e->rows; row++)
        for (int column = 0; column < e->columns; column++) {
            Symbol **place = &copies[row * e->columns + column];
            int first = leader(e, axes, row);
            if (first != row || (!by_lane && column)) {
                *place = copies[first * e->columns + (by_lane ? column : 0)];
                continue;
            }
            const char *name = symbol->name;
            if (rows && columns)
                name = format("%s%d_%d", symbol->name, row, column);
            else if (rows || columns)
                name = format("%s%d", symbol->name, rows ? row : column);
            *place = symbol_new(symbol->kind, symbol->type, name);
            (*place)->assigned = symbol->assigned;
            (*place)->lanes = by_lane && e->tile->lanes > 1;
        }
    return copies;
}

static void add_copies(Expander *e, const Symbol *symbol, Symbol **copies)
{
    e->copy = push_grow(e->copy, e->copies, sizeof(Copy));
    e->copy[e->copies++] = (Copy){symbol, copies};
}

static void expand(Expander *e, const Stmt *stmt, Stmt *into);

static void expand_declaration(Expander *e, const Stmt *stmt, Stmt *into)
{
    Expr name = {.kind = EX_NAME, .symbol = stmt->symbol};
    unsigned axes = axes_of(e, &name);
    bool by_lane = lane_dependent(e, &name);
    Symbol **copies = new_copies(e, stmt->symbol, axes, by_lane);
    for (int row = 0; row < e->rows; row++)
        for (int column = 0; leads(e, axes, row) && column < (by_lane ? e->columns : 1); column++)
            block_add(into,
                      stmt_declare(copies[row * e->columns + column], instantiate(e, stmt->value, row, column, false)));
    add_copies(e, stmt->symbol, copies);
}

static void expand_assignment(Expander *e, const Stmt *stmt, Stmt *into)
{
    unsigned axes = axes_of(e, stmt->target);
    bool by_lane = lane_dependent(e, stmt->target);
    for (int row = 0; row < e->rows; row++)
        for (int column = 0; leads(e, axes, row) && column < (by_lane ? e->columns : 1); column++) {
            Stmt *copy = stmt_assign(instantiate(e, stmt->target, row, column, false),
                                     instantiate(e, stmt->value, row, column, false));
            copy->add = stmt->add;
            block_add(into, copy);
        }
}

static void add_loop(Expander *e, const Stmt *stmt, Expr *from, Expr *to, Stmt *into)
{
    Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, stmt->symbol->name);
    Stmt *loop = stmt_for(symbol, from, to, stmt->step);
    change_add(&e->common, stmt->symbol, expr_name(symbol));
    expand(e, stmt->body, loop->body);
    if (loop->body->count)
        block_add(into, loop);
}

/* The least number above `after` at which a row begins or ends. */
static long long next_end(const Expander *e, const long long *from, const long long *to, long long after)
{
    long long next = LLONG_MAX;
    for (int row = 0; row < e->rows; row++) {
        if (!e->active[row] || from[row] >= to[row])
            continue;
        next = from[row] > after && from[row] < next ? from[row] : next;
        next = to[row] > after && to[row] < next ? to[row] : next;
    }
    return next;
}

/* A loop whose limits are other numbers for other rows: in pieces, each for the rows that are in it. */
static void expand_ragged_loop(Expander *e, const Stmt *stmt, Stmt *into)
{
    const Application none = {0};
    long long *from = NEW_ARRAY(e->rows, long long), *to = NEW_ARRAY(e->rows, long long);
    for (int row = 0; row < e->rows; row++) {
        size_value(instantiate(e, stmt->from, row, 0, true), &none, &from[row]);
        size_value(instantiate(e, stmt->to, row, 0, true), &none, &to[row]);
    }
    bool *outer = e->active;
    for (long long at = next_end(e, from, to, LLONG_MIN), end; at != LLONG_MAX; at = end) {
        end = next_end(e, from, to, at);
        if (end == LLONG_MAX)
            break;
        bool *inside = NEW_ARRAY(e->rows, bool), any = false;
        for (int row = 0; row < e->rows; row++)
            any |= inside[row] = outer[row] && from[row] <= at && end <= to[row];
        e->active = inside;
        if (any)
            add_loop(e, stmt, expr_int(at), expr_int(end), into);
        e->active = outer;
    }
}

static void expand_loop(Expander *e, const Stmt *stmt, Stmt *into)
{
    int row = first_active(e);
    if (axes_of(e, stmt->from) | axes_of(e, stmt->to))
        expand_ragged_loop(e, stmt, into);
    else
        add_loop(e, stmt, instantiate(e, stmt->from, row, 0, true), instantiate(e, stmt->to, row, 0, true), into);
}

static Stmt *expand_block(Expander *e, const Stmt *stmt)
{
    Stmt *block = stmt_block();
    if (stmt)
        expand(e, stmt, block);
    return stmt ? block : NULL;
}

static void add_branch(Expander *e, const Stmt *stmt, int row, Stmt *into)
{
    Stmt *branch = stmt_new(ST_IF);
    branch->value = instantiate(e, stmt->value, row, 0, false);
    branch->body = expand_block(e, stmt->body);
    branch->other = expand_block(e, stmt->other);
    block_add(into, branch);
}

static void expand_branch(Expander *e, const Stmt *stmt, Stmt *into)
{
    bool *outer = e->active;
    if (!axes_of(e, stmt->value)) {
        add_branch(e, stmt, first_active(e), into);
        return;
    }
    for (int row = 0; row < e->rows; row++) {
        if (!outer[row])
            continue;
        e->active = NEW_ARRAY(e->rows, bool);
        e->active[row] = true;
        add_branch(e, stmt, row, into);
    }
    e->active = outer;
}

static void expand(Expander *e, const Stmt *stmt, Stmt *into)
{
    switch (stmt->kind) {
    case ST_BLOCK: {
        int copies = e->copies;
        for (int i = 0; i < stmt->count; i++)
            expand(e, stmt->items[i], into);
        e->copies = copies;
        return;
    }
    case ST_FOR:
        expand_loop(e, stmt, into);
        return;
    case ST_DECLARE:
        expand_declaration(e, stmt, into);
        return;
    case ST_ASSIGN:
        expand_assignment(e, stmt, into);
        return;
    case ST_IF:
        expand_branch(e, stmt, into);
        return;
    }
}

/* ---- the loops around the tiles ---- */

typedef struct Cutter {
    const Nest *nest;
    const Tile *tile;
    Changes outer; /* loop variables outside the tile */
} Cutter;

int tile_full_rows(const Nest *nest, const Tile *tile)
{
    int rows = 1;
    for (int i = 0; i < tile->fulls; i++) {
        const Stmt *loop = nest->loop[tile->full_loop[i]];
        rows *= (int)(loop->to->number - loop->from->number);
    }
    return rows;
}

static void add_axis(Expander *e, int loop, Expr *base, int rows)
{
    const Stmt *own = e->nest->loop[loop];
    for (int i = 0; i < e->axes; i++)
        e->axis[i].stride *= rows;
    e->axis[e->axes++] = (Axis){dependents_of(e->nest->body, own->symbol), base, rows, 1};
    e->rows *= rows;
}

static void add_tile(const Cutter *cutter, int rows, int columns, int part, Expr *row_base, Expr *lane_base, Stmt *into)
{
    const Nest *nest = cutter->nest;
    const Tile *tile = cutter->tile;
    Expander e = {.nest = nest, .tile = tile, .rows = 1, .columns = columns, .part = part, .lane_base = lane_base};
    if (tile->row_loop >= 0)
        add_axis(&e, tile->row_loop, row_base, rows);
    for (int i = 0; i < tile->fulls; i++) {
        const Stmt *loop = nest->loop[tile->full_loop[i]];
        add_axis(&e, tile->full_loop[i], loop->from, (int)(loop->to->number - loop->from->number));
    }
    e.active = NEW_ARRAY(e.rows, bool);
    for (int row = 0; row < e.rows; row++)
        e.active[row] = true;
    if (lane_symbol(&e))
        e.by_lane = dependents_of(nest->body, lane_symbol(&e));
    for (int i = 0; i < cutter->outer.count; i++)
        change_add(&e.common, cutter->outer.change[i].symbol, cutter->outer.change[i].by);
    expand(&e, nest->body, into);
}

/* A range in steps of `size`: a loop over the whole steps if there are several, and the rest behind. */
typedef struct Cut {
    long long from, whole, rest; /* elements */
    int size;
} Cut;

static Cut cut_range(const Stmt *loop, int size)
{
    long long from = loop->from->number, extent = loop->to->number - from;
    return (Cut){from, extent / size * size, extent % size, size};
}

static void add_rows(const Cutter *cutter, int columns, int part, Expr *lane_base, Stmt *into)
{
    if (cutter->tile->row_loop < 0) {
        add_tile(cutter, 1, columns, part, NULL, lane_base, into);
        return;
    }
    const Stmt *loop = cutter->nest->loop[cutter->tile->row_loop];
    Cut cut = cut_range(loop, cutter->tile->rows);
    if (cut.whole > cut.size) {
        Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, loop->symbol->name);
        Stmt *tiles = stmt_for(symbol, expr_int(cut.from), expr_int(cut.from + cut.whole), cut.size);
        add_tile(cutter, cut.size, columns, part, expr_name(symbol), lane_base, tiles->body);
        block_add(into, tiles);
    } else if (cut.whole) {
        add_tile(cutter, cut.size, columns, part, expr_int(cut.from), lane_base, into);
    }
    if (cut.rest)
        add_tile(cutter, (int)cut.rest, columns, part, expr_int(cut.from + cut.whole), lane_base, into);
}

static void add_columns(const Cutter *cutter, Stmt *into)
{
    const Tile *tile = cutter->tile;
    if (tile->lane_loop < 0) {
        add_rows(cutter, 1, 0, NULL, into);
        return;
    }
    const Stmt *loop = cutter->nest->loop[tile->lane_loop];
    Cut cut = cut_range(loop, tile->columns * tile->lanes);
    if (cut.whole > cut.size) {
        Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, loop->symbol->name);
        Stmt *tiles = stmt_for(symbol, expr_int(cut.from), expr_int(cut.from + cut.whole), cut.size);
        add_rows(cutter, tile->columns, 0, expr_name(symbol), tiles->body);
        block_add(into, tiles);
    } else if (cut.whole) {
        add_rows(cutter, tile->columns, 0, expr_int(cut.from), into);
    }
    int vectors = (int)((cut.rest + tile->lanes - 1) / tile->lanes);
    if (vectors)
        add_rows(cutter, vectors, (int)(cut.rest % tile->lanes), expr_int(cut.from + cut.whole), into);
}

Stmt *tile_nest(const Nest *nest, const Tile *tile)
{
    Cutter cutter = {.nest = nest, .tile = tile};
    Stmt *whole = stmt_block(), *at = whole;
    for (int i = 0; i < nest->depth; i++) {
        bool full = false;
        for (int f = 0; f < tile->fulls; f++)
            full |= tile->full_loop[f] == i;
        if (full || i == tile->lane_loop || i == tile->row_loop)
            continue;
        Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, nest->loop[i]->symbol->name);
        Stmt *loop = stmt_for(symbol, expr_copy(&cutter.outer, nest->loop[i]->from),
                              expr_copy(&cutter.outer, nest->loop[i]->to), nest->loop[i]->step);
        change_add(&cutter.outer, nest->loop[i]->symbol, expr_name(symbol));
        block_add(at, loop);
        at = loop->body;
    }
    add_columns(&cutter, at);
    if (whole->count)
        whole->items[0]->comment = nest->loop[0]->comment;
    return whole;
}
