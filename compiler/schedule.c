/* schedule.c - decides how each nest runs on the target: which loop gets lanes, how large the register tile is, what
 * is cut off or taken in stretches, what is unrolled. Needs constant sizes; leaves kernels whose lanes and tiles are
 * written out, and says in words what it did.
 *
 * The choice is by estimated cost (choose.c), unless a schedule file says another tile (tiles.c). Sums are never split,
 * so no choice changes a bit. */
#include "choose.h"
#include "eight.h"
#include "expr.h"
#include "flatten.h"
#include "halves.h"
#include "kernel_names.h"
#include "peel.h"
#include "phases.h"
#include "steps.h"
#include "tiles.h"
#include "traffic.h"
#include "unroll.h"

#include <string.h>

/* The sides of the squares by which large arrays are transposed: a line of the cache has as many numbers. */
enum { COPY_SQUARE = 16 };
/* Three nests instead of one have to be so much faster. */
static const double PEEL_GAIN = 0.8;

/* A copy of an array with one dimension innermost. */
typedef struct Transpose {
    const Array *from;
    Array *to;
    int dimension; /* of `from`, the last one of `to` */
    const Symbol *variable;
} Transpose;

typedef struct Scheduler {
    const Model *model;
    Kernel *kernel;
    Estimates *estimates;
    int transposes; /* made so far in this kernel */
    Transpose *transpose;
    int packs;
    Pack *pack;
    Text words;
    bool traced; /* branches leave a trace */
} Scheduler;

/* ---- transposed copies ---- */

/* A load along the lanes stays what it is: an array may be read both ways, a[i][j] + a[j][i]. */
static Expr *transposed_load(void *context, const Expr *load, Expr **subscripts)
{
    const Transpose *transpose = context;
    if (load->array != transpose->from || mentions(load->args[load->count - 1], transpose->variable))
        return NULL;
    Expr **order = NEW_ARRAY(load->count, Expr *);
    int at = 0;
    for (int i = 0; i < load->count; i++)
        if (i != transpose->dimension)
            order[at++] = subscripts[i];
    order[at] = subscripts[transpose->dimension];
    return expr_load(transpose->to, load->count, order);
}

static const Transpose *made_before(const Scheduler *s, const Transpose *transpose)
{
    for (int i = 0; i < s->transposes; i++)
        if (s->transpose[i].from == transpose->from && s->transpose[i].dimension == transpose->dimension)
            return &s->transpose[i];
    return NULL;
}

static const char *free_name(const Kernel *kernel, const char *wanted)
{
    const char *name = wanted;
    for (int i = 0, number = 1; i < kernel->count; i++)
        if (kernel->parameters[i].array && strcmp(kernel->parameters[i].array->name, name) == 0) {
            name = format("%s_%d", wanted, ++number);
            i = -1;
        }
    return name;
}

static Array *new_transposed(Scheduler *s, const Transpose *transpose)
{
    const Array *from = transpose->from;
    Array *to = NEW(Array);
    *to = (Array){
        .name = free_name(s->kernel, format("%s_transposed", from->name)), .type = from->type, .rank = from->rank};
    int at = 0;
    for (int i = 0; i < from->rank; i++)
        if (i != transpose->dimension)
            to->dims[at++] = from->dims[i];
    to->dims[at] = from->dims[transpose->dimension];
    kernel_add(s->kernel, (Parameter){.array = to});
    return to;
}

/* A loop inside the others, which goes on in them. */
static Stmt *add_loop(Stmt **into, const char *name, Expr *to, int step)
{
    Stmt *loop = stmt_for(symbol_new(SYM_LOOP, TYPE_INT, name), expr_int(0), to, step);
    block_add(*into, loop);
    *into = loop->body;
    return loop;
}

static Expr *add_index(Stmt **into, const char *name, Expr *to)
{
    return expr_name(add_loop(into, name, to, 1)->symbol);
}

/* Loops over the squares of the last two dimensions of a copy, and over one square. */
static void add_squares(Stmt **into, const Transpose *transpose, Expr **row, Expr **column)
{
    const Array *from = transpose->from;
    const char *name = transpose->variable->name, *other = dimension_name(from->rank - 1);
    const Stmt *columns = add_loop(into, other, from->dims[from->rank - 1], COPY_SQUARE);
    const Stmt *rows = add_loop(into, name, from->dims[transpose->dimension], COPY_SQUARE);
    const Stmt *one_column = add_loop(into, format("%sj", other), expr_int(COPY_SQUARE), 1);
    Stmt *one_row = add_loop(into, format("%si", name), expr_int(COPY_SQUARE), 1);
    one_row->unroll = true;
    *column = expr_binary(EX_ADD, expr_name(columns->symbol), expr_name(one_column->symbol));
    *row = expr_binary(EX_ADD, expr_name(rows->symbol), expr_name(one_row->symbol));
}

/* What the first cache does not hold is copied by squares: else each line is brought as often as it has numbers. */
static bool copies_squares(const Transpose *transpose)
{
    const Array *from = transpose->from;
    const long long rows = from->dims[transpose->dimension]->number, columns = from->dims[from->rank - 1]->number;
    return array_elements(from) * REAL_BYTES > FIRST_CACHE_BYTES && rows % COPY_SQUARE == 0 &&
           columns % COPY_SQUARE == 0;
}

/* to[...][v] = from[..v..], the loop over v innermost. */
static Stmt *copy_nest(const Transpose *transpose)
{
    const Array *from = transpose->from;
    const int along = transpose->dimension, last = from->rank - 1;
    Expr **read = NEW_ARRAY(from->rank, Expr *), **write = NEW_ARRAY(from->rank, Expr *);
    Stmt *whole = stmt_block(), *at = whole;
    int place = 0;
    for (int i = 0; i < last; i++)
        if (i != along)
            read[i] = write[place++] = add_index(&at, dimension_name(i), from->dims[i]);
    if (copies_squares(transpose)) {
        add_squares(&at, transpose, &read[along], &read[last]);
    } else {
        read[last] = add_index(&at, dimension_name(last), from->dims[last]);
        read[along] = add_index(&at, transpose->variable->name, from->dims[along]);
    }
    write[place++] = read[last];
    write[place] = read[along];
    block_add(at, stmt_assign(expr_load(transpose->to, from->rank, write), expr_load((Array *)from, from->rank, read)));
    whole->items[0]->comment = format("%s with %s innermost, for the lanes", from->name, transpose->variable->name);
    return whole;
}

static Nest transpose_jumps(Scheduler *s, const Nest *nest, Choice_of_tile *choice, Stmt *into)
{
    Stmt *body = nest->body;
    for (int i = 0; i < choice->lanes.jumps; i++) {
        Transpose transpose = {.from = choice->lanes.jumping[i],
                               .dimension = choice->lanes.dimension[i],
                               .variable = nest->loop[choice->tile.lane_loop]->symbol};
        const Transpose *before = made_before(s, &transpose);
        transpose.to = before ? before->to : new_transposed(s, &transpose);
        if (!before || transpose.from->written)
            block_add(into, copy_nest(&transpose));
        if (!before) {
            s->transpose = push_grow(s->transpose, s->transposes, sizeof(Transpose));
            s->transpose[s->transposes++] = transpose;
        }
        if (choice->tile.pack.from == transpose.from)
            choice->tile.pack.from = transpose.to;
        Changes changes = {.load = transposed_load, .context = &transpose};
        body = stmt_copy(&changes, body);
    }
    Nest copy = *nest;
    copy.body = body;
    return copy;
}

/* ---- packed copies ---- */

/* The copy of as much of an array as the tile's columns take. One serves all nests that want the same. */
static Pack pack_of(Scheduler *s, const Array *from, int width)
{
    for (int i = 0; i < s->packs; i++)
        if (s->pack[i].from == from && is_int(s->pack[i].to->dims[from->rank - 1], width))
            return s->pack[i];
    Array *to = NEW(Array);
    *to =
        (Array){.name = free_name(s->kernel, format("%s_packed", from->name)), .type = from->type, .rank = from->rank};
    for (int i = 0; i < from->rank; i++)
        to->dims[i] = i + 1 < from->rank ? from->dims[i] : expr_int(width);
    kernel_add(s->kernel, (Parameter){.array = to});
    const Pack pack = {from, to};
    PUSH(s->pack, s->packs, pack);
    return pack;
}

/* ---- nests and kernels ---- */

static void say(Scheduler *s, const Nest *nest, const Tile *tile)
{
    if (tile->lanes < 2 && tile->rows * tile->columns < 2 && !tile->fulls)
        return;
    text_add(&s->words, s->words.length ? "; " : "");
    if (tile->lanes > 1)
        text_add(&s->words, "%d lanes over %s", tile->lanes,
                 tile->fold ? tile->fold->symbol->name : nest->loop[tile->lane_loop]->symbol->name);
    if (tile->rows * tile->columns > 1)
        text_add(&s->words, "%stiles of %d", tile->lanes > 1 ? ", " : "", tile->columns);
    if (tile->rows > 1)
        text_add(&s->words, " x %d %s", tile->rows, nest->loop[tile->row_loop]->symbol->name);
    for (int i = 0; i < tile->fulls; i++)
        text_add(&s->words, "%s all %s", i ? "," : " of", nest->loop[tile->full_loop[i]]->symbol->name);
    if (tile->pack.to)
        text_add(&s->words, ", %s packed for each", tile->pack.from->name);
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

/* ---- loops ---- */

static Stmt *schedule_pieces(Scheduler *s, const Nest *nest, const Peel *peel)
{
    Stmt *block = stmt_block();
    for (int i = 0; i < 3; i++) {
        Stmt *statement = peel_piece(nest, peel, i);
        if (statement)
            block_add(block, schedule_stmt(s, statement));
    }
    return block;
}

static Stmt *schedule_loop(Scheduler *s, Stmt *loop)
{
    Nest nest = nest_of(loop);
    if (!nest.depth || (s->traced && leaves_trace(loop)))
        return schedule_inside(s, loop);
    Choice_of_tile choice = choose(s->estimates->machine, s->estimates->lanes, &nest);
    if (choice.cycles >= 0) {
        Peel peel = best_peel(s->estimates, &nest, PEEL_DEPTH);
        double best = peel.cycles >= 0 && peel.cycles < choice.cycles ? peel.cycles : choice.cycles;
        Stmt *pieces = cut_in_remainders(&nest);
        double cut = pieces ? pieces_cycles(s->estimates, pieces) : -1;
        if (cut >= 0 && cut < PEEL_GAIN * best)
            return schedule_stmt(s, pieces);
        if (peel.cycles >= 0 && peel.cycles < PEEL_GAIN * choice.cycles)
            return schedule_pieces(s, &nest, &peel);
    }
    if (choice.cycles < 0 || (choice.tile.lanes == 1 && has_parallel_inside(nest.body)))
        return schedule_inside(s, loop);
    choice = tiles_choice(s->model, s->estimates->lanes, &nest, &choice);
    Stmt *block = stmt_block();
    Nest ready = transpose_jumps(s, &nest, &choice, block);
    Tile *tile = &choice.tile;
    if (tile->pack.from && !s->model->ram_bytes)
        tile->pack = pack_of(s, tile->pack.from, tile->lanes * tile->columns);
    say(s, &nest, &choice.tile);
    Stmt *tiles = tile_nest(&ready, &choice.tile);
    if (s->model->options->half)
        hoist_halves(tiles);
    block_add(block, unroll_tiles(tiles));
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

/* `eight`: with eight lanes instead of sixteen; NULL: no kernel has them. */
static void schedule_kernel(const Model *model, Estimates *eight, Kernel *kernel)
{
    const Options *options = model->options;
    Scheduler s = {.model = model, .kernel = kernel, .estimates = model->estimates, .traced = options->branches};
    bool tiled = options->lanes > 1 || options->machine->vector_bytes >= (options->float64 ? 8 : 4);
    if (tiled) {
        while (flatten_kernel(kernel))
            ;
        kernel->eight = eight && takes_eight_lanes(s.estimates, eight, kernel);
        s.estimates = kernel->eight ? eight : s.estimates;
        kernel->body = schedule_stmt(&s, kernel->body);
    }
    kernel->body = unroll(kernel->body, options->lanes > 1 ? UNROLL_LANES : UNROLL_SCALAR);
    kernel->schedule = s.words.bytes;
    note_uses(kernel);
}

/* Parameters that the schedule added are scratch of each step that runs the kernel. */
static void add_scratch(Phase *phase, Step *step)
{
    while (step->count < step->kernel->count) {
        const Array *array = step->kernel->parameters[step->count].array;
        Tensor *tensor = NEW(Tensor);
        *tensor = (Tensor){.role = ROLE_SCRATCH, .type = array->type, .elements = 1, .born = -1, .dies = -1};
        tensor->name = free_tensor_name(phase, format("%s_%s", step->title, array->name));
        for (int i = 0; i < array->rank; i++) {
            tensor->dims[tensor->rank++] = (int)array->dims[i]->number;
            tensor->elements *= array->dims[i]->number;
        }
        PUSH(phase->tensor, phase->tensors, tensor);
        step_add(step, (Argument){.tensor = tensor});
    }
}

void schedule(Model *model)
{
    estimates_of(model);
    Estimates *eight = may_have_eight_lanes(model->options) ? estimates_with(model, EIGHT_LANES) : NULL;
    Kernel_names names = model->tiles ? kernel_names_of(model) : (Kernel_names){0};
    for (int p = 0; p < PHASES; p++)
        for (int i = 0; model->phase[p] && i < model->phase[p]->steps; i++) {
            Step *step = model->phase[p]->step[i];
            if (step->kernel->owner == step) {
                tiles_begin_kernel(model->tiles, model->tiles ? kernel_name(&names, step->kernel) : NULL);
                schedule_kernel(model, eight, step->kernel);
                tiles_end_kernel(model->tiles);
            }
            add_scratch(model->phase[p], step);
        }
    tiles_end(model, names.name, names.count);
}
