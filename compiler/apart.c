/* apart.c - the proof that the iterations of a loop may run at the same time, made on the loop as it will be printed:
 * with its lanes, tiles and remainders.
 *
 * Each array that is written must have a dimension in which all accesses are factor * v + rest, with one factor, and
 * where rest spans less, over all accesses and lanes and all that varies inside, than the subscript moves by from one
 * iteration to the next. */
#include "apart.h"
#include "affine.h"
#include "interval.h"
#include "parallel.h"

/* What one iteration touches of an array, along one dimension: factor * v + base + [low, high]. */
typedef struct Region {
    const Stmt *loop, *around;
    const Array *array;
    int dimension, lanes;
    bool known;
    long long factor, low, high;
    Expr *base; /* the same everywhere; NULL: no access yet */
} Region;

static bool reads_data(const Expr *expr)
{
    for (int i = 0; i < expr->count; i++)
        if (reads_data(expr->args[i]))
            return true;
    return expr->kind == EX_LOAD;
}

/* Takes out of `rest` what is declared inside a statement, and widens the region by how far that moves. */
static bool take_varying(const Stmt *stmt, Expr **rest, Interval *moves)
{
    if (stmt->symbol && mentions(*rest, stmt->symbol)) {
        const Symbol *symbol = stmt->symbol;
        Affine affine = affine_in(*rest, symbol, NULL);
        if (!affine.valid || !symbol->ranged)
            return false;
        moves->low += affine.factor * (affine.factor > 0 ? symbol->low : symbol->high);
        moves->high += affine.factor * (affine.factor > 0 ? symbol->high : symbol->low);
        *rest = affine.rest;
    }
    bool good = true;
    for (int i = 0; good && i < stmt->count; i++)
        good = take_varying(stmt->items[i], rest, moves);
    return good && (!stmt->body || take_varying(stmt->body, rest, moves)) &&
           (!stmt->other || take_varying(stmt->other, rest, moves));
}

/* False: it is not known where the access lies. */
static bool widen(Region *region, const Expr *load)
{
    Affine affine = affine_in(load->args[region->dimension], region->loop->symbol, NULL);
    if (!affine.valid || affine.factor == 0 || reads_data(affine.rest))
        return false;
    Interval moves = {.known = true};
    if (!take_varying(region->around, &affine.rest, &moves))
        return false;
    if (load->lanes && region->dimension == load->count - 1)
        moves.high += (load->part ? load->part : region->lanes) - 1;
    if (!region->base) {
        region->base = affine.rest;
        region->factor = affine.factor;
        region->low = moves.low;
        region->high = moves.high;
        return true;
    }
    const Expr *offset = normalized(expr_binary(EX_SUB, affine.rest, region->base));
    if (offset->kind != EX_INT || affine.factor != region->factor)
        return false;
    moves.low += offset->number;
    moves.high += offset->number;
    region->low = moves.low < region->low ? moves.low : region->low;
    region->high = moves.high > region->high ? moves.high : region->high;
    return true;
}

static void note_access(void *context, Expr *load, bool write)
{
    (void)write;
    Region *region = context;
    if (load->array == region->array && region->known)
        region->known = widen(region, load);
}

static bool array_is_apart(const Stmt *loop, const Stmt *around, const Array *array, int lanes)
{
    for (int d = 0; d < array->rank; d++) {
        Region region = {.loop = loop, .around = around, .array = array, .dimension = d, .lanes = lanes, .known = true};
        visit_loads(loop->body, note_access, &region);
        long long move = (region.factor < 0 ? -region.factor : region.factor) * loop->step;
        if (region.known && region.base && region.high - region.low < move)
            return true;
    }
    return false;
}

bool is_apart(const Kernel *kernel, const Stmt *loop, const Stmt *around, int lanes)
{
    const Mark mark = memory_mark();
    learn_all(around);
    bool apart = loop->step > 0 && locals_are_own(loop, loop->body);
    for (int i = 0; apart && i < kernel->count; i++) {
        const Array *array = kernel->parameters[i].array;
        apart = !array || !stmt_writes(loop->body, array) || array_is_apart(loop, around, array, lanes);
    }
    memory_release(mark);
    return apart;
}
