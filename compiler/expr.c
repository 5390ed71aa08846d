/* expr.c - making, copying and simplifying expressions and statements. Integers are folded as C computes them; reals
 * are left to the C compiler, except where the result is the same bit by bit (x * 1) or an absent tensor reads as 0
 * (x + 0). */
#include "expr.h"
#include "sizes.h"

#include <stdlib.h>
#include <string.h>

/* ---- making ---- */

/* The arguments lie behind it. */
static Expr *expr_new(ExprKind kind, Type type, int count)
{
    Expr *expr = allocate(sizeof *expr + (size_t)count * sizeof *expr->args);
    expr->kind = kind;
    expr->type = type;
    expr->count = count;
    expr->args = count ? (Expr **)(expr + 1) : NULL;
    return expr;
}

/* Nobody changes a literal, so the small ones, which are most of a program, stand once. */
static Expr *integer(Type type, long long number)
{
    enum { SMALL = 256 };
    static Expr small[TYPE_BOOL + 1][SMALL];
    const bool is_small = number >= 0 && number < SMALL;
    Expr *expr = is_small ? &small[type][number] : expr_new(EX_INT, type, 0);
    expr->kind = EX_INT;
    expr->type = type;
    expr->number = number;
    return expr;
}

Expr *expr_int(long long number)
{
    return integer(TYPE_INT, number);
}

Expr *expr_bool(bool value)
{
    return integer(TYPE_BOOL, value);
}

Expr *expr_real(const char *text)
{
    Expr *expr = expr_new(EX_REAL, TYPE_REAL, 0);
    expr->text = text;
    return expr;
}

Expr *expr_name(Symbol *symbol)
{
    Expr *expr = expr_new(EX_NAME, symbol->type, 0);
    expr->symbol = symbol;
    expr->lanes = symbol->lanes;
    return expr;
}

Expr *expr_load(Array *array, int count, Expr **subscripts)
{
    Expr *expr = expr_new(EX_LOAD, array->type, 0);
    expr->array = array;
    expr->count = count;
    expr->args = subscripts;
    return expr;
}

bool is_int(const Expr *expr, long long number)
{
    return expr->kind == EX_INT && expr->number == number;
}

bool is_real(const Expr *expr, double number)
{
    return expr->kind == EX_REAL && strtod(expr->text, NULL) == number;
}

bool is_literal(const Expr *expr)
{
    return expr->kind == EX_INT || expr->kind == EX_REAL || (expr->kind == EX_NEG && is_literal(expr->args[0]));
}

/* ---- folding one node whose arguments are folded ---- */

static Expr *fold_logic(Expr *expr)
{
    Expr *left = expr->args[0], *right = expr->args[1];
    bool stop = expr->kind == EX_OR; /* the value that decides */
    if (left->kind == EX_INT)
        return (left->number != 0) == stop ? expr_bool(stop) : right;
    if (right->kind == EX_INT)
        return (right->number != 0) == stop ? expr_bool(stop) : left;
    return expr;
}

/* (e + a) + b = e + (a + b), so that subscripts stay short. */
static Expr *fold_sum(Expr *expr)
{
    Expr *left = expr->args[0], *right = expr->args[1];
    bool nested = left->kind == EX_ADD || left->kind == EX_SUB;
    if (right->kind != EX_INT || !nested || left->args[1]->kind != EX_INT)
        return expr;
    long long inner = left->kind == EX_ADD ? left->args[1]->number : -left->args[1]->number;
    long long outer = expr->kind == EX_ADD ? right->number : -right->number;
    long long sum = inner + outer;
    return expr_binary(sum < 0 ? EX_SUB : EX_ADD, left->args[0], expr_int(sum < 0 ? -sum : sum));
}

static Expr *fold_int(Expr *expr)
{
    Expr *left = expr->args[0], *right = expr->args[1];
    long long value;
    if (left->kind == EX_INT && right->kind == EX_INT && operate(expr->kind, left->number, right->number, &value))
        return integer(expr->type, value);
    switch (expr->kind) {
    case EX_ADD:
        if (is_int(left, 0))
            return right;
        if (left->kind == EX_INT)
            return expr_binary(EX_ADD, right, left);
        return is_int(right, 0) ? left : fold_sum(expr);
    case EX_SUB:
        if (right->kind == EX_INT && right->number < 0)
            return expr_binary(EX_ADD, left, expr_int(-right->number));
        return is_int(right, 0) ? left : fold_sum(expr);
    case EX_MUL:
        if (is_int(left, 0) || is_int(right, 0))
            return expr_int(0);
        return is_int(left, 1) ? right : is_int(right, 1) ? left : expr;
    case EX_DIV:
        return is_int(right, 1) ? left : expr;
    case EX_MOD:
        return is_int(right, 1) ? expr_int(0) : expr;
    default:
        return expr;
    }
}

static Expr *fold_real(Expr *expr)
{
    Expr *left = expr->args[0], *right = expr->args[1];
    if (expr->kind == EX_MUL)
        return is_real(left, 1) ? right : is_real(right, 1) ? left : expr;
    if (expr->kind == EX_ADD)
        return is_real(left, 0) ? right : is_real(right, 0) ? left : expr;
    if ((expr->kind == EX_DIV && is_real(right, 1)) || (expr->kind == EX_SUB && is_real(right, 0)))
        return left;
    return expr;
}

static Expr *fold_cast(Expr *expr)
{
    Expr *argument = expr->args[0];
    if (argument->type == expr->type)
        return argument;
    if (expr->type == TYPE_REAL && argument->kind == EX_INT)
        return expr_real(format("%lld.0", argument->number));
    return expr;
}

/* What an expression comes to; itself, if it is as simple as it can be. Nothing else that it returns is made of the
 * expression itself, which may be a draft. */
static Expr *simplify(Expr *expr)
{
    if (expr->lanes)
        return expr;
    if (expr->kind == EX_CAST)
        return fold_cast(expr);
    if (expr->kind == EX_COND && expr->args[0]->kind == EX_INT)
        return expr->args[expr->args[0]->number ? 1 : 2];
    if (expr->kind == EX_NOT && expr->args[0]->kind == EX_INT)
        return expr_bool(!expr->args[0]->number);
    if (expr->kind == EX_NEG && expr->args[0]->kind == EX_INT)
        return expr_int(-expr->args[0]->number);
    if (expr->kind == EX_AND || expr->kind == EX_OR)
        return fold_logic(expr);
    if (expr->kind >= EX_EQ && expr->args[0]->type == TYPE_INT)
        return fold_int(expr);
    if (expr->kind >= EX_ADD && expr->type == TYPE_REAL)
        return fold_real(expr);
    return expr;
}

/* Two of three drafts come to something simpler, and take no memory. */
static Expr *expr_of(Expr draft)
{
    Expr *simple = simplify(&draft);
    if (simple != &draft)
        return simple;
    Expr *expr = expr_new(draft.kind, draft.type, draft.count);
    for (int i = 0; i < draft.count; i++)
        expr->args[i] = draft.args[i];
    return expr;
}

Expr *expr_unary(ExprKind kind, Expr *argument)
{
    return expr_of((Expr){.kind = kind, .type = argument->type, .count = 1, .args = &argument});
}

Expr *expr_binary(ExprKind kind, Expr *left, Expr *right)
{
    bool condition = kind <= EX_GE && kind >= EX_OR;
    Expr *args[] = {left, right};
    return expr_of((Expr){.kind = kind, .type = condition ? TYPE_BOOL : left->type, .count = 2, .args = args});
}

/* ---- copying ---- */

Expr *expr_choice(ExprKind relation, Expr *left, Expr *right)
{
    Expr *args[] = {expr_binary(relation, left, right), left, right};
    return expr_of((Expr){.kind = EX_COND, .type = left->type, .count = 3, .args = args});
}

void change_add(Changes *changes, const Symbol *symbol, Expr *by)
{
    changes->change = push_grow(changes->change, changes->count, sizeof(Change));
    changes->change[changes->count++] = (Change){symbol, by};
}

static Expr *change_of(const Changes *changes, const Symbol *symbol)
{
    for (int i = changes->count - 1; i >= 0; i--)
        if (changes->change[i].symbol == symbol)
            return changes->change[i].by;
    return NULL;
}

Expr *expr_copy(Changes *changes, const Expr *expr)
{
    if (expr->kind == EX_NAME) {
        Expr *by = change_of(changes, expr->symbol);
        if (by)
            return by;
    }
    if (expr->kind == EX_INT || expr->kind == EX_REAL)
        return (Expr *)expr; /* nobody changes a literal */
    Expr *copy = expr_new(expr->kind, expr->type, expr->count), **args = copy->args;
    *copy = *expr;
    copy->args = args;
    for (int i = 0; i < expr->count; i++)
        copy->args[i] = expr_copy(changes, expr->args[i]);
    const Expr *array = expr->kind == EX_ELEMENT ? change_of(changes, expr->symbol) : NULL;
    if (array)
        copy->symbol = array->symbol;
    if (expr->kind == EX_LOAD && changes->load) {
        Expr *load = changes->load(changes->context, expr, copy->args);
        if (load)
            return load;
    }
    return simplify(copy);
}

static Symbol *fresh(Changes *changes, const Symbol *symbol)
{
    Symbol *copy = NEW(Symbol);
    *copy = *symbol;
    change_add(changes, symbol, expr_name(copy));
    return copy;
}

static void copy_items(Changes *changes, Stmt *block, const Stmt *stmt)
{
    for (int i = 0; i < stmt->count; i++)
        block_add(block, stmt_copy(changes, stmt->items[i]));
}

static Stmt *copy_block(Changes *changes, const Stmt *stmt)
{
    Stmt *block = stmt_block();
    copy_items(changes, block, stmt);
    return block;
}

/* A loop that runs once is its body; one that never runs is nothing. */
static Stmt *copy_for(Changes *changes, const Stmt *stmt)
{
    Expr *from = expr_copy(changes, stmt->from), *to = expr_copy(changes, stmt->to);
    int known = changes->count;
    Stmt *copy;
    if (from->kind == EX_INT && to->kind == EX_INT && stmt->step > 0 && to->number <= from->number)
        return NULL;
    if (from->kind == EX_INT && to->kind == EX_INT && stmt->step > 0 && to->number <= from->number + stmt->step) {
        change_add(changes, stmt->symbol, from);
        copy = copy_block(changes, stmt->body);
        if (copy->count && stmt->comment)
            copy->items[0]->comment = stmt->comment;
    } else {
        copy = stmt_for(fresh(changes, stmt->symbol), from, to, stmt->step);
        copy->unroll = stmt->unroll;
        copy->comment = stmt->comment;
        copy_items(changes, copy->body, stmt->body);
    }
    changes->count = known;
    return copy;
}

static Stmt *copy_if(Changes *changes, const Stmt *stmt)
{
    Expr *condition = expr_copy(changes, stmt->value);
    if (condition->kind == EX_INT) {
        const Stmt *taken = condition->number ? stmt->body : stmt->other;
        return taken ? copy_block(changes, taken) : NULL;
    }
    Stmt *copy = stmt_new(ST_IF);
    copy->comment = stmt->comment;
    copy->value = condition;
    copy->body = copy_block(changes, stmt->body);
    copy->other = stmt->other ? copy_block(changes, stmt->other) : NULL;
    return copy;
}

/* `int r = u;` and `int r = 3;` are u and 3. */
static bool is_another_name(const Symbol *symbol, const Expr *value)
{
    bool plain = value->kind == EX_INT || (value->kind == EX_NAME && value->symbol->kind == SYM_LOOP);
    return plain && symbol->type == TYPE_INT && !symbol->assigned;
}

Stmt *stmt_copy(Changes *changes, const Stmt *stmt)
{
    switch (stmt->kind) {
    case ST_BLOCK:
        return copy_block(changes, stmt);
    case ST_FOR:
        return copy_for(changes, stmt);
    case ST_IF:
        return copy_if(changes, stmt);
    case ST_DECLARE: {
        Expr *value = stmt->value ? expr_copy(changes, stmt->value) : NULL;
        if (value && is_another_name(stmt->symbol, value)) {
            change_add(changes, stmt->symbol, value);
            return NULL;
        }
        Stmt *copy = stmt_declare(fresh(changes, stmt->symbol), value);
        copy->comment = stmt->comment;
        return copy;
    }
    case ST_PREFETCH:
        return stmt_prefetch(expr_copy(changes, stmt->value), expr_copy(changes, stmt->from));
    case ST_ASSIGN:
        break;
    }
    Stmt *copy = stmt_assign(expr_copy(changes, stmt->target), expr_copy(changes, stmt->value));
    copy->add = stmt->add;
    copy->comment = stmt->comment;
    return copy;
}

/* ---- statements ---- */

Symbol *symbol_new(SymbolKind kind, Type type, const char *name)
{
    Symbol *symbol = NEW(Symbol);
    *symbol = (Symbol){.kind = kind, .type = type, .name = name};
    return symbol;
}

const char *dimension_name(int dimension)
{
    static const char *const names[RANK_MAX] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    return names[dimension];
}

Stmt *stmt_new(StmtKind kind)
{
    Stmt *stmt = NEW(Stmt);
    stmt->kind = kind;
    return stmt;
}

Stmt *stmt_block(void)
{
    return stmt_new(ST_BLOCK);
}

/* Blocks in blocks dissolve: names are unique symbols, not texts, so nothing is captured. NULL is no statement. */
void block_add(Stmt *block, Stmt *stmt)
{
    if (!stmt)
        return;
    if (stmt->kind != ST_BLOCK) {
        PUSH(block->items, block->count, stmt);
        return;
    }
    for (int i = 0; i < stmt->count; i++)
        block_add(block, stmt->items[i]);
}

Stmt *stmt_for(Symbol *symbol, Expr *from, Expr *to, int step)
{
    Stmt *stmt = stmt_new(ST_FOR);
    stmt->symbol = symbol;
    stmt->from = from;
    stmt->to = to;
    stmt->step = step;
    stmt->body = stmt_block();
    return stmt;
}

Stmt *stmt_assign(Expr *target, Expr *value)
{
    Stmt *stmt = stmt_new(ST_ASSIGN);
    stmt->target = target;
    stmt->value = value;
    if (target->kind == EX_NAME)
        target->symbol->assigned = true;
    return stmt;
}

Stmt *stmt_prefetch(Expr *load, Expr *behind)
{
    Stmt *stmt = stmt_new(ST_PREFETCH);
    stmt->value = load;
    stmt->from = behind;
    return stmt;
}

Stmt *stmt_declare(Symbol *symbol, Expr *value)
{
    Stmt *stmt = stmt_new(ST_DECLARE);
    stmt->symbol = symbol;
    stmt->value = value;
    return stmt;
}

/* ---- questions ---- */

static void visit_as(Expr *expr, Visit *visit, void *context, bool write)
{
    visit(context, expr, write);
    for (int i = 0; i < expr->count; i++)
        visit_as(expr->args[i], visit, context, false);
}

void visit_expr(Expr *expr, Visit *visit, void *context)
{
    visit_as(expr, visit, context, false);
}

void visit_stmt(const Stmt *stmt, Visit *visit, void *context)
{
    Expr *parts[] = {stmt->from, stmt->to, stmt->value};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i])
            visit_as(parts[i], visit, context, false);
    if (stmt->target) {
        visit_as(stmt->target, visit, context, true);
        if (stmt->add)
            visit(context, stmt->target, false);
    }
    for (int i = 0; i < stmt->count; i++)
        visit_stmt(stmt->items[i], visit, context);
    if (stmt->body)
        visit_stmt(stmt->body, visit, context);
    if (stmt->other)
        visit_stmt(stmt->other, visit, context);
}

static void visit_loads_in(Expr *expr, Visit *visit, void *context)
{
    if (expr->kind == EX_LOAD)
        visit(context, expr, false);
    for (int i = 0; i < expr->count; i++)
        if (expr->args[i]->count)
            visit_loads_in(expr->args[i], visit, context);
}

void visit_loads(const Stmt *stmt, Visit *visit, void *context)
{
    for (int i = 0; i < stmt->count; i++)
        visit_loads(stmt->items[i], visit, context);
    if (stmt->kind == ST_BLOCK)
        return;
    if (stmt->from)
        visit_loads_in(stmt->from, visit, context);
    if (stmt->to)
        visit_loads_in(stmt->to, visit, context);
    if (stmt->value)
        visit_loads_in(stmt->value, visit, context);
    const bool stores = stmt->target && stmt->target->kind == EX_LOAD;
    if (stores)
        visit(context, stmt->target, true);
    for (int i = 0; stmt->target && i < stmt->target->count; i++)
        visit_loads_in(stmt->target->args[i], visit, context);
    if (stores && stmt->add)
        visit(context, stmt->target, false);
    if (stmt->body)
        visit_loads(stmt->body, visit, context);
    if (stmt->other)
        visit_loads(stmt->other, visit, context);
}

bool mentions(const Expr *expr, const Symbol *symbol)
{
    if (expr->kind == EX_NAME)
        return expr->symbol == symbol;
    for (int i = 0; i < expr->count; i++)
        if (mentions(expr->args[i], symbol))
            return true;
    return false;
}

bool expr_reads(const Expr *expr, const Array *array)
{
    if (expr->kind == EX_LOAD && expr->array == array)
        return true;
    for (int i = 0; i < expr->count; i++)
        if (expr_reads(expr->args[i], array))
            return true;
    return false;
}

typedef bool Test(const Stmt *stmt, const void *sought);

/* Of the statement, or of one below it. */
static bool holds_somewhere(const Stmt *stmt, Test *test, const void *sought)
{
    if (test(stmt, sought))
        return true;
    for (int i = 0; i < stmt->count; i++)
        if (holds_somewhere(stmt->items[i], test, sought))
            return true;
    return (stmt->body && holds_somewhere(stmt->body, test, sought)) ||
           (stmt->other && holds_somewhere(stmt->other, test, sought));
}

static bool mentions_here(const Stmt *stmt, const void *symbol)
{
    const Expr *parts[] = {stmt->from, stmt->to, stmt->value, stmt->target};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i] && mentions(parts[i], symbol))
            return true;
    return false;
}

static bool writes_here(const Stmt *stmt, const void *array)
{
    return stmt->target && stmt->target->kind == EX_LOAD && stmt->target->array == array;
}

static bool reads_here(const Stmt *stmt, const void *array)
{
    const Expr *parts[] = {stmt->from, stmt->to, stmt->value};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i] && expr_reads(parts[i], array))
            return true;
    for (int i = 0; stmt->target && i < stmt->target->count; i++)
        if (expr_reads(stmt->target->args[i], array))
            return true;
    return stmt->add && writes_here(stmt, array);
}

bool stmt_mentions(const Stmt *stmt, const Symbol *symbol)
{
    return holds_somewhere(stmt, mentions_here, symbol);
}

bool stmt_writes(const Stmt *stmt, const Array *array)
{
    return holds_somewhere(stmt, writes_here, array);
}

bool stmt_reads(const Stmt *stmt, const Array *array)
{
    return holds_somewhere(stmt, reads_here, array);
}

static void note_use(void *context, Expr *load, bool write)
{
    (void)context;
    load->array->written |= write;
    load->array->read |= !write;
}

void add_uses(const Stmt *stmt)
{
    visit_loads(stmt, note_use, NULL);
}

void note_uses(Kernel *kernel)
{
    for (int i = 0; i < kernel->count; i++)
        if (kernel->parameters[i].array)
            kernel->parameters[i].array->read = kernel->parameters[i].array->written = false;
    if (kernel->body)
        add_uses(kernel->body);
}

static bool same_leaf(const Expr *left, const Expr *right)
{
    switch (left->kind) {
    case EX_INT:
        return left->number == right->number;
    case EX_REAL:
        return strcmp(left->text, right->text) == 0;
    case EX_NAME:
    case EX_ELEMENT:
        return left->symbol == right->symbol;
    case EX_LOAD:
        return left->array == right->array;
    case EX_CALL:
        return left->function == right->function;
    default:
        return true;
    }
}

bool same_expr(const Expr *left, const Expr *right)
{
    if (left->kind != right->kind || left->type != right->type || left->count != right->count ||
        !same_leaf(left, right))
        return false;
    for (int i = 0; i < left->count; i++)
        if (!same_expr(left->args[i], right->args[i]))
            return false;
    return true;
}

bool is_counted(const Stmt *stmt)
{
    return stmt->kind == ST_FOR && stmt->from->kind == EX_INT && stmt->to->kind == EX_INT && stmt->step > 0;
}

bool counts_to(const Stmt *stmt, int count)
{
    return stmt->kind == ST_FOR && stmt->step == 1 && is_int(stmt->from, 0) && is_int(stmt->to, count);
}

bool has_loop(const Stmt *stmt)
{
    for (int i = 0; i < stmt->count; i++)
        if (stmt->items[i]->kind == ST_FOR || has_loop(stmt->items[i]))
            return true;
    return (stmt->body && has_loop(stmt->body)) || (stmt->other && has_loop(stmt->other));
}

bool has_if(const Stmt *stmt)
{
    for (int i = 0; i < stmt->count; i++)
        if (has_if(stmt->items[i]))
            return true;
    return stmt->kind == ST_IF || (stmt->body && has_if(stmt->body)) || (stmt->other && has_if(stmt->other));
}

int stmt_size(const Stmt *stmt)
{
    int size = stmt->kind == ST_ASSIGN || stmt->kind == ST_DECLARE;
    for (int i = 0; i < stmt->count; i++)
        size += stmt_size(stmt->items[i]);
    return size + (stmt->body ? stmt_size(stmt->body) : 0) + (stmt->other ? stmt_size(stmt->other) : 0);
}

/* ---- pruning ---- */

static void count_reads(void *context, Expr *expr, bool write)
{
    (void)context;
    if (expr->kind == EX_NAME && !write)
        expr->symbol->reads++;
}

static bool is_dead(const Stmt *stmt)
{
    if (stmt->kind == ST_DECLARE)
        return stmt->symbol->reads == 0;
    return stmt->kind == ST_ASSIGN && stmt->target->kind == EX_NAME && stmt->target->symbol->reads == 0;
}

static Stmt *sweep(Stmt *stmt, bool *changed)
{
    if (is_dead(stmt)) {
        *changed = true;
        return NULL;
    }
    int kept = 0;
    for (int i = 0; i < stmt->count; i++) {
        Stmt *item = sweep(stmt->items[i], changed);
        if (item)
            stmt->items[kept++] = item;
    }
    stmt->count = kept;
    if (stmt->body)
        stmt->body = sweep(stmt->body, changed);
    if (stmt->other)
        stmt->other = sweep(stmt->other, changed);
    bool empty = stmt->kind == ST_BLOCK ? kept == 0 : stmt->kind == ST_FOR ? !stmt->body : false;
    if (stmt->kind == ST_IF && !stmt->body) {
        if (!stmt->other)
            return NULL;
        stmt->value = expr_unary(EX_NOT, stmt->value);
        stmt->value->type = TYPE_BOOL;
        stmt->body = stmt->other;
        stmt->other = NULL;
    }
    return empty ? NULL : stmt;
}

static int occurrences(const Expr *expr, const Symbol *symbol)
{
    int count = expr->kind == EX_NAME && expr->symbol == symbol;
    for (int i = 0; i < expr->count; i++)
        count += occurrences(expr->args[i], symbol);
    return count;
}

/* `sum += x` and `sum = fma(a, b, sum)` read sum, but only for itself. */
static void forget_own_reads(const Stmt *stmt)
{
    if (stmt->kind == ST_ASSIGN && stmt->target->kind == EX_NAME) {
        Symbol *own = stmt->target->symbol;
        own->reads -= stmt->add + occurrences(stmt->value, own);
    }
    for (int i = 0; i < stmt->count; i++)
        forget_own_reads(stmt->items[i]);
    if (stmt->body)
        forget_own_reads(stmt->body);
    if (stmt->other)
        forget_own_reads(stmt->other);
}

/* Of all that may be dead. */
static void clear_reads(const Stmt *stmt)
{
    if (stmt->symbol)
        stmt->symbol->reads = 0;
    if (stmt->target && stmt->target->kind == EX_NAME)
        stmt->target->symbol->reads = 0;
    for (int i = 0; i < stmt->count; i++)
        clear_reads(stmt->items[i]);
    if (stmt->body)
        clear_reads(stmt->body);
    if (stmt->other)
        clear_reads(stmt->other);
}

Stmt *prune(Stmt *stmt)
{
    bool changed = true;
    while (stmt && changed) {
        changed = false;
        clear_reads(stmt);
        visit_stmt(stmt, count_reads, NULL);
        forget_own_reads(stmt);
        stmt = sweep(stmt, &changed);
    }
    return stmt;
}
