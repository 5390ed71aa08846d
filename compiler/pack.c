/* pack.c - what each tile of columns reads again and again, copied together for it.
 *
 *     for u: for f: sum = 0; for k: for c: sum += x[u + k][c] * w[k][c][f]; y[u][f] = sum
 *
 * goes through all of w for each u. If w is larger than the second cache, it comes from behind it each time, a few
 * lines here and a few lines there, and what is kept falls into few of the cache's sets. Instead, tile by tile of f,
 *
 *     for k: for c: w_packed[k][c][0 to tile] = w[k][c][f to f + tile]
 *     for u: sum = 0; for k: for c: sum += x[u + k][c] * w_packed[k][c][..]; ...
 *
 * where w_packed stays near, and w is read once. (Goto and van de Geijn, Anatomy of High-Performance Matrix
 * Multiplication, 2008, section 4.) */
#include "pack.h"
#include "expr.h"
#include "traffic.h"

/* A smaller array stays in the second cache, however it lies there; and of rows that lie near each other the machine
 * fetches the next one ahead. */
enum { PACK_LEAST_BYTES = SECOND_CACHE_BYTES / 2, PACK_LEAST_ROW_BYTES = 1024 };

/* ---- which array ---- */

typedef struct Search {
    const Nest *nest;
    const Dependents *by;
    int lane_loop;
    const Array *array;
    bool fits;
} Search;

static bool moves_along_the_lanes_alone(const Search *search, const Expr *load)
{
    const Symbol *lane = search->nest->loop[search->lane_loop]->symbol;
    int along = 0;
    for (int i = 0; i < load->count; i++) {
        bool itself = load->args[i]->kind == EX_NAME && load->args[i]->symbol == lane;
        along += itself;
        for (int loop = 0; loop < search->nest->depth && !itself; loop++)
            if (depends(&search->by[loop], load->args[i]))
                return false;
    }
    return along == 1 && load->type == TYPE_REAL;
}

static void find_largest(void *context, Expr *load, bool write)
{
    Search *search = context;
    if (!write && moves_along_the_lanes_alone(search, load) &&
        (!search->array || array_elements(load->array) > array_elements(search->array)))
        search->array = load->array;
}

static void check_all(void *context, Expr *load, bool write)
{
    Search *search = context;
    if (load->array == search->array && (write || !moves_along_the_lanes_alone(search, load)))
        search->fits = false;
}

const Array *packable(const Nest *nest, const Dependents *by, int lane_loop)
{
    const Stmt *lanes = nest->loop[lane_loop];
    if ((lanes->to->number - lanes->from->number) * REAL_BYTES < PACK_LEAST_ROW_BYTES)
        return NULL;
    Search search = {.nest = nest, .by = by, .lane_loop = lane_loop, .fits = true};
    visit_loads(nest->body, find_largest, &search);
    if (!search.array || array_elements(search.array) * REAL_BYTES <= PACK_LEAST_BYTES)
        return NULL;
    visit_loads(nest->body, check_all, &search);
    return search.fits ? search.array : NULL;
}

typedef struct Rows {
    const Array *array;
    const Symbol *lane;
    bool are;
} Rows;

static void check_row(void *context, Expr *load, bool write)
{
    (void)write;
    Rows *rows = context;
    if (load->array != rows->array)
        return;
    const Expr *last = load->args[load->count - 1];
    rows->are &= last->kind == EX_NAME && last->symbol == rows->lane;
}

bool lies_in_rows(const Nest *nest, int lane_loop, const Array *array)
{
    Rows rows = {.array = array, .lane = nest->loop[lane_loop]->symbol, .are = true};
    visit_loads(nest->body, check_row, &rows);
    return rows.are;
}

/* ---- what it costs ---- */

/* A line from behind the second cache where the machine does not see which comes next; and what it costs to store it in
 * the copy. The first passage costs the same in either case. */
static const double JUMP_CYCLES = 25, STORE_CYCLES = 4;

static double lines_of(double elements)
{
    return elements * REAL_BYTES / LINE_BYTES;
}

/* Whether one tile's part of the array is still in the second cache when the next tile of rows wants it: rows that
 * begin a power of two of lines apart share the cache's sets. */
static bool stays(const Passes *passes)
{
    long long apart = passes->along * REAL_BYTES / LINE_BYTES;
    long long sets = SECOND_CACHE_SETS, reached = 1;
    while (reached < sets && apart && apart % (2 * reached) == 0)
        reached *= 2;
    double row_lines = lines_of((double)passes->width), own_sets = (double)(sets / reached) * row_lines;
    double lines = lines_of(array_elements(passes->array)) * (double)passes->width / (double)passes->along;
    return lines <= (own_sets < (double)sets ? own_sets : (double)sets) * SECOND_CACHE_WAYS;
}

double unpacked_cycles(const Passes *passes)
{
    double times = passes->outer * (stays(passes) ? 1 : passes->row_tiles);
    return (times - 1) * lines_of(array_elements(passes->array)) * JUMP_CYCLES;
}

double packed_cycles(const Passes *passes)
{
    double elements = array_elements(passes->array);
    if (elements * REAL_BYTES * (double)passes->width / (double)passes->along > SECOND_CACHE_BYTES)
        return -1;
    return lines_of(elements) * STORE_CYCLES;
}

/* ---- the copy ---- */

typedef struct Sample {
    const Array *array;
    const Expr *load;
} Sample;

static void find_load(void *context, Expr *load, bool write)
{
    Sample *sample = context;
    if (!write && load->array == sample->array && !sample->load)
        sample->load = load;
}

const Expr *packed_load(const Stmt *body, const Array *array)
{
    Sample sample = {.array = array};
    visit_loads(body, find_load, &sample);
    return sample.load;
}

/* The copy's loops are called as those are by which the nest reads. */
static const char *name_in(const Expr *load, int dimension)
{
    const Expr *subscript = load->args[dimension];
    return subscript->kind == EX_NAME ? subscript->symbol->name : dimension_name(dimension);
}

Stmt *pack_tile(const Nest *nest, const Tile *tile, Expr *base, int filled)
{
    const Array *from = tile->pack.from;
    const Expr *load = packed_load(nest->body, from);
    const int last = from->rank - 1;
    Expr **read = NEW_ARRAY(from->rank, Expr *), **write = NEW_ARRAY(from->rank, Expr *);
    Nest copy = {.body = stmt_block()};
    for (int i = 0; i <= last; i++) {
        Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, name_in(load, i));
        copy.loop[copy.depth++] = stmt_for(symbol, expr_int(0), i < last ? from->dims[i] : expr_int(filled), 1);
        read[i] = write[i] = expr_name(symbol);
    }
    read[last] = expr_binary(EX_ADD, base, write[last]);
    block_add(copy.body,
              stmt_assign(expr_load(tile->pack.to, from->rank, write), expr_load((Array *)from, from->rank, read)));
    copy.loop[0]->comment = format("%s of these %s", from->name, nest->loop[tile->lane_loop]->symbol->name);
    return tile_nest(&copy, &(Tile){.lane_loop = last,
                                    .row_loop = -1,
                                    .lanes = tile->lanes,
                                    .rows = 1,
                                    .columns = (filled + tile->lanes - 1) / tile->lanes});
}
