/* split.c - which rows of a pool train, validate and test. */
#include "split.h"

#include "shuffle.h"

#include <math.h>
#include <string.h>

/* The target that says which class a row is of, or -1. */
static int class_target(const Pool *pool, const Part *part)
{
    Target_kind kind = pool->kind[0];
    bool classes = kind == TARGET_CLASS || kind == TARGET_ONE_HOT || kind == TARGET_BINARY || kind == TARGET_SIGN;
    return classes && part->target[0].width == 1 ? 0 : -1;
}

/* Sorts by class, and leaves the order within a class. Classes are small numbers: count, then place. */
static void sort_by_class(Context *context, const Pool *pool, uint32_t *row, size_t count)
{
    const Part *part = &pool->part[0];
    int target = class_target(pool, part);
    if (target < 0)
        return;
    size_t *class = context_allocate(context, count, sizeof *class), classes = 0;
    for (size_t i = 0; i < count; i++) {
        double value;
        matrix_row(&part->target[target], row[i], &value);
        class[i] = (size_t)value;
        if (class[i] >= classes)
            classes = class[i] + 1;
    }
    size_t *start = context_allocate(context, classes + 1, sizeof *start);
    for (size_t i = 0; i < count; i++)
        start[class[i] + 1]++;
    for (size_t c = 0; c < classes; c++)
        start[c + 1] += start[c];
    uint32_t *sorted = context_allocate(context, count, sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[start[class[i]]++] = row[i];
    memcpy(row, sorted, count * sizeof *row);
}

/* The rows of a role, shuffled, then sorted by class. */
static Rows deck(Context *context, const Pool *pool, const unsigned char *role, int wanted, uint64_t seed,
                 uint32_t purpose)
{
    size_t rows = pool->part[0].rows;
    Rows deck = {.row = context_allocate(context, rows, sizeof *deck.row)};
    for (size_t r = 0; r < rows; r++) {
        if (role[r] == wanted)
            deck.row[deck.count++] = (uint32_t)r;
    }
    shuffle(deck.row, deck.count, seed, purpose);
    sort_by_class(context, pool, deck.row, deck.count);
    return deck;
}

static Rows collect(Context *context, const unsigned char *role, size_t rows, int wanted)
{
    Rows found = {.row = context_allocate(context, rows, sizeof *found.row)};
    for (size_t r = 0; r < rows; r++) {
        if (role[r] == wanted)
            found.row[found.count++] = (uint32_t)r;
    }
    return found;
}

/* Takes a share of those that train, evenly along the deck. */
static void take(Context *context, const Pool *pool, unsigned char *role, int taker, double share, uint64_t seed,
                 uint32_t purpose)
{
    Rows from = deck(context, pool, role, ROLE_TRAIN, seed, purpose);
    size_t taken = 0;
    for (size_t i = 0; i < from.count; i++) {
        if (floor((double)(i + 1) * share) > floor((double)i * share)) {
            role[from.row[i]] = (unsigned char)taker;
            taken++;
        }
    }
    if (taken == 0)
        context_fail(context, "%s: error: a share of %g of %zu samples is not one sample", pool->part[0].input[0].path,
                     share, from.count);
}

/* What each row of the training file is for before anything is split off. */
static unsigned char *roles(Context *context, const Pool *pool)
{
    size_t rows = pool->part[0].rows;
    unsigned char *role = context_allocate(context, rows, 1); /* zeros: ROLE_TRAIN */
    if (pool->role != NULL)
        memcpy(role, pool->role, rows);
    return role;
}

static void check_rows(Context *context, const Pool *pool)
{
    if (pool->part[0].rows >= SHUFFLE_TEST)
        context_fail(context, "%s: error: %zu samples; %d can be read at most", pool->part[0].input[0].path,
                     pool->part[0].rows, SHUFFLE_TEST);
}

Split split_holdout(Context *context, const Pool *pool, const Data_spec *spec)
{
    check_rows(context, pool);
    size_t rows = pool->part[0].rows, tests = pool->part[1].rows;
    unsigned char *role = roles(context, pool);
    if (spec->test.split > 0 && rows > 0)
        take(context, pool, role, ROLE_TEST, spec->test.split, spec->seed, SHUFFLE_TEST);
    if (spec->validation > 0 && rows > 0)
        take(context, pool, role, ROLE_VALIDATION, spec->validation, spec->seed, SHUFFLE_VALIDATION);
    Split split = {.train = collect(context, role, rows, ROLE_TRAIN),
                   .validation = collect(context, role, rows, ROLE_VALIDATION),
                   .test = collect(context, role, rows, ROLE_TEST)};
    if (tests > 0) {
        unsigned char *all = context_allocate(context, tests, 1);
        split.test = collect(context, all, tests, 0);
        split.test.part = 1;
    }
    return split;
}

int split_folds(const Pool *pool, const Data_spec *spec)
{
    return pool->group != NULL ? (int)pool->groups.count : spec->folds;
}

/* Those of the group test; or every so manieth of the deck. */
static void take_fold(Context *context, const Pool *pool, const Data_spec *spec, uint64_t seed, int fold,
                      unsigned char *role)
{
    Rows dealt = deck(context, pool, role, ROLE_TRAIN, seed ^ spec->seed, SHUFFLE_FOLDS);
    if (pool->group == NULL && dealt.count < (size_t)spec->folds)
        context_fail(context, "%s: error: %zu samples do not make %d folds", pool->part[0].input[0].path, dealt.count,
                     spec->folds);
    for (size_t i = 0; i < dealt.count; i++) {
        size_t its = pool->group != NULL ? pool->group[dealt.row[i]] : i % (size_t)spec->folds;
        if (its == (size_t)fold)
            role[dealt.row[i]] = ROLE_TEST;
    }
}

Split split_fold(Context *context, const Pool *pool, const Data_spec *spec, uint64_t seed, int fold)
{
    check_rows(context, pool);
    size_t rows = pool->part[0].rows;
    unsigned char *role = roles(context, pool);
    take_fold(context, pool, spec, seed, fold, role);
    if (spec->validation > 0)
        take(context, pool, role, ROLE_VALIDATION, spec->validation, seed ^ spec->seed, SHUFFLE_VALIDATION);
    return (Split){.train = collect(context, role, rows, ROLE_TRAIN),
                   .validation = collect(context, role, rows, ROLE_VALIDATION),
                   .test = collect(context, role, rows, ROLE_TEST)};
}
