/* tile.c - a nest of parallel loops as tiles of registers.
 *
 *     for o: for n: sum = 0; for i: sum += x[n][i] * w[i][o]; y[n][o] = sum
 *
 * with lanes over o, 2 columns and 3 rows becomes: for o in steps of 2 vectors, for n in steps of 3,
 *
 *     nnc_vec sum[3][2];
 *     for all 3 x 2: sum = 0; for i: for all 3 x 2: sum += x * w; for all 3 x 2: y = sum
 *
 * where `for all` is a loop of constant size that the C compiler writes out, so that the array lives in registers. A
 * statement stands in the loops of those axes of the tile on which it depends. Each sum is added in the order of the
 * template, so the bits are the template's. What is left over at the ends is a smaller tile, its last vector partly
 * filled.
 *
 * Where the array of the columns is packed tile by tile (pack.c), that waits for the memory. So the loops that compute
 * one tile ask for the lines of the next one, one of each row in each iteration around them. */
#include "tile.h"
#include "expand.h"
#include "pack.h"
#include "stretch.h"
#include "traffic.h"

/* Where numbers that were packed are used more often than that, to wait for them is nothing beside it. */
static const double PREFETCH_PASSES = 1024;

typedef struct Cutter {
    const Nest *nest;
    const Tile *tile;
    Changes outer;    /* loop variables outside the tile */
    const Stmt *pass; /* the innermost of these loops: each iteration reads what was packed; NULL: there is none */
    bool goes_on;     /* columns come behind the tile's */
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

/* How often each number that was packed is used. */
static double passes_through(const Cutter *cutter)
{
    double passes = 1;
    for (int i = 0; i < cutter->nest->depth; i++)
        passes *= i == cutter->tile->lane_loop ? 1 : usual_trips(cutter->nest->loop[i]);
    return passes;
}

/* Each pass through what was packed brings one line of each row from behind the tile's columns, later ones the last. */
static Expr *next_columns(const Cutter *cutter, int columns)
{
    const Tile *tile = cutter->tile;
    if (!tile->pack.to || tile->pack.from->half || !cutter->pass || !cutter->goes_on ||
        passes_through(cutter) > PREFETCH_PASSES)
        return NULL;
    const int width = columns * tile->lanes, lines = (width + LINE_ELEMENTS - 1) / LINE_ELEMENTS;
    const bool few = is_counted(cutter->pass) && cutter->pass->to->number <= lines + 1;
    Expr *pass = expr_name(cutter->pass->symbol), *line = few ? pass : expr_choice(EX_LT, pass, expr_int(lines));
    return expr_binary(EX_ADD, expr_int(width), expr_binary(EX_MUL, line, expr_int(LINE_ELEMENTS)));
}

static void add_tile(const Cutter *cutter, int rows, int columns, int part, Expr *row_base, Expr *lane_base, Stmt *into)
{
    const Nest *nest = cutter->nest;
    const Tile *tile = cutter->tile;
    Expander e = {.tile = tile, .part = part, .ahead = next_columns(cutter, columns)};
    if (tile->row_loop >= 0)
        add_axis(&e, nest, tile->row_loop, (Axis){.base = row_base, .size = rows, .step = 1});
    for (int i = 0; i < tile->fulls; i++) {
        const Stmt *loop = nest->loop[tile->full_loop[i]];
        int size = (int)(loop->to->number - loop->from->number);
        add_axis(&e, nest, tile->full_loop[i], (Axis){.base = loop->from, .size = size, .step = 1});
    }
    if (tile->lane_loop >= 0)
        add_axis(&e, nest, tile->lane_loop,
                 (Axis){.base = lane_base, .size = columns, .step = tile->lanes, .lane = true});
    for (int i = 0; i < cutter->outer.count; i++)
        change_add(&e.common, cutter->outer.change[i].symbol, cutter->outer.change[i].by);
    expand_tile(&e, nest->body, into);
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

/* `whole` elements from `from` on, a tile after the other. */
static void add_row_tiles(const Cutter *cutter, Cut rows, int columns, int part, Expr *lane_base, Stmt *into)
{
    if (rows.whole > rows.size) {
        Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, cutter->nest->loop[cutter->tile->row_loop]->symbol->name);
        Stmt *tiles = stmt_for(symbol, expr_int(rows.from), expr_int(rows.from + rows.whole), rows.size);
        add_tile(cutter, rows.size, columns, part, expr_name(symbol), lane_base, tiles->body);
        block_add(into, tiles);
    } else if (rows.whole) {
        add_tile(cutter, rows.size, columns, part, expr_int(rows.from), lane_base, into);
    }
}

/* Tiles of rows in which all limits are the same numbers need no number themselves. */
static Cut plain_rows(const Nest *nest, const Tile *tile, Cut rows, Nest *plain)
{
    Stretch even;
    const Cut none = {.from = rows.from, .size = rows.size};
    if (tile->fold || !even_stretch(nest, tile->row_loop, &even))
        return none;
    long long first = (even.from - rows.from + rows.size - 1) / rows.size * rows.size;
    long long behind = (even.to - rows.from) / rows.size * rows.size;
    if (behind - first < 2 * rows.size)
        return none;
    const Symbol *symbol = nest->loop[tile->row_loop]->symbol;
    *plain = *nest;
    plain->body = stmt_copy(&(Changes){0}, nest->body);
    decide_limits(plain->body, symbol, even);
    const Dependents by = dependents_of(plain->body, symbol);
    return inner_limits_depend(&by, plain->body) ? none : (Cut){rows.from + first, behind - first, 0, rows.size};
}

static void add_numbered_rows(const Cutter *cutter, Cut rows, int columns, int part, Expr *lane_base, Stmt *into)
{
    Nest nest;
    const Cut plain = plain_rows(cutter->nest, cutter->tile, rows, &nest);
    for (long long base = rows.from; base < rows.from + rows.whole; base += rows.size) {
        if (base == plain.from && plain.whole) {
            Cutter inside = *cutter;
            inside.nest = &nest;
            add_row_tiles(&inside, plain, columns, part, lane_base, into);
            base += plain.whole;
        }
        if (base < rows.from + rows.whole)
            add_tile(cutter, rows.size, columns, part, expr_int(base), lane_base, into);
    }
}

static void add_rows(const Cutter *cutter, int columns, int part, Expr *lane_base, Stmt *into)
{
    if (cutter->tile->row_loop < 0) {
        add_tile(cutter, 1, columns, part, NULL, lane_base, into);
        return;
    }
    const Cut rows = cut_range(cutter->nest->loop[cutter->tile->row_loop], cutter->tile->rows);
    if (cutter->tile->numbered)
        add_numbered_rows(cutter, rows, columns, part, lane_base, into);
    else
        add_row_tiles(cutter, rows, columns, part, lane_base, into);
    if (rows.rest)
        add_tile(cutter, (int)rows.rest, columns, part, expr_int(rows.from + rows.whole), lane_base, into);
}

/* The loops that have no part in the tile. Returns the body of the innermost. */
static Stmt *add_outer_loops(Cutter *cutter, Stmt *into)
{
    const Nest *nest = cutter->nest;
    const Tile *tile = cutter->tile;
    cutter->outer.count = 0;
    cutter->pass = NULL;
    for (int i = 0; i < nest->depth; i++) {
        bool inside = i == tile->lane_loop || i == tile->row_loop;
        for (int f = 0; f < tile->fulls; f++)
            inside |= tile->full_loop[f] == i;
        if (inside)
            continue;
        const Stmt *from = nest->loop[i];
        Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, from->symbol->name);
        Stmt *loop =
            stmt_for(symbol, expr_copy(&cutter->outer, from->from), expr_copy(&cutter->outer, from->to), from->step);
        change_add(&cutter->outer, from->symbol, expr_name(symbol));
        cutter->pass = loop;
        block_add(into, loop);
        into = loop->body;
    }
    return into;
}

/* `filled` columns of numbers, from `lane_base` on. */
static void add_column_tile(Cutter *cutter, int filled, Expr *lane_base, Stmt *into)
{
    const Tile *tile = cutter->tile;
    if (tile->pack.to) {
        block_add(into, pack_tile(cutter->nest, tile, lane_base, filled));
        into = add_outer_loops(cutter, into);
    }
    add_rows(cutter, (filled + tile->lanes - 1) / tile->lanes, filled % tile->lanes, lane_base, into);
}

static void add_columns(Cutter *cutter, Stmt *into)
{
    const Tile *tile = cutter->tile;
    if (tile->lane_loop < 0) {
        add_rows(cutter, 1, 0, NULL, into);
        return;
    }
    const Stmt *loop = cutter->nest->loop[tile->lane_loop];
    Cut cut = cut_range(loop, tile->columns * tile->lanes);
    cutter->goes_on = cut.whole > cut.size || cut.rest;
    if (cut.whole > cut.size) {
        Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, loop->symbol->name);
        Stmt *tiles = stmt_for(symbol, expr_int(cut.from), expr_int(cut.from + cut.whole), cut.size);
        add_column_tile(cutter, cut.size, expr_name(symbol), tiles->body);
        block_add(into, tiles);
    } else if (cut.whole) {
        add_column_tile(cutter, cut.size, expr_int(cut.from), into);
    }
    cutter->goes_on = false;
    if (cut.rest)
        add_column_tile(cutter, (int)cut.rest, expr_int(cut.from + cut.whole), into);
}

Stmt *tile_nest(const Nest *nest, const Tile *tile)
{
    Cutter cutter = {.nest = nest, .tile = tile};
    Stmt *whole = stmt_block();
    add_columns(&cutter, tile->pack.to ? whole : add_outer_loops(&cutter, whole));
    if (whole->count)
        whole->items[0]->comment = nest->loop[0]->comment;
    return whole;
}
