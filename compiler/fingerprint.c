/* fingerprint.c - a number for the structure of a nest.
 *
 * All that an estimate depends on is mixed in, in the order of the tree; a variable or an array counts by the place
 * where it occurs first. */
#include "fingerprint.h"

#include <string.h>

enum { NAMES_MOST = 96 };

typedef struct Mixer {
    uint64_t hash;
    int names;
    const void *name[NAMES_MOST]; /* symbols and arrays */
    bool full;
} Mixer;

/* The finalizer of splitmix64 (Steele, Lea, Flood 2014). */
static void mix(Mixer *mixer, uint64_t value)
{
    uint64_t z = mixer->hash + value + UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    mixer->hash = z ^ (z >> 31);
}

static void mix_text(Mixer *mixer, const char *text)
{
    mix(mixer, strlen(text));
    for (; *text; text++)
        mix(mixer, (unsigned char)*text);
}

/* True if it was not met before. */
static bool mix_name(Mixer *mixer, const void *name)
{
    int at = 0;
    while (at < mixer->names && mixer->name[at] != name)
        at++;
    mix(mixer, (uint64_t)at);
    if (at < mixer->names)
        return false;
    if (at < NAMES_MOST)
        mixer->name[mixer->names++] = name;
    mixer->full |= at == NAMES_MOST;
    return true;
}

static void mix_expr(Mixer *mixer, const Expr *expr);

static void mix_array(Mixer *mixer, const Array *array)
{
    if (!mix_name(mixer, array))
        return;
    mix(mixer, (uint64_t)array->type);
    mix(mixer, array->written);
    mix(mixer, (uint64_t)array->rank);
    for (int i = 0; i < array->rank; i++)
        mix_expr(mixer, array->dims[i]);
}

static void mix_symbol(Mixer *mixer, const Symbol *symbol)
{
    if (!mix_name(mixer, symbol))
        return;
    mix(mixer, (uint64_t)symbol->kind);
    mix(mixer, (uint64_t)symbol->type * 2 + symbol->assigned);
}

static void mix_expr(Mixer *mixer, const Expr *expr)
{
    mix(mixer, (uint64_t)expr->kind * 64 + (uint64_t)expr->type * 8 + (uint64_t)expr->count);
    if (expr->kind == EX_INT)
        mix(mixer, (uint64_t)expr->number);
    else if (expr->kind == EX_REAL)
        mix_text(mixer, expr->text);
    else if (expr->kind == EX_NAME)
        mix_symbol(mixer, expr->symbol);
    else if (expr->kind == EX_LOAD)
        mix_array(mixer, expr->array);
    else if (expr->kind == EX_CALL)
        mix_text(mixer, expr->function->name);
    for (int i = 0; i < expr->count; i++)
        mix_expr(mixer, expr->args[i]);
}

static void mix_child(Mixer *mixer, const Expr *expr)
{
    mix(mixer, expr != NULL);
    if (expr)
        mix_expr(mixer, expr);
}

static void mix_stmt(Mixer *mixer, const Stmt *stmt)
{
    mix(mixer, (uint64_t)stmt->kind);
    mix(mixer, (uint64_t)(int64_t)stmt->step);
    mix(mixer, (uint64_t)stmt->count * 2 + stmt->add);
    if (stmt->symbol)
        mix_symbol(mixer, stmt->symbol);
    mix_child(mixer, stmt->from);
    mix_child(mixer, stmt->to);
    mix_child(mixer, stmt->target);
    mix_child(mixer, stmt->value);
    for (int i = 0; i < stmt->count; i++)
        mix_stmt(mixer, stmt->items[i]);
    if (stmt->body)
        mix_stmt(mixer, stmt->body);
    mix(mixer, stmt->other != NULL);
    if (stmt->other)
        mix_stmt(mixer, stmt->other);
}

uint64_t nest_fingerprint(const Nest *nest)
{
    Mixer mixer = {0};
    for (int i = 0; i < nest->depth; i++) {
        mix_symbol(&mixer, nest->loop[i]->symbol);
        mix(&mixer, (uint64_t)(int64_t)nest->loop[i]->step);
        mix_expr(&mixer, nest->loop[i]->from);
        mix_expr(&mixer, nest->loop[i]->to);
    }
    mix_stmt(&mixer, nest->body);
    return mixer.full ? 0 : mixer.hash;
}
