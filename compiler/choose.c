/* choose.c - the tile in which a nest runs fastest, by estimate.
 *
 * For every parallel loop whose accesses have unit stride or none (a read that would jump is copied transposed once),
 * for every number of vectors along it, of rows along another loop and of short loops that are whole in the tile, the
 * cycles that a tile takes are estimated from the target's numbers - two multiply-adds, two loads, a latency of four,
 * what comes from which cache - and the cheapest is taken. */
#include "choose.h"
#include "affine.h"
#include "inner.h"
#include "pack.h"
#include "traffic.h"

#include <math.h>

/* Two fused multiply-adds and two loads start in a cycle; a result is there after four. */
enum { FMA_PER_CYCLE = 2, LOADS_PER_CYCLE = 2, FMA_LATENCY = 4, ROWS_MAX = 28 };
/* What one turn of a loop takes beside its work where instructions run one after the other: its counter, the branch,
 * two addresses. */
static const double STEP_CYCLES = 4;
/* What a number costs on top that comes from far away, with the others of its line. */
enum { PAGE_BYTES = 4096 };
static const double FAR_CYCLES = 0.6;
/* What it costs to copy a number into another order, within the first cache and elsewhere. */
static const double COPY_CYCLES = 2, FAR_COPY_CYCLES = 5;
/* A loop may be cut into so many tiles that are written by themselves. */
enum { NUMBERED_MOST = 4 };
/* Loops that are whole in a tile make long code: they have to be so much faster. */
static const double FULL_GAIN = 0.9;
/* A copy for each tile is more to read: it has to be so much faster. */
static const double PACK_GAIN = 0.9;
/* What is left over at an end is a tile of its own, and more to read: it has to be worth that. */
static const double REST_SHARE = 0.03;
/* In flash more so: it halves the code of ResNet-8 on a Cortex-M4 for a tenth more instructions. */
static const double FLASH_REST_SHARE = 0.2;
/* Of what is done beside something longer so much does not overlap. */
static const double APART = 0.12;
/* What a load costs on top, since not all come from the first cache. */
static const double CACHE_CYCLES = 0.2;
/* What it costs to add one lane to a sum, and to enter a loop whose limits are to be found first. */
static const double FOLD_CYCLES = 1, ENTRY_CYCLES = 5;

/* ---- one nest: what its loops may be ---- */

static bool has_constant_range(const Stmt *loop)
{
    return is_counted(loop) && loop->step == 1;
}

Nest nest_of(Stmt *loop)
{
    Nest nest = {0};
    for (bool parallel = is_parallel(loop); parallel && nest.depth < CHAIN_MAX; parallel = is_parallel_inside(loop)) {
        nest.loop[nest.depth++] = loop;
        nest.body = loop->body;
        if (loop->body->count != 1 || loop->body->items[0]->kind != ST_FOR)
            break;
        loop = loop->body->items[0];
    }
    return nest;
}

static bool index_is_hidden(const Lanes *lanes, const Expr *load)
{
    for (int i = 0; i < load->count; i++)
        if (depends(&lanes->dependents, load->args[i]) && !mentions(load->args[i], lanes->dependents.variable))
            return true;
    return false;
}

/* One copy of an array serves one of its dimensions. */
static void note_jump(Lanes *lanes, const Expr *load)
{
    int dimension = 0;
    while (!mentions(load->args[dimension], lanes->dependents.variable))
        dimension++;
    for (int i = 0; i < lanes->jumps; i++)
        if (lanes->jumping[i] == load->array) {
            lanes->possible &= lanes->dimension[i] == dimension;
            return;
        }
    if (lanes->jumps == RANK_MAX) {
        lanes->possible = false;
        return;
    }
    lanes->dimension[lanes->jumps] = dimension;
    lanes->jumping[lanes->jumps++] = load->array;
}

/* A jumping read can be served from a transposed copy if one subscript is the variable itself and nothing writes. */
static bool can_transpose(const Lanes *lanes, const Expr *load)
{
    int direct = 0, others = 0;
    for (int i = 0; i < load->count; i++) {
        if (!mentions(load->args[i], lanes->dependents.variable))
            continue;
        if (load->args[i]->kind == EX_NAME)
            direct++;
        else
            others++;
    }
    return direct == 1 && others == 0 && load->type == TYPE_REAL && !stmt_writes(lanes->nest->body, load->array);
}

static void check_access(void *context, Expr *expr, bool write)
{
    Lanes *lanes = context;
    if (expr->kind == EX_LOAD) {
        Stride stride = stride_of(expr, lanes->dependents.variable);
        if (index_is_hidden(lanes, expr) || stride == STRIDE_DATA || (write && stride != STRIDE_UNIT))
            lanes->possible = false;
        else if (stride == STRIDE_OTHER && can_transpose(lanes, expr))
            note_jump(lanes, expr);
        else if (stride == STRIDE_OTHER)
            lanes->possible = false;
        lanes->units += stride == STRIDE_UNIT;
        for (int i = 0; i < expr->count; i++)
            if (expr->args[i]->kind == EX_LOAD && depends(&lanes->dependents, expr->args[i]))
                lanes->possible = false;
    }
    bool divides = expr->kind == EX_DIV || expr->kind == EX_MOD;
    if (divides && expr->type == TYPE_INT && depends(&lanes->dependents, expr))
        lanes->possible = false;
}

/* Loops and branches inside must go the same way in all lanes. */
static bool control_is_uniform(const Dependents *dependents, const Stmt *stmt)
{
    if (stmt->kind == ST_FOR && (depends(dependents, stmt->from) || depends(dependents, stmt->to)))
        return false;
    if (stmt->kind == ST_IF && depends(dependents, stmt->value))
        return false;
    for (int i = 0; i < stmt->count; i++)
        if (!control_is_uniform(dependents, stmt->items[i]))
            return false;
    return (!stmt->body || control_is_uniform(dependents, stmt->body)) &&
           (!stmt->other || control_is_uniform(dependents, stmt->other));
}

static Lanes lanes_over(const Nest *nest, int index, const Dependents *by)
{
    const Symbol *symbol = nest->loop[index]->symbol;
    Lanes lanes = {.nest = nest, .dependents = *by, .possible = true};
    if (!has_constant_range(nest->loop[index]) || !control_is_uniform(&lanes.dependents, nest->body))
        lanes.possible = false;
    for (int i = index + 1; i < nest->depth; i++)
        if (mentions(nest->loop[i]->from, symbol) || mentions(nest->loop[i]->to, symbol))
            lanes.possible = false;
    if (lanes.possible)
        visit_stmt(nest->body, check_access, &lanes);
    return lanes;
}

static void note_store(void *context, Expr *load, bool write)
{
    (void)load;
    bool *stores = context;
    *stores |= write;
}

/* The same for a loop inside the body whose results are added one after the other. */
static Lanes lanes_inside(const Nest *nest, const Stmt *fold)
{
    Stmt body = *fold->body;
    body.count--;
    Lanes lanes = {.nest = nest, .dependents = dependents_of(&body, fold->symbol)};
    bool stores = false;
    visit_loads(&body, note_store, &stores);
    lanes.possible = has_constant_range(fold) && !stores && control_is_uniform(&lanes.dependents, &body);
    if (lanes.possible)
        visit_stmt(&body, check_access, &lanes);
    lanes.possible &= lanes.units > 0 && !lanes.jumps;
    return lanes;
}

/* ---- rows ---- */

/* The loops that have rows: the first one's may be a part of it, the others are whole in the tile. */
typedef struct Axes {
    int count;
    int loop[1 + FULL_MAX]; /* index into the nest */
    bool partial;           /* the first one */
    bool unsettled;         /* its iterations have no numbers */
} Axes;

/* Those behind the first so many. */
static Loops loops_behind(const Axes *axes, int first)
{
    Loops loops = 0;
    for (int i = first; i < axes->count; i++)
        loops |= loop_bit(axes->loop[i]);
    return loops;
}

/* Limits that become numbers if the variables of whole axes do. */
static bool is_settled(const Inner_loop *inner, const Axes *axes)
{
    return inner->settles && !(inner->named & ~loops_behind(axes, axes->unsettled));
}

/* A loop inside must be the same in all rows, or have numbers for limits in each. (A branch may differ.) */
static bool fit_the_loops(const Axes *axes, const Inner *inner)
{
    const Loops rows = loops_behind(axes, 0);
    for (int i = 0; i < inner->loops; i++) {
        const Inner_loop *own = &inner->loop[i];
        if ((own->by & rows) && (own->loop->step != 1 || !is_settled(own, axes)))
            return false;
    }
    return true;
}

static bool can_have_rows(const Nest *nest, int index)
{
    const Symbol *symbol = nest->loop[index]->symbol;
    for (int i = index + 1; i < nest->depth; i++)
        if (mentions(nest->loop[i]->from, symbol) || mentions(nest->loop[i]->to, symbol))
            return false;
    return has_constant_range(nest->loop[index]);
}

static long long extent(const Stmt *loop)
{
    return loop->to->number - loop->from->number;
}

/* ---- the work of one iteration ---- */

/* How often something is there in a tile: so many times, for each row, for each column and for each of both. */
typedef struct Copies {
    double once, rows, columns, both;
} Copies;

/* What the innermost sums of a body do in a tile over given axes. */
typedef struct Work {
    const Machine *machine;
    const Nest *nest;
    const Axes *axes;
    const Inner *inner;
    int lane_loop;          /* -1: a loop inside has the lanes */
    const Dependents *lane; /* of that */
    Copies loads;
    Copies far;       /* of these, those of other pages: without columns */
    Copies largest;   /* group of loads that no window keeps */
    double full_rows; /* of the axes that are whole */
    double entries;   /* into loops whose limits are no numbers */
} Work;

/* Whether neighbouring rows of a read lie on other pages of an array that is too large for the caches: the machine does
 * not fetch ahead there. */
static bool is_far(const Expr *load, const Symbol *row)
{
    long long stride = 0, elements = 1;
    for (int i = load->count - 1; i >= 0; i--) {
        if (load->args[i]->kind == EX_NAME && load->args[i]->symbol == row)
            stride += elements;
        elements *= load->array->dims[i]->number;
    }
    return stride * REAL_BYTES >= PAGE_BYTES && elements * REAL_BYTES >= SECOND_CACHE_BYTES;
}

static double copies_in(const Copies *copies, double rows, double columns)
{
    return copies->once + copies->rows * rows + copies->columns * columns + copies->both * rows * columns;
}

static double *copies_of(Copies *copies, bool row, bool lane)
{
    return row ? (lane ? &copies->both : &copies->rows) : lane ? &copies->columns : &copies->once;
}

static void count_load(Work *work, const Read *read)
{
    double copies = 1; /* for one row of the first axis */
    bool row = false, far = false, window = false;
    const bool lane =
        work->lane_loop < 0 ? depends(work->lane, read->load) : (read->by & loop_bit(work->lane_loop)) != 0;
    for (int i = 0; i < work->axes->count; i++) {
        const int loop = work->axes->loop[i];
        if (!(read->by & loop_bit(loop)))
            continue;
        bool part = i == 0 && work->axes->partial;
        row |= part;
        far |= is_far(read->load, work->nest->loop[loop]->symbol);
        window |= (read->window & loop_bit(loop)) != 0;
        copies *= part ? 1 : (double)extent(work->nest->loop[loop]);
    }
    if (!row && !lane && copies == 1)
        return; /* the same for the whole tile */
    *copies_of(&work->loads, row, lane) += copies;
    *copies_of(&work->far, row, false) += far ? copies : 0;
    double *largest = copies_of(&work->largest, row, lane);
    *largest = window || *largest > copies ? *largest : copies;
}

static double entries_of(const Inner *inner, const Axes *axes)
{
    double entries = 0;
    for (int i = 0; i < inner->loops; i++)
        entries += is_settled(&inner->loop[i], axes) ? 0 : inner->loop[i].entered;
    return entries;
}

static double greater(double a, double b)
{
    return a > b ? a : b;
}

/* Cycles of one tile of rows x columns. */
static double tile_cycles(const Work *work, int rows, int columns)
{
    const double tile = (double)rows * work->full_rows * columns, sums = tile * work->inner->sums;
    const double loads = copies_in(&work->loads, rows, columns), far = copies_in(&work->far, rows, columns);
    if (work->machine->in_order)
        return (sums + loads + STEP_CYCLES) * work->inner->trips + tile + ENTRY_CYCLES * work->entries;
    double cycles = greater(sums / FMA_PER_CYCLE, loads / LOADS_PER_CYCLE);
    if (work->inner->sums)
        cycles = greater(cycles, FMA_LATENCY);
    cycles += FAR_CYCLES * far;
    return (cycles + CACHE_CYCLES * loads) * work->inner->trips + tile + FOLD_CYCLES * tile * work->inner->folded +
           ENTRY_CYCLES * work->entries;
}

/* Sums stay in registers, and of what is loaded all but the largest group, which passes through one. */
static bool fits_registers(const Work *work, int rows, int columns)
{
    const Copies *all = &work->largest;
    const double held = copies_in(&work->loads, rows, columns);
    const double largest =
        greater(greater(all->once, all->rows * rows), greater(all->columns * columns, all->both * rows * columns));
    return rows * work->full_rows * columns * work->inner->sums + held - largest + 1 <= work->machine->registers;
}

/* Cycles of the whole extent along one loop, the rest included. */
static double tiles_cycles(const Work *work, long long row_extent, long long lane_extent, const Tile *tile)
{
    long long vectors = (lane_extent + tile->lanes - 1) / tile->lanes;
    double cycles = 0;
    const long long rows[2] = {row_extent / tile->rows, row_extent % tile->rows};
    const long long columns[2] = {vectors / tile->columns, vectors % tile->columns};
    cycles += (double)(rows[0] * columns[0]) * tile_cycles(work, tile->rows, tile->columns);
    if (columns[1])
        cycles += (double)rows[0] * tile_cycles(work, tile->rows, (int)columns[1]);
    if (rows[1])
        cycles += (double)columns[0] * tile_cycles(work, (int)rows[1], tile->columns);
    if (rows[1] && columns[1])
        cycles += tile_cycles(work, (int)rows[1], (int)columns[1]);
    const int rests = (rows[0] && rows[1]) + (columns[0] && columns[1]);
    const double share = work->machine->in_order ? FLASH_REST_SHARE : REST_SHARE;
    return cycles * (1 + share * rests);
}

/* ---- memory ---- */

/* Work and waiting for memory overlap in part. */
static double together(double work, double memory)
{
    return work > memory ? work + APART * memory : memory + APART * work;
}

/* Bytes that one tile reads in its passage through its sums. */
static double tile_bytes(const Nest *nest, const Tile *tile)
{
    Reach reaches[2 + FULL_MAX] = {
        {tile->lane_loop < 0 ? NULL : nest->loop[tile->lane_loop]->symbol, tile->lanes * tile->columns - 1},
        {tile->row_loop < 0 ? NULL : nest->loop[tile->row_loop]->symbol, tile->rows - 1}};
    for (int i = 0; i < tile->fulls; i++)
        reaches[2 + i] = (Reach){nest->loop[tile->full_loop[i]]->symbol, extent(nest->loop[tile->full_loop[i]]) - 1};
    return REAL_BYTES * passage_elements(nest->body, reaches, 2 + tile->fulls);
}

/* ---- choosing ---- */

typedef struct Chooser {
    const Machine *machine;
    const Nest *nest;
    Dependents by[CHAIN_MAX]; /* of each loop of the nest */
    Reads reads;
    Inner inner;        /* if no loop inside has the lanes */
    const Lanes *lanes; /* of the loop that is tried, */
    const Inner *tried; /* and what is inside then */
    double least;       /* no tile with these lanes takes less */
    Choice_of_tile best;
    bool keeps; /* all tiles that are tried */
    int tiles;
    Choice_of_tile *tile;
} Chooser;

/* A copy with another dimension innermost reads in large steps. */
static double copy_cycles(const Array *array)
{
    double elements = array_elements(array);
    return elements * (elements * REAL_BYTES <= FIRST_CACHE_BYTES ? COPY_CYCLES : FAR_COPY_CYCLES);
}

static bool in_tile(const Tile *tile, int loop)
{
    for (int i = 0; i < tile->fulls; i++)
        if (tile->full_loop[i] == loop)
            return true;
    return loop == tile->lane_loop || loop == tile->row_loop;
}

static double outer_iterations(const Nest *nest, const Tile *tile)
{
    double iterations = 1;
    for (int i = 0; i < nest->depth; i++)
        if (!in_tile(tile, i))
            iterations *= usual_trips(nest->loop[i]);
    return iterations;
}

/* Tiles in one iteration of the loops around them. */
typedef struct Tiles_of_nest {
    double rows, columns;
    double calculating; /* cycles of all of them, if nothing is waited for */
} Tiles_of_nest;

/* Packs an array for each tile of columns if that is so much faster. */
static void choose_packing(const Nest *nest, const Array *array, const Tiles_of_nest *tiles, Choice_of_tile *own)
{
    Tile *tile = &own->tile;
    const Passes passes = {.array = array,
                           .along = extent(nest->loop[tile->lane_loop]),
                           .width = tile->lanes * tile->columns,
                           .outer = outer_iterations(nest, tile),
                           .row_tiles = tiles->rows};
    own->cycles += unpacked_cycles(&passes);
    double packing = packed_cycles(&passes);
    if (packing < 0)
        return;
    const Stmt whole = {.kind = ST_BLOCK, .count = 1, .items = (Stmt **)&nest->loop[0]};
    double others = REAL_BYTES * (passage_elements(&whole, NULL, 0) - array_elements(array));
    double bytes = tile_bytes(nest, tile), near = bytes < SECOND_CACHE_BYTES ? bytes : SECOND_CACHE_BYTES;
    double memory = tiles->columns * (far_memory_cycles(others) + passes.outer * tiles->rows * memory_cycles(near));
    double packed = together(passes.outer * tiles->calculating, memory) + packing;
    if (packed < PACK_GAIN * own->cycles) {
        own->cycles = packed;
        tile->pack.from = array;
    }
}

/* Cycles of the whole nest: what its tiles take if nothing is waited for, the memory, the loops around them, the
 * copies. */
static Choice_of_tile whole_choice(const Chooser *chooser, const Work *work, const Tile *tile, double cycles)
{
    const Nest *nest = chooser->nest;
    const Lanes *lanes = chooser->lanes;
    Choice_of_tile own = {*tile, cycles, *lanes};
    long long row_extent = tile->row_loop >= 0 ? extent(nest->loop[tile->row_loop]) : 1;
    long long lane_extent = tile->fold ? 1 : extent(nest->loop[tile->lane_loop]);
    const Tiles_of_nest tiles = {ceil((double)row_extent / tile->rows),
                                 ceil((double)lane_extent / (tile->lanes * tile->columns)), cycles};
    if (work->inner->sums && !work->machine->in_order)
        own.cycles = together(cycles, tiles.rows * tiles.columns * memory_cycles(tile_bytes(nest, tile)));
    own.cycles *= outer_iterations(nest, tile);
    /* What one tile takes whole is together already. */
    if (work->inner->sums && lanes->packable && lane_extent > tile->lanes * tile->columns)
        choose_packing(nest, lanes->packable, &tiles, &own);
    for (int i = 0; i < lanes->jumps; i++)
        own.cycles += copy_cycles(lanes->jumping[i]);
    return own;
}

static void keep(Chooser *chooser, const Work *work, const Tile *tile, double cycles)
{
    Choice_of_tile own = whole_choice(chooser, work, tile, cycles);
    PUSH(chooser->tile, chooser->tiles, own);
}

/* Vectors along one loop. Single numbers fill the registers in one row, too. */
static int most_columns(const Work *work, const Tile *tile)
{
    if (!work->inner->sums || tile->fold)
        return 1;
    return work->machine->in_order ? ROWS_MAX : COLUMNS_MAX;
}

/* What a tile has to be cheaper than. */
static double wanted_cycles(const Chooser *chooser, const Tile *tile)
{
    const bool longer = tile->fulls + tile->numbered > chooser->best.tile.fulls + chooser->best.tile.numbered;
    return chooser->best.cycles * (longer ? FULL_GAIN : 0.999);
}

/* Each vector of the nest has its sums, whatever the tiles. */
static double least_cycles(const Chooser *chooser, const Tile *tile)
{
    const Inner *inner = chooser->tried;
    const double vectors = tile->fold ? 1 : ceil((double)extent(chooser->nest->loop[tile->lane_loop]) / tile->lanes);
    const double sums = outer_iterations(chooser->nest, tile) * vectors * inner->sums * inner->trips;
    return chooser->machine->in_order ? sums : sums / FMA_PER_CYCLE;
}

/* A tile that takes so many cycles takes more if it waits for memory: that need not be found out of a dear one. */
static bool is_wanted(const Chooser *chooser, const Tile *tile, double cycles)
{
    return chooser->best.cycles < 0 || cycles < wanted_cycles(chooser, tile);
}

/* Tries all sizes of a tile over given loops; keeps the cheapest. */
static void try_sizes(Chooser *chooser, Tile tile, const Axes *axes)
{
    const Nest *nest = chooser->nest;
    const Inner *inner = chooser->tried;
    Work work = {.machine = chooser->machine,
                 .nest = nest,
                 .axes = axes,
                 .inner = inner,
                 .lane_loop = tile.lane_loop,
                 .lane = &chooser->lanes->dependents,
                 .full_rows = tile_full_rows(nest, &tile),
                 .entries = entries_of(inner, axes)};
    const long long row_extent = tile.row_loop >= 0 ? extent(nest->loop[tile.row_loop]) : 1;
    const long long lane_extent = tile.fold ? 1 : extent(nest->loop[tile.lane_loop]);
    const int most_vectors = (int)((lane_extent + tile.lanes - 1) / tile.lanes);
    for (int i = 0; i < chooser->reads.count; i++)
        count_load(&work, &chooser->reads.read[i]);
    int most_rows = inner->sums && tile.row_loop >= 0 ? ROWS_MAX : 1;
    const int columns_max = most_columns(&work, &tile);
    if (tile.fulls && (!inner->sums || !fits_registers(&work, 1, 1)))
        return;
    if (tile.numbered && !inner->sums)
        return;
    Tile best = tile;
    double least = -1;
    tile.rows = tile.numbered ? (int)((row_extent + NUMBERED_MOST - 1) / NUMBERED_MOST) : 1;
    for (; tile.rows <= most_rows && tile.rows <= row_extent; tile.rows++)
        for (tile.columns = 1; tile.columns <= columns_max && tile.columns <= most_vectors; tile.columns++) {
            if (!fits_registers(&work, tile.rows, tile.columns) && tile.rows * tile.columns > 1)
                break; /* no larger one does */
            double cycles = tiles_cycles(&work, row_extent, lane_extent, &tile);
            if (chooser->keeps)
                keep(chooser, &work, &tile, cycles);
            if (least < 0 || cycles < least * 0.999) {
                least = cycles;
                best = tile;
            }
        }
    if (least < 0 || !is_wanted(chooser, &best, least * outer_iterations(nest, &best)))
        return;
    const Choice_of_tile own = whole_choice(chooser, &work, &best, least);
    if (is_wanted(chooser, &best, own.cycles))
        chooser->best = own;
}

static void add_axis(Axes *axes, int loop)
{
    axes->loop[axes->count++] = loop;
}

static void try_rows(Chooser *chooser, const Tile *tile)
{
    Axes axes = {.partial = tile->row_loop >= 0, .unsettled = tile->row_loop >= 0};
    if (chooser->best.cycles >= 0 && !chooser->keeps && chooser->least >= wanted_cycles(chooser, tile))
        return;
    if (axes.partial)
        add_axis(&axes, tile->row_loop);
    for (int i = 0; i < tile->fulls; i++)
        add_axis(&axes, tile->full_loop[i]);
    Tile own = *tile;
    if (!fit_the_loops(&axes, chooser->tried) && axes.partial) {
        axes.unsettled = false;
        own.numbered = true;
    }
    if (fit_the_loops(&axes, chooser->tried))
        try_sizes(chooser, own, &axes);
}

/* Rows along one of the other loops, or none. */
static void try_row_loops(Chooser *chooser, Tile tile)
{
    tile.row_loop = -1;
    try_rows(chooser, &tile);
    for (int row = chooser->nest->depth - 1; row >= 0; row--)
        if (!in_tile(&tile, row) && can_have_rows(chooser->nest, row)) {
            Tile with_rows = tile;
            with_rows.row_loop = row;
            try_rows(chooser, &with_rows);
        }
}

/* With a short loop whole in the tile, and with two. */
static void try_full_loops(Chooser *chooser, Tile tile, int below)
{
    for (int loop = below - 1; loop >= 0 && tile.fulls < FULL_MAX; loop--) {
        Tile with = tile;
        if (in_tile(&tile, loop) || !can_have_rows(chooser->nest, loop) ||
            extent(chooser->nest->loop[loop]) > chooser->machine->registers)
            continue;
        with.full_loop[with.fulls++] = loop;
        if (tile_full_rows(chooser->nest, &with) > chooser->machine->registers)
            continue;
        try_row_loops(chooser, with);
        try_full_loops(chooser, with, loop);
    }
}

static void try_lane_loop(Chooser *chooser, int loop, const Lanes *lanes, int width)
{
    Tile tile = {.lane_loop = loop, .row_loop = -1, .lanes = width, .rows = 1, .columns = 1};
    chooser->lanes = lanes;
    chooser->tried = &chooser->inner;
    chooser->least = least_cycles(chooser, &tile);
    try_row_loops(chooser, tile);
    if (width > 1)
        try_full_loops(chooser, tile, chooser->nest->depth);
}

/* With the lanes along loops inside whose results are added one after the other. */
static void try_folds(Chooser *chooser, const Stmt *stmt, int width)
{
    if (stmt->kind == ST_FOR && is_fold(stmt)) {
        const Lanes lanes = lanes_inside(chooser->nest, stmt);
        Tile tile = {.lane_loop = -1, .fold = stmt, .row_loop = -1, .lanes = width, .rows = 1, .columns = 1};
        const Inner inner = inner_of(chooser->nest, chooser->by, stmt);
        chooser->lanes = &lanes;
        chooser->tried = &inner;
        if (lanes.possible && extent(stmt) <= width) {
            chooser->least = least_cycles(chooser, &tile);
            try_row_loops(chooser, tile);
            try_full_loops(chooser, tile, chooser->nest->depth);
        }
        chooser->lanes = NULL;
        chooser->tried = NULL;
    }
    for (int i = 0; i < stmt->count; i++)
        try_folds(chooser, stmt->items[i], width);
    if (stmt->body)
        try_folds(chooser, stmt->body, width);
}

/* Without lanes: independent sums beside each other, so that their latencies overlap. */
static void try_scalars(Chooser *chooser)
{
    const Nest *nest = chooser->nest;
    for (int i = nest->depth - 1; i >= 0; i--) {
        Lanes one = {.nest = nest, .dependents = chooser->by[i], .possible = true};
        /* The columns of a tile share their branches. */
        if (!can_have_rows(nest, i) || !control_is_uniform(&chooser->by[i], nest->body))
            continue;
        const Array *large = chooser->machine->in_order ? NULL : packable(nest, chooser->by, i);
        one.packable = large && lies_in_rows(nest, i, large) ? large : NULL;
        try_lane_loop(chooser, i, &one, 1);
    }
}

static void try_all(Chooser *chooser, int lanes)
{
    const Nest *nest = chooser->nest;
    for (int i = 0; i < nest->depth; i++)
        chooser->by[i] = dependents_of(nest->body, nest->loop[i]->symbol);
    chooser->reads = reads_of(nest, chooser->by);
    chooser->inner = inner_of(nest, chooser->by, NULL);
    for (int i = nest->depth - 1; i >= 0; i--) {
        Lanes over = lanes_over(nest, i, &chooser->by[i]);
        over.packable = over.possible ? packable(nest, chooser->by, i) : NULL;
        if (over.possible && over.units + over.jumps > 0)
            try_lane_loop(chooser, i, &over, lanes);
    }
    try_folds(chooser, nest->body, lanes);
    try_scalars(chooser);
}

Choice_of_tile choice_of_known(const Nest *nest, const Tile *tile, double cycles, bool packs)
{
    Dependents by[CHAIN_MAX];
    for (int i = 0; i < nest->depth; i++)
        if (i == tile->lane_loop || packs)
            by[i] = dependents_of(nest->body, nest->loop[i]->symbol);
    Choice_of_tile choice = {*tile, cycles, lanes_over(nest, tile->lane_loop, &by[tile->lane_loop])};
    if (packs)
        choice.tile.pack.from = choice.lanes.packable = packable(nest, by, tile->lane_loop);
    return choice;
}

Choice_of_tile choose(const Machine *machine, int lanes, const Nest *nest)
{
    Chooser chooser = {.machine = machine, .nest = nest, .best = {.cycles = -1}};
    try_all(&chooser, lanes);
    return chooser.best;
}

int choose_among(const Machine *machine, int lanes, const Nest *nest, Choice_of_tile **tiles)
{
    Chooser chooser = {.machine = machine, .nest = nest, .best = {.cycles = -1}, .keeps = true};
    try_all(&chooser, lanes);
    *tiles = chooser.tile;
    return chooser.tiles;
}
