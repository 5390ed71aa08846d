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

/* A loop inside that has the lanes is another one in the next nest. */
static void remember(Known_estimate *known, const Choice_of_tile *choice)
{
    const Tile *tile = &choice->tile;
    known->cycles = choice->cycles;
    if (choice->cycles < 0 || tile->lanes < 2 || tile->fold)
        return;
    known->tile = (Known_tile){.lanes = (short)tile->lanes,
                               .rows = (short)tile->rows,
                               .columns = (short)tile->columns,
                               .lane_loop = (signed char)tile->lane_loop,
                               .row_loop = (signed char)tile->row_loop,
                               .fulls = (unsigned char)tile->fulls,
                               .numbered = tile->numbered,
                               .packs = tile->pack.from != NULL};
    for (int i = 0; i < tile->fulls; i++)
        known->tile.full_loop[i] = (signed char)tile->full_loop[i];
}

static Choice_of_tile remembered(const Known_estimate *known, const Nest *nest)
{
    const Known_tile *from = &known->tile;
    Tile tile = {.lane_loop = from->lane_loop,
                 .row_loop = from->row_loop,
                 .lanes = from->lanes,
                 .rows = from->rows,
                 .columns = from->columns,
                 .numbered = from->numbered,
                 .fulls = from->fulls};
    for (int i = 0; i < from->fulls; i++)
        tile.full_loop[i] = from->full_loop[i];
    return choice_of_known(nest, &tile, known->cycles, from->packs);
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
    if (known && known->cycles != UNKNOWN && known->tile.lanes)
        return remembered(known, nest);
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
    cycles = lesser(cycles, best_peel(estimates, nest, cuts - 1, cycles).cycles);
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
