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

static const double UNKNOWN = -2;

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

static uint64_t fingerprint_for(const Estimates *estimates, const Nest *nest)
{
    return estimates->known ? nest_fingerprint(nest) : 0;
}

/* Where the estimate of a nest with a fingerprint stands, cut so many times at most; NULL: it is not remembered. */
static Known_estimate *place_of(Estimates *estimates, uint64_t fingerprint, int cuts)
{
    if (!fingerprint)
        return NULL;
    const uint64_t key = fingerprint + (uint64_t)cuts;
    Known_estimate *known = &estimates->known[key % KNOWN_MOST];
    if (known->key != key)
        *known = (Known_estimate){.key = key, .cycles = UNKNOWN};
    return known;
}

/* ---- whole ---- */

/* A loop inside and a packed array are others in the next nest. */
static void remember(Known_estimate *known, const Choice_of_tile *choice)
{
    known->cycles = choice->cycles;
    known->tile = choice->tile;
    known->packs = choice->tile.pack.from != NULL;
    known->tile.pack.from = NULL;
    known->tiled = choice->cycles >= 0 && choice->tile.lanes > 1 && !choice->tile.fold;
}

static double uncut_cycles(Estimates *estimates, const Nest *nest, uint64_t fingerprint)
{
    Known_estimate *known = place_of(estimates, fingerprint, 0);
    if (known && known->cycles != UNKNOWN)
        return known->cycles;
    const Mark mark = memory_mark();
    const Choice_of_tile choice = choose(estimates->machine, estimates->lanes, nest);
    memory_release(mark);
    if (known)
        remember(known, &choice);
    return choice.cycles;
}

Choice_of_tile best_choice(Estimates *estimates, const Nest *nest)
{
    Known_estimate *known = place_of(estimates, fingerprint_for(estimates, nest), 0);
    if (known && known->cycles != UNKNOWN && known->tiled)
        return choice_of_known(nest, &known->tile, known->cycles, known->packs);
    const Choice_of_tile choice = choose(estimates->machine, estimates->lanes, nest);
    if (known)
        remember(known, &choice);
    return choice;
}

/* ---- cut ---- */

static double lesser(double cycles, double cut)
{
    return cut >= 0 && (cycles < 0 || cut < cycles) ? cut : cycles;
}

/* With so many cuts at most. */
static double choice_cycles(Estimates *estimates, const Nest *nest, int cuts)
{
    const uint64_t fingerprint = fingerprint_for(estimates, nest);
    const Known_estimate *known = place_of(estimates, fingerprint, cuts);
    if (known && known->cycles != UNKNOWN)
        return known->cycles;
    double cycles = uncut_cycles(estimates, nest, fingerprint);
    if (!cuts)
        return cycles;
    const Mark mark = memory_mark();
    cycles = lesser(cycles, best_peel(estimates, nest, cuts - 1).cycles);
    const Stmt *pieces = cut_in_remainders(nest);
    cycles = lesser(cycles, pieces ? pieces_cycles(estimates, pieces) : -1);
    memory_release(mark);
    if (known)
        place_of(estimates, fingerprint, cuts)->cycles = cycles;
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
