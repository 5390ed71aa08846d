/* macs.c - counts multiply-adds. Needs the sizes of infer; changes nothing.
 *
 * A multiply-add is a product that is added into a sum: `sum += a * b` inside a loop that the sum outlives. It is found
 * in the template, whatever the layer is called, so dense, convolutions and recurrent cells count, bias, activations
 * and pooling do not. Guards count as open: taps that fall into the padding are counted, as the usual tables do; of a
 * guard `p % S == 0` every S-th passage counts. */
#include "macs.h"
#include "expr.h"
#include "sizes.h"

#include <math.h>

/* ---- what stands around a statement ---- */

/* A loop, or a local and how many loops stood around its declaration. */
typedef struct Local {
    const Symbol *symbol;
    int depth;
} Local;

typedef struct Scope {
    Application sizes; /* and the values of loop variables and integer locals */
    const Symbol **loop;
    int loops;
    Local *local;
    int locals;
} Scope;

static double count(Scope *scope, const Stmt *stmt);

static void bind_value(Scope *scope, const Symbol *symbol, long long value)
{
    binding_add(&scope->sizes, symbol->name, value, symbol->span);
}

/* ---- products that are added ---- */

/* Terms of a sum that are products. */
static int products(const Expr *expr)
{
    switch (expr->kind) {
    case EX_ADD:
    case EX_SUB:
        return products(expr->args[0]) + products(expr->args[1]);
    case EX_NEG:
        return products(expr->args[0]);
    default:
        return expr->kind == EX_MUL && expr->type == TYPE_REAL;
    }
}

static bool is_term(const Expr *sum, const Expr *term)
{
    if (sum->kind == EX_ADD || sum->kind == EX_SUB)
        return is_term(sum->args[0], term) || (sum->kind == EX_ADD && is_term(sum->args[1], term));
    return same_expr(sum, term);
}

static bool outlives_a_loop(const Scope *scope, const Expr *target)
{
    if (target->kind == EX_NAME) {
        for (int i = scope->locals - 1; i >= 0; i--)
            if (scope->local[i].symbol == target->symbol)
                return scope->local[i].depth < scope->loops;
        return false;
    }
    for (int l = 0; l < scope->loops; l++) {
        bool mentioned = false;
        for (int i = 0; i < target->count; i++)
            mentioned |= mentions(target->args[i], scope->loop[l]);
        if (!mentioned)
            return true;
    }
    return false;
}

static double count_assignment(const Scope *scope, const Stmt *stmt)
{
    bool sums = stmt->add || is_term(stmt->value, stmt->target);
    return sums && outlives_a_loop(scope, stmt->target) ? products(stmt->value) : 0;
}

/* ---- loops and guards ---- */

/* Whether limits of loops below change with one of the symbols; integer locals made of them join these. */
static bool limits_change(const Stmt *stmt, const Symbol ***symbols, int *symbol_count)
{
    bool changes = false;
    for (int i = 0; i < *symbol_count; i++) {
        const Symbol *symbol = (*symbols)[i];
        if (stmt->kind == ST_FOR && (mentions(stmt->from, symbol) || mentions(stmt->to, symbol)))
            return true;
        changes |= stmt->kind == ST_DECLARE && stmt->symbol->type == TYPE_INT && mentions(stmt->value, symbol);
    }
    if (changes)
        PUSH(*symbols, *symbol_count, stmt->symbol);
    for (int i = 0; i < stmt->count; i++)
        if (limits_change(stmt->items[i], symbols, symbol_count))
            return true;
    return (stmt->body && limits_change(stmt->body, symbols, symbol_count)) ||
           (stmt->other && limits_change(stmt->other, symbols, symbol_count));
}

static bool is_triangular(const Stmt *loop)
{
    const Symbol **symbols = NULL;
    int symbol_count = 0;
    PUSH(symbols, symbol_count, loop->symbol);
    return limits_change(loop->body, &symbols, &symbol_count);
}

static double count_iteration(Scope *scope, const Stmt *loop, long long value)
{
    int bindings = scope->sizes.bindings;
    bind_value(scope, loop->symbol, value);
    double macs = count(scope, loop->body);
    scope->sizes.bindings = bindings;
    return macs;
}

static double count_loop(Scope *scope, const Stmt *loop)
{
    long long from, to;
    if (!size_value(loop->from, &scope->sizes, &from) || !size_value(loop->to, &scope->sizes, &to))
        return 0;
    long long way = loop->step > 0 ? to - from : from - to + 1, step = loop->step > 0 ? loop->step : -loop->step;
    long long trips = way > 0 ? (way + step - 1) / step : 0;
    double macs = 0;
    PUSH(scope->loop, scope->loops, loop->symbol);
    if (trips && !is_triangular(loop))
        macs = (double)trips * count_iteration(scope, loop, from);
    else
        for (long long i = 0; i < trips; i++)
            macs += count_iteration(scope, loop, from + i * loop->step);
    scope->loops--;
    return macs;
}

/* How many passages of a guard there are for one that is let through. */
static long long sparseness(const Scope *scope, const Expr *guard)
{
    if (guard->kind == EX_AND)
        return sparseness(scope, guard->args[0]) * sparseness(scope, guard->args[1]);
    long long modulus;
    bool strided = guard->kind == EX_EQ && guard->args[0]->kind == EX_MOD &&
                   size_value(guard->args[0]->args[1], &scope->sizes, &modulus);
    return strided && modulus > 0 ? modulus : 1;
}

static double count_block(Scope *scope, const Stmt *block)
{
    int locals = scope->locals, bindings = scope->sizes.bindings;
    double macs = 0;
    for (int i = 0; i < block->count; i++)
        macs += count(scope, block->items[i]);
    scope->locals = locals;
    scope->sizes.bindings = bindings;
    return macs;
}

static void declare(Scope *scope, const Stmt *stmt)
{
    long long value;
    scope->local = push_grow(scope->local, scope->locals, sizeof(Local));
    scope->local[scope->locals++] = (Local){stmt->symbol, scope->loops};
    if (stmt->symbol->type == TYPE_INT && size_value(stmt->value, &scope->sizes, &value))
        bind_value(scope, stmt->symbol, value);
}

static double count(Scope *scope, const Stmt *stmt)
{
    switch (stmt->kind) {
    case ST_BLOCK:
        return count_block(scope, stmt);
    case ST_FOR:
        return count_loop(scope, stmt);
    case ST_DECLARE:
        declare(scope, stmt);
        return 0;
    case ST_ASSIGN:
        return count_assignment(scope, stmt);
    default:
        return fmax(count(scope, stmt->body) / (double)sparseness(scope, stmt->value),
                    stmt->other ? count(scope, stmt->other) : 0);
    }
}

/* ---- layers ---- */

long long layer_macs(const Layer *layer)
{
    const Kernel *kernel = prediction_kernel(layer->form);
    if (!kernel || layer->choice->template->view || layer->choice->template->inference_view)
        return 0;
    double macs = 0;
    for (int i = 0; i < layer->applications; i++) {
        Scope scope = {0};
        binding_add(&scope.sizes, "N", 1, layer->span);
        for (int b = 0; b < layer->application[i].bindings; b++) {
            const Binding *binding = &layer->application[i].binding[b];
            binding_add(&scope.sizes, binding->name, binding->value, binding->span);
        }
        macs += count(&scope, kernel->body);
    }
    return macs < 0x1p62 ? llround(macs) : 1LL << 62;
}

static int index_of(const Model *model, const Layer *layer)
{
    return layer->index < model->layers ? layer->index : model->layers; /* an input */
}

static void mark(const Model *model, const Layer *layer, bool *marks)
{
    int index = index_of(model, layer);
    if (index == model->layers || marks[index])
        return;
    marks[index] = true;
    for (int i = 0; i < layer->inputs; i++)
        mark(model, layer->input[i], marks);
}

const bool *predicted_layers(const Model *model)
{
    bool *marks = NEW_ARRAY(model->layers + 1, bool);
    mark(model, model->output, marks);
    return marks;
}

long long prediction_macs(const Model *model)
{
    const bool *predicted = predicted_layers(model);
    long long macs = 0;
    for (int i = 0; i < model->layers; i++)
        macs += predicted[i] ? layer_macs(model->layer[i]) : 0;
    return macs;
}

const Training_macs *training_macs_by_layer(const Model *model)
{
    bool *trained = NEW_ARRAY(model->layers + 1, bool); /* something at or before the layer */
    bool *needed = NEW_ARRAY(model->layers + 1, bool);
    Training_macs *macs = NEW_ARRAY(model->layers + 1, Training_macs);
    for (int i = 0; i < model->losses; i++)
        mark(model, model->loss[i]->input, needed);
    for (int i = 0; i < model->layers; i++) {
        const Layer *layer = model->layer[i];
        bool own = false, before = false;
        for (int w = 0; w < layer->weights; w++)
            own |= layer->weight[w]->trained;
        for (int k = 0; k < layer->inputs; k++)
            before |= trained[index_of(model, layer->input[k])];
        trained[i] = own || before;
        long long forward = needed[i] ? layer_macs(layer) * model->train.batch : 0;
        macs[i] = (Training_macs){forward, forward * (own + before)};
    }
    return macs;
}

long long training_macs(const Model *model)
{
    const Training_macs *each = training_macs_by_layer(model);
    long long macs = 0;
    for (int i = 0; i < model->layers; i++)
        macs += each[i].forward + each[i].backward;
    return macs;
}
