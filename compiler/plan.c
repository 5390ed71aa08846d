/* plan.c - gives every tensor of the arena its place. Needs steps in their final order; leaves born, dies and offset
 * set, and the arena's size in each phase.
 *
 * A tensor lives from the step that first touches it to the last one that does. Tensors whose lives overlap must not
 * share bytes; the best of several orders of first-fit placement is kept. Where a step reads one tensor and writes
 * another only at the same element, the one that dies there and the one that is born there may share. */
#include "expr.h"

#include <stdlib.h>
#include <string.h>

static Tensor *root_of(Tensor *tensor)
{
    return tensor->view ? tensor->view : tensor;
}

static bool in_arena(const Tensor *tensor)
{
    return (tensor->role == ROLE_VALUE || tensor->role == ROLE_SCRATCH) && !tensor->view;
}

static void find_lives(Phase *phase)
{
    for (int i = 0; i < phase->steps; i++)
        for (int a = 0; a < phase->step[i]->count; a++) {
            Tensor *tensor = phase->step[i]->arguments[a].tensor;
            if (!tensor)
                continue;
            tensor = root_of(tensor);
            if (tensor->born < 0)
                tensor->born = i;
            tensor->dies = i;
        }
}

/* ---- in place ---- */

typedef struct Subscripts {
    const Array *one, *other;
    const Expr *first;
    bool same;
} Subscripts;

static void compare_subscripts(void *context, Expr *expr, bool write)
{
    (void)write;
    Subscripts *all = context;
    if (expr->kind != EX_LOAD || (expr->array != all->one && expr->array != all->other))
        return;
    if (!all->first)
        all->first = expr;
    bool same = expr->count == all->first->count;
    for (int i = 0; same && i < expr->count; i++)
        same = same_expr(expr->args[i], all->first->args[i]);
    all->same &= same;
}

/* What happens to two arrays in the order in which it runs. */
typedef struct Turns {
    const Array *dying, *born;
    bool written, good;
} Turns;

static void check_turns(void *context, Expr *expr, bool write)
{
    Turns *turns = context;
    if (expr->kind != EX_LOAD)
        return;
    if (expr->array == turns->dying && turns->written)
        turns->good = false;
    turns->written |= write && expr->array == turns->born;
}

static bool uses(const Stmt *stmt, const Array *array)
{
    return stmt_reads(stmt, array) || stmt_writes(stmt, array);
}

/* Every loop around both arrays moves to another element: none comes back to one that is overwritten. */
static bool moves_on(const Stmt *stmt, const Subscripts *all)
{
    bool around = stmt->kind == ST_FOR && uses(stmt, all->one) && uses(stmt, all->other);
    for (int i = 0; around && i < all->first->count; i++)
        around = all->first->args[i]->kind != EX_NAME || all->first->args[i]->symbol != stmt->symbol;
    bool good = !around;
    for (int i = 0; good && i < stmt->count; i++)
        good = moves_on(stmt->items[i], all);
    return good && (!stmt->body || moves_on(stmt->body, all)) && (!stmt->other || moves_on(stmt->other, all));
}

/* One nest touches both arrays, always at the same subscripts, and nothing of the dying one is needed any more where
 * the other one is written. */
static bool elementwise(const Step *step, const Array *dying, const Array *born)
{
    int nests = 0;
    const Stmt *body = step->kernel->body;
    for (int i = 0; i < body->count; i++)
        nests += uses(body->items[i], dying) || uses(body->items[i], born);
    Subscripts all = {dying, born, NULL, true};
    visit_stmt(body, compare_subscripts, &all);
    Turns turns = {dying, born, false, true};
    visit_stmt(body, check_turns, &turns);
    return nests == 1 && all.same && all.first && all.first->count > 0 && turns.good && moves_on(body, &all);
}

/* A tensor may stand for several arrays of a step: each of them must fit. */
static bool may_share_at(const Phase *phase, const Tensor *dying, const Tensor *born)
{
    const Step *step = phase->step[born->born];
    bool share = dying->elements == born->elements;
    for (int a = 0; a < step->count; a++) {
        Tensor *one = step->arguments[a].tensor;
        if (!one || root_of(one) != dying)
            continue;
        for (int b = 0; share && b < step->count; b++) {
            Tensor *other = step->arguments[b].tensor;
            if (other && root_of(other) == born)
                share = elementwise(step, step->kernel->parameters[a].array, step->kernel->parameters[b].array);
        }
    }
    return share;
}

static void find_heirs(Phase *phase, Tensor *dying)
{
    for (int i = 0; i < phase->tensors; i++) {
        Tensor *born = phase->tensor[i];
        bool meet =
            in_arena(born) && born->type == dying->type && born->born == dying->dies && dying->born < born->born;
        if (meet && may_share_at(phase, dying, born))
            PUSH(dying->heir, dying->heirs, born);
    }
}

void share(Model *model)
{
    for (int p = 0; p < PHASES; p++) {
        Phase *phase = model->phase[p];
        if (!phase)
            continue;
        find_lives(phase);
        for (int i = 0; i < phase->tensors; i++)
            if (in_arena(phase->tensor[i]) && phase->tensor[i]->born >= 0)
                find_heirs(phase, phase->tensor[i]);
    }
}

/* Whether two tensors may stand in the same bytes: always, only if they begin at the same one, or never. */
typedef enum Sharing { SHARE_FREELY, SHARE_IN_PLACE, SHARE_NEVER } Sharing;

static Sharing sharing(const Tensor *a, const Tensor *b)
{
    if (a->type != b->type || a->dies < b->born || b->dies < a->born)
        return SHARE_FREELY;
    const Tensor *dying = a->born < b->born ? a : b, *born = dying == a ? b : a;
    for (int i = 0; i < dying->heirs; i++)
        if (dying->heir[i] == born)
            return SHARE_IN_PLACE;
    return SHARE_NEVER;
}

/* ---- placement ---- */

typedef int Order(const Tensor *, const Tensor *);

static int larger_first(const Tensor *a, const Tensor *b)
{
    return (a->elements < b->elements) - (a->elements > b->elements);
}

static int longer_first(const Tensor *a, const Tensor *b)
{
    int left = a->dies - a->born, right = b->dies - b->born;
    return left != right ? right - left : larger_first(a, b);
}

static int earlier_first(const Tensor *a, const Tensor *b)
{
    return a->born != b->born ? a->born - b->born : larger_first(a, b);
}

static int later_first(const Tensor *a, const Tensor *b)
{
    return a->dies != b->dies ? b->dies - a->dies : larger_first(a, b);
}

/* Insertion: stable, so that equal tensors keep the order of their steps and the plan is the same everywhere. */
static void sort(Tensor **tensors, int count, Order *order)
{
    for (int i = 1; i < count; i++) {
        Tensor *tensor = tensors[i];
        int at = i;
        for (; at > 0 && order(tensors[at - 1], tensor) > 0; at--)
            tensors[at] = tensors[at - 1];
        tensors[at] = tensor;
    }
}

static long long rounded(long long elements, int alignment)
{
    return (elements + alignment - 1) / alignment * alignment;
}

/* What has its place already and lives together with a tensor, by offset. */
typedef struct Neighbours {
    int count;
    Tensor **tensor;
    Sharing *sharing; /* never SHARE_FREELY */
} Neighbours;

static void find_neighbours(Neighbours *all, Tensor **placed, int count, const Tensor *tensor)
{
    all->count = 0;
    for (int i = 0; i < count; i++) {
        Sharing how = sharing(placed[i], tensor);
        if (how == SHARE_FREELY)
            continue;
        all->sharing[all->count] = how;
        all->tensor[all->count++] = placed[i];
    }
}

static bool fits(const Neighbours *all, const Tensor *tensor, long long offset)
{
    for (int i = 0; i < all->count && all->tensor[i]->offset < offset + tensor->elements; i++) {
        bool apart = offset >= all->tensor[i]->offset + all->tensor[i]->elements;
        if (!apart && (all->sharing[i] == SHARE_NEVER || all->tensor[i]->offset != offset))
            return false;
    }
    return true;
}

/* The lowest place that collides with no neighbour: in place of one, at the start, or in the first gap. */
static long long lowest_place(const Neighbours *all, const Tensor *tensor, int alignment)
{
    long long gap = 0, best = -1;
    for (int i = 0; i < all->count && all->tensor[i]->offset < gap + tensor->elements; i++) {
        long long end = rounded(all->tensor[i]->offset + all->tensor[i]->elements, alignment);
        gap = end > gap ? end : gap;
    }
    for (int i = 0; i < all->count && best < 0 && all->tensor[i]->offset < gap; i++)
        if (all->sharing[i] == SHARE_IN_PLACE && fits(all, tensor, all->tensor[i]->offset))
            best = all->tensor[i]->offset;
    return best < 0 ? gap : best;
}

/* Keeps what is placed in the order of its offsets. */
static void put_in_order(Tensor **placed, int count, Tensor *tensor)
{
    for (; count > 0 && placed[count - 1]->offset > tensor->offset; count--)
        placed[count] = placed[count - 1];
    placed[count] = tensor;
}

static long long place(Tensor **tensors, int count, Order *order, int alignment)
{
    sort(tensors, count, order);
    Tensor **placed = NEW_ARRAY(count, Tensor *);
    Neighbours all = {.tensor = NEW_ARRAY(count, Tensor *), .sharing = NEW_ARRAY(count, Sharing)};
    long long size = 0;
    for (int i = 0; i < count; i++) {
        find_neighbours(&all, placed, i, tensors[i]);
        tensors[i]->offset = lowest_place(&all, tensors[i], alignment);
        put_in_order(placed, i, tensors[i]);
        if (size < tensors[i]->offset + tensors[i]->elements)
            size = tensors[i]->offset + tensors[i]->elements;
    }
    return size;
}

static long long place_best(const Phase *phase, Type type, int alignment)
{
    static Order *const orders[] = {larger_first, longer_first, earlier_first, later_first};
    Tensor **tensors = NULL;
    int count = 0, best = 0;
    for (int i = 0; i < phase->tensors; i++)
        if (in_arena(phase->tensor[i]) && phase->tensor[i]->type == type && phase->tensor[i]->born >= 0)
            PUSH(tensors, count, phase->tensor[i]);
    long long size = -1;
    for (int i = 0; i < 4; i++) {
        long long reached = place(tensors, count, orders[i], alignment);
        if (size < 0 || reached < size) {
            size = reached;
            best = i;
        }
    }
    return place(tensors, count, orders[best], alignment);
}

/* The largest sum of live elements at any step. */
static long long lower_bound(const Phase *phase)
{
    long long bound = 0;
    for (int s = 0; s < phase->steps; s++) {
        long long live = 0;
        for (int i = 0; i < phase->tensors; i++) {
            const Tensor *tensor = phase->tensor[i];
            if (in_arena(tensor) && tensor->type == TYPE_REAL && tensor->born >= 0 && tensor->born <= s &&
                s <= tensor->dies)
                live += tensor->elements;
        }
        bound = live > bound ? live : bound;
    }
    return bound;
}

void plan(Model *model)
{
    const Options *options = model->options;
    int alignment = options->lanes > 1 ? options->lanes : 1;
    for (int p = 0; p < PHASES; p++) {
        Phase *phase = model->phase[p];
        if (!phase)
            continue;
        find_lives(phase);
        phase->arena_reals = place_best(phase, TYPE_REAL, alignment);
        phase->arena_ints = place_best(phase, TYPE_INT, alignment);
        phase->bound_reals = lower_bound(phase);
    }
}
