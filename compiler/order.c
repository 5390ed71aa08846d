/* order.c - the order of the nests within a step. Needs steps in their final order; changes no result.
 *
 * Where one nest of a step is the last to read a tensor and another makes a new one, the one that reads goes first:
 * the gradient of a convolution's input then takes the place of the input, which the gradient of the weight has read
 * before. Nests that depend on each other stay as they are; so does a step that this would not help. */
#include "order.h"
#include "expr.h"
#include "lives.h"
#include "sizes.h"
#include "uses.h"

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

static bool depend(const Step *step, const Uses *uses, int one, int other)
{
    const Stmt *body = step->kernel->body;
    if (body->items[one]->kind != ST_FOR || body->items[other]->kind != ST_FOR)
        return true;
    for (int a = 0; a < step->count; a++)
        for (int b = 0; use_at(uses, one, a) && b < step->count; b++) {
            const unsigned left = use_at(uses, one, a), right = use_at(uses, other, b);
            if (right && ((left | right) & USE_WRITE) && may_meet(step->arguments[a].tensor, step->arguments[b].tensor))
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

static Table table_of(const Step *step, const Uses *uses, int first, int last)
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
            guest->touched[i] |= use_at(uses, i, a) != USE_NONE;
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
    const Mark mark = memory_mark();
    const Uses uses = uses_of_kernel(step->kernel);
    Table table = table_of(step, &uses, first, last);
    int *given = NEW_ARRAY(nests, int);
    for (int i = 0; i < nests; i++)
        given[i] = i;
    const long long most = most_alive(step, &table, given);
    memory_release(mark);
    return most;
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

static bool is_ready(const bool *needs, const bool *done, int nest)
{
    for (int i = 0; i < nest; i++)
        if (!done[i] && needs[i])
            return false;
    return true;
}

/* [nests][nests]: whether the first one must wait for the second, an earlier one. */
static bool *needs_of(const Step *step, const Uses *uses, int nests)
{
    bool *needs = NEW_ARRAY(nests * nests, bool);
    for (int i = 0; i < nests; i++)
        for (int k = 0; k < i; k++)
            needs[i * nests + k] = depend(step, uses, k, i);
    return needs;
}

/* Of the nests that may run next, always the one that leaves the least alive; of equal ones the first. */
static void choose_order(const bool *needs, const Table *table, int *order)
{
    bool *done = NEW_ARRAY(table->nests, bool);
    for (int at = 0; at < table->nests; at++) {
        int best = -1;
        long long least = 0;
        for (int i = 0; i < table->nests; i++) {
            if (done[i] || !is_ready(&needs[i * table->nests], done, i))
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
    const int nests = body->count;
    if (nests < 2 || nests > NESTS_MAX)
        return;
    const Mark mark = memory_mark();
    const Uses uses = uses_of_kernel(step->kernel);
    const Table table = table_of(step, &uses, s, s);
    int *chosen = NEW_ARRAY(nests, int), *given = NEW_ARRAY(nests, int);
    for (int i = 0; i < nests; i++)
        given[i] = i;
    choose_order(needs_of(step, &uses, nests), &table, chosen);
    if (memcmp(chosen, given, (size_t)nests * sizeof *given) != 0 &&
        most_alive(step, &table, chosen) < most_alive(step, &table, given)) {
        Stmt *items[NESTS_MAX];
        for (int i = 0; i < nests; i++)
            items[i] = body->items[chosen[i]];
        memcpy(body->items, items, (size_t)nests * sizeof *items);
        step->kernel->verified = NULL;
    }
    memory_release(mark);
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
