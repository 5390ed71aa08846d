/* traffic.c - how much memory the loops inside a nest go through: what is read in one passage stays in a cache, or
 * comes from behind it each time. */
#include "traffic.h"
#include "expr.h"

#include <stdlib.h>

enum {
    MOVES_MAX = 64,
    ARRAYS_MAX = 32,
    WINDOW = 3 /* where a loop's limits say nothing */
};

/* What moves inside the body, and how far. */
typedef struct Passage {
    int moves;
    Reach move[MOVES_MAX];
    int arrays;
    const Array *array[ARRAYS_MAX];
    double elements[ARRAYS_MAX];
} Passage;

static void add_move(Passage *passage, const Symbol *symbol, long long span)
{
    if (symbol && passage->moves < MOVES_MAX)
        passage->move[passage->moves++] = (Reach){symbol, span};
}

/* By how much an integer differs within the passage, at most; -1: not known. */
static long long span_of(const Passage *passage, const Expr *expr)
{
    if (expr->kind == EX_INT)
        return 0;
    if (expr->kind == EX_NAME) {
        for (int i = 0; i < passage->moves; i++)
            if (passage->move[i].symbol == expr->symbol)
                return passage->move[i].span;
        return 0;
    }
    if (expr->count != 2)
        return -1;
    long long left = span_of(passage, expr->args[0]), right = span_of(passage, expr->args[1]);
    if (left < 0 || right < 0)
        return -1;
    if (expr->kind == EX_ADD || expr->kind == EX_SUB)
        return left + right;
    for (int i = 0; expr->kind == EX_MUL && i < 2; i++)
        if (expr->args[i]->kind == EX_INT)
            return (i ? left : right) * llabs(expr->args[i]->number);
    return left + right ? -1 : 0;
}

static void note_read(void *context, Expr *load, bool write)
{
    Passage *passage = context;
    if (write)
        return;
    double elements = 1; /* of a row that is not read whole a line, at least */
    for (int i = 0; i < load->count; i++) {
        long long span = span_of(passage, load->args[i]), most = load->array->dims[i]->number;
        long long reached = span < 0 || span >= most ? most : span + 1;
        if (i == load->count - 1 && reached < LINE_ELEMENTS)
            reached = most < LINE_ELEMENTS ? most : LINE_ELEMENTS;
        elements *= (double)reached;
    }
    int at = 0;
    while (at < passage->arrays && passage->array[at] != load->array)
        at++;
    if (at == ARRAYS_MAX)
        return;
    if (at == passage->arrays) {
        passage->array[passage->arrays++] = load->array;
        passage->elements[at] = 0;
    }
    passage->elements[at] = elements > passage->elements[at] ? elements : passage->elements[at];
}

/* The number of a limit like `3 < 33 - v ? 3 : 33 - v`. */
static long long number_in(const Expr *limit, long long otherwise)
{
    if (limit->kind == EX_INT)
        return limit->number;
    for (int i = 1; limit->kind == EX_COND && i < 3; i++)
        if (limit->args[i]->kind == EX_INT)
            return limit->args[i]->number;
    return otherwise;
}

double usual_trips(const Stmt *loop)
{
    long long from = number_in(loop->from, 0), to = number_in(loop->to, from + WINDOW);
    double way = loop->step > 0 ? (double)(to - from) / loop->step : (double)(from - to) / -loop->step;
    return way > 1 ? way : 1;
}

static void pass(Passage *passage, const Stmt *stmt)
{
    if (stmt->kind == ST_FOR)
        add_move(passage, stmt->symbol, (long long)usual_trips(stmt) * (stmt->step > 0 ? stmt->step : -stmt->step) - 1);
    if (stmt->kind == ST_DECLARE && stmt->value && stmt->symbol->type == TYPE_INT)
        add_move(passage, stmt->symbol, span_of(passage, stmt->value));
    if (stmt->kind == ST_DECLARE || stmt->kind == ST_ASSIGN)
        visit_loads(stmt, note_read, passage);
    for (int i = 0; i < stmt->count; i++)
        pass(passage, stmt->items[i]);
    if (stmt->body)
        pass(passage, stmt->body);
    if (stmt->other)
        pass(passage, stmt->other);
}

double passage_elements(const Stmt *body, const Reach *reaches, int count)
{
    Passage passage;
    passage.moves = passage.arrays = 0; /* the tables are long */
    for (int i = 0; i < count; i++)
        add_move(&passage, reaches[i].symbol, reaches[i].span);
    pass(&passage, body);
    double elements = 0;
    for (int i = 0; i < passage.arrays; i++)
        elements += passage.elements[i];
    return elements;
}

/* ---- caches ---- */

/* A line of the cache comes from the second one in so many cycles, from behind it in more. */
static const double SECOND_CACHE_CYCLES = 2, THIRD_CACHE_CYCLES = 8;

double memory_cycles(double bytes)
{
    if (bytes <= FIRST_CACHE_BYTES)
        return 0;
    return bytes / LINE_BYTES * (bytes <= SECOND_CACHE_BYTES ? SECOND_CACHE_CYCLES : THIRD_CACHE_CYCLES);
}

double far_memory_cycles(double bytes)
{
    return bytes <= SECOND_CACHE_BYTES ? 0 : bytes / LINE_BYTES * (THIRD_CACHE_CYCLES - SECOND_CACHE_CYCLES);
}

/* A few lines of a row, and then those of a row on another page: the processor has not begun to fetch them, and beyond
 * what its tables of pages reach it has to find them first. */
static const double PAGES_REACH = 6 << 20, NEAR_JUMP_CYCLES = 12, FAR_JUMP_CYCLES = 100;

double jump_cycles(double bytes, int elements)
{
    return bytes / REAL_BYTES / elements * (bytes <= PAGES_REACH ? NEAR_JUMP_CYCLES : FAR_JUMP_CYCLES);
}

double array_elements(const Array *array)
{
    double elements = 1;
    for (int i = 0; i < array->rank; i++)
        elements *= (double)array->dims[i]->number;
    return elements;
}
