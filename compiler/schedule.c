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
#include "transpose.h"
#include "unroll.h"

#include <string.h>

/* Three nests instead of one have to be so much faster. */
static const double PEEL_GAIN = 0.8;

typedef struct Scheduler {
    const Model *model;
    Kernel *kernel;
    Estimates *estimates;
    Transposes transposes; /* made so far in this kernel */
    int packs;
    Pack *pack;
    Text words;
    bool traced; /* branches leave a trace */
} Scheduler;

/* ---- packed copies ---- */

/* The copy of as much of an array as the tile's columns take. One serves all nests that want the same. */
static Pack pack_of(Scheduler *s, const Array *from, int width)
{
    for (int i = 0; i < s->packs; i++)
        if (s->pack[i].from == from && is_int(s->pack[i].to->dims[from->rank - 1], width))
            return s->pack[i];
    Array *to = NEW(Array);
    *to = (Array){
        .name = free_array_name(s->kernel, format("%s_packed", from->name)), .type = from->type, .rank = from->rank};
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
    Choice_of_tile choice = best_choice(s->estimates, &nest);
    if (choice.cycles >= 0) {
        Peel peel = best_peel(s->estimates, &nest, PEEL_DEPTH, choice.cycles);
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
    Nest ready = transpose_jumps(&s->transposes, s->kernel, &nest, &choice, block);
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
static void add_scratch(Phase *phase, Names *names, Step *step)
{
    while (step->count < step->kernel->count) {
        const Array *array = step->kernel->parameters[step->count].array;
        Tensor *tensor = NEW(Tensor);
        *tensor = (Tensor){.role = ROLE_SCRATCH, .type = array->type, .elements = 1, .born = -1, .dies = -1};
        tensor->name = take_name(names, format("%s_%s", step->title, array->name));
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
    for (int p = 0; p < PHASES; p++) {
        Names tensors = model->phase[p] ? tensor_names(model->phase[p]) : (Names){0};
        for (int i = 0; model->phase[p] && i < model->phase[p]->steps; i++) {
            Step *step = model->phase[p]->step[i];
            if (step->kernel->owner == step) {
                tiles_begin_kernel(model->tiles, model->tiles ? kernel_name(&names, step->kernel) : NULL);
                schedule_kernel(model, eight, step->kernel);
                tiles_end_kernel(model->tiles);
            }
            add_scratch(model->phase[p], &tensors, step);
        }
    }
    tiles_end(model, names.name, names.count);
}
