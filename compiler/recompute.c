/* recompute.c - `train: {recompute: auto}`: if training does not fit the budget of `memory: {ram: ...}`, values of the
 * forward pass are dropped and made again before the backward step that needs them, until it does.
 *
 * The phase is gone through step by step with a limit on what is alive. Where a step would exceed it, the value goes
 * that is cheapest to make again for its size and for the time until it is needed: its own work, and that of what it
 * is made of, as far as that is gone, too. Where a step needs a value that is gone, the part of the step that made it
 * is repeated, on the same inputs; so the bits are the same. It makes values of the arena and nothing else: what the
 * forward pass renews (running statistics) is renewed once.
 *
 * The limit is then lowered until what the planner reaches fits the budget; if nothing does, the least that it reached
 * is told. */
#include "footprint.h"
#include "fuse.h"
#include "lives.h"
#include "order.h"
#include "slice.h"
#include "steps.h"

#include <limits.h>
#include <string.h>

/* ---- what is known of the values of a phase ---- */

/* A tensor of the arena. Steps are those of the phase as it was. */
typedef struct Item {
    Tensor *tensor;
    long long bytes;
    int uses, *use; /* the steps that touch it */
    Step *slice;    /* makes it again; NULL: it cannot be */
    double work;    /* of the slice */
    int limit;      /* it cannot be made again behind this step: something that it is made of has changed */
    /* while the phase is gone through */
    int next;    /* the coming one of `use` */
    Tensor *now; /* what it was made as last */
    bool present, leaving, priced;
    int locks; /* steps under way that need it */
    double cost;
} Item;

typedef struct Walk {
    const Phase *phase;
    int real_bytes;
    int items;
    Item *item;      /* by Tensor.users */
    long long limit; /* bytes */
    int at;          /* the step of the phase that is next */
    Phase *made;
    bool failed;
} Walk;

static Item *item_of(const Walk *walk, const Tensor *tensor)
{
    if (!tensor)
        return NULL;
    const Tensor *root = root_tensor(tensor);
    return in_arena(root) ? &walk->item[root->users] : NULL;
}

static void list_items(Walk *walk)
{
    const Phase *phase = walk->phase;
    walk->item = NEW_ARRAY(phase->tensors + 1, Item);
    walk->items = phase->tensors;
    for (int i = 0; i < phase->tensors; i++) {
        phase->tensor[i]->users = i;
        walk->item[i] = (Item){.tensor = phase->tensor[i], .bytes = tensor_bytes(phase->tensor[i], walk->real_bytes)};
    }
    for (int s = 0; s < phase->steps; s++)
        for (int a = 0; a < phase->step[s]->count; a++) {
            Item *item = item_of(walk, phase->step[s]->arguments[a].tensor);
            if (item && (!item->uses || item->use[item->uses - 1] != s))
                PUSH(item->use, item->uses, s);
        }
}

static bool writes(const Step *step, const Tensor *tensor)
{
    for (int a = 0; a < step->count; a++)
        if (step->arguments[a].tensor && root_tensor(step->arguments[a].tensor) == tensor &&
            step->kernel->parameters[a].array->written)
            return true;
    return false;
}

/* The first step behind `after` that changes a parameter or a state; the end if none does. A run of weights may be any
 * of them. */
static int first_change(const Phase *phase, const Tensor *place, int after)
{
    for (int s = after + 1; s < phase->steps; s++)
        for (int a = 0; a < phase->step[s]->count; a++) {
            const Tensor *tensor = phase->step[s]->arguments[a].tensor;
            if (!tensor || !phase->step[s]->kernel->parameters[a].array->written)
                continue;
            tensor = root_tensor(tensor);
            if (tensor->role == place->role && (tensor->weight == place->weight || tensor->weight == NULL) &&
                tensor->state == place->state)
                return s;
        }
    return INT_MAX;
}

/* What a slice reads is there to be read again: arguments and constants always, parameters until they change, values
 * if they can be made again themselves. */
static bool can_repeat(const Walk *walk, Item *item)
{
    item->limit = INT_MAX;
    for (int a = 0; a < item->slice->count; a++) {
        const Array *array = item->slice->kernel->parameters[a].array;
        if (!array || array->written)
            continue;
        const Tensor *root = root_tensor(item->slice->arguments[a].tensor);
        const Item *input = item_of(walk, root);
        int limit = INT_MAX;
        if (root->role == ROLE_WEIGHT || root->role == ROLE_STATE)
            limit = first_change(walk->phase, root, item->use[0]);
        else if (input)
            limit = input->slice ? input->limit : -1;
        else if (root->role != ROLE_INPUT && root->role != ROLE_TARGET && root->role != ROLE_CONSTANT)
            limit = -1;
        item->limit = limit < item->limit ? limit : item->limit;
    }
    return item->limit >= 0;
}

static void find_slice(const Walk *walk, Item *item)
{
    const Phase *phase = walk->phase;
    if (item->tensor->role != ROLE_VALUE || item->uses < 2)
        return;
    for (int i = 1; i < item->uses; i++)
        if (writes(phase->step[item->use[i]], item->tensor))
            return;
    item->slice = slice_of(phase->step[item->use[0]], item->tensor);
    if (!item->slice)
        return;
    item->work = step_work(item->slice);
    if (!can_repeat(walk, item))
        item->slice = NULL;
}

/* In the order of their making, so that what they are made of is known. */
static void find_slices(const Walk *walk)
{
    for (int s = 0; s < walk->phase->steps; s++)
        for (int pass = 0; pass < 2; pass++)
            for (int a = 0; a < walk->phase->step[s]->count; a++) {
                Item *item = item_of(walk, walk->phase->step[s]->arguments[a].tensor);
                bool early = item && item->uses > 1 && item->use[0] == s && !item->slice;
                if (early) /* in the second round those that need a smaller one of the same step */
                    find_slice(walk, item);
            }
}

/* ---- going through the phase ---- */

static int next_use(const Item *item)
{
    return item->next < item->uses ? item->use[item->next] : INT_MAX;
}

/* The work of making it again now. */
static double cost_of(const Walk *walk, Item *item)
{
    if (item->priced)
        return item->cost;
    item->priced = true;
    item->cost = item->work;
    for (int a = 0; a < item->slice->count; a++) {
        Item *input = item_of(walk, item->slice->arguments[a].tensor);
        if (input && input != item && !input->present && input->slice &&
            !item->slice->kernel->parameters[a].array->written)
            item->cost += cost_of(walk, input);
    }
    return item->cost;
}

/* The value whose making again costs least for its bytes and for the time until then, among those that a step does not
 * touch, or those that it does; NULL: none may go. */
static Item *cheapest(Walk *walk, const Step *step, bool touched)
{
    Item *best = NULL;
    double least = 0;
    for (int i = 0; i < walk->items; i++)
        walk->item[i].priced = false;
    for (int i = 0; i < walk->items; i++) {
        Item *item = &walk->item[i];
        int next = next_use(item);
        if (!item->present || !item->slice || item->leaving || next == INT_MAX || next > item->limit ||
            item->locks > touched || step_touches(step, item->tensor) != touched)
            continue;
        double cost = cost_of(walk, item) / ((double)item->bytes * (next - walk->at + 1));
        if (best && cost >= least)
            continue;
        best = item;
        least = cost;
    }
    return best;
}

/* Bytes that are alive while a step runs. What it touches gets a life for it alone: 0 is before, 1 in it, 2 behind. */
static long long bytes_within(Walk *walk, const Step *step)
{
    long long outside = 0;
    for (int i = 0; i < walk->items; i++)
        if (walk->item[i].present && !step_touches(step, walk->item[i].tensor))
            outside += walk->item[i].bytes;
    for (int a = 0; a < step->count; a++) {
        const Item *item = item_of(walk, step->arguments[a].tensor);
        if (!item)
            continue;
        item->tensor->born = item->present ? 0 : 1;
        item->tensor->dies = item->leaving || (next_use(item) == INT_MAX && item->locks < 2) ? 1 : 2;
    }
    return outside + most_within(step, 1, 1) * walk->real_bytes;
}

/* Drops values until a step fits; at last those that it touches itself, from its end on. */
static void make_room(Walk *walk, const Step *step)
{
    while (bytes_within(walk, step) > walk->limit) {
        Item *item = cheapest(walk, step, false);
        if (item) {
            item->present = false;
            continue;
        }
        item = cheapest(walk, step, true);
        if (!item) {
            walk->failed = true;
            return;
        }
        item->leaving = true;
    }
}

static Tensor *tensor_again(Walk *walk, const Tensor *tensor)
{
    Tensor *again = NEW(Tensor);
    *again = *tensor;
    again->name = format("%s_again", tensor->name);
    for (int number = 2; is_tensor_name(walk->made, again->name); number++)
        again->name = format("%s_again_%d", tensor->name, number);
    PUSH(walk->made->tensor, walk->made->tensors, again);
    return again;
}

/* Adds a copy of a step, with its tensors as they are called by now. */
static void emit_step(Walk *walk, const Step *step, bool again)
{
    Step *copy = step_copy(step);
    copy->again = again;
    for (int a = 0; a < copy->count && again; a++) {
        Item *item = item_of(walk, copy->arguments[a].tensor);
        if (item && copy->kernel->parameters[a].array->written)
            item->now = tensor_again(walk, item->tensor);
    }
    for (int a = 0; a < copy->count; a++) {
        const Item *item = item_of(walk, copy->arguments[a].tensor);
        if (item && item->now != item->tensor)
            copy->arguments[a].tensor = item->now;
    }
    PUSH(walk->made->step, walk->made->steps, copy);
}

/* What a step makes is there, what nobody needs any more is gone. */
static void leave_step(Walk *walk, const Step *step)
{
    for (int a = 0; a < step->count; a++) {
        Item *item = item_of(walk, step->arguments[a].tensor);
        if (!item)
            continue;
        bool kept = next_use(item) != INT_MAX || item->locks;
        item->present = kept && !item->leaving && item->tensor->role == ROLE_VALUE;
    }
    for (int a = 0; a < step->count; a++) {
        Item *item = item_of(walk, step->arguments[a].tensor);
        if (item)
            item->leaving = false;
    }
}

/* The items of a step, each once. */
typedef struct Items {
    int count;
    Item **item;
} Items;

static Items items_of(const Walk *walk, const Step *step, bool written)
{
    Items items = {0};
    for (int a = 0; a < step->count; a++) {
        Item *item = item_of(walk, step->arguments[a].tensor);
        bool known = !item || (!written && item->tensor->role == ROLE_SCRATCH);
        for (int i = 0; i < items.count && !known; i++)
            known = items.item[i] == item;
        if (!known && step->kernel->parameters[a].array->written == written)
            PUSH(items.item, items.count, item);
    }
    return items;
}

static void make_again(Walk *walk, Item *wanted);

/* Locks what a step needs, making again what is gone. */
static void enter_step(Walk *walk, const Items *needed)
{
    for (int i = 0; i < needed->count; i++)
        needed->item[i]->locks++;
    for (int i = 0; i < needed->count && !walk->failed; i++)
        if (!needed->item[i]->present)
            make_again(walk, needed->item[i]);
}

static void make_again(Walk *walk, Item *wanted)
{
    const Step *slice = wanted->slice;
    if (!slice || walk->at > wanted->limit) {
        walk->failed = true;
        return;
    }
    const Items needed = items_of(walk, slice, false);
    wanted->locks++; /* it is not to leave before it has come */
    enter_step(walk, &needed);
    if (walk->failed)
        return;
    make_room(walk, slice);
    emit_step(walk, slice, true);
    wanted->locks--;
    for (int i = 0; i < needed.count; i++)
        needed.item[i]->locks--;
    leave_step(walk, slice);
}

/* What a step touches and others have made before it. */
static Items made_before(const Walk *walk, const Step *step)
{
    Items items = {0};
    for (int i = 0; i < step->count; i++) {
        Item *item = item_of(walk, step->arguments[i].tensor);
        bool known = !item || item->use[0] == walk->at;
        for (int k = 0; k < items.count && !known; k++)
            known = items.item[k] == item;
        if (!known)
            PUSH(items.item, items.count, item);
    }
    return items;
}

static void walk_step(Walk *walk, const Step *step)
{
    const Items needed = made_before(walk, step);
    enter_step(walk, &needed);
    if (walk->failed)
        return;
    for (int a = 0; a < step->count; a++) {
        Item *item = item_of(walk, step->arguments[a].tensor);
        while (item && item->next < item->uses && item->use[item->next] <= walk->at)
            item->next++;
    }
    make_room(walk, step);
    emit_step(walk, step, false);
    for (int i = 0; i < needed.count; i++)
        needed.item[i]->locks--;
    leave_step(walk, step);
}

/* The phase with values dropped and made again so that no step has more than `limit` bytes alive; NULL if that cannot
 * be. */
static Phase *walk_phase(Walk *walk, long long limit)
{
    const Phase *phase = walk->phase;
    walk->limit = limit;
    walk->failed = false;
    walk->made = NEW(Phase);
    *walk->made = *phase;
    walk->made->step = NULL;
    walk->made->steps = 0;
    walk->made->tensor = NULL;
    walk->made->tensors = 0;
    for (int i = 0; i < phase->tensors; i++) {
        Item *item = &walk->item[i];
        PUSH(walk->made->tensor, walk->made->tensors, phase->tensor[i]);
        phase->tensor[i]->users = i;
        item->now = item->tensor;
        item->present = item->leaving = false;
        item->next = item->locks = 0;
    }
    for (walk->at = 0; walk->at < phase->steps && !walk->failed; walk->at++)
        walk_step(walk, phase->step[walk->at]);
    if (walk->failed)
        return NULL;
    fuse_again(walk->made);
    order_phase(walk->made);
    return walk->made;
}

/* ---- as much as it takes ---- */

/* A network whose training phase is `phase`, planned: what it needs in bytes. Nothing of the model changes. */
static long long measure(const Model *model, Phase *phase)
{
    static const PhaseKind kinds[] = {PHASE_INITIALIZE, PHASE_UPDATE};
    Model trial = *model;
    for (int p = 0; p < PHASES; p++)
        trial.phase[p] = NULL;
    for (int i = 0; i < 2; i++)
        if (model->phase[kinds[i]])
            trial.phase[kinds[i]] = phase_copy(model->phase[kinds[i]]);
    trial.phase[phase->kind] = phase_copy(phase);
    merge(&trial);
    share(&trial);
    schedule(&trial);
    plan(&trial);
    return footprint_of(&trial).ram;
}

typedef struct Search {
    Model *model;
    Walk walk;
    long long budget;
    Phase *best; /* the one that needs least, or the first that fits */
    long long best_bytes;
} Search;

/* Tries a limit. Returns what is then needed; -1 if the limit cannot be kept. */
static long long try_limit(Search *search, long long limit)
{
    Phase *phase = walk_phase(&search->walk, limit);
    if (!phase)
        return -1;
    long long bytes = measure(search->model, phase);
    if (bytes < search->best_bytes) {
        search->best = phase;
        search->best_bytes = bytes;
    }
    return bytes;
}

enum { TRIES = 8, HALVINGS = 12 };

/* From the limit that would just do, downwards by what is still too much. */
static void approach(Search *search, long long limit)
{
    for (int i = 0; i < TRIES && limit > 0 && search->best_bytes > search->budget; i++) {
        long long bytes = try_limit(search, limit);
        if (bytes < 0)
            return;
        limit -= bytes - search->budget;
    }
}

/* The lowest limit that can be kept, for what can be reached at all. */
static void go_to_the_end(Search *search, long long highest)
{
    long long low = 0, high = highest;
    for (int i = 0; i < HALVINGS && search->best_bytes > search->budget; i++) {
        long long middle = low + (high - low) / 2;
        if (try_limit(search, middle) < 0)
            low = middle;
        else
            high = middle;
    }
}

void recompute(Model *model)
{
    PhaseKind kind = model->phase[PHASE_TRAIN] ? PHASE_TRAIN : PHASE_GRADIENT;
    Phase *phase = model->phase[kind];
    if (!phase || !model->train.recompute || !model->ram_bytes || model->options->branches)
        return;
    Search search = {.model = model, .budget = model->ram_bytes, .best = phase};
    search.best_bytes = measure(model, phase);
    if (search.best_bytes <= search.budget)
        return;
    search.walk = (Walk){.phase = phase, .real_bytes = model->options->float64 ? 8 : 4};
    find_lives(phase);
    list_items(&search.walk);
    find_slices(&search.walk);
    find_heirs(phase);
    const Profile profile = profile_of(phase, 1);
    long long highest = 0;
    for (int t = 0; t < profile.times; t++) {
        long long bytes = profile.reals[t] * search.walk.real_bytes + profile.ints[t] * 4;
        highest = bytes > highest ? bytes : highest;
    }
    approach(&search, highest - (search.best_bytes - search.budget));
    go_to_the_end(&search, highest);
    model->phase[kind] = search.best;
    model->least_ram_bytes = search.best_bytes;
}
