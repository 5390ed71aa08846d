/* transpose.c - copies of arrays with another dimension innermost, for the lanes. */
#include "transpose.h"
#include "expr.h"
#include "steps.h"
#include "traffic.h"

/* The sides of the squares by which large arrays are transposed: a line of the cache has as many numbers. */
enum { COPY_SQUARE = 16 };

/* A load along the lanes stays what it is: an array may be read both ways, a[i][j] + a[j][i]. */
static Expr *transposed_load(void *context, const Expr *load, Expr **subscripts)
{
    const Transpose *transpose = context;
    if (load->array != transpose->from || mentions(load->args[load->count - 1], transpose->variable))
        return NULL;
    Expr **order = NEW_ARRAY(load->count, Expr *);
    int at = 0;
    for (int i = 0; i < load->count; i++)
        if (i != transpose->dimension)
            order[at++] = subscripts[i];
    order[at] = subscripts[transpose->dimension];
    return expr_load(transpose->to, load->count, order);
}

static const Transpose *made_before(const Transposes *made, const Transpose *transpose)
{
    for (int i = 0; i < made->count; i++)
        if (made->transpose[i].from == transpose->from && made->transpose[i].dimension == transpose->dimension)
            return &made->transpose[i];
    return NULL;
}

static Array *new_transposed(Kernel *kernel, const Transpose *transpose)
{
    const Array *from = transpose->from;
    Array *to = NEW(Array);
    *to = (Array){
        .name = free_array_name(kernel, format("%s_transposed", from->name)), .type = from->type, .rank = from->rank};
    int at = 0;
    for (int i = 0; i < from->rank; i++)
        if (i != transpose->dimension)
            to->dims[at++] = from->dims[i];
    to->dims[at] = from->dims[transpose->dimension];
    kernel_add(kernel, (Parameter){.array = to});
    return to;
}

/* A loop inside the others, which goes on in them. */
static Stmt *add_loop(Stmt **into, const char *name, Expr *to, int step)
{
    Stmt *loop = stmt_for(symbol_new(SYM_LOOP, TYPE_INT, name), expr_int(0), to, step);
    block_add(*into, loop);
    *into = loop->body;
    return loop;
}

static Expr *add_index(Stmt **into, const char *name, Expr *to)
{
    return expr_name(add_loop(into, name, to, 1)->symbol);
}

/* Loops over the squares of the last two dimensions of a copy, and over one square. */
static void add_squares(Stmt **into, const Transpose *transpose, Expr **row, Expr **column)
{
    const Array *from = transpose->from;
    const char *name = transpose->variable->name, *other = dimension_name(from->rank - 1);
    const Stmt *columns = add_loop(into, other, from->dims[from->rank - 1], COPY_SQUARE);
    const Stmt *rows = add_loop(into, name, from->dims[transpose->dimension], COPY_SQUARE);
    const Stmt *one_column = add_loop(into, format("%sj", other), expr_int(COPY_SQUARE), 1);
    Stmt *one_row = add_loop(into, format("%si", name), expr_int(COPY_SQUARE), 1);
    one_row->unroll = true;
    *column = expr_binary(EX_ADD, expr_name(columns->symbol), expr_name(one_column->symbol));
    *row = expr_binary(EX_ADD, expr_name(rows->symbol), expr_name(one_row->symbol));
}

/* What the first cache does not hold is copied by squares: else each line is brought as often as it has numbers. */
static bool copies_squares(const Transpose *transpose)
{
    const Array *from = transpose->from;
    const long long rows = from->dims[transpose->dimension]->number, columns = from->dims[from->rank - 1]->number;
    return array_elements(from) * REAL_BYTES > FIRST_CACHE_BYTES && rows % COPY_SQUARE == 0 &&
           columns % COPY_SQUARE == 0;
}

/* to[...][v] = from[..v..], the loop over v innermost. */
static Stmt *copy_nest(const Transpose *transpose)
{
    const Array *from = transpose->from;
    const int along = transpose->dimension, last = from->rank - 1;
    Expr **read = NEW_ARRAY(from->rank, Expr *), **write = NEW_ARRAY(from->rank, Expr *);
    Stmt *whole = stmt_block(), *at = whole;
    int place = 0;
    for (int i = 0; i < last; i++)
        if (i != along)
            read[i] = write[place++] = add_index(&at, dimension_name(i), from->dims[i]);
    if (copies_squares(transpose)) {
        add_squares(&at, transpose, &read[along], &read[last]);
    } else {
        read[last] = add_index(&at, dimension_name(last), from->dims[last]);
        read[along] = add_index(&at, transpose->variable->name, from->dims[along]);
    }
    write[place++] = read[last];
    write[place] = read[along];
    block_add(at, stmt_assign(expr_load(transpose->to, from->rank, write), expr_load((Array *)from, from->rank, read)));
    whole->items[0]->comment = format("%s with %s innermost, for the lanes", from->name, transpose->variable->name);
    return whole;
}

Nest transpose_jumps(Transposes *made, Kernel *kernel, const Nest *nest, Choice_of_tile *choice, Stmt *into)
{
    Stmt *body = nest->body;
    for (int i = 0; i < choice->lanes.jumps; i++) {
        Transpose transpose = {.from = choice->lanes.jumping[i],
                               .dimension = choice->lanes.dimension[i],
                               .variable = nest->loop[choice->tile.lane_loop]->symbol};
        const Transpose *before = made_before(made, &transpose);
        transpose.to = before ? before->to : new_transposed(kernel, &transpose);
        if (!before || transpose.from->written)
            block_add(into, copy_nest(&transpose));
        if (!before)
            PUSH(made->transpose, made->count, transpose);
        if (choice->tile.pack.from == transpose.from)
            choice->tile.pack.from = transpose.to;
        Changes changes = {.load = transposed_load, .context = &transpose};
        body = stmt_copy(&changes, body);
    }
    Nest copy = *nest;
    copy.body = body;
    return copy;
}
