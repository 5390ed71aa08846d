/* schedule.c - decides how each nest runs on the target: which loop gets lanes, how large the register tile is, what
 * is unrolled. Needs constant sizes; leaves kernels whose lanes and tiles are written out, and says in words what it
 * did.
 *
 * The choice is by cost: for every parallel loop whose accesses have unit stride or none (a read that would jump is
 * copied transposed once), for every number of vectors along it and of rows along another loop, the cycles that a tile
 * takes are estimated from the target's numbers - two multiply-adds, two loads, a latency of four - and the cheapest
 * is taken. Sums are never split, so no choice changes a bit. */
#include "affine.h"
#include "flatten.h"
#include "parallel.h"
#include "tile.h"

#include <string.h>

/* Two fused multiply-adds and two loads start in a cycle; a result is there after four. */
enum { FMA_PER_CYCLE = 2, LOADS_PER_CYCLE = 2, FMA_LATENCY = 4, COPY_CYCLES = 2, ROWS_MAX = 14, COLUMNS_MAX = 8 };
/* What a load costs on top, since not all come from the first cache. */
static const double CACHE_CYCLES = 0.2;
/* A loop of few iterations whose straight form is short is written out. */
enum { UNROLL_TRIPS = 16, UNROLL_LANES = 64, UNROLL_SCALAR = 8 };

typedef struct Scheduler {
    Kernel *kernel;
    const Machine *machine;
    int lanes;
    Text words;
    bool traced; /* branches leave a trace */
} Scheduler;

/* ---- one nest: what its loops may be ---- */

static bool has_constant_range(const Stmt *loop)
{
    return loop->from->kind == EX_INT && loop->to->kind == EX_INT && loop->step == 1;
}

static Nest nest_of(Stmt *loop)
{
    Nest nest = {0};
    while (nest.depth < CHAIN_MAX && is_parallel(loop)) {
        nest.loop[nest.depth++] = loop;
        nest.body = loop->body;
        if (loop->body->count != 1 || loop->body->items[0]->kind != ST_FOR)
            break;
        loop = loop->body->items[0];
    }
    return nest;
}

/* What a loop's variable does to the accesses of the body, if it had the lanes. */
typedef struct Lanes {
    const Nest *nest;
    Dependents dependents;
    bool possible;
    int jumps; /* reads with another stride, of arrays that can be copied transposed */
    int units;
    const Array *jumping[RANK_MAX];
} Lanes;

static bool index_is_hidden(const Lanes *lanes, const Expr *load)
{
    for (int i = 0; i < load->count; i++)
        if (depends(&lanes->dependents, load->args[i]) && !mentions(load->args[i], lanes->dependents.variable))
            return true;
    return false;
}

static void note_jump(Lanes *lanes, const Array *array)
{
    for (int i = 0; i < lanes->jumps; i++)
        if (lanes->jumping[i] == array)
            return;
    if (lanes->jumps == RANK_MAX)
        lanes->possible = false;
    else
        lanes->jumping[lanes->jumps++] = array;
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
            note_jump(lanes, expr->array);
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

static Lanes lanes_over(const Nest *nest, int index)
{
    const Symbol *symbol = nest->loop[index]->symbol;
    Lanes lanes = {.nest = nest, .dependents = dependents_of(nest->body, symbol), .possible = true};
    if (!has_constant_range(nest->loop[index]) || !control_is_uniform(&lanes.dependents, nest->body))
        lanes.possible = false;
    for (int i = index + 1; i < nest->depth; i++)
        if (mentions(nest->loop[i]->from, symbol) || mentions(nest->loop[i]->to, symbol))
            lanes.possible = false;
    if (lanes.possible)
        visit_stmt(nest->body, check_access, &lanes);
    return lanes;
}

/* Rows: control inside loops must not depend on the row (a branch may). */
static bool loops_are_uniform(const Dependents *dependents, const Stmt *stmt)
{
    if (stmt->kind == ST_FOR && (depends(dependents, stmt->from) || depends(dependents, stmt->to)))
        return false;
    for (int i = 0; i < stmt->count; i++)
        if (!loops_are_uniform(dependents, stmt->items[i]))
            return false;
    return (!stmt->body || loops_are_uniform(dependents, stmt->body)) &&
           (!stmt->other || loops_are_uniform(dependents, stmt->other));
}

static bool can_have_rows(const Nest *nest, int index)
{
    const Symbol *symbol = nest->loop[index]->symbol;
    Dependents dependents = dependents_of(nest->body, symbol);
    for (int i = index + 1; i < nest->depth; i++)
        if (mentions(nest->loop[i]->from, symbol) || mentions(nest->loop[i]->to, symbol))
            return false;
    return has_constant_range(nest->loop[index]) && loops_are_uniform(&dependents, nest->body);
}

/* ---- the work of one iteration ---- */

/* What stands in the innermost sums of a body, by what it depends on. */
typedef struct Work {
    const Dependents *lane, *row;  /* row may be NULL */
    int sums;                      /* accumulators */
    int both, lane_only, row_only; /* loads */
    double trips;                  /* of the loops inside, at most */
    bool reduces;
} Work;

static void count_loads(void *context, Expr *expr, bool write)
{
    Work *work = context;
    if (expr->kind != EX_LOAD || write)
        return;
    bool lane = work->lane && depends(work->lane, expr), row = work->row && depends(work->row, expr);
    if (lane && row)
        work->both++;
    else if (lane)
        work->lane_only++;
    else if (row)
        work->row_only++;
}

static double trip_count(const Stmt *loop)
{
    if (loop->from->kind == EX_INT && loop->to->kind == EX_INT)
        return (double)(loop->to->number - loop->from->number) / (loop->step > 0 ? loop->step : -loop->step);
    return 3; /* a window that is cut at the border */
}

static void count_work(Work *work, const Stmt *stmt, double trips, bool inside)
{
    if (stmt->kind == ST_FOR) {
        trips *= trip_count(stmt);
        inside = true;
    }
    if (stmt->kind == ST_ASSIGN && inside && stmt->target->kind == EX_NAME) {
        work->sums++;
        work->reduces = true;
        visit_stmt(stmt, count_loads, work);
        if (trips > work->trips)
            work->trips = trips;
    }
    for (int i = 0; i < stmt->count; i++)
        count_work(work, stmt->items[i], trips, inside);
    if (stmt->body)
        count_work(work, stmt->body, trips, inside);
    if (stmt->other)
        count_work(work, stmt->other, trips, inside);
}

static double greater(double a, double b)
{
    return a > b ? a : b;
}

/* Cycles of one tile of rows x columns. */
static double tile_cycles(const Work *work, int rows, int columns)
{
    double sums = (double)rows * columns * work->sums;
    double loads =
        (double)rows * columns * work->both + (double)columns * work->lane_only + (double)rows * work->row_only;
    double cycles = greater(sums / FMA_PER_CYCLE, loads / LOADS_PER_CYCLE);
    if (work->reduces)
        cycles = greater(cycles, FMA_LATENCY);
    return (cycles + CACHE_CYCLES * loads) * work->trips + (double)rows * columns;
}

/* Sums and what is loaded once for all rows stay in registers; one is left for the rest. */
static bool fits_registers(const Scheduler *s, const Work *work, int rows, int columns)
{
    return rows * columns * work->sums + columns * (work->lane_only > 0) + 1 <= s->machine->registers;
}

/* Cycles of the whole extent along one loop, the rest included. */
static double nest_cycles(const Work *work, long long row_extent, long long lane_extent, const Tile *tile)
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
    return cycles;
}

/* ---- choosing ---- */

typedef struct Choice_of_tile {
    Tile tile;
    double cycles;
    Lanes lanes;
} Choice_of_tile;

static long long extent(const Stmt *loop)
{
    return loop->to->number - loop->from->number;
}

static double array_elements(const Array *array)
{
    double elements = 1;
    for (int i = 0; i < array->rank; i++)
        elements *= (double)array->dims[i]->number;
    return elements;
}

static double outer_iterations(const Nest *nest, const Tile *tile)
{
    double iterations = 1;
    for (int i = 0; i < nest->depth; i++)
        if (i != tile->lane_loop && i != tile->row_loop)
            iterations *= trip_count(nest->loop[i]);
    return iterations;
}

/* Tries all sizes of a tile over two given loops; keeps the cheapest. */
static void try_sizes(const Scheduler *s, const Nest *nest, Tile tile, const Lanes *lanes, Choice_of_tile *best)
{
    Dependents rows;
    Work work = {.lane = lanes ? &lanes->dependents : NULL, .trips = 1};
    long long row_extent = 1, lane_extent = extent(nest->loop[tile.lane_loop]);
    if (tile.row_loop >= 0) {
        rows = dependents_of(nest->body, nest->loop[tile.row_loop]->symbol);
        work.row = &rows;
        row_extent = extent(nest->loop[tile.row_loop]);
    }
    count_work(&work, nest->body, 1, false);
    double copies = 0;
    for (int i = 0; lanes && i < lanes->jumps; i++)
        copies += COPY_CYCLES * array_elements(lanes->jumping[i]);
    int most_rows = work.reduces && tile.row_loop >= 0 ? ROWS_MAX : 1, most_columns = work.reduces ? COLUMNS_MAX : 1;
    for (tile.rows = 1; tile.rows <= most_rows && tile.rows <= row_extent; tile.rows++)
        for (tile.columns = 1; tile.columns <= most_columns; tile.columns++) {
            if (!fits_registers(s, &work, tile.rows, tile.columns) && tile.rows * tile.columns > 1)
                continue;
            double cycles = nest_cycles(&work, row_extent, lane_extent, &tile) * outer_iterations(nest, &tile) + copies;
            if (best->cycles >= 0 && cycles >= best->cycles * 0.999)
                continue;
            best->cycles = cycles;
            best->tile = tile;
            best->lanes = lanes ? *lanes : (Lanes){0};
        }
}

static void try_lane_loop(const Scheduler *s, const Nest *nest, int loop, const Lanes *lanes, int width,
                          Choice_of_tile *best)
{
    Tile tile = {.lane_loop = loop, .row_loop = -1, .lanes = width, .rows = 1, .columns = 1};
    try_sizes(s, nest, tile, lanes, best);
    for (int row = nest->depth - 1; row >= 0; row--)
        if (row != loop && can_have_rows(nest, row)) {
            tile.row_loop = row;
            try_sizes(s, nest, tile, lanes, best);
        }
}

/* Without lanes: independent sums beside each other, so that their latencies overlap. */
static void try_scalars(const Scheduler *s, const Nest *nest, Choice_of_tile *best)
{
    for (int i = nest->depth - 1; i >= 0; i--) {
        if (!can_have_rows(nest, i))
            continue;
        Dependents dependents = dependents_of(nest->body, nest->loop[i]->symbol);
        Lanes one = {.nest = nest, .dependents = dependents, .possible = true};
        if (control_is_uniform(&dependents, nest->body)) /* the columns of a tile share their branches */
            try_lane_loop(s, nest, i, &one, 1, best);
    }
}

static Choice_of_tile choose(const Scheduler *s, const Nest *nest)
{
    Choice_of_tile best = {.cycles = -1};
    for (int i = nest->depth - 1; i >= 0; i--) {
        Lanes lanes = lanes_over(nest, i);
        if (lanes.possible && lanes.units + lanes.jumps > 0)
            try_lane_loop(s, nest, i, &lanes, s->lanes, &best);
    }
    try_scalars(s, nest, &best);
    return best;
}

/* ---- transposed copies ---- */

typedef struct Transpose {
    const Array *from;
    Array *to;
    int dimension; /* of `from`, the last one of `to` */
    const Symbol *variable;
} Transpose;

static Expr *transposed_load(void *context, const Expr *load, Expr **subscripts)
{
    const Transpose *transpose = context;
    if (load->array != transpose->from)
        return NULL;
    Expr **order = NEW_ARRAY(load->count, Expr *);
    int at = 0;
    for (int i = 0; i < load->count; i++)
        if (i != transpose->dimension)
            order[at++] = subscripts[i];
    order[at] = subscripts[transpose->dimension];
    return expr_load(transpose->to, load->count, order);
}

static void find_dimension(void *context, Expr *expr, bool write)
{
    (void)write;
    Transpose *transpose = context;
    if (expr->kind != EX_LOAD || expr->array != transpose->from)
        return;
    for (int i = 0; i < expr->count; i++)
        if (expr->args[i]->kind == EX_NAME && expr->args[i]->symbol == transpose->variable)
            transpose->dimension = i;
}

static Array *new_transposed(Scheduler *s, const Transpose *transpose)
{
    const Array *from = transpose->from;
    Array *to = NEW(Array);
    *to = (Array){.name = format("%s_transposed", from->name), .type = from->type, .rank = from->rank};
    int at = 0;
    for (int i = 0; i < from->rank; i++)
        if (i != transpose->dimension)
            to->dims[at++] = from->dims[i];
    to->dims[at] = from->dims[transpose->dimension];
    int count = s->kernel->count;
    s->kernel->parameters = push_grow(s->kernel->parameters, count, sizeof(Parameter));
    s->kernel->parameters[count] = (Parameter){.array = to};
    s->kernel->count = count + 1;
    return to;
}

/* to[...][v] = from[..v..], the loop over v innermost. */
static Stmt *copy_nest(const Transpose *transpose)
{
    static const char *const names[RANK_MAX] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    const Array *from = transpose->from;
    Expr **read = NEW_ARRAY(from->rank, Expr *), **write = NEW_ARRAY(from->rank, Expr *);
    Stmt *whole = stmt_block(), *at = whole;
    int place = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < from->rank; i++) {
            if ((i == transpose->dimension) != (pass == 1))
                continue;
            const char *name = pass == 1 ? transpose->variable->name : names[i];
            Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, name);
            Stmt *loop = stmt_for(symbol, expr_int(0), from->dims[i], 1);
            read[i] = write[place++] = expr_name(symbol);
            block_add(at, loop);
            at = loop->body;
        }
    block_add(at, stmt_assign(expr_load(transpose->to, from->rank, write), expr_load((Array *)from, from->rank, read)));
    whole->items[0]->comment = format("%s with %s innermost, for the lanes", from->name, transpose->variable->name);
    return whole;
}

static Nest transpose_jumps(Scheduler *s, const Nest *nest, const Choice_of_tile *choice, Stmt *into)
{
    Stmt *body = nest->body;
    for (int i = 0; i < choice->lanes.jumps; i++) {
        Transpose transpose = {.from = choice->lanes.jumping[i],
                               .variable = nest->loop[choice->tile.lane_loop]->symbol};
        visit_stmt(body, find_dimension, &transpose);
        transpose.to = new_transposed(s, &transpose);
        block_add(into, copy_nest(&transpose));
        Changes changes = {.load = transposed_load, .context = &transpose};
        body = stmt_copy(&changes, body);
    }
    Nest copy = *nest;
    copy.body = body;
    return copy;
}

/* ---- unrolling ---- */

static Stmt *unroll_loop(const Stmt *loop)
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

static bool has_loop(const Stmt *stmt)
{
    for (int i = 0; i < stmt->count; i++)
        if (stmt->items[i]->kind == ST_FOR || has_loop(stmt->items[i]))
            return true;
    return (stmt->body && has_loop(stmt->body)) || (stmt->other && has_loop(stmt->other));
}

/* Inner loops first: a loop whose straight form is short enough is written out. */
static Stmt *unroll(Stmt *stmt, int limit)
{
    if (stmt->kind == ST_BLOCK) {
        Stmt *block = stmt_block();
        for (int i = 0; i < stmt->count; i++)
            block_add(block, unroll(stmt->items[i], limit));
        return block;
    }
    if (stmt->body)
        stmt->body = unroll(stmt->body, limit);
    if (stmt->other)
        stmt->other = unroll(stmt->other, limit);
    if (stmt->kind != ST_FOR || stmt->from->kind != EX_INT || stmt->to->kind != EX_INT || stmt->step < 1)
        return stmt;
    return !has_loop(stmt->body) && trip_count(stmt) <= UNROLL_TRIPS &&
                   trip_count(stmt) * stmt_size(stmt->body) <= limit
               ? unroll_loop(stmt)
               : stmt;
}

/* ---- nests and kernels ---- */

static void say(Scheduler *s, const Nest *nest, const Tile *tile)
{
    if (tile->lanes < 2 && tile->rows * tile->columns < 2)
        return;
    text_add(&s->words, s->words.length ? "; " : "");
    if (tile->lanes > 1)
        text_add(&s->words, "%d lanes over %s", tile->lanes, nest->loop[tile->lane_loop]->symbol->name);
    if (tile->rows * tile->columns > 1)
        text_add(&s->words, "%stiles of %d", tile->lanes > 1 ? ", " : "", tile->columns);
    if (tile->rows > 1)
        text_add(&s->words, " x %d %s", tile->rows, nest->loop[tile->row_loop]->symbol->name);
}

static Stmt *schedule_stmt(Scheduler *s, Stmt *stmt);

static Stmt *schedule_inside(Scheduler *s, Stmt *stmt)
{
    if (stmt->body)
        stmt->body = schedule_stmt(s, stmt->body);
    if (stmt->other)
        stmt->other = schedule_stmt(s, stmt->other);
    return stmt;
}

static bool has_parallel_inside(const Stmt *stmt)
{
    for (int i = 0; i < stmt->count; i++)
        if ((stmt->items[i]->kind == ST_FOR && is_parallel(stmt->items[i])) || has_parallel_inside(stmt->items[i]))
            return true;
    return (stmt->body && has_parallel_inside(stmt->body)) || (stmt->other && has_parallel_inside(stmt->other));
}

static void note_choice(void *context, Expr *expr, bool write)
{
    (void)write;
    bool *chooses = context;
    if ((expr->kind == EX_COND && expr->type == TYPE_REAL) || (expr->kind == EX_CALL && expr->function->kinked))
        *chooses = true;
}

static bool has_if(const Stmt *stmt)
{
    for (int i = 0; i < stmt->count; i++)
        if (has_if(stmt->items[i]))
            return true;
    return stmt->kind == ST_IF || (stmt->body && has_if(stmt->body)) || (stmt->other && has_if(stmt->other));
}

/* `nnc check` wants to know which way each element went: lanes, which take both, cannot tell. */
static bool leaves_trace(const Stmt *loop)
{
    bool chooses = has_if(loop);
    visit_stmt(loop, note_choice, &chooses);
    return chooses;
}

static Stmt *schedule_loop(Scheduler *s, Stmt *loop)
{
    Nest nest = nest_of(loop);
    if (!nest.depth || (s->traced && leaves_trace(loop)))
        return schedule_inside(s, loop);
    Choice_of_tile choice = choose(s, &nest);
    if (choice.cycles < 0 || (choice.tile.lanes == 1 && has_parallel_inside(nest.body)))
        return schedule_inside(s, loop);
    Stmt *block = stmt_block();
    Nest ready = transpose_jumps(s, &nest, &choice, block);
    say(s, &nest, &choice.tile);
    block_add(block, tile_nest(&ready, &choice.tile));
    return block;
}

static Stmt *schedule_stmt(Scheduler *s, Stmt *stmt)
{
    if (stmt->kind == ST_FOR)
        return schedule_loop(s, stmt);
    if (stmt->kind != ST_BLOCK)
        return schedule_inside(s, stmt);
    Stmt *block = stmt_block();
    for (int i = 0; i < stmt->count; i++)
        block_add(block, schedule_stmt(s, stmt->items[i]));
    return block;
}

static void schedule_kernel(Kernel *kernel, const Options *options)
{
    Scheduler s = {.kernel = kernel, .machine = options->machine, .lanes = options->lanes, .traced = options->branches};
    bool vectors = options->lanes > 1;
    if (vectors) {
        while (flatten_kernel(kernel))
            ;
        kernel->body = schedule_stmt(&s, kernel->body);
    }
    kernel->body = unroll(kernel->body, vectors ? UNROLL_LANES : UNROLL_SCALAR);
    kernel->schedule = s.words.bytes;
    note_uses(kernel);
}

static const char *free_name(const Phase *phase, const char *name)
{
    for (int i = 0; i < phase->tensors; i++)
        if (strcmp(phase->tensor[i]->name, name) == 0)
            return free_name(phase, format("%s_again", name));
    return name;
}

/* Parameters that the schedule added are scratch of each step that runs the kernel. */
static void add_scratch(Phase *phase, Step *step)
{
    while (step->count < step->kernel->count) {
        const Array *array = step->kernel->parameters[step->count].array;
        Tensor *tensor = NEW(Tensor);
        *tensor = (Tensor){.role = ROLE_SCRATCH, .type = array->type, .elements = 1, .born = -1, .dies = -1};
        tensor->name = free_name(phase, format("%s_%s", step->title, array->name));
        for (int i = 0; i < array->rank; i++) {
            tensor->dims[tensor->rank++] = (int)array->dims[i]->number;
            tensor->elements *= array->dims[i]->number;
        }
        PUSH(phase->tensor, phase->tensors, tensor);
        step->arguments = push_grow(step->arguments, step->count, sizeof(Argument));
        step->arguments[step->count++] = (Argument){.tensor = tensor};
    }
}

void schedule(Model *model)
{
    for (int p = 0; p < PHASES; p++)
        for (int i = 0; model->phase[p] && i < model->phase[p]->steps; i++) {
            Step *step = model->phase[p]->step[i];
            if (step->kernel->owner == step)
                schedule_kernel(step->kernel, model->options);
            add_scratch(model->phase[p], step);
        }
}
