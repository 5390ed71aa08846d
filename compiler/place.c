/* place.c - puts tensors side by side in the arena. Needs lives and heirs; leaves offset set.
 *
 * Placement is by first fit: one tensor after the other takes the lowest place where nothing is in its way. What comes
 * out depends on the order, so several are tried, with those that take each other's place as one block and without;
 * if none is tight, the best order is changed a little, again and again, and a change that does no harm is kept. */
#include "place.h"
#include "lives.h"

#include <stdlib.h>
#include <string.h>

/* Whether two tensors that live together may stand in the same bytes: only if they begin at the same one, or never. */
typedef enum Sharing { SHARE_IN_PLACE, SHARE_NEVER } Sharing;

static Sharing sharing(const Tensor *a, const Tensor *b)
{
    return is_heir(a, b) || is_heir(b, a) ? SHARE_IN_PLACE : SHARE_NEVER;
}

/* ---- orders ---- */

typedef int Order(const void *, const void *);

static const Tensor *tensor_at(const void *item)
{
    return *(Tensor *const *)item;
}

/* Equal tensors keep the order of their steps, so that the plan is the same everywhere. */
static int by_name(const Tensor *a, const Tensor *b)
{
    if (a->from != b->from)
        return a->from - b->from;
    return a->until != b->until ? a->until - b->until : strcmp(a->name, b->name);
}

static int larger_first(const void *left, const void *right)
{
    const Tensor *a = tensor_at(left), *b = tensor_at(right);
    return a->elements != b->elements ? (a->elements < b->elements) - (a->elements > b->elements) : by_name(a, b);
}

static int longer_first(const void *left, const void *right)
{
    const Tensor *a = tensor_at(left), *b = tensor_at(right);
    int difference = (b->until - b->from) - (a->until - a->from);
    return difference ? difference : larger_first(left, right);
}

static int earlier_first(const void *left, const void *right)
{
    const Tensor *a = tensor_at(left), *b = tensor_at(right);
    return a->from != b->from ? a->from - b->from : larger_first(left, right);
}

static int later_first(const void *left, const void *right)
{
    const Tensor *a = tensor_at(left), *b = tensor_at(right);
    return a->until != b->until ? b->until - a->until : larger_first(left, right);
}

/* Those that fill most of time and space first. */
static int heavier_first(const void *left, const void *right)
{
    const Tensor *a = tensor_at(left), *b = tensor_at(right);
    long long own = a->elements * (a->until - a->from + 1), other = b->elements * (b->until - b->from + 1);
    return own != other ? (own < other) - (own > other) : larger_first(left, right);
}

/* ---- first fit ---- */

/* What has its place already: what is asked of all of them stands together. */
typedef struct Placed {
    long long offset;
    int from, until;
    Tensor *tensor;
} Placed;

/* What has its place already and lives together with a tensor, by offset, up to the first gap that is large enough. */
typedef struct Neighbours {
    int count;
    Tensor **tensor;
    Sharing *sharing;
} Neighbours;

/* Returns where the gap begins. */
static long long find_neighbours(Neighbours *all, const Placed *placed, int count, const Tensor *tensor, int alignment)
{
    const int from = tensor->from, until = tensor->until;
    long long gap = 0;
    all->count = 0;
    for (int i = 0; i < count && placed[i].offset < gap + tensor->elements; i++) {
        if (placed[i].from > until || from > placed[i].until)
            continue;
        Tensor *other = placed[i].tensor;
        all->sharing[all->count] = sharing(other, tensor);
        all->tensor[all->count++] = other;
        long long end = rounded_up(other->offset + other->elements, alignment);
        gap = end > gap ? end : gap;
    }
    return gap;
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
static long long lowest_place(const Neighbours *all, const Tensor *tensor, long long gap)
{
    long long best = -1;
    for (int i = 0; i < all->count && best < 0 && all->tensor[i]->offset < gap; i++)
        if (all->sharing[i] == SHARE_IN_PLACE && fits(all, tensor, all->tensor[i]->offset))
            best = all->tensor[i]->offset;
    return best < 0 ? gap : best;
}

/* Keeps what is placed in the order of its offsets. */
static void put_in_order(Placed *placed, int count, Tensor *tensor)
{
    int at = 0;
    for (int end = count; at < end;) {
        int middle = (at + end) / 2;
        if (placed[middle].offset > tensor->offset)
            end = middle;
        else
            at = middle + 1;
    }
    memmove(placed + at + 1, placed + at, (size_t)(count - at) * sizeof *placed);
    placed[at] = (Placed){tensor->offset, tensor->from, tensor->until, tensor};
}

/* A placement that is being made, and the best one so far. */
typedef struct Packing {
    Tensor **tensor; /* [count], in the order in which they are placed */
    int count, alignment;
    long long enough;
    Placed *placed;
    Neighbours neighbours;
    Tensor **best; /* the order of the best one */
    bool settled;  /* the offsets are those of the best one */
    int best_last; /* in that order, the last that reaches the end */
    long long best_size;
} Packing;

static Packing packing_new(Tensor **tensors, int count, int alignment, long long enough)
{
    Packing packing = {.count = count, .alignment = alignment, .enough = enough, .best_size = -1};
    packing.tensor = NEW_ARRAY(count + 1, Tensor *);
    packing.placed = NEW_ARRAY(count + 1, Placed);
    packing.best = NEW_ARRAY(count + 1, Tensor *);
    packing.neighbours.tensor = NEW_ARRAY(count + 1, Tensor *);
    packing.neighbours.sharing = NEW_ARRAY(count + 1, Sharing);
    if (count)
        memcpy(packing.tensor, tensors, (size_t)count * sizeof(Tensor *));
    return packing;
}

/* Gives up where it becomes larger than the best one, unless there is to be an offset for every tensor. */
static long long place_in_order(Packing *packing, bool whole)
{
    long long size = 0;
    int last = 0;
    packing->settled = false;
    for (int i = 0; i < packing->count; i++) {
        Tensor *tensor = packing->tensor[i];
        long long gap = find_neighbours(&packing->neighbours, packing->placed, i, tensor, packing->alignment);
        tensor->offset = lowest_place(&packing->neighbours, tensor, gap);
        put_in_order(packing->placed, i, tensor);
        const long long end = tensor->offset + tensor->elements;
        if (!whole && packing->best_size >= 0 && end > packing->best_size)
            return end;
        if (size <= end) {
            size = end;
            last = i;
        }
    }
    if (packing->best_size < 0 || size <= packing->best_size) {
        packing->settled = true;
        packing->best_size = size;
        packing->best_last = last;
        if (packing->count)
            memcpy(packing->best, packing->tensor, (size_t)packing->count * sizeof(Tensor *));
    }
    return size;
}

static bool is_tight(const Packing *packing)
{
    return packing->best_size >= 0 && packing->best_size <= packing->enough;
}

/* ---- a better order ---- */

/* First fit takes time that grows with the square of the tensors; this many comparisons are spent at most. */
enum { COMPARISONS_MAX = 2 * 1000 * 1000, TRIES_MAX = 60 };

static unsigned draw(unsigned *state, int limit)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % (unsigned)limit;
}

/* The best order, in which what reaches the end of the arena goes earlier, or two change places. */
static void disturb(Packing *packing, unsigned *state)
{
    memcpy(packing->tensor, packing->best, (size_t)packing->count * sizeof(Tensor *));
    int from = packing->best_last;
    if (from < 1 || draw(state, 3) == 0)
        from = 1 + (int)draw(state, packing->count - 1);
    int to = (int)draw(state, from);
    Tensor *moved = packing->tensor[from];
    for (int i = from; i > to; i--)
        packing->tensor[i] = packing->tensor[i - 1];
    packing->tensor[to] = moved;
}

static void improve(Packing *packing)
{
    long long tries = COMPARISONS_MAX / ((long long)packing->count * packing->count + 1);
    unsigned state = 1;
    for (int i = 0; i < TRIES_MAX && i < tries && packing->count > 2 && !is_tight(packing); i++) {
        disturb(packing, &state);
        place_in_order(packing, false);
    }
}

/* ---- blocks ---- */

/* Chains of tensors that take each other's place, each as one tensor that lives as long as all of them. */
typedef struct Blocks {
    int count;
    Tensor **block;
    int *block_of; /* parallel to the tensors */
} Blocks;

static int index_of(Tensor **tensors, int count, const Tensor *wanted)
{
    for (int i = 0; i < count; i++)
        if (tensors[i] == wanted)
            return i;
    return -1;
}

/* The place that a tensor takes: of the first that dies for it and has no other heir yet. */
static Blocks blocks_of(Tensor **tensors, int count)
{
    Blocks blocks = {.block_of = NEW_ARRAY(count + 1, int)};
    for (int i = 0; i < count; i++)
        blocks.block_of[i] = -1;
    for (int i = 0; i < count; i++) { /* by birth: those who die for others come first */
        if (blocks.block_of[i] < 0) {
            Tensor *block = NEW(Tensor);
            *block = *tensors[i];
            block->heirs = 0;
            blocks.block_of[i] = blocks.count;
            PUSH(blocks.block, blocks.count, block);
        }
        for (int h = 0; h < tensors[i]->heirs; h++) {
            int heir = index_of(tensors, count, tensors[i]->heir[h]);
            if (heir < 0 || blocks.block_of[heir] >= 0 || !lives_overlap(tensors[i], tensors[heir]))
                continue;
            blocks.block_of[heir] = blocks.block_of[i];
            blocks.block[blocks.block_of[i]]->until = tensors[heir]->until;
            break;
        }
    }
    return blocks;
}

/* ---- all of it ---- */

static void try_orders(Packing *packing)
{
    static Order *const orders[] = {larger_first, longer_first, earlier_first, later_first, heavier_first};
    for (size_t i = 0; i < sizeof orders / sizeof *orders && packing->count && !is_tight(packing); i++) {
        qsort(packing->tensor, (size_t)packing->count, sizeof(Tensor *), orders[i]);
        place_in_order(packing, false);
    }
}

/* Places once more in the best order, unless that was the last one. */
static long long settle(Packing *packing)
{
    if (packing->settled)
        return packing->best_size;
    if (packing->count)
        memcpy(packing->tensor, packing->best, (size_t)packing->count * sizeof(Tensor *));
    return place_in_order(packing, true);
}

long long place_tensors(Tensor **tensors, int count, int alignment, long long enough)
{
    Packing alone = packing_new(tensors, count, alignment, enough);
    if (count)
        qsort(alone.tensor, (size_t)count, sizeof(Tensor *), earlier_first);
    Tensor **by_birth = NEW_ARRAY(count + 1, Tensor *);
    memcpy(by_birth, alone.tensor, (size_t)count * sizeof(Tensor *));
    Blocks blocks = blocks_of(by_birth, count);
    Packing joined = packing_new(blocks.block, blocks.count, alignment, enough);
    try_orders(&joined);
    if (!is_tight(&joined))
        try_orders(&alone);
    if (!is_tight(&joined) && !is_tight(&alone))
        improve(&joined);
    if (!is_tight(&joined) && !is_tight(&alone))
        improve(&alone);
    if (alone.best_size >= 0 && alone.best_size < joined.best_size)
        return settle(&alone);
    long long size = settle(&joined);
    for (int i = 0; i < count; i++)
        by_birth[i]->offset = blocks.block[blocks.block_of[i]]->offset;
    return size;
}
