/* merge.c - steps whose kernels are equal share one, so that it is scheduled and printed once: layers of equal shape,
 * and zeros of every size that occurs. Needs kernels that no later pass changes for one of their steps alone.
 *
 * Two kernels are equal if they read the same: parameters with their names, types and sizes, and the body. */
#include "nnc.h"

#include <string.h>

/* Two kernels that may be equal, and which variables of theirs stand for each other. */
typedef struct Pairing {
    const Kernel *one, *other;
    int count;
    const Symbol **symbol, **counterpart;
} Pairing;

static bool same_word(const char *one, const char *other)
{
    return one == other || (one && other && strcmp(one, other) == 0);
}

static bool same_symbol(Pairing *pairing, const Symbol *one, const Symbol *other)
{
    for (int i = 0; i < pairing->count; i++)
        if (pairing->symbol[i] == one || pairing->counterpart[i] == other)
            return pairing->symbol[i] == one && pairing->counterpart[i] == other;
    if (one->kind != other->kind || one->type != other->type || !same_word(one->name, other->name))
        return false;
    int count = pairing->count;
    PUSH(pairing->counterpart, count, other);
    PUSH(pairing->symbol, pairing->count, one);
    return true;
}

/* Arrays are the same parameter. */
static bool same_array(const Pairing *pairing, const Array *one, const Array *other)
{
    int at = 0;
    while (at < pairing->one->count && pairing->one->parameters[at].array != one)
        at++;
    return at < pairing->one->count && pairing->other->parameters[at].array == other;
}

static bool same_leaf(Pairing *pairing, const Expr *one, const Expr *other)
{
    switch (one->kind) {
    case EX_INT:
        return one->number == other->number;
    case EX_REAL:
        return same_word(one->text, other->text);
    case EX_NAME:
    case EX_ELEMENT:
        return same_symbol(pairing, one->symbol, other->symbol);
    case EX_LOAD:
        return same_array(pairing, one->array, other->array);
    case EX_CALL:
        return one->function == other->function;
    default:
        return true;
    }
}

static bool same_value(Pairing *pairing, const Expr *one, const Expr *other)
{
    if (!one || !other)
        return one == other;
    bool same = one->kind == other->kind && one->type == other->type && one->count == other->count &&
                same_leaf(pairing, one, other);
    for (int i = 0; i < one->count && same; i++)
        same = same_value(pairing, one->args[i], other->args[i]);
    return same;
}

static bool same_stmt(Pairing *pairing, const Stmt *one, const Stmt *other)
{
    if (!one || !other)
        return one == other;
    bool same = one->kind == other->kind && one->count == other->count && one->step == other->step &&
                one->add == other->add && same_word(one->comment, other->comment) && !one->symbol == !other->symbol &&
                (!one->symbol || same_symbol(pairing, one->symbol, other->symbol)) &&
                same_value(pairing, one->from, other->from) && same_value(pairing, one->to, other->to) &&
                same_value(pairing, one->target, other->target) && same_value(pairing, one->value, other->value);
    for (int i = 0; i < one->count && same; i++)
        same = same_stmt(pairing, one->items[i], other->items[i]);
    return same && same_stmt(pairing, one->body, other->body) && same_stmt(pairing, one->other, other->other);
}

static bool same_declaration(const Array *one, const Array *other)
{
    bool same = one->type == other->type && one->constant == other->constant && one->half == other->half &&
                one->rank == other->rank && same_word(one->name, other->name);
    for (int i = 0; i < one->rank && same; i++)
        same = one->dims[i]->number == other->dims[i]->number;
    return same;
}

static bool same_parameter(Pairing *pairing, const Parameter *one, const Parameter *other)
{
    if (one->array && other->array)
        return same_declaration(one->array, other->array);
    return one->symbol && other->symbol && same_symbol(pairing, one->symbol, other->symbol);
}

static bool reads_the_same(const Kernel *one, const Kernel *other)
{
    if (one->count != other->count || !same_word(one->name, other->name))
        return false;
    const Mark mark = memory_mark();
    Pairing pairing = {.one = one, .other = other};
    bool same = true;
    for (int i = 0; i < one->count && same; i++)
        same = same_parameter(&pairing, &one->parameters[i], &other->parameters[i]);
    same = same && same_stmt(&pairing, one->body, other->body);
    memory_release(mark);
    return same;
}

/* The kernels that were seen first. */
typedef struct Merger {
    int count;
    Kernel **kernel;
} Merger;

static void merge_step(Merger *merger, Step *step)
{
    for (int i = 0; i < merger->count; i++)
        if (reads_the_same(merger->kernel[i], step->kernel)) {
            step->kernel = merger->kernel[i];
            return;
        }
    PUSH(merger->kernel, merger->count, step->kernel);
}

void merge(Model *model)
{
    Merger merger = {0};
    for (int p = 0; p < PHASES; p++)
        for (int i = 0; model->phase[p] && i < model->phase[p]->steps; i++)
            merge_step(&merger, model->phase[p]->step[i]);
}
