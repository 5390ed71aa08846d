/* flatten.c - two loops over the rows and columns of whole tensors become one loop over all elements.
 *
 * `for n: for m: y[n][m] = f(x[n][m])` touches all of each tensor in order; as one loop it has long runs for the lanes
 * whatever the size of a row. Done where a kernel is a single nest and every access is of that form. */
#include "flatten.h"
#include "affine.h"

typedef struct Pair {
    const Symbol *outer, *inner;
    long long extent; /* of the inner loop */
} Pair;

/* outer * extent + inner, as an index of random numbers. */
static bool is_linear(const Pair *pair, const Expr *expr)
{
    Affine rows = affine_in(expr, pair->outer, NULL);
    if (!rows.valid || rows.factor != pair->extent)
        return false;
    Affine columns = affine_in(rows.rest, pair->inner, NULL);
    return columns.valid && columns.factor == 1 && is_int(columns.rest, 0);
}

static bool names(const Expr *expr, const Symbol *symbol)
{
    return expr->kind == EX_NAME && expr->symbol == symbol;
}

/* The dimension at which an access has [outer][inner]; -1 if it mentions neither; -2 if it mentions them otherwise. */
static int place_of(const Pair *pair, const Expr *load)
{
    int place = -1;
    for (int i = 0; i < load->count; i++) {
        bool outer = mentions(load->args[i], pair->outer), inner = mentions(load->args[i], pair->inner);
        bool here = names(load->args[i], pair->outer) && i + 1 < load->count && names(load->args[i + 1], pair->inner) &&
                    load->array->dims[i + 1]->number == pair->extent;
        if (here && place == -1) {
            place = i++;
            continue;
        }
        if (outer || inner)
            return -2;
    }
    return place;
}

/* Every mention of the two variables is in a pair of subscripts or in a linear index. */
static bool fits(const Pair *pair, const Expr *expr)
{
    if (expr->kind == EX_LOAD)
        return place_of(pair, expr) != -2;
    if (names(expr, pair->outer) || names(expr, pair->inner))
        return false;
    if (expr->type == TYPE_INT && is_linear(pair, expr))
        return true;
    for (int i = 0; i < expr->count; i++)
        if (!fits(pair, expr->args[i]))
            return false;
    return true;
}

static bool stmt_fits(const Pair *pair, const Stmt *stmt)
{
    const Expr *parts[] = {stmt->from, stmt->to, stmt->value, stmt->target};
    for (int i = 0; i < 4; i++)
        if (parts[i] && !fits(pair, parts[i]))
            return false;
    for (int i = 0; i < stmt->count; i++)
        if (!stmt_fits(pair, stmt->items[i]))
            return false;
    return (!stmt->body || stmt_fits(pair, stmt->body)) && (!stmt->other || stmt_fits(pair, stmt->other));
}

/* ---- rewriting ---- */

typedef struct Rewrite {
    const Pair *pair;
    Expr *index;
    Kernel *kernel;
    int count;
    const Array **from;
    Array **to;
} Rewrite;

static Array *joined(Rewrite *rewrite, const Array *array, int place)
{
    for (int i = 0; i < rewrite->count; i++)
        if (rewrite->from[i] == array)
            return rewrite->to[i];
    Array *copy = NEW(Array);
    *copy = *array;
    copy->rank = 0;
    for (int i = 0; i < array->rank; i++) {
        Expr *dim = array->dims[i];
        if (i == place)
            dim = expr_binary(EX_MUL, dim, array->dims[++i]);
        copy->dims[copy->rank++] = dim;
    }
    for (int i = 0; i < rewrite->kernel->count; i++)
        if (rewrite->kernel->parameters[i].array == array)
            rewrite->kernel->parameters[i].array = copy;
    int count = rewrite->count;
    PUSH(rewrite->from, rewrite->count, array);
    PUSH(rewrite->to, count, copy);
    return copy;
}

static Expr *joined_load(void *context, const Expr *load, Expr **subscripts)
{
    Rewrite *rewrite = context;
    int place = place_of(rewrite->pair, load), at = 0;
    if (place < 0)
        return NULL;
    Expr **all = NEW_ARRAY(load->count - 1, Expr *);
    for (int i = 0; i < load->count; i++)
        if (i == place)
            all[at++] = rewrite->index, i++;
        else
            all[at++] = subscripts[i];
    return expr_load(joined(rewrite, load->array, place), load->count - 1, all);
}

static void replace_linear(void *context, Expr *expr, bool write)
{
    (void)write;
    const Rewrite *rewrite = context;
    if (expr->type == TYPE_INT && expr->kind != EX_NAME && expr->kind != EX_INT && is_linear(rewrite->pair, expr))
        *expr = *rewrite->index;
}

/* The only loop at the top of a kernel, behind declarations; NULL if there are more. */
static Stmt *only_nest(const Kernel *kernel)
{
    const Stmt *body = kernel->body;
    for (int i = 0; i + 1 < body->count; i++)
        if (body->items[i]->kind != ST_DECLARE)
            return NULL;
    Stmt *last = body->items[body->count - 1];
    return last->kind == ST_FOR ? last : NULL;
}

static bool whole_range(const Stmt *loop)
{
    return loop->kind == ST_FOR && is_int(loop->from, 0) && loop->to->kind == EX_INT && loop->step == 1;
}

bool flatten_kernel(Kernel *kernel)
{
    Stmt *outer = only_nest(kernel);
    if (!outer || !whole_range(outer) || outer->body->count != 1 || !whole_range(outer->body->items[0]))
        return false;
    const Stmt *inner = outer->body->items[0];
    Pair pair = {outer->symbol, inner->symbol, inner->to->number};
    for (int i = 0; i + 1 < kernel->body->count; i++)
        if (!stmt_fits(&pair, kernel->body->items[i]))
            return false;
    if (!stmt_fits(&pair, inner->body))
        return false;
    Symbol *index = symbol_new(SYM_LOOP, TYPE_INT, "i");
    Rewrite rewrite = {.pair = &pair, .index = expr_name(index), .kernel = kernel};
    visit_stmt(inner->body, replace_linear, &rewrite);
    Changes changes = {.load = joined_load, .context = &rewrite};
    Stmt *loop = stmt_for(index, expr_int(0), expr_binary(EX_MUL, outer->to, inner->to), 1);
    loop->comment = outer->comment;
    block_add(loop->body, stmt_copy(&changes, inner->body));
    kernel->body->items[kernel->body->count - 1] = loop;
    return true;
}
