/* estimate.c - what nests cost on a target, cut or not, each estimated once.
 *
 * The pieces of a nest are estimated when it is decided whether to cut it, and again when they are scheduled; layers of
 * a network are alike. So what was estimated is remembered by the nest's fingerprint. */
#include "estimate.h"
#include "choose.h"
#include "fingerprint.h"
#include "peel.h"
#include "phases.h"
#include "traffic.h"

Estimates *estimates_of(Model *model)
{
    if (!model->estimates)
        model->estimates = estimates_with(model, model->options->lanes);
    return model->estimates;
}

Estimates *estimates_with(const Model *model, int lanes)
{
    Estimates *estimates = NEW(Estimates);
    *estimates = (Estimates){model->options->machine, lanes, NEW_ARRAY(KNOWN_MOST, Known_estimate)};
    return estimates;
}

static double choice_cycles(Estimates *estimates, const Nest *nest, int cuts);

static double least_cycles(Estimates *estimates, const Nest *nest, int cuts)
{
    if (cuts < 0)
        return choose(estimates->machine, estimates->lanes, nest).cycles;
    double cycles = choice_cycles(estimates, nest, -1);
    double cut = cuts ? best_peel(estimates, nest, cuts - 1).cycles : -1;
    if (cut >= 0 && (cycles < 0 || cut < cycles))
        cycles = cut;
    const Stmt *pieces = cuts ? cut_in_remainders(nest) : NULL;
    cut = pieces ? pieces_cycles(estimates, pieces) : -1;
    return cut >= 0 && (cycles < 0 || cut < cycles) ? cut : cycles;
}

/* With so many cuts at most; -1: with its tile alone. */
static double choice_cycles(Estimates *estimates, const Nest *nest, int cuts)
{
    uint64_t key = estimates->known ? nest_fingerprint(nest) : 0;
    key = key ? key + (uint64_t)(cuts + 1) : 0;
    Known_estimate *known = key ? &estimates->known[key % KNOWN_MOST] : NULL;
    if (known && known->key == key)
        return known->cycles;
    const Mark mark = memory_mark();
    double cycles = least_cycles(estimates, nest, cuts);
    memory_release(mark);
    if (known)
        *known = (Known_estimate){key, cycles};
    return cycles;
}

double best_cycles(Estimates *estimates, const Stmt *block, int cuts)
{
    bool loop = block->count == 1 && block->items[0]->kind == ST_FOR;
    Nest nest = loop ? nest_of(block->items[0]) : (Nest){0};
    return nest.depth ? choice_cycles(estimates, &nest, cuts) : -1;
}

double all_cycles(Estimates *estimates, Stmt *stmt)
{
    if (stmt->kind == ST_FOR) {
        double cycles = best_cycles(estimates, &(Stmt){.count = 1, .items = &stmt}, PEEL_DEPTH);
        if (cycles >= 0)
            return cycles;
    }
    double cycles = stmt->kind == ST_ASSIGN || stmt->kind == ST_DECLARE ? 1 : 0;
    for (int i = 0; i < stmt->count; i++)
        cycles += all_cycles(estimates, stmt->items[i]);
    if (stmt->body)
        cycles += all_cycles(estimates, stmt->body);
    if (stmt->other)
        cycles += all_cycles(estimates, stmt->other);
    return stmt->kind == ST_FOR ? cycles * usual_trips(stmt) : cycles;
}

double pieces_cycles(Estimates *estimates, const Stmt *pieces)
{
    double cycles = 0;
    for (int i = 0; i < pieces->count; i++) {
        double own = best_cycles(estimates, &(Stmt){.count = 1, .items = &pieces->items[i]}, PEEL_DEPTH);
        if (own < 0)
            return -1;
        cycles += own + PIECE_CYCLES;
    }
    return cycles;
}
