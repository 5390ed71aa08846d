/* fuse.c - moves elementwise steps into the step that makes what they read.
 *
 * A consumer is a single nest that computes each element from the same element of its inputs. Where a producer stores
 * an element, the consumer's formula is written behind the store, and if nobody else reads the value between them it
 * needs no memory at all: y = relu(x W + b), h = g + lambda w followed by w -= rate h. The arithmetic stays the same
 * operation for operation, so the bits do.
 *
 * A consumer may have nests before, which make what its formula reads (the factors of a normalisation) and need nothing
 * of the producer: they move in front of it. What they make is then alive beside all that the producer needs, so that
 * is done last, and only where the phase needs no more memory for it than before; or hardly more, on machines with
 * vectors, if the description sets no budget. */
#include "fuse.h"
#include "lives.h"
#include "order.h"
#include "pair.h"
#include "steps.h"

#include <stdlib.h>

/* ---- who uses a place: so that a step is compared with those that it may meet, not with all ---- */

typedef struct Use {
    Tensor *tensor;
    const void *place; /* the weight or the state, or the tensor itself */
    int step;
} Use;

/* The steps that use one place, in their order. A step that was fused away may still stand in it. */
typedef struct Users {
    int count;
    int *step;
} Users;

typedef struct Fuser {
    Phase *phase;
    bool hoists; /* consumers with nests before their formula are taken, too */
    Step **step; /* NULL: fused away */
    Users *users;
} Fuser;

static int compare_pointers(const void *a, const void *b)
{
    return ((uintptr_t)a > (uintptr_t)b) - ((uintptr_t)a < (uintptr_t)b);
}

static int compare_uses(const void *left, const void *right)
{
    const Use *a = left, *b = right;
    int order = compare_pointers(a->place, b->place);
    if (!order)
        order = (int)a->tensor->role - (int)b->tensor->role;
    return order ? order : (a->step > b->step) - (a->step < b->step);
}

static const void *place_key(const Tensor *root)
{
    return root->weight ? (const void *)root->weight : root->state ? (const void *)root->state : (const void *)root;
}

static void add_user(Users *users, int step)
{
    int at = users->count;
    PUSH(users->step, users->count, step);
    for (; at > 0 && users->step[at - 1] > step; at--)
        users->step[at] = users->step[at - 1];
    users->step[at] = step;
}

static Fuser fuser_of(Phase *phase)
{
    int count = 0, groups = 0;
    for (int i = 0; i < phase->steps; i++)
        count += phase->step[i]->count;
    Use *uses = NEW_ARRAY(count, Use);
    count = 0;
    for (int i = 0; i < phase->steps; i++)
        for (int a = 0; a < phase->step[i]->count; a++) {
            Tensor *tensor = phase->step[i]->arguments[a].tensor;
            if (tensor)
                uses[count++] = (Use){root_tensor(tensor), place_key(root_tensor(tensor)), i};
        }
    if (count)
        qsort(uses, (size_t)count, sizeof *uses, compare_uses);
    Fuser fuser = {.phase = phase, .step = phase->step, .users = NEW_ARRAY(count, Users)};
    for (int i = 0; i < count; i++) {
        if (i == 0 || !same_place(uses[i - 1].tensor, uses[i].tensor))
            groups++;
        uses[i].tensor->users = groups - 1;
        add_user(&fuser.users[groups - 1], uses[i].step);
    }
    return fuser;
}

/* Where in the list those behind a step begin. */
static int users_behind(const Users *users, int step)
{
    int low = 0, high = users->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (users->step[middle] > step)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static const Users *users_of(const Fuser *fuser, Tensor *tensor)
{
    return &fuser->users[root_tensor(tensor)->users];
}

/* The first step behind `after` that uses something that `from` writes; -1: none. */
static int next_candidate(const Fuser *fuser, const Step *from, int after)
{
    int next = -1;
    for (int a = 0; a < from->count; a++) {
        if (!from->arguments[a].tensor || !step_writes(from, a))
            continue;
        const Users *users = users_of(fuser, from->arguments[a].tensor);
        int i = users_behind(users, after);
        while (i < users->count && !fuser->step[users->step[i]])
            i++;
        if (i < users->count && (next < 0 || users->step[i] < next))
            next = users->step[i];
    }
    return next;
}

/* Nothing between producer and consumer makes what the consumer reads or touches what it writes. */
static bool may_move(const Fuser *fuser, int from, int to)
{
    const Step *consumer = fuser->step[to];
    for (int a = 0; a < consumer->count; a++) {
        Tensor *tensor = consumer->arguments[a].tensor;
        const Users *users = tensor ? users_of(fuser, tensor) : NULL;
        for (int i = users ? users_behind(users, from) : 0; users && i < users->count && users->step[i] < to; i++) {
            const Step *between = fuser->step[users->step[i]];
            if (!between)
                continue;
            int other = argument_of(between, tensor);
            if (other >= 0 && (step_writes(consumer, a) || step_writes(between, other)))
                return false;
        }
    }
    return true;
}

/* By another step than these two. */
static bool read_elsewhere(const Fuser *fuser, int from, int to, Tensor *tensor)
{
    const Users *users = users_of(fuser, tensor);
    for (int i = 0; i < users->count; i++) {
        const int step = users->step[i];
        if (fuser->step[step] && step != from && step != to && argument_of(fuser->step[step], tensor) >= 0)
            return true;
    }
    return false;
}

static bool read_behind(const Fuser *fuser, int step, Tensor *tensor)
{
    const Users *users = users_of(fuser, tensor);
    for (int i = users_behind(users, step); i < users->count; i++)
        if (fuser->step[users->step[i]] && argument_of(fuser->step[users->step[i]], tensor) >= 0)
            return true;
    return false;
}

/* Whether step `to` may move into step `from`. */
static bool may_fuse(const Fuser *fuser, int from, int to, Pair *pair)
{
    if (!read_pair(fuser->step[from], fuser->step[to], pair) || (pair->consumer.has_nests && !fuser->hoists) ||
        !may_move(fuser, from, to))
        return false;
    const bool value = root_tensor(pair->tensor)->role == ROLE_VALUE;
    const bool elsewhere = read_elsewhere(fuser, from, to, pair->tensor);
    pair->keep = !value || elsewhere;
    /* Others read it before it dies in the consumer, whose result can take its place: a loss, and its gradient. */
    return !value || !elsewhere || read_behind(fuser, to, pair->tensor);
}

/* Moves step `to` into step `from`, if it may. */
static bool try_pair(Fuser *fuser, int from, int to)
{
    Pair pair;
    if (!may_fuse(fuser, from, to, &pair))
        return false;
    join_pair(&pair);
    const Step *consumer = fuser->step[to];
    for (int a = 0; a < consumer->count; a++)
        if (consumer->arguments[a].tensor)
            add_user(&fuser->users[root_tensor(consumer->arguments[a].tensor)->users], from);
    fuser->step[to] = NULL;
    return true;
}

static void drop_fused(Fuser *fuser)
{
    int kept = 0;
    for (int i = 0; i < fuser->phase->steps; i++)
        if (fuser->step[i])
            fuser->step[kept++] = fuser->step[i];
    fuser->phase->steps = kept;
}

static void fuse_range(Fuser *fuser, int begin, int end)
{
    for (int from = begin; from < end; from++) {
        int to = from;
        while (fuser->step[from] && (to = next_candidate(fuser, fuser->step[from], to)) >= 0 && to < end)
            if (try_pair(fuser, from, to))
                to = from;
    }
}

void fuse_again(Phase *phase)
{
    Fuser fuser = fuser_of(phase);
    for (int begin = 0, end = 0; begin < phase->steps; begin = end + 1) {
        for (end = begin; end < phase->steps && fuser.step[end]->again;)
            end++;
        fuse_range(&fuser, begin, end);
    }
    drop_fused(&fuser);
}

/* ---- nests in front ---- */

/* So small a part of what a phase needs is not noticed: factors of channels beside maps of them. */
enum { HARDLY = 32 };

static bool has_nest_in_front(const Step *step)
{
    const Stmt *body = step->kernel->body;
    return body->count > 1 && body->items[body->count - 2]->kind == ST_FOR;
}

/* What lives in a step or in the next one, by the step; with the inputs of the network, as long as they are read. */
typedef struct Alive {
    long long *arena, *all;
    long long most_arena, most_all;
} Alive;

static void add_life(long long *alive, const Tensor *tensor)
{
    alive[tensor->born ? tensor->born - 1 : 0] += tensor->elements;
    alive[tensor->dies + 1] -= tensor->elements;
}

static Alive alive_in_pairs(const Phase *phase)
{
    Alive alive = {NEW_ARRAY(phase->steps + 2, long long), NEW_ARRAY(phase->steps + 2, long long), 0, 0};
    long long *inputs = NEW_ARRAY(phase->steps + 2, long long); /* in one step */
    for (int i = 0; i < phase->tensors; i++) {
        Tensor *tensor = phase->tensor[i];
        bool input = tensor->role == ROLE_INPUT && !tensor->view;
        if (tensor->born < 0 || (!input && (!in_arena(tensor) || tensor->type != TYPE_REAL)))
            continue;
        if (input)
            tensor->born = 0;
        add_life(alive.all, tensor);
        if (!input)
            add_life(alive.arena, tensor);
        for (int s = 0; s <= tensor->dies && input; s++)
            inputs[s] += tensor->elements;
    }
    for (int s = 1; s < phase->steps; s++) {
        alive.arena[s] += alive.arena[s - 1];
        alive.all[s] += alive.all[s - 1];
    }
    const Profile profile = profile_of(phase, 1);
    for (int t = 0; t < profile.times; t++) {
        long long all = profile.reals[t] + inputs[profile.step[t]];
        alive.most_arena = profile.reals[t] > alive.most_arena ? profile.reals[t] : alive.most_arena;
        alive.most_all = all > alive.most_all ? all : alive.most_all;
    }
    return alive;
}

/* Of that, what one of the two touches. */
static long long touched_by(const Step *one, const Step *other)
{
    long long sum = 0;
    const Tensor **seen = NULL;
    int count = 0;
    for (int i = 0; i < one->count + other->count; i++) {
        const Tensor *tensor = i < one->count ? one->arguments[i].tensor : other->arguments[i - one->count].tensor;
        tensor = tensor ? root_tensor(tensor) : NULL;
        bool known = !tensor || !in_arena(tensor) || tensor->type != TYPE_REAL;
        for (int k = 0; k < count && !known; k++)
            known = seen[k] == tensor;
        if (known)
            continue;
        PUSH(seen, count, tensor);
        sum += tensor->elements;
    }
    return sum;
}

/* Fuses copies of a step and the next one, and keeps them if the phase stays within its memory. */
static void try_hoisting(Fuser *fuser, int from, const Alive *alive)
{
    Step *producer = fuser->step[from], *consumer = fuser->step[from + 1];
    Pair pair;
    if (!may_fuse(fuser, from, from + 1, &pair))
        return;
    const long long touched = touched_by(producer, consumer);
    fuser->step[from] = step_copy(producer);
    fuser->step[from + 1] = step_copy(consumer);
    try_pair(fuser, from, from + 1);
    const long long within = most_within(fuser->step[from], from, from + 1) - touched;
    if (alive->arena[from] + within <= alive->most_arena && alive->all[from] + within <= alive->most_all)
        return;
    fuser->step[from] = producer;
    fuser->step[from + 1] = consumer;
}

static void hoist_in_phase(Phase *phase, bool generous)
{
    find_lives(phase);
    find_heirs(phase);
    Alive alive = alive_in_pairs(phase);
    if (generous) {
        alive.most_arena += alive.most_arena / HARDLY;
        alive.most_all += alive.most_all / HARDLY;
    }
    Fuser fuser = fuser_of(phase);
    fuser.hoists = true;
    for (int from = 0; from + 1 < phase->steps; from++)
        if (fuser.step[from] && has_nest_in_front(fuser.step[from + 1]))
            try_hoisting(&fuser, from, &alive);
    drop_fused(&fuser);
}

static void fuse_phase(Phase *phase, bool generous)
{
    Fuser fuser = fuser_of(phase);
    fuse_range(&fuser, 0, phase->steps);
    drop_fused(&fuser);
    bool any = false;
    for (int i = 0; i < phase->steps; i++)
        any |= has_nest_in_front(phase->step[i]);
    if (any)
        hoist_in_phase(phase, generous);
}

void fuse(Model *model)
{
    const bool generous = model->options->lanes > 1 && !model->ram_bytes;
    for (int p = 0; p < PHASES; p++)
        if (model->phase[p])
            fuse_phase(model->phase[p], generous);
}
