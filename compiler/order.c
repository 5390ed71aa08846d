/* order.c - the order of the nests within a step. Needs steps in their final order; changes no result.
 *
 * Where one nest of a step is the last to read a tensor and another makes a new one, the one that reads goes first:
 * the gradient of a convolution's input then takes the place of the input, which the gradient of the weight has read
 * before. Nests that depend on each other stay as they are; so does a step that this would not help. */
#include "order.h"
#include "expr.h"
#include "lives.h"
#include "sizes.h"

#include <limits.h>
#include <string.h>

enum { NESTS_MAX = 64 };

/* ---- what must stay in its order ---- */

static bool is_run(const Tensor *tensor)
{
    return tensor->weight && tensor->elements != shape_elements(&tensor->weight->shape);
}

/* Two tensors that may have bytes in common: runs of weights lie over the weights. */
static bool may_meet(const Tensor *one, const Tensor *other)
{
    one = root_tensor(one);
    other = root_tensor(other);
    if (one == other)
        return true;
    if (one->role != other->role || !(one->weight || one->state))
        return false;
    return (one->weight == other->weight && one->state == other->state) || is_run(one) || is_run(other);
}

static bool touches(const Stmt *nest, const Array *array)
{
    return stmt_reads(nest, array) || stmt_writes(nest, array);
}

static bool depend(const Step *step, const Stmt *one, const Stmt *other)
{
    if (one->kind != ST_FOR || other->kind != ST_FOR)
        return true;
    for (int a = 0; a < step->count; a++)
        for (int b = 0; b < step->count; b++) {
            const Array *left = step->kernel->parameters[a].array, *right = step->kernel->parameters[b].array;
            if (!left || !right || !may_meet(step->arguments[a].tensor, step->arguments[b].tensor))
                continue;
            if ((stmt_writes(one, left) && touches(other, right)) || (touches(one, left) && stmt_writes(other, right)))
                return true;
        }
    return false;
}

/* ---- what is alive ---- */

/* A tensor of the arena that a step touches. */
typedef struct Guest {
    const Tensor *tensor;
    bool touched[NESTS_MAX]; /* by each nest, in the order of the body */
    bool comes, goes;        /* this step is its first, its last one */
} Guest;

typedef struct Table {
    int nests, guests;
    Guest *guest;
} Table;

static Guest *guest_of(Table *table, const Tensor *tensor)
{
    for (int i = 0; i < table->guests; i++)
        if (table->guest[i].tensor == tensor)
            return &table->guest[i];
    table->guest = push_grow(table->guest, table->guests, sizeof(Guest));
    table->guest[table->guests] = (Guest){.tensor = tensor};
    return &table->guest[table->guests++];
}

static Table table_of(const Step *step, int first, int last)
{
    Table table = {.nests = step->kernel->body->count};
    for (int a = 0; a < step->count; a++) {
        const Tensor *tensor = step->arguments[a].tensor ? root_tensor(step->arguments[a].tensor) : NULL;
        if (!tensor || !in_arena(tensor))
            continue;
        Guest *guest = guest_of(&table, tensor);
        guest->comes = tensor->born >= first && tensor->born <= last;
        guest->goes = tensor->dies >= first && tensor->dies <= last;
        for (int i = 0; i < table.nests; i++)
            guest->touched[i] |= touches(step->kernel->body->items[i], step->kernel->parameters[a].array);
    }
    return table;
}

static int first_place(const Table *table, const Guest *guest, const int *order)
{
    int at = 0;
    while (at < table->nests - 1 && !guest->touched[order[at]])
        at++;
    return at;
}

static int last_place(const Table *table, const Guest *guest, const int *order)
{
    int at = table->nests - 1;
    while (at > 0 && !guest->touched[order[at]])
        at--;
    return at;
}

/* The most that is alive in any nest; what may take the place of another counts once. */
static long long most_alive(const Step *step, const Table *table, const int *order)
{
    long long most = 0;
    for (int at = 0; at < table->nests; at++) {
        long long alive = 0;
        bool *taken = NEW_ARRAY(table->guests, bool);
        for (int i = 0; i < table->guests; i++) {
            const Guest *guest = &table->guest[i];
            if ((guest->comes && first_place(table, guest, order) > at) ||
                (guest->goes && last_place(table, guest, order) < at))
                continue;
            bool heir = false;
            for (int k = 0; k < table->guests && !heir && guest->comes; k++) {
                const Guest *other = &table->guest[k];
                heir = !taken[k] && !other->comes && other->goes && last_place(table, other, order) == at &&
                       first_place(table, guest, order) == at &&
                       may_inherit_at(step, order[at], other->tensor, guest->tensor);
                taken[k] |= heir;
            }
            alive += heir ? 0 : guest->tensor->elements;
        }
        most = alive > most ? alive : most;
    }
    return most;
}

long long most_within(const Step *step, int first, int last)
{
    const int nests = step->kernel->body->count;
    if (nests > NESTS_MAX)
        return LLONG_MAX / 2;
    Table table = table_of(step, first, last);
    int *given = NEW_ARRAY(nests, int);
    for (int i = 0; i < nests; i++)
        given[i] = i;
    return most_alive(step, &table, given);
}

/* ---- the order ---- */

/* What a nest adds to what is alive, if it ran before all others that are left. */
static long long growth(const Table *table, const bool *done, int nest)
{
    long long sum = 0;
    for (int i = 0; i < table->guests; i++) {
        const Guest *guest = &table->guest[i];
        bool before = false, after = false;
        for (int k = 0; k < table->nests; k++) {
            before |= done[k] && guest->touched[k];
            after |= !done[k] && k != nest && guest->touched[k];
        }
        if (!guest->touched[nest])
            continue;
        if (guest->comes && !before)
            sum += guest->tensor->elements;
        if (guest->goes && !after)
            sum -= guest->tensor->elements;
    }
    return sum;
}

static bool is_ready(const Step *step, const bool *done, int nest)
{
    const Stmt *body = step->kernel->body;
    for (int i = 0; i < nest; i++)
        if (!done[i] && depend(step, body->items[i], body->items[nest]))
            return false;
    return true;
}

/* Of the nests that may run next, always the one that leaves the least alive; of equal ones the first. */
static void choose_order(const Step *step, const Table *table, int *order)
{
    bool *done = NEW_ARRAY(table->nests, bool);
    for (int at = 0; at < table->nests; at++) {
        int best = -1;
        long long least = 0;
        for (int i = 0; i < table->nests; i++) {
            if (done[i] || !is_ready(step, done, i))
                continue;
            long long own = growth(table, done, i);
            if (best >= 0 && own >= least)
                continue;
            best = i;
            least = own;
        }
        done[best] = true;
        order[at] = best;
    }
}

static void order_step(Step *step, int s)
{
    Stmt *body = step->kernel->body;
    if (body->count < 2 || body->count > NESTS_MAX)
        return;
    Table table = table_of(step, s, s);
    int *chosen = NEW_ARRAY(table.nests, int), *given = NEW_ARRAY(table.nests, int);
    for (int i = 0; i < table.nests; i++)
        given[i] = i;
    choose_order(step, &table, chosen);
    if (most_alive(step, &table, chosen) >= most_alive(step, &table, given))
        return;
    Stmt **items = NEW_ARRAY(table.nests, Stmt *);
    for (int i = 0; i < table.nests; i++)
        items[i] = body->items[chosen[i]];
    body->items = items;
}

void order_phase(Phase *phase)
{
    find_lives(phase);
    for (int s = 0; s < phase->steps; s++)
        order_step(phase->step[s], s);
}

void order(Model *model)
{
    for (int p = 0; p < PHASES; p++)
        if (model->phase[p])
            order_phase(model->phase[p]);
}
