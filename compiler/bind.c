/* bind.c - makes of every step's template function a kernel of its own, in which all sizes are numbers.
 *
 * Integers fold, loops that run once dissolve, dimensions of 1 vanish. An array that an option switched off reads as
 * its literal; what is written and never read is removed with its nests; the gradient of a value that has several
 * readers is added instead of assigned. In fused numerics every sum with a product becomes one fma here, so that all
 * later passes see the arithmetic that will run. Leaves kernel set, and arguments parallel to its parameters. */
#include "expr.h"
#include "sizes.h"
#include "steps.h"

#include <string.h>

/* What one parameter of the template's function turns into. */
typedef struct Bound {
    const Array *from;
    Array *to; /* NULL: reads as the literal, or dead */
    int kept;  /* dimensions that are not 1 */
    int dimension[RANK_MAX];
    const Argument *argument;
} Bound;

typedef struct Binder {
    Step *step;
    int count;
    Bound *bound;
    Changes changes;
} Binder;

static const Bound *bound_of(const Binder *binder, const Array *array)
{
    for (int i = 0; i < binder->count; i++)
        if (binder->bound[i].from == array)
            return &binder->bound[i];
    return NULL;
}

/* A list whose elements are all equal reads as that number. */
static const char *uniform_literal(const Tensor *tensor)
{
    if (!tensor || tensor->role != ROLE_CONSTANT || tensor->type != TYPE_REAL)
        return NULL;
    for (long long i = 1; i < tensor->elements; i++)
        if (tensor->numbers[i] != tensor->numbers[0])
            return NULL;
    return format("%.17g", tensor->numbers[0]);
}

static Expr *replace_load(void *context, const Expr *load, Expr **subscripts)
{
    const Bound *bound = bound_of(context, load->array);
    if (!bound)
        return NULL;
    const Tensor *list = bound->argument->tensor;
    if (list && list->role == ROLE_CONSTANT && list->type == TYPE_INT && subscripts[0]->kind == EX_INT &&
        subscripts[0]->number >= 0 && subscripts[0]->number < list->elements)
        return expr_int((long long)list->numbers[subscripts[0]->number]);
    if (!bound->to) {
        const char *literal = bound->argument->literal ? bound->argument->literal : "0.0";
        /* A dead array may still be named as the target of an assignment, which is dropped. */
        return load->type == TYPE_INT ? expr_int(0) : expr_real(literal);
    }
    Expr **kept = bound->kept ? NEW_ARRAY(bound->kept, Expr *) : NULL;
    for (int i = 0; i < bound->kept; i++)
        kept[i] = subscripts[bound->dimension[i]];
    return expr_load(bound->to, bound->kept, kept);
}

static bool is_absent(const Argument *argument)
{
    return !argument->tensor || argument->dead;
}

/* Of a weight that is a constant of 16 bits: its loads make floats. */
static bool is_half(const Tensor *tensor)
{
    const Tensor *root = root_tensor(tensor);
    return root->role == ROLE_WEIGHT && root->weight->half;
}

static void bind_array(Binder *binder, const Array *array, const Argument *argument)
{
    Bound *bound = &binder->bound[binder->count++];
    *bound = (Bound){.from = array, .argument = argument};
    if (is_absent(argument))
        return;
    const char *literal = uniform_literal(argument->tensor);
    if (literal) {
        Argument *same = NEW(Argument);
        *same = (Argument){.literal = literal};
        bound->argument = same;
        return;
    }
    bound->to = NEW(Array);
    *bound->to = *array;
    bound->to->rank = 0;
    bound->to->half = is_half(argument->tensor);
    for (int i = 0; i < array->rank; i++) {
        Expr *dim = expr_copy(&binder->changes, array->dims[i]);
        bool last_chance = i == array->rank - 1 && bound->kept == 0;
        if (is_int(dim, 1) && !last_chance)
            continue;
        bound->dimension[bound->kept++] = i;
        bound->to->dims[bound->to->rank++] = dim;
    }
}

/* ---- dead stores and accumulation ---- */

static bool assigns_absent(const Binder *binder, const Stmt *stmt)
{
    if (stmt->kind == ST_ASSIGN && stmt->target->kind == EX_LOAD) {
        const Bound *bound = bound_of(binder, stmt->target->array);
        return bound && !bound->to;
    }
    bool any =
        (stmt->body && assigns_absent(binder, stmt->body)) || (stmt->other && assigns_absent(binder, stmt->other));
    for (int i = 0; i < stmt->count && !any; i++)
        any = assigns_absent(binder, stmt->items[i]);
    return any;
}

/* Drops assignments to arrays that are absent, before their targets turn into literals. */
static Stmt *drop_absent(Binder *binder, Stmt *stmt)
{
    if (!assigns_absent(binder, stmt))
        return stmt;
    if (stmt->kind == ST_ASSIGN)
        return NULL;
    Stmt *copy = NEW(Stmt);
    *copy = *stmt;
    if (stmt->kind == ST_BLOCK) {
        copy->items = NULL;
        copy->count = 0;
        for (int i = 0; i < stmt->count; i++) {
            Stmt *item = drop_absent(binder, stmt->items[i]);
            if (item)
                PUSH(copy->items, copy->count, item);
        }
    }
    if (stmt->body)
        copy->body = drop_absent(binder, stmt->body);
    if (stmt->other)
        copy->other = drop_absent(binder, stmt->other);
    return copy;
}

static void accumulate(Binder *binder, Stmt *stmt)
{
    if (stmt->kind == ST_ASSIGN && stmt->target->kind == EX_LOAD && !stmt->add)
        for (int i = 0; i < binder->count; i++)
            if (binder->bound[i].to == stmt->target->array && binder->bound[i].argument->accumulate)
                stmt->add = true;
    for (int i = 0; i < stmt->count; i++)
        accumulate(binder, stmt->items[i]);
    if (stmt->body)
        accumulate(binder, stmt->body);
    if (stmt->other)
        accumulate(binder, stmt->other);
}

/* ---- fused multiply-add ---- */

static Expr *make_fma(Expr *product, Expr *addend, bool negate)
{
    Expr *expr = NEW(Expr);
    *expr = (Expr){.kind = EX_FMA, .type = TYPE_REAL, .count = 3};
    expr->args = NEW_ARRAY(3, Expr *);
    expr->args[0] = negate ? expr_unary(EX_NEG, product->args[0]) : product->args[0];
    expr->args[1] = product->args[1];
    expr->args[2] = addend;
    return expr;
}

/* Of two products in one sum the left one is fused. */
static Expr *fuse_products(Expr *expr)
{
    for (int i = 0; i < expr->count; i++)
        expr->args[i] = fuse_products(expr->args[i]);
    if (expr->type != TYPE_REAL || (expr->kind != EX_ADD && expr->kind != EX_SUB))
        return expr;
    Expr *left = expr->args[0], *right = expr->args[1];
    bool subtract = expr->kind == EX_SUB;
    if (left->kind == EX_MUL)
        return make_fma(left, subtract ? expr_unary(EX_NEG, right) : right, false);
    if (right->kind == EX_MUL)
        return make_fma(right, left, subtract);
    return expr;
}

static void fuse_statement(Stmt *stmt)
{
    if (stmt->value)
        stmt->value = fuse_products(stmt->value);
    if (stmt->kind == ST_ASSIGN && stmt->add && stmt->value->kind == EX_MUL && stmt->value->type == TYPE_REAL) {
        stmt->value = make_fma(stmt->value, stmt->target, false);
        stmt->add = false;
    }
    for (int i = 0; i < stmt->count; i++)
        fuse_statement(stmt->items[i]);
    if (stmt->body)
        fuse_statement(stmt->body);
    if (stmt->other)
        fuse_statement(stmt->other);
}

/* ---- one step ---- */

static void bind_scalar(Binder *binder, const Symbol *symbol, const Argument *argument, const Application *sizes)
{
    if (symbol->kind == SYM_SIZE) {
        const Binding *binding = binding_find(sizes, symbol->name);
        change_add(&binder->changes, symbol, expr_int(binding ? binding->value : 0));
    } else if (argument->literal) {
        Expr *literal = expr_real(argument->literal);
        if (argument->literal[0] == '-')
            literal = expr_unary(EX_NEG, expr_real(argument->literal + 1));
        change_add(&binder->changes, symbol, literal);
    }
}

static void bind_step(Step *step, int batch, bool fused)
{
    Binder binder = {.step = step, .bound = NEW_ARRAY(step->count, Bound)};
    const Kernel *source = step->source;
    Application sizes = {0};
    for (int i = 0; i < step->sizes->bindings; i++)
        binding_add(&sizes, step->sizes->binding[i].name, step->sizes->binding[i].value, step->sizes->binding[i].span);
    binding_add(&sizes, "N", batch, step->span);
    for (int i = 0; i < source->count; i++)
        if (source->parameters[i].symbol)
            bind_scalar(&binder, source->parameters[i].symbol, &step->arguments[i], &sizes);
    for (int i = 0; i < source->count; i++)
        if (source->parameters[i].array)
            bind_array(&binder, source->parameters[i].array, &step->arguments[i]);
    binder.changes.load = replace_load;
    binder.changes.context = &binder;

    Stmt *body = stmt_copy(&binder.changes, drop_absent(&binder, source->body));
    accumulate(&binder, body);
    if (fused)
        fuse_statement(body);
    body = prune(body);

    const Argument *arguments = step->arguments;
    step->kernel = NEW(Kernel);
    *step->kernel = *source;
    step->kernel->parameters = NULL;
    step->kernel->body = body;
    step->arguments = NULL;
    step->kernel->owner = step;
    step->kernel->count = step->count = 0;
    for (int i = 0; i < source->count; i++) {
        Parameter parameter = source->parameters[i];
        if (parameter.array)
            parameter.array = bound_of(&binder, parameter.array)->to;
        if (!parameter.array && (!parameter.symbol || parameter.symbol->kind != SYM_KNOB))
            continue;
        kernel_add(step->kernel, parameter);
        step_add(step, arguments[i]);
    }
    drop_unmentioned(step);
}

/* ---- what no step reads ---- */

static Stmt *drop_writes(Stmt *stmt, const Array *array)
{
    if (stmt->kind == ST_ASSIGN)
        return stmt->target->kind == EX_LOAD && stmt->target->array == array ? NULL : stmt;
    int kept = 0;
    for (int i = 0; i < stmt->count; i++) {
        Stmt *item = drop_writes(stmt->items[i], array);
        if (item)
            stmt->items[kept++] = item;
    }
    if (stmt->kind == ST_BLOCK)
        stmt->count = kept;
    if (stmt->body)
        stmt->body = drop_writes(stmt->body, array);
    if (stmt->other)
        stmt->other = drop_writes(stmt->other, array);
    return stmt;
}

/* Adds a step's arrays to the readers of their tensors, or takes them away. */
static void count_readers(const Step *step, int sign)
{
    for (int a = 0; a < step->count; a++)
        if (step->arguments[a].tensor && step->kernel->parameters[a].array->read)
            root_tensor(step->arguments[a].tensor)->readers += sign;
}

static bool is_unread(const Step *step, int argument)
{
    Tensor *tensor = step->arguments[argument].tensor;
    if (!tensor)
        return false;
    const Tensor *root = root_tensor(tensor);
    return !root->readers && (root->role == ROLE_VALUE || root->role == ROLE_SCRATCH);
}

/* Removes what is only written, into the arena, and that no step reads, and what only its nests read. */
static void drop_unread(Step *step)
{
    for (int a = 0; a < step->count; a++) {
        if (!is_unread(step, a))
            continue;
        count_readers(step, -1);
        step->kernel->body = prune(drop_writes(step->kernel->body, step->kernel->parameters[a].array));
        drop_unmentioned(step);
        count_readers(step, 1);
        a = -1;
    }
}

static void drop_empty_steps(Phase *phase)
{
    int kept = 0;
    for (int i = 0; i < phase->steps; i++)
        if (phase->step[i]->kernel->body)
            phase->step[kept++] = phase->step[i];
    phase->steps = kept;
}

/* Backwards: what a step reads was made before it. */
static void sweep_phase(Phase *phase)
{
    for (int i = 0; i < phase->steps; i++)
        count_readers(phase->step[i], 1);
    for (int i = phase->steps - 1; i >= 0; i--)
        drop_unread(phase->step[i]);
    drop_empty_steps(phase);
}

/* A template whose loops are empty for these sizes leaves its output as it was. */
static void refuse_unwritten(const Phase *phase)
{
    for (int i = 0; i < phase->steps; i++)
        for (int a = 0; a < phase->step[i]->count; a++)
            if (phase->step[i]->arguments[a].tensor && phase->step[i]->kernel->parameters[a].array->written)
                root_tensor(phase->step[i]->arguments[a].tensor)->written = true;
    for (int i = 0; i < phase->steps; i++)
        for (int a = 0; a < phase->step[i]->count; a++) {
            Tensor *tensor = phase->step[i]->arguments[a].tensor;
            if (!tensor || root_tensor(tensor)->role != ROLE_VALUE || root_tensor(tensor)->written)
                continue;
            error_at(phase->step[i]->span, "'%s' reads '%s', but for these sizes no template writes it",
                     phase->step[i]->title, root_tensor(tensor)->name);
            return;
        }
}

void bind(Model *model)
{
    bool fused = model->options->numerics == NUMERICS_FUSED;
    for (int p = 0; p < PHASES; p++) {
        Phase *phase = model->phase[p];
        if (!phase)
            continue;
        for (int i = 0; i < phase->steps; i++)
            bind_step(phase->step[i], phase->batch, fused);
        drop_empty_steps(phase);
        sweep_phase(phase);
        if (!model->report->errors)
            refuse_unwritten(phase);
    }
}
