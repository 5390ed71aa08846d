/* lives.c - when the tensors of the arena live, and who may take whose place. Needs steps in their final order.
 *
 * Time counts the nests of all steps, one after the other: a tensor lives from the first nest that touches it to the
 * last one. So what a step reads in its first nest makes room for what it writes in its second. Within one nest a
 * tensor may take the place of one that dies there if the nest touches both only at the same element. In a phase of
 * whole steps it is not the nest that counts but the step. */
#include "lives.h"
#include "expr.h"
#include "steps.h"
#include "uses.h"

#include <stdlib.h>

bool in_arena(const Tensor *tensor)
{
    return (tensor->role == ROLE_VALUE || tensor->role == ROLE_SCRATCH) && !tensor->view;
}

/* ---- lives ---- */

/* Steps of equal shape share a kernel, which is walked once. */
static const Uses *uses_of_step(const Step *step)
{
    Kernel *kernel = step->kernel;
    if (!kernel->uses) {
        Uses *uses = NEW(Uses);
        *uses = uses_of_kernel(kernel);
        kernel->uses = uses;
    }
    return kernel->uses;
}

/* The time after the step. */
static int touch_tensors(const Phase *phase, const Step *step, int time)
{
    const int start = time, end = time + step->kernel->body->count - 1;
    const Uses *uses = uses_of_step(step);
    for (int i = 0; i < step->kernel->body->count; i++, time++)
        for (int a = 0; a < step->count; a++) {
            if (!use_at(uses, i, a) || !step->arguments[a].tensor)
                continue;
            Tensor *tensor = root_tensor(step->arguments[a].tensor);
            if (tensor->from < 0)
                tensor->from = phase->whole ? start : time;
            tensor->until = phase->whole ? end : time;
        }
    return time;
}

static void forget_uses(const Phase *phase)
{
    for (int s = 0; s < phase->steps; s++)
        phase->step[s]->kernel->uses = NULL;
}

static void find_steps(Phase *phase, int step)
{
    for (int a = 0; a < phase->step[step]->count; a++) {
        if (!phase->step[step]->arguments[a].tensor)
            continue;
        Tensor *tensor = root_tensor(phase->step[step]->arguments[a].tensor);
        if (tensor->born < 0)
            tensor->born = step;
        tensor->dies = step;
    }
}

/* What comes into the rounds is read by the last of them, and what goes out was begun by the first: neither shares its
 * place with anything between. */
static void last_through(const Phase *phase, int first, int last, int from, int until)
{
    for (int i = 0; i < phase->tensors; i++) {
        Tensor *tensor = phase->tensor[i];
        bool enters = tensor->born < first && tensor->dies >= first && tensor->dies <= last,
             leaves = tensor->born >= first && tensor->born <= last && tensor->dies > last;
        if (enters && tensor->born >= 0) {
            tensor->dies = last;
            tensor->until = until;
        }
        if (leaves) {
            tensor->born = first;
            tensor->from = from;
        }
    }
}

static void live_through_rounds(const Phase *phase)
{
    for (int s = 0, last, time = 0; s < phase->steps; s = last + 1) {
        const int from = time;
        last = last_of_rounds(phase, s);
        for (int i = s; i <= last; i++)
            time += phase->step[i]->kernel->body->count;
        if (phase->step[s]->rounds)
            last_through(phase, s, last, from, time - 1);
    }
}

void find_lives(Phase *phase)
{
    for (int i = 0; i < phase->tensors; i++)
        phase->tensor[i]->born = phase->tensor[i]->dies = phase->tensor[i]->from = phase->tensor[i]->until = -1;
    const Mark mark = memory_mark();
    for (int s = 0, time = 0; s < phase->steps; s++) {
        find_steps(phase, s);
        time = touch_tensors(phase, phase->step[s], time);
    }
    forget_uses(phase);
    memory_release(mark);
    live_through_rounds(phase);
}

/* ---- in place ---- */

typedef struct Subscripts {
    const Array *one, *other;
    const Expr *first;
    bool same;
} Subscripts;

static void compare_subscripts(void *context, Expr *load, bool write)
{
    (void)write;
    Subscripts *all = context;
    if (load->array != all->one && load->array != all->other)
        return;
    if (!all->first)
        all->first = load;
    bool same = load->count == all->first->count;
    for (int i = 0; same && i < load->count; i++)
        same = same_expr(load->args[i], all->first->args[i]);
    all->same &= same;
}

/* What happens to two arrays in the order in which it runs. */
typedef struct Turns {
    const Array *dying, *born;
    bool written, good;
} Turns;

static void check_turns(void *context, Expr *load, bool write)
{
    Turns *turns = context;
    if (load->array == turns->dying && turns->written)
        turns->good = false;
    turns->written |= write && load->array == turns->born;
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

/* The same subscripts mean the same element. */
static bool same_rows(const Array *one, const Array *other)
{
    bool same = one->rank == other->rank;
    for (int i = 1; same && i < one->rank; i++)
        same = same_expr(one->dims[i], other->dims[i]);
    return same;
}

/* A nest touches both arrays, always at the same element, and nothing of the dying one is needed any more where the
 * other one is written. */
static bool elementwise(const Stmt *nest, const Array *dying, const Array *born)
{
    if (!same_rows(dying, born))
        return false;
    Subscripts all = {dying, born, NULL, true};
    visit_loads(nest, compare_subscripts, &all);
    if (!all.same || !all.first || !all.first->count)
        return false;
    Turns turns = {dying, born, false, true};
    visit_loads(nest, check_turns, &turns);
    return turns.good && moves_on(nest, &all);
}

static int last_use(const Step *step, int argument)
{
    int nest = step->kernel->body->count - 1;
    while (nest > 0 && !use_at(uses_of_step(step), nest, argument))
        nest--;
    return nest;
}

static int first_use(const Step *step, int argument)
{
    int nest = 0;
    while (nest < step->kernel->body->count - 1 && !use_at(uses_of_step(step), nest, argument))
        nest++;
    return nest;
}

/* A tensor may stand for several arrays of a step: each of them must fit. */
static bool may_inherit(const Phase *phase, const Step *step, const Tensor *dying, const Tensor *born)
{
    bool share = true;
    for (int a = 0; a < step->count; a++) {
        const Tensor *one = step->arguments[a].tensor;
        if (!one || root_tensor(one) != dying)
            continue;
        for (int b = 0; share && b < step->count; b++) {
            const Tensor *other = step->arguments[b].tensor;
            if (!other || root_tensor(other) != born)
                continue;
            const Array *left = step->kernel->parameters[a].array, *right = step->kernel->parameters[b].array;
            int last = last_use(step, a), first = first_use(step, b);
            share = (last < first && !phase->whole) ||
                    (last == first && elementwise(step->kernel->body->items[last], left, right));
        }
    }
    return share;
}

bool may_inherit_at(const Step *step, int nest, const Tensor *dying, const Tensor *born)
{
    if (dying->type != born->type || dying->elements != born->elements)
        return false;
    const Stmt *item = step->kernel->body->items[nest];
    for (int a = 0; a < step->count; a++)
        for (int b = 0; b < step->count; b++) {
            const Tensor *one = step->arguments[a].tensor, *other = step->arguments[b].tensor;
            if (!one || !other || root_tensor(one) != dying || root_tensor(other) != born)
                continue;
            if (!elementwise(item, step->kernel->parameters[a].array, step->kernel->parameters[b].array))
                return false;
        }
    return true;
}

void find_heirs(Phase *phase)
{
    for (int i = 0; i < phase->tensors; i++)
        phase->tensor[i]->heirs = 0;
    for (int s = 0; s < phase->steps; s++) {
        const Step *step = phase->step[s];
        for (int a = 0; a < step->count; a++)
            for (int b = 0; b < step->count; b++) {
                if (!step->arguments[a].tensor || !step->arguments[b].tensor)
                    continue;
                Tensor *dying = root_tensor(step->arguments[a].tensor), *born = root_tensor(step->arguments[b].tensor);
                bool meet = in_arena(dying) && in_arena(born) && dying->dies == s && dying->born < s &&
                            born->born == s && born->type == dying->type && born->elements == dying->elements;
                if (meet && !is_heir(dying, born) && may_inherit(phase, step, dying, born))
                    PUSH(dying->heir, dying->heirs, born);
            }
    }
    forget_uses(phase);
}

/* ---- what is alive at once ---- */

static int by_birth(const void *a, const void *b)
{
    const Tensor *left = *(Tensor *const *)a, *right = *(Tensor *const *)b;
    return left->from != right->from ? (left->from > right->from) - (left->from < right->from)
                                     : (left->until > right->until) - (left->until < right->until);
}

static void list_tensors(Profile *profile, const Phase *phase)
{
    for (int i = 0; i < phase->tensors; i++)
        if (in_arena(phase->tensor[i]) && phase->tensor[i]->from >= 0)
            PUSH(profile->tensor, profile->tensors, phase->tensor[i]);
    if (profile->tensors)
        qsort(profile->tensor, (size_t)profile->tensors, sizeof(Tensor *), by_birth);
    profile->first = NEW_ARRAY(profile->times + 1, int);
    for (int t = 0, i = 0; t <= profile->times; t++) {
        while (i < profile->tensors && profile->tensor[i]->from < t)
            i++;
        profile->first[t] = i;
    }
}

/* Those that are handed over at one time: each heir takes one place, and each place has one heir. */
typedef struct Handover {
    int dyings, *heir_of; /* parallel to dying: which of `born` has its place, or -1 */
    Tensor **dying;
    int borns, *place_of;
    Tensor **born;
    bool *seen;
} Handover;

static bool is_handed(const Handover *all, int dying, int born, int time)
{
    const Tensor *one = all->dying[dying], *other = all->born[born];
    return one->until >= time && other->from <= time && other->until >= time && is_heir(one, other);
}

/* An augmenting path from a dying tensor. */
static bool hand_over(Handover *all, int dying, int time)
{
    for (int b = 0; b < all->borns; b++) {
        if (all->seen[b] || !is_handed(all, dying, b, time))
            continue;
        all->seen[b] = true;
        if (all->place_of[b] < 0 || hand_over(all, all->place_of[b], time)) {
            all->place_of[b] = dying;
            all->heir_of[dying] = b;
            return true;
        }
    }
    return false;
}

static Handover handover_of(const Step *step, int s)
{
    Handover all = {0};
    for (int a = 0; a < step->count; a++) {
        Tensor *tensor = step->arguments[a].tensor ? root_tensor(step->arguments[a].tensor) : NULL;
        bool known = !tensor || !in_arena(tensor);
        for (int i = 0; i < all.dyings; i++)
            known |= all.dying[i] == tensor;
        for (int i = 0; i < all.borns; i++)
            known |= all.born[i] == tensor;
        if (!known && tensor->heirs && tensor->dies == s)
            PUSH(all.dying, all.dyings, tensor);
        else if (!known && tensor->born == s)
            PUSH(all.born, all.borns, tensor);
    }
    all.heir_of = NEW_ARRAY(all.dyings + 1, int);
    all.place_of = NEW_ARRAY(all.borns + 1, int);
    all.seen = NEW_ARRAY(all.borns + 1, bool);
    return all;
}

/* What those that are handed over at a time would take twice. */
static void take_twice(Profile *profile, Handover *all, int time, int alignment)
{
    for (int i = 0; i < all->borns; i++)
        all->place_of[i] = -1;
    for (int i = 0; i < all->dyings; i++) {
        for (int b = 0; b < all->borns; b++)
            all->seen[b] = false;
        if (hand_over(all, i, time))
            *(all->dying[i]->type == TYPE_INT ? &profile->ints[time] : &profile->reals[time]) -=
                rounded_up(all->dying[i]->elements, alignment);
    }
}

Profile profile_of(const Phase *phase, int alignment)
{
    Profile profile = {0};
    for (int s = 0; s < phase->steps; s++)
        profile.times += phase->step[s]->kernel->body->count;
    profile.reals = NEW_ARRAY(profile.times + 2, long long);
    profile.ints = NEW_ARRAY(profile.times + 2, long long);
    profile.step = NEW_ARRAY(profile.times + 1, int);
    list_tensors(&profile, phase);
    for (int i = 0; i < profile.tensors; i++) {
        const Tensor *tensor = profile.tensor[i];
        long long *live = tensor->type == TYPE_INT ? profile.ints : profile.reals;
        const long long elements = rounded_up(tensor->elements, alignment);
        live[tensor->from] += elements;
        live[tensor->until + 1] -= elements;
    }
    for (int t = 1; t <= profile.times; t++) {
        profile.reals[t] += profile.reals[t - 1];
        profile.ints[t] += profile.ints[t - 1];
    }
    for (int s = 0, time = 0; s < phase->steps; s++) {
        Handover all = handover_of(phase->step[s], s);
        for (int i = 0; i < phase->step[s]->kernel->body->count; i++, time++) {
            profile.step[time] = s;
            if (all.dyings && all.borns)
                take_twice(&profile, &all, time, alignment);
        }
    }
    return profile;
}
