/* tile.c - a nest of parallel loops as tiles of registers.
 *
 *     for o: for n: sum = 0; for i: sum += x[n][i] * w[i][o]; y[n][o] = sum
 *
 * with lanes over o, 2 columns and 3 rows becomes: for o in steps of 2 vectors, for n in steps of 3,
 *
 *     nnc_vec sum[3][2];
 *     for all 3 x 2: sum = 0; for i: for all 3 x 2: sum += x * w; for all 3 x 2: y = sum
 *
 * where `for all` is a loop of constant size that the C compiler writes out, so that the array lives in registers. A
 * statement stands in the loops of those axes of the tile on which it depends. Each sum is added in the order of the
 * template, so the bits are the template's. What is left over at the ends is a smaller tile, its last vector partly
 * filled.
 *
 * Where the array of the columns is packed tile by tile (pack.c), that waits for the memory. So the loops that compute
 * one tile ask for the lines of the next one, one of each row in each iteration around them. */
#include "tile.h"
#include "affine.h"
#include "pack.h"
#include "parallel.h"
#include "sizes.h"
#include "stretch.h"
#include "traffic.h"

#include <limits.h>

/* ---- one tile ---- */

enum { AXES_MAX = 2 + FULL_MAX };

/* Where numbers that were packed are used more often than that, to wait for them is nothing beside it. */
static const double PREFETCH_PASSES = 1024;

/* A loop that has several iterations in the tile. */
typedef struct Axis {
    Dependents by; /* its variable, and what depends on it */
    const char *name;
    Expr *base;     /* index i stands for the variable's value base + i * step */
    int size, step; /* one step of the lanes is a vector */
    int values;     /* that the sums read along this axis, and the others that come with it */
    bool lane;
    int stride;  /* between its neighbours in `active` */
    Expr *index; /* in the loops that are open; NULL: not open */
} Axis;

/* What a local variable of the template has become. */
typedef struct Local {
    const Symbol *symbol;
    Symbol *copy;
    const Expr *inlined; /* instead: an integer that is this expression */
    unsigned axes;       /* a bit for each that is a dimension of the copy */
} Local;

/* The axis along which most values are read is the slowest: they pass through one register, and those that its
 * iterations share, which are fewer, stay in theirs. */
typedef struct Expander {
    const Tile *tile;
    int part;    /* filled lanes of the last vector, 0: all */
    Expr *ahead; /* elements from the tile's columns to those of a later one, which are brought now; NULL: none are */
    int axes;
    Axis axis[AXES_MAX];
    Changes common; /* loop variables around the tile and inside the body */
    int locals;
    Local *local;
    int cells;
    bool *active; /* [cells], all indices of all axes; inside a loop that some skip: the others */
} Expander;

static const Axis *lane_axis(const Expander *e)
{
    for (int i = 0; i < e->axes; i++)
        if (e->axis[i].lane)
            return &e->axis[i];
    return NULL;
}

/* The axes on which an expression depends, a bit each. */
static unsigned axes_of(const Expander *e, const Expr *expr)
{
    unsigned axes = 0;
    for (int i = 0; i < e->axes && expr; i++)
        if (depends(&e->axis[i].by, expr))
            axes |= 1u << i;
    return axes;
}

static bool lane_dependent(const Expander *e, const Expr *expr)
{
    const Axis *lane = lane_axis(e);
    return lane && depends(&lane->by, expr);
}

static unsigned open_axes(const Expander *e)
{
    unsigned open = 0;
    for (int i = 0; i < e->axes; i++)
        open |= e->axis[i].index ? 1u << i : 0;
    return open;
}

/* ---- expressions, as they are at the indices of the open axes ---- */

static Expr *instantiate(const Expander *e, const Expr *expr, bool subscript);

static Expr *axis_value(const Expander *e, const Axis *axis, bool subscript)
{
    Expr *step = expr_binary(EX_MUL, axis->index, expr_int(axis->step));
    Expr *value = normalized(expr_binary(EX_ADD, axis->base, step));
    if (!axis->lane || subscript || e->tile->lanes == 1)
        return value;
    Expr *iota = NEW(Expr), *sum = NEW(Expr);
    *iota = (Expr){.kind = EX_IOTA, .type = TYPE_INT, .lanes = true};
    if (is_int(value, 0))
        return iota;
    *sum = (Expr){.kind = EX_ADD, .type = TYPE_INT, .lanes = true, .count = 2, .args = NEW_ARRAY(2, Expr *)};
    sum->args[0] = value;
    sum->args[1] = iota;
    return sum;
}

static const Local *local_of(const Expander *e, const Symbol *symbol)
{
    for (int i = e->locals - 1; i >= 0; i--)
        if (e->local[i].symbol == symbol)
            return &e->local[i];
    return NULL;
}

static Expr *local_value(const Expander *e, const Local *local)
{
    Expr *name = expr_name(local->copy);
    name->lanes = local->copy->lanes;
    if (!local->axes)
        return name;
    name->kind = EX_ELEMENT;
    name->args = NEW_ARRAY(e->axes, Expr *);
    for (int i = 0; i < e->axes; i++)
        if (local->axes & 1u << i)
            name->args[name->count++] = e->axis[i].index;
    return name;
}

static Expr *instantiate_name(const Expander *e, const Expr *expr, bool subscript)
{
    for (int i = 0; i < e->axes; i++)
        if (expr->symbol == e->axis[i].by.variable)
            return axis_value(e, &e->axis[i], subscript);
    const Local *local = local_of(e, expr->symbol);
    if (local && local->inlined)
        return instantiate(e, local->inlined, subscript);
    return local ? local_value(e, local) : expr_copy((Changes *)&e->common, expr);
}

static Expr *instantiate_load(const Expander *e, const Expr *expr)
{
    const Axis *lane = lane_axis(e);
    Expr **subscripts = expr->count ? NEW_ARRAY(expr->count, Expr *) : NULL;
    for (int i = 0; i < expr->count; i++)
        subscripts[i] = instantiate(e, expr->args[i], true);
    bool packed = e->tile->pack.to && expr->array == e->tile->pack.from;
    if (packed) /* begins where the tile does */
        subscripts[expr->count - 1] = expr_binary(EX_MUL, lane->index, expr_int(lane->step));
    Expr *load = expr_load(packed ? e->tile->pack.to : expr->array, expr->count, subscripts);
    load->lanes = e->tile->lanes > 1 && lane_dependent(e, expr);
    if (load->lanes && is_int(lane->index, lane->size - 1))
        load->part = (unsigned char)e->part;
    return load;
}

static Expr *instantiate(const Expander *e, const Expr *expr, bool subscript)
{
    if (expr->kind == EX_NAME)
        return instantiate_name(e, expr, subscript);
    if (expr->kind == EX_LOAD)
        return instantiate_load(e, expr);
    if (expr->count == 2 && expr->type == TYPE_INT && (subscript || !lane_dependent(e, expr))) {
        Expr *binary =
            expr_binary(expr->kind, instantiate(e, expr->args[0], subscript), instantiate(e, expr->args[1], subscript));
        return expr->kind == EX_ADD || expr->kind == EX_SUB ? normalized(binary) : binary;
    }
    Expr *copy = NEW(Expr);
    *copy = *expr;
    copy->args = expr->count ? NEW_ARRAY(expr->count, Expr *) : NULL;
    for (int i = 0; i < expr->count; i++) {
        copy->args[i] = instantiate(e, expr->args[i], subscript);
        copy->lanes |= copy->args[i]->lanes && expr->kind != EX_FOLD;
    }
    return copy;
}

/* ---- which indices are active ---- */

static bool has_active(const Expander *e, const Axis *axis, int index)
{
    bool found = false;
    for (int cell = 0; cell < e->cells && !found; cell++)
        found = e->active[cell] && cell / axis->stride % axis->size == index;
    return found;
}

/* At both indices of the axis the same others are active. */
static bool alike(const Expander *e, const Axis *axis, int one, int other)
{
    bool same = true;
    for (int cell = 0; cell < e->cells && same; cell++)
        if (cell / axis->stride % axis->size == one)
            same = e->active[cell] == e->active[cell + (other - one) * axis->stride];
    return same;
}

static bool *active_at(const Expander *e, const Axis *axis, int index)
{
    bool *active = NEW_ARRAY(e->cells, bool);
    for (int cell = 0; cell < e->cells; cell++)
        active[cell] = e->active[cell] && cell / axis->stride % axis->size == index;
    return active;
}

/* ---- statements that stand in the loops of the same axes ---- */

typedef struct Group {
    const Stmt *block;
    int from, to;    /* items of the block */
    bool *kept;      /* parallel to the items: declared here, and needed behind the group */
    bool one_by_one; /* loops inside have other limits at other indices */
} Group;

static void expand_items(Expander *e, const Stmt *block, Stmt *into);

static Stmt *expand_block(Expander *e, const Stmt *stmt)
{
    Stmt *block = stmt_block();
    if (stmt)
        expand_items(e, stmt, block);
    return stmt ? block : NULL;
}

static Symbol *copied_symbol(const Expander *e, const Symbol *symbol)
{
    Symbol *copy = symbol_new(symbol->kind, symbol->type, symbol->name);
    const Expr name = {.kind = EX_NAME, .symbol = (Symbol *)symbol};
    copy->assigned = symbol->assigned;
    copy->lanes = e->tile->lanes > 1 && lane_dependent(e, &name);
    return copy;
}

static void add_local(Expander *e, Local local)
{
    e->local = push_grow(e->local, e->locals, sizeof(Local));
    e->local[e->locals++] = local;
}

static void emit_declaration(Expander *e, const Stmt *stmt, bool kept, Stmt *into)
{
    Expr *value = instantiate(e, stmt->value, false);
    if (kept && local_of(e, stmt->symbol)->axes) {
        block_add(into, stmt_assign(local_value(e, local_of(e, stmt->symbol)), value));
        return;
    }
    if (!kept)
        add_local(e, (Local){.symbol = stmt->symbol, .copy = copied_symbol(e, stmt->symbol)});
    block_add(into, stmt_declare(local_of(e, stmt->symbol)->copy, value));
}

static void emit_branch(Expander *e, const Stmt *stmt, Stmt *into)
{
    Stmt *branch = stmt_new(ST_IF);
    branch->value = instantiate(e, stmt->value, false);
    branch->body = expand_block(e, stmt->body);
    branch->other = expand_block(e, stmt->other);
    block_add(into, branch);
}

static void emit_statements(Expander *e, const Group *group, Stmt *into)
{
    int locals = e->locals;
    for (int i = group->from; i < group->to; i++) {
        const Stmt *stmt = group->block->items[i];
        if (stmt->kind == ST_DECLARE) {
            if (!local_of(e, stmt->symbol) || !local_of(e, stmt->symbol)->inlined)
                emit_declaration(e, stmt, group->kept[i], into);
        } else if (stmt->kind == ST_IF) {
            emit_branch(e, stmt, into);
        } else {
            Stmt *copy = stmt_assign(instantiate(e, stmt->target, false), instantiate(e, stmt->value, false));
            copy->add = stmt->add;
            block_add(into, copy);
        }
    }
    e->locals = locals;
}

/* Opens one axis after the other: neighbours with the same active ones share a loop. */
static void emit_group(Expander *e, const Group *group, unsigned axes, Stmt *into)
{
    int number = 0;
    while (number < e->axes && (!(axes & 1u << number) || e->axis[number].index))
        number++;
    if (number == e->axes) {
        emit_statements(e, group, into);
        return;
    }
    Axis *axis = &e->axis[number];
    bool *outer = e->active;
    for (int index = 0, end; index < axis->size; index = end) {
        end = index + 1;
        if (!has_active(e, axis, index))
            continue;
        bool last_is_part = axis->lane && e->part;
        while (end < axis->size - last_is_part && !group->one_by_one && alike(e, axis, index, end))
            end++;
        e->active = active_at(e, axis, index);
        if (end - index == 1) {
            axis->index = expr_int(index);
            emit_group(e, group, axes, into);
        } else {
            Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, axis->name);
            Stmt *loop = stmt_for(symbol, expr_int(index), expr_int(end), 1);
            loop->unroll = true;
            axis->index = expr_name(symbol);
            emit_group(e, group, axes, loop->body);
            block_add(into, loop);
        }
        axis->index = NULL;
        e->active = outer;
    }
}

/* ---- blocks ---- */

static bool is_plain_int(const Expr *expr)
{
    bool plain = expr->type == TYPE_INT && expr->kind != EX_LOAD && expr->kind != EX_CALL;
    for (int i = 0; i < expr->count && plain; i++)
        plain = is_plain_int(expr->args[i]) || expr->args[i]->type == TYPE_BOOL;
    return plain;
}

/* An integer that only names an expression of the tile's indices. */
static bool is_inlined(const Expander *e, const Stmt *stmt)
{
    if (stmt->kind != ST_DECLARE || stmt->symbol->type != TYPE_INT || stmt->symbol->assigned)
        return false;
    const Expr name = {.kind = EX_NAME, .symbol = stmt->symbol};
    return axes_of(e, &name) && is_plain_int(stmt->value);
}

static unsigned axes_of_stmt(const Expander *e, const Stmt *stmt)
{
    const Expr name = {.kind = EX_NAME, .symbol = stmt->symbol};
    return axes_of(e, stmt->value) | (stmt->symbol ? axes_of(e, &name) : 0) | axes_of(e, stmt->target);
}

static bool has_uneven_loop(const Expander *e, const Stmt *stmt)
{
    for (int i = 0; i < e->axes; i++)
        if (inner_limits_depend(&e->axis[i].by, stmt))
            return true;
    return false;
}

static bool is_used_behind(const Stmt *block, int from, const Symbol *symbol)
{
    bool found = false;
    for (int i = from; i < block->count && !found; i++)
        found = stmt_mentions(block->items[i], symbol);
    return found;
}

/* Declares what is needed behind the group: an array, where it differs along axes that have several indices. */
static void declare_kept(Expander *e, const Group *group, unsigned axes, Stmt *into)
{
    for (int i = group->from; i < group->to; i++) {
        const Stmt *stmt = group->block->items[i];
        if (!group->kept[i])
            continue;
        Local local = {.symbol = stmt->symbol, .copy = copied_symbol(e, stmt->symbol)};
        for (int a = 0; a < e->axes; a++)
            if (axes & 1u << a && e->axis[a].size > 1) {
                local.axes |= 1u << a;
                local.copy->dims[local.copy->rank++] = e->axis[a].size;
            }
        add_local(e, local);
        if (local.axes)
            block_add(into, stmt_declare(local.copy, NULL));
    }
}

/* The items from `from` on that stand in the loops of the same axes. */
static void expand_group(Expander *e, const Stmt *block, int from, int to, unsigned axes, Stmt *into)
{
    Group group = {.block = block, .from = from, .to = to, .kept = NEW_ARRAY(block->count, bool)};
    for (int i = from; i < to; i++) {
        const Stmt *stmt = block->items[i];
        group.one_by_one |= stmt->kind == ST_IF && has_uneven_loop(e, stmt);
        group.kept[i] = stmt->kind == ST_DECLARE && !is_inlined(e, stmt) && is_used_behind(block, to, stmt->symbol);
    }
    declare_kept(e, &group, axes, into);
    emit_group(e, &group, axes, into);
}

static void expand_loop(Expander *e, const Stmt *stmt, Stmt *into);

static void expand_items(Expander *e, const Stmt *block, Stmt *into)
{
    int locals = e->locals;
    for (int i = 0, end; i < block->count; i = end) {
        const Stmt *stmt = block->items[i];
        end = i + 1;
        if (stmt->kind == ST_BLOCK) {
            expand_items(e, stmt, into);
        } else if (stmt->kind == ST_FOR) {
            expand_loop(e, stmt, into);
        } else if (is_inlined(e, stmt)) {
            add_local(e, (Local){.symbol = stmt->symbol, .inlined = stmt->value});
        } else {
            unsigned open = open_axes(e), axes = axes_of_stmt(e, stmt) & ~open;
            for (; end < block->count; end++) {
                const Stmt *next = block->items[end];
                if (is_inlined(e, next))
                    add_local(e, (Local){.symbol = next->symbol, .inlined = next->value});
                else if (next->kind == ST_BLOCK || next->kind == ST_FOR || (axes_of_stmt(e, next) & ~open) != axes)
                    break;
            }
            expand_group(e, block, i, end, axes, into);
        }
    }
    e->locals = locals;
}

/* ---- loops inside ---- */

/* In the innermost loops that read what was packed: the same of a later tile. */
static void add_prefetch(const Expander *e, const Stmt *body, Stmt *into)
{
    const Expr *load = e->ahead && !has_loop(body) ? packed_load(body, e->tile->pack.from) : NULL;
    if (!load)
        return;
    Expr **subscripts = NEW_ARRAY(load->count, Expr *);
    for (int i = 0; i + 1 < load->count; i++)
        subscripts[i] = instantiate(e, load->args[i], true);
    subscripts[load->count - 1] = lane_axis(e)->base;
    block_add(into, stmt_prefetch(expr_load(load->array, load->count, subscripts), e->ahead));
}

static void add_loop(Expander *e, const Stmt *stmt, Expr *from, Expr *to, Stmt *into)
{
    if (from->kind == EX_INT && is_int(to, from->number + 1) && stmt->step == 1) {
        change_add(&e->common, stmt->symbol, from);
        expand_items(e, stmt->body, into);
        return;
    }
    Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, stmt->symbol->name);
    Stmt *loop = stmt_for(symbol, from, to, stmt->step);
    change_add(&e->common, stmt->symbol, expr_name(symbol));
    add_prefetch(e, stmt->body, loop->body);
    expand_items(e, stmt->body, loop->body);
    if (loop->body->count)
        block_add(into, loop);
}

/* A limit at one cell: what is open by a loop is at its first index there. */
static long long limit_at(const Expander *e, const Expr *limit, int cell)
{
    const Application none = {0};
    Expander at = *e;
    for (int i = 0; i < e->axes; i++)
        at.axis[i].index = expr_int(cell / e->axis[i].stride % e->axis[i].size);
    long long value = 0;
    size_value(instantiate(&at, limit, true), &none, &value);
    return value;
}

/* The least number above `after` at which a cell begins or ends. */
static long long next_end(const Expander *e, const long long *from, const long long *to, long long after)
{
    long long next = LLONG_MAX;
    for (int cell = 0; cell < e->cells; cell++) {
        if (!e->active[cell] || from[cell] >= to[cell])
            continue;
        next = from[cell] > after && from[cell] < next ? from[cell] : next;
        next = to[cell] > after && to[cell] < next ? to[cell] : next;
    }
    return next;
}

/* A loop whose limits are other numbers at other indices: in pieces, each for those that are in it. */
static void expand_uneven_loop(Expander *e, const Stmt *stmt, Stmt *into)
{
    long long *from = NEW_ARRAY(e->cells, long long), *to = NEW_ARRAY(e->cells, long long);
    for (int cell = 0; cell < e->cells; cell++) {
        from[cell] = limit_at(e, stmt->from, cell);
        to[cell] = limit_at(e, stmt->to, cell);
    }
    bool *outer = e->active;
    for (long long at = next_end(e, from, to, LLONG_MIN), end; at != LLONG_MAX; at = end) {
        end = next_end(e, from, to, at);
        if (end == LLONG_MAX)
            break;
        bool *inside = NEW_ARRAY(e->cells, bool), any = false;
        for (int cell = 0; cell < e->cells; cell++)
            any |= inside[cell] = outer[cell] && from[cell] <= at && end <= to[cell];
        e->active = inside;
        if (any)
            add_loop(e, stmt, expr_int(at), expr_int(end), into);
        e->active = outer;
    }
}

/* ---- lanes that are added one after the other ---- */

bool is_fold(const Stmt *loop)
{
    const Stmt *body = loop->body, *last = body->count > 1 ? body->items[body->count - 1] : NULL;
    if (!last || last->kind != ST_ASSIGN || !last->add || last->target->kind != EX_NAME ||
        mentions(last->value, last->target->symbol))
        return false;
    for (int i = 0; i + 1 < body->count; i++)
        if (!locals_are_own(loop, body->items[i]) || stmt_mentions(body->items[i], last->target->symbol))
            return false;
    return true;
}

static void expand_fold(Expander *e, const Stmt *loop, Stmt *into)
{
    int last = loop->body->count - 1, extent = (int)(loop->to->number - loop->from->number);
    const Stmt *add = loop->body->items[last];
    Stmt body = *loop->body;
    body.count = last;
    e->axis[e->axes++] = (Axis){.by = dependents_of(&body, loop->symbol),
                                .name = loop->symbol->name,
                                .base = loop->from,
                                .size = 1,
                                .step = e->tile->lanes,
                                .lane = true,
                                .stride = e->cells};
    e->part = extent % e->tile->lanes;
    Expr *fold = NEW(Expr);
    *fold = (Expr){
        .kind = EX_FOLD, .type = TYPE_REAL, .part = (unsigned char)e->part, .count = 2, .args = NEW_ARRAY(2, Expr *)};
    fold->args[0] = add->target;
    fold->args[1] = add->value;
    body = (Stmt){.kind = ST_BLOCK};
    for (int i = 0; i < last; i++)
        block_add(&body, loop->body->items[i]);
    block_add(&body, stmt_assign(add->target, fold));
    expand_items(e, &body, into);
    e->part = 0;
    e->axes--;
}

static void expand_loop(Expander *e, const Stmt *stmt, Stmt *into)
{
    if (stmt == e->tile->fold)
        expand_fold(e, stmt, into);
    else if (axes_of(e, stmt->from) | axes_of(e, stmt->to))
        expand_uneven_loop(e, stmt, into);
    else
        add_loop(e, stmt, instantiate(e, stmt->from, true), instantiate(e, stmt->to, true), into);
}

/* ---- the loops around the tiles ---- */

typedef struct Cutter {
    const Nest *nest;
    const Tile *tile;
    Changes outer;    /* loop variables outside the tile */
    const Stmt *pass; /* the innermost of these loops: each iteration reads what was packed; NULL: there is none */
    bool goes_on;     /* columns come behind the tile's */
} Cutter;

int tile_full_rows(const Nest *nest, const Tile *tile)
{
    int rows = 1;
    for (int i = 0; i < tile->fulls; i++) {
        const Stmt *loop = nest->loop[tile->full_loop[i]];
        rows *= (int)(loop->to->number - loop->from->number);
    }
    return rows;
}

/* f counts the tiles, fi the rows in one, fj the vectors in one. */
static void add_axis(Expander *e, const Nest *nest, int loop, Axis axis)
{
    const Symbol *symbol = nest->loop[loop]->symbol;
    axis.by = dependents_of(nest->body, symbol);
    axis.name = axis.lane                   ? format("%sj", symbol->name)
                : axis.base->kind == EX_INT ? symbol->name
                                            : format("%si", symbol->name);
    e->axis[e->axes++] = axis;
}

static void count_values(void *context, Expr *load, bool write)
{
    Expander *e = context;
    if (write)
        return;
    unsigned axes = axes_of(e, load);
    int values = 1;
    for (int i = 0; i < e->axes; i++)
        values *= axes & 1u << i ? e->axis[i].size : 1;
    for (int i = 0; i < e->axes; i++)
        if (axes & 1u << i && values > e->axis[i].values)
            e->axis[i].values = values;
}

static void count_values_of_sums(Expander *e, const Stmt *stmt)
{
    if (stmt->kind == ST_FOR)
        visit_loads(stmt, count_values, e);
    for (int i = 0; i < stmt->count; i++)
        count_values_of_sums(e, stmt->items[i]);
}

static bool is_slower(const Axis *one, const Axis *other)
{
    return one->values != other->values ? one->values > other->values : one->size > other->size;
}

/* Slower axes first; of equal ones those that were added first. */
static void sort_axes(Expander *e)
{
    for (int i = 1; i < e->axes; i++)
        for (int k = i; k > 0 && is_slower(&e->axis[k], &e->axis[k - 1]); k--) {
            Axis slower = e->axis[k];
            e->axis[k] = e->axis[k - 1];
            e->axis[k - 1] = slower;
        }
}

static void set_cells(Expander *e)
{
    e->cells = 1;
    for (int i = e->axes - 1; i >= 0; i--) {
        e->axis[i].stride = e->cells;
        e->cells *= e->axis[i].size;
    }
    e->active = NEW_ARRAY(e->cells, bool);
    for (int cell = 0; cell < e->cells; cell++)
        e->active[cell] = true;
}

/* How often each number that was packed is used. */
static double passes_through(const Cutter *cutter)
{
    double passes = 1;
    for (int i = 0; i < cutter->nest->depth; i++)
        passes *= i == cutter->tile->lane_loop ? 1 : usual_trips(cutter->nest->loop[i]);
    return passes;
}

/* Each pass through what was packed brings one line of each row from behind the tile's columns, later ones the last. */
static Expr *next_columns(const Cutter *cutter, int columns)
{
    const Tile *tile = cutter->tile;
    if (!tile->pack.to || tile->pack.from->half || !cutter->pass || !cutter->goes_on ||
        passes_through(cutter) > PREFETCH_PASSES)
        return NULL;
    const int width = columns * tile->lanes, lines = (width + LINE_ELEMENTS - 1) / LINE_ELEMENTS;
    const bool few = is_counted(cutter->pass) && cutter->pass->to->number <= lines + 1;
    Expr *pass = expr_name(cutter->pass->symbol), *line = few ? pass : expr_choice(EX_LT, pass, expr_int(lines));
    return expr_binary(EX_ADD, expr_int(width), expr_binary(EX_MUL, line, expr_int(LINE_ELEMENTS)));
}

static void add_tile(const Cutter *cutter, int rows, int columns, int part, Expr *row_base, Expr *lane_base, Stmt *into)
{
    const Nest *nest = cutter->nest;
    const Tile *tile = cutter->tile;
    Expander e = {.tile = tile, .part = part, .ahead = next_columns(cutter, columns)};
    if (tile->row_loop >= 0)
        add_axis(&e, nest, tile->row_loop, (Axis){.base = row_base, .size = rows, .step = 1});
    for (int i = 0; i < tile->fulls; i++) {
        const Stmt *loop = nest->loop[tile->full_loop[i]];
        int size = (int)(loop->to->number - loop->from->number);
        add_axis(&e, nest, tile->full_loop[i], (Axis){.base = loop->from, .size = size, .step = 1});
    }
    if (tile->lane_loop >= 0)
        add_axis(&e, nest, tile->lane_loop,
                 (Axis){.base = lane_base, .size = columns, .step = tile->lanes, .lane = true});
    count_values_of_sums(&e, nest->body);
    sort_axes(&e);
    set_cells(&e);
    for (int i = 0; i < cutter->outer.count; i++)
        change_add(&e.common, cutter->outer.change[i].symbol, cutter->outer.change[i].by);
    expand_items(&e, nest->body, into);
}

/* A range in steps of `size`: a loop over the whole steps if there are several, and the rest behind. */
typedef struct Cut {
    long long from, whole, rest; /* elements */
    int size;
} Cut;

static Cut cut_range(const Stmt *loop, int size)
{
    long long from = loop->from->number, extent = loop->to->number - from;
    return (Cut){from, extent / size * size, extent % size, size};
}

/* `whole` elements from `from` on, a tile after the other. */
static void add_row_tiles(const Cutter *cutter, Cut rows, int columns, int part, Expr *lane_base, Stmt *into)
{
    if (rows.whole > rows.size) {
        Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, cutter->nest->loop[cutter->tile->row_loop]->symbol->name);
        Stmt *tiles = stmt_for(symbol, expr_int(rows.from), expr_int(rows.from + rows.whole), rows.size);
        add_tile(cutter, rows.size, columns, part, expr_name(symbol), lane_base, tiles->body);
        block_add(into, tiles);
    } else if (rows.whole) {
        add_tile(cutter, rows.size, columns, part, expr_int(rows.from), lane_base, into);
    }
}

/* Tiles of rows in which all limits are the same numbers need no number themselves. */
static Cut plain_rows(const Nest *nest, const Tile *tile, Cut rows, Nest *plain)
{
    Stretch even;
    const Cut none = {.from = rows.from, .size = rows.size};
    if (tile->fold || !even_stretch(nest, tile->row_loop, &even))
        return none;
    long long first = (even.from - rows.from + rows.size - 1) / rows.size * rows.size;
    long long behind = (even.to - rows.from) / rows.size * rows.size;
    if (behind - first < 2 * rows.size)
        return none;
    const Symbol *symbol = nest->loop[tile->row_loop]->symbol;
    *plain = *nest;
    plain->body = stmt_copy(&(Changes){0}, nest->body);
    decide_limits(plain->body, symbol, even);
    const Dependents by = dependents_of(plain->body, symbol);
    return inner_limits_depend(&by, plain->body) ? none : (Cut){rows.from + first, behind - first, 0, rows.size};
}

static void add_numbered_rows(const Cutter *cutter, Cut rows, int columns, int part, Expr *lane_base, Stmt *into)
{
    Nest nest;
    const Cut plain = plain_rows(cutter->nest, cutter->tile, rows, &nest);
    for (long long base = rows.from; base < rows.from + rows.whole; base += rows.size) {
        if (base == plain.from && plain.whole) {
            Cutter inside = *cutter;
            inside.nest = &nest;
            add_row_tiles(&inside, plain, columns, part, lane_base, into);
            base += plain.whole;
        }
        if (base < rows.from + rows.whole)
            add_tile(cutter, rows.size, columns, part, expr_int(base), lane_base, into);
    }
}

static void add_rows(const Cutter *cutter, int columns, int part, Expr *lane_base, Stmt *into)
{
    if (cutter->tile->row_loop < 0) {
        add_tile(cutter, 1, columns, part, NULL, lane_base, into);
        return;
    }
    const Cut rows = cut_range(cutter->nest->loop[cutter->tile->row_loop], cutter->tile->rows);
    if (cutter->tile->numbered)
        add_numbered_rows(cutter, rows, columns, part, lane_base, into);
    else
        add_row_tiles(cutter, rows, columns, part, lane_base, into);
    if (rows.rest)
        add_tile(cutter, (int)rows.rest, columns, part, expr_int(rows.from + rows.whole), lane_base, into);
}

/* The loops that have no part in the tile. Returns the body of the innermost. */
static Stmt *add_outer_loops(Cutter *cutter, Stmt *into)
{
    const Nest *nest = cutter->nest;
    const Tile *tile = cutter->tile;
    cutter->outer.count = 0;
    cutter->pass = NULL;
    for (int i = 0; i < nest->depth; i++) {
        bool inside = i == tile->lane_loop || i == tile->row_loop;
        for (int f = 0; f < tile->fulls; f++)
            inside |= tile->full_loop[f] == i;
        if (inside)
            continue;
        const Stmt *from = nest->loop[i];
        Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, from->symbol->name);
        Stmt *loop =
            stmt_for(symbol, expr_copy(&cutter->outer, from->from), expr_copy(&cutter->outer, from->to), from->step);
        change_add(&cutter->outer, from->symbol, expr_name(symbol));
        cutter->pass = loop;
        block_add(into, loop);
        into = loop->body;
    }
    return into;
}

/* `filled` columns of numbers, from `lane_base` on. */
static void add_column_tile(Cutter *cutter, int filled, Expr *lane_base, Stmt *into)
{
    const Tile *tile = cutter->tile;
    if (tile->pack.to) {
        block_add(into, pack_tile(cutter->nest, tile, lane_base, filled));
        into = add_outer_loops(cutter, into);
    }
    add_rows(cutter, (filled + tile->lanes - 1) / tile->lanes, filled % tile->lanes, lane_base, into);
}

static void add_columns(Cutter *cutter, Stmt *into)
{
    const Tile *tile = cutter->tile;
    if (tile->lane_loop < 0) {
        add_rows(cutter, 1, 0, NULL, into);
        return;
    }
    const Stmt *loop = cutter->nest->loop[tile->lane_loop];
    Cut cut = cut_range(loop, tile->columns * tile->lanes);
    cutter->goes_on = cut.whole > cut.size || cut.rest;
    if (cut.whole > cut.size) {
        Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, loop->symbol->name);
        Stmt *tiles = stmt_for(symbol, expr_int(cut.from), expr_int(cut.from + cut.whole), cut.size);
        add_column_tile(cutter, cut.size, expr_name(symbol), tiles->body);
        block_add(into, tiles);
    } else if (cut.whole) {
        add_column_tile(cutter, cut.size, expr_int(cut.from), into);
    }
    cutter->goes_on = false;
    if (cut.rest)
        add_column_tile(cutter, (int)cut.rest, expr_int(cut.from + cut.whole), into);
}

Stmt *tile_nest(const Nest *nest, const Tile *tile)
{
    Cutter cutter = {.nest = nest, .tile = tile};
    Stmt *whole = stmt_block();
    add_columns(&cutter, tile->pack.to ? whole : add_outer_loops(&cutter, whole));
    if (whole->count)
        whole->items[0]->comment = nest->loop[0]->comment;
    return whole;
}
