/* slice.c - the part of a step that makes one of its tensors. */
#include "slice.h"
#include "expr.h"
#include "lives.h"
#include "steps.h"

/* What is at most this part of the wanted tensor is kept instead of made again. */
enum { SMALL_PART = 4 };

/* Which arrays of a kernel are still written, parallel to its parameters. */
typedef struct Wanted {
    const Kernel *kernel;
    bool *kept;
} Wanted;

static bool is_kept(const Wanted *wanted, const Array *array)
{
    for (int i = 0; i < wanted->kernel->count; i++)
        if (wanted->kernel->parameters[i].array == array)
            return wanted->kept[i];
    return true;
}

static Stmt *without_others(const Wanted *wanted, Stmt *stmt)
{
    if (stmt->kind == ST_ASSIGN)
        return stmt->target->kind == EX_LOAD && !is_kept(wanted, stmt->target->array) ? NULL : stmt;
    int kept = 0;
    for (int i = 0; i < stmt->count; i++) {
        Stmt *item = without_others(wanted, stmt->items[i]);
        if (item)
            stmt->items[kept++] = item;
    }
    if (stmt->kind == ST_BLOCK)
        stmt->count = kept;
    if (stmt->body)
        stmt->body = without_others(wanted, stmt->body);
    if (stmt->other)
        stmt->other = without_others(wanted, stmt->other);
    return stmt;
}

/* Whether the slice reads an array that the whole step makes, and must make it, too. */
static bool must_make(const Step *step, int argument, const Tensor *wanted)
{
    const Tensor *tensor = root_tensor(step->arguments[argument].tensor);
    return tensor->role == ROLE_SCRATCH || tensor->elements * SMALL_PART > wanted->elements;
}

/* Adds what the slice lacks to what is kept; false if nothing. */
static bool add_needed(const Step *whole, const Step *slice, const Tensor *wanted, bool *kept)
{
    bool added = false;
    for (int i = 0; i < whole->count; i++) {
        const Array *array = whole->kernel->parameters[i].array;
        if (!array || kept[i] || !array->written || !slice->kernel->parameters[i].array->read ||
            !must_make(whole, i, wanted))
            continue;
        kept[i] = added = true;
    }
    return added;
}

static void find_constants(Kernel *kernel)
{
    for (int i = 0; i < kernel->count; i++)
        if (kernel->parameters[i].array)
            kernel->parameters[i].array->constant = !kernel->parameters[i].array->written;
}

static bool makes_only_values(const Step *step)
{
    for (int i = 0; i < step->count; i++)
        if (step->kernel->parameters[i].array && step->kernel->parameters[i].array->written &&
            !in_arena(root_tensor(step->arguments[i].tensor)))
            return false;
    return true;
}

Step *slice_of(const Step *step, const Tensor *wanted)
{
    bool *kept = NEW_ARRAY(step->count, bool);
    for (int i = 0; i < step->count; i++)
        kept[i] = step->arguments[i].tensor && root_tensor(step->arguments[i].tensor) == wanted;
    Step *slice;
    do {
        slice = step_copy(step);
        const Wanted all = {slice->kernel, kept};
        slice->kernel->body = prune(without_others(&all, slice->kernel->body));
        if (!slice->kernel->body)
            return NULL;
        note_uses(slice->kernel);
    } while (add_needed(step, slice, wanted, kept));
    drop_unmentioned(slice);
    find_constants(slice->kernel);
    return makes_only_values(slice) ? slice : NULL;
}

/* ---- work ---- */

enum { UNKNOWN_TRIPS = 3 }; /* of a window that is cut at the border */

static double stmt_work(const Stmt *stmt)
{
    double work = stmt->kind == ST_ASSIGN || stmt->kind == ST_DECLARE ? 1 : 0;
    for (int i = 0; i < stmt->count; i++)
        work += stmt_work(stmt->items[i]);
    if (stmt->body)
        work += stmt_work(stmt->body);
    if (stmt->other)
        work += stmt_work(stmt->other);
    if (stmt->kind != ST_FOR)
        return work;
    if (stmt->from->kind != EX_INT || stmt->to->kind != EX_INT)
        return work * UNKNOWN_TRIPS;
    double trips = (double)(stmt->to->number - stmt->from->number) / stmt->step;
    return work * (trips > 1 ? trips : 1);
}

double step_work(const Step *step)
{
    return stmt_work(step->kernel->body);
}
