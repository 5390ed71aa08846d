/* expand.c - the body of a nest, written out for one tile: each statement in the loops of those axes on which it depends.
 *
 * A value that changes along an axis has an element for each of its indices; such an array lives in registers. */
#include "expand.h"
#include "affine.h"
#include "pack.h"
#include "parallel.h"
#include "sizes.h"

#include <limits.h>

/* ---- axes ---- */

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

/* ---- the tile ---- */

void add_axis(Expander *e, const Nest *nest, int loop, Axis axis)
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

void expand_tile(Expander *e, const Stmt *body, Stmt *into)
{
    count_values_of_sums(e, body);
    sort_axes(e);
    set_cells(e);
    expand_items(e, body, into);
}
