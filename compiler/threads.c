/* threads.c - decides which loops threads share (--threads). Needs kernels as they will be printed; marks loops.
 *
 * A loop is shared if its iterations are apart (apart.h) and if that is faster by estimate: a fork and a join take a
 * few microseconds. Nothing else changes: each element is computed by one thread, by the same statements in the same
 * order, so the bits are those of one thread; and what an iteration declares is on its thread's stack, so there is no
 * memory for each thread. */
#include "apart.h"
#include "eight.h"
#include "choose.h"
#include "expr.h"
#include "traffic.h"

/* By how many threads the choice is made. It is right for any number of them, if not best. */
enum { USUAL_THREADS = 4 };
/* Loops are joined until there are so many iterations and they come out so evenly, or so little is in one. */
enum { ENOUGH_TRIPS = 16, LEAST_BODY_CYCLES = 200 };
static const double EVEN_SHARE = 0.95;
/* Below this a nest is not worth it: some 10 us. And what a fork and a join cost. */
static const double LEAST_CYCLES = 25e3, FORK_CYCLES = 5e3;
/* What it costs a thread to find its part of a loop. */
static const double TURN_CYCLES = 60;
/* What an operation costs, as part of a nest that keeps the machine busy. */
static const double LOAD_CYCLES = 0.25, OPERATION_CYCLES = 0.5, DIVISION_CYCLES = 4, CALL_CYCLES = 10;
/* What forks less, and is plainer, is taken before what is hardly faster. */
static const double INNER_GAIN = 0.95;

/* ---- the work ---- */

static double expr_cycles(const Expr *expr)
{
    if (expr->kind == EX_LOAD)
        return LOAD_CYCLES;
    if (expr->type == TYPE_INT || expr->count == 0)
        return 0;
    double cycles = expr->kind == EX_CALL ? CALL_CYCLES : expr->kind == EX_DIV ? DIVISION_CYCLES : OPERATION_CYCLES;
    for (int i = 0; i < expr->count; i++)
        cycles += expr_cycles(expr->args[i]);
    return cycles;
}

/* Of a loop: its operations, or what it reads from behind the first cache, whichever takes longer. */
static double cycles_of(const Stmt *stmt)
{
    double cycles = stmt->value ? expr_cycles(stmt->value) : 0;
    if (stmt->kind == ST_ASSIGN && stmt->target->kind == EX_LOAD)
        cycles += OPERATION_CYCLES;
    for (int i = 0; i < stmt->count; i++)
        cycles += cycles_of(stmt->items[i]);
    if (stmt->body)
        cycles += cycles_of(stmt->body);
    if (stmt->other)
        cycles += cycles_of(stmt->other);
    if (stmt->kind != ST_FOR)
        return cycles;
    double turns = usual_trips(stmt) * (1 + cycles),
           memory = memory_cycles(sizeof(float) * passage_elements(stmt, NULL, 0));
    return turns > memory ? turns : memory;
}

/* ---- the choice ---- */

typedef struct Sharer {
    const Kernel *kernel;
    int lanes;
} Sharer;

/* Loops, one directly inside the other, that are shared as one. */
typedef struct Joint {
    int depth; /* 0: they cannot be */
    long long trips;
} Joint;

static long long trips_of(const Stmt *loop)
{
    return (loop->to->number - loop->from->number + loop->step - 1) / loop->step;
}

/* The share of the time in which a thread has something to do; it has until the last one is done. */
static double busy_share(long long trips)
{
    long long turns = (trips + USUAL_THREADS - 1) / USUAL_THREADS;
    return (double)trips / (double)(turns * USUAL_THREADS);
}

/* Loops to be shared as one: this one, and the one that is all of its body, and so on. */
static Joint joint_of(const Sharer *sharer, const Stmt *loop, const Stmt *around)
{
    Joint joint = {0, 1};
    while (is_counted(loop) && !loop->unroll && is_apart(sharer->kernel, loop, around, sharer->lanes)) {
        joint.depth++;
        joint.trips *= trips_of(loop);
        bool enough = joint.trips >= ENOUGH_TRIPS && busy_share(joint.trips) >= EVEN_SHARE;
        if (enough || loop->body->count != 1 || cycles_of(loop->body) < LEAST_BODY_CYCLES)
            break;
        loop = loop->body->items[0];
    }
    return joint;
}

/* What a nest of so many cycles takes less if iterations are shared. */
static double saving(double cycles, Joint joint)
{
    return joint.depth ? cycles - FORK_CYCLES - cycles / (USUAL_THREADS * busy_share(joint.trips)) : 0;
}

static void share_none(Stmt *stmt)
{
    stmt->shared = 0;
    stmt->team = stmt->nowait = false;
    for (int i = 0; i < stmt->count; i++)
        share_none(stmt->items[i]);
    if (stmt->body)
        share_none(stmt->body);
    if (stmt->other)
        share_none(stmt->other);
}

static Stmt *only_loop(const Stmt *loop)
{
    const Stmt *body = loop->body;
    return body->count == 1 && body->items[0]->kind == ST_FOR ? body->items[0] : NULL;
}

/* Sums that are carried through a serial loop: in each of its iterations a thread has the same elements as in the one
 * before, so no thread waits for another. Returns the cycles that this saves, and the loop inside that is shared. */
static double carried_saving(const Sharer *sharer, const Stmt *around, double cycles, Stmt **shared, Joint *joint)
{
    double turns = usual_trips(around);
    for (*shared = only_loop(around); *shared; *shared = only_loop(*shared)) {
        *joint = joint_of(sharer, *shared, around);
        if (joint->depth)
            return saving(cycles, *joint) - turns * TURN_CYCLES;
        turns *= usual_trips(*shared);
    }
    return 0;
}

static double share_loop(const Sharer *sharer, Stmt *loop);

/* Marks what is shared in a block; the cycles that it saves. */
static double share_block(const Sharer *sharer, Stmt *block)
{
    double saved = 0;
    for (int i = 0; i < block->count; i++)
        if (block->items[i]->kind == ST_FOR)
            saved += share_loop(sharer, block->items[i]);
    return saved;
}

static double share_loop(const Sharer *sharer, Stmt *loop)
{
    double cycles = cycles_of(loop);
    if (cycles < LEAST_CYCLES)
        return 0;
    Stmt *carried;
    Joint joint = joint_of(sharer, loop, loop), inner = {0};
    double outside = saving(cycles, joint), over = carried_saving(sharer, loop, cycles, &carried, &inner);
    bool is_carried = cycles - over < INNER_GAIN * (cycles - outside);
    double inside = usual_trips(loop) * share_block(sharer, loop->body), best = is_carried ? over : outside;
    if (cycles - inside < INNER_GAIN * (cycles - best))
        return inside;
    share_none(loop->body);
    if (best <= 0)
        return 0;
    if (is_carried) {
        loop->team = carried->nowait = true;
        carried->shared = (short)inner.depth;
    } else {
        loop->shared = (short)joint.depth;
    }
    return best;
}

/* Serial loops whose bodies are nothing but shared loops are for all threads: they fork only once. */
static bool gather(Stmt *stmt)
{
    if (stmt->kind == ST_BLOCK) {
        bool all = stmt->count > 0;
        for (int i = 0; i < stmt->count; i++)
            all &= gather(stmt->items[i]);
        return all;
    }
    if (stmt->kind != ST_FOR || stmt->shared || stmt->team)
        return stmt->shared > 0 || stmt->team;
    return stmt->team = gather(stmt->body);
}

static int count_shared(const Stmt *stmt)
{
    int count = stmt->shared > 0;
    for (int i = 0; i < stmt->count; i++)
        count += count_shared(stmt->items[i]);
    return count + (stmt->body ? count_shared(stmt->body) : 0) + (stmt->other ? count_shared(stmt->other) : 0);
}

static void share_kernel(Model *model, Kernel *kernel)
{
    const Sharer sharer = {kernel, lanes_of(model->options, kernel)};
    share_block(&sharer, kernel->body);
    gather(kernel->body);
    model->shared_loops += count_shared(kernel->body);
}

void threads(Model *model)
{
    const Options *options = model->options;
    for (int p = 0; p < PHASES && options->threads && !options->branches; p++)
        for (int i = 0; model->phase[p] && i < model->phase[p]->steps; i++)
            if (model->phase[p]->step[i]->kernel->owner == model->phase[p]->step[i])
                share_kernel(model, model->phase[p]->step[i]->kernel);
}
