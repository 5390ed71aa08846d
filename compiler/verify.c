/* verify.c - invariants that hold after every pass, and the program in readable form. */
#include "verify.h"
#include "expr.h"
#include "lives.h"
#include "print.h"
#include "sizes.h"

#include <stdlib.h>
#include <string.h>

static _Noreturn void broken(const char *pass, const Step *step, const char *what, const char *name)
{
    fprintf(stderr, "nnc: bug: after the pass '%s', in step '%s' (%s): %s '%s'\n", pass, step->title,
            step->source->name, what, name);
    exit(3);
}

/* ---- every name that is used is declared, every array is a parameter ---- */

typedef struct Scope {
    const char *pass;
    const Step *step;
    const Symbol **symbols;
    int count;
} Scope;

static bool known_array(const Kernel *kernel, const Array *array)
{
    for (int i = 0; i < kernel->count; i++)
        if (kernel->parameters[i].array == array)
            return true;
    return false;
}

/* What is used was mostly declared last. */
static bool known_symbol(const Scope *scope, const Symbol *symbol)
{
    for (int i = scope->count - 1; i >= 0; i--)
        if (scope->symbols[i] == symbol)
            return true;
    return false;
}

static void verify_expr(const Scope *scope, const Expr *expr, bool write)
{
    if (expr->kind == EX_LOAD) {
        if (!known_array(scope->step->kernel, expr->array))
            broken(scope->pass, scope->step, "an array that is no parameter:", expr->array->name);
        if (expr->count != expr->array->rank)
            broken(scope->pass, scope->step, "a wrong number of subscripts of", expr->array->name);
        if (write && expr->array->constant)
            broken(scope->pass, scope->step, "a write to the const array", expr->array->name);
    }
    if ((expr->kind == EX_NAME || expr->kind == EX_ELEMENT) && !known_symbol(scope, expr->symbol))
        broken(scope->pass, scope->step, "a name out of its scope:", expr->symbol->name);
    for (int i = 0; i < expr->count; i++)
        verify_expr(scope, expr->args[i], false);
}

static void verify_stmt(Scope *scope, const Stmt *stmt)
{
    int count = scope->count;
    if (stmt->from)
        verify_expr(scope, stmt->from, false);
    if (stmt->kind == ST_FOR)
        PUSH(scope->symbols, scope->count, stmt->symbol);
    if (stmt->to)
        verify_expr(scope, stmt->to, false);
    if (stmt->value)
        verify_expr(scope, stmt->value, false);
    if (stmt->target)
        verify_expr(scope, stmt->target, true);
    for (int i = 0; i < stmt->count; i++)
        verify_stmt(scope, stmt->items[i]);
    if (stmt->body)
        verify_stmt(scope, stmt->body);
    if (stmt->other)
        verify_stmt(scope, stmt->other);
    if (stmt->kind != ST_DECLARE)
        scope->count = count;
    else
        PUSH(scope->symbols, scope->count, stmt->symbol);
}

/* The tensors that stand for the arrays of a kernel: each of the array's size, and written before it is read. */
static void verify_arguments(const Step *step, const char *pass)
{
    const Kernel *kernel = step->kernel;
    if (step->count != kernel->count)
        broken(pass, step, "arguments and parameters differ in number in", kernel->name);
    for (int i = 0; i < kernel->count; i++) {
        const Array *array = kernel->parameters[i].array;
        const Tensor *tensor = step->arguments[i].tensor;
        if (!array)
            continue;
        long long elements = 1;
        for (int d = 0; d < array->rank; d++)
            elements *= array->dims[d]->number;
        if (!tensor || tensor->elements != elements)
            broken(pass, step, "a tensor of another size stands for", array->name);
        const Tensor *root = root_tensor(tensor);
        if (root->role == ROLE_VALUE && !array->written && !root->written)
            broken(pass, step, "nothing has been written before it is read:", root->name);
    }
    for (int i = 0; i < kernel->count; i++)
        if (kernel->parameters[i].array && kernel->parameters[i].array->written)
            root_tensor(step->arguments[i].tensor)->written = true;
}

/* Looked at with the kernel's first step; with `changes` only if it has got another body since. */
static void verify_body(const Step *step, const char *pass, bool changes)
{
    Kernel *kernel = step->kernel;
    Scope scope = {.pass = pass, .step = step};
    if (kernel->owner != step || (changes && kernel->verified == kernel->body))
        return;
    for (int i = 0; i < kernel->count; i++)
        if (!kernel->parameters[i].array)
            PUSH(scope.symbols, scope.count, kernel->parameters[i].symbol);
    for (int i = 0; i < kernel->body->count; i++)
        verify_stmt(&scope, kernel->body->items[i]);
    kernel->verified = kernel->body;
}

static void verify_steps(const Phase *phase, const char *pass, bool changes)
{
    for (int i = 0; i < phase->tensors; i++)
        root_tensor(phase->tensor[i])->written = false;
    for (int i = 0; i < phase->steps; i++) {
        verify_arguments(phase->step[i], pass);
        verify_body(phase->step[i], pass, changes);
    }
}

/* ---- places ---- */

static bool is_placed(const Tensor *tensor)
{
    return (tensor->role == ROLE_VALUE || tensor->role == ROLE_SCRATCH) && !tensor->view && tensor->born >= 0;
}

/* One takes the place of the other in the step where it is made, element for element. */
static bool in_place(const Tensor *a, const Tensor *b)
{
    bool handed_over = (a->dies == b->born && a->born < b->born) || (b->dies == a->born && b->born < a->born);
    return handed_over && a->offset == b->offset && a->elements == b->elements;
}

static int compare_births(const void *left, const void *right)
{
    const Tensor *a = *(Tensor *const *)left, *b = *(Tensor *const *)right;
    return a->from != b->from ? a->from - b->from : (a->offset > b->offset) - (a->offset < b->offset);
}

/* Every tensor lies inside the arena, and no two that live at the same step share bytes. */
static void verify_places_of(const Phase *phase, const char *pass)
{
    const Mark mark = memory_mark();
    Tensor **all = NEW_ARRAY(phase->tensors, Tensor *);
    int count = 0, alive = 0;
    for (int i = 0; i < phase->tensors; i++)
        if (is_placed(phase->tensor[i]))
            all[count++] = phase->tensor[i];
    qsort(all, (size_t)count, sizeof *all, compare_births);
    for (int i = 0; i < count; i++) { /* those that live with it stand at the front, and it joins them */
        Tensor *tensor = all[i];
        long long arena = tensor->type == TYPE_INT ? phase->arena_ints : phase->arena_reals;
        if (tensor->offset < 0 || tensor->offset + tensor->elements > arena)
            broken(pass, phase->step[tensor->born], "a tensor that lies outside the arena:", tensor->name);
        int kept = 0;
        for (int k = 0; k < alive; k++) {
            if (!lives_overlap(all[k], tensor))
                continue;
            if (places_overlap(tensor, all[k]) && !in_place(tensor, all[k]))
                broken(pass, phase->step[tensor->born], "a tensor in the bytes of one that is alive:", tensor->name);
            all[kept++] = all[k];
        }
        all[kept] = tensor;
        alive = kept + 1;
    }
    memory_release(mark);
}

void verify_places(const Model *model, const char *pass)
{
    for (int p = 0; p < PHASES; p++)
        if (model->phase[p])
            verify_places_of(model->phase[p], pass);
}

static void verify_model(const Model *model, const char *pass, bool changes)
{
    for (int p = 0; p < PHASES; p++) {
        const Phase *phase = model->phase[p];
        const Mark mark = memory_mark();
        if (phase && phase->steps && phase->step[0]->kernel)
            verify_steps(phase, pass, changes);
        memory_release(mark);
    }
}

void verify(const Model *model, const char *pass)
{
    verify_model(model, pass, false);
}

void verify_changes(const Model *model, const char *pass)
{
    verify_model(model, pass, true);
}

/* ---- --dump ---- */

static const char *const phase_names[PHASES] = {[PHASE_INITIALIZE] = "initialize",
                                                [PHASE_GRADIENT] = "gradient",
                                                [PHASE_UPDATE] = "update",
                                                [PHASE_TRAIN] = "train",
                                                [PHASE_PENALTY] = "penalty",
                                                [PHASE_PREDICT] = "predict",
                                                [PHASE_PREDICT_BATCH] = "predict_batch",
                                                [PHASE_EVALUATE] = "evaluate"};

static void dump_layers(const Model *model, FILE *stream)
{
    for (int i = 0; i < model->layers; i++) {
        const Layer *layer = model->layer[i];
        fprintf(stream, "%-24s %-16s %s\n", layer->name, layer->choice->template->name, shape_text(&layer->shape));
        for (int w = 0; w < layer->weights; w++)
            fprintf(stream, "    %-36s %s\n", layer->weight[w]->name, shape_text(&layer->weight[w]->shape));
    }
}

static void dump_step(const Step *step, FILE *stream)
{
    fprintf(stream, "  %s: %s(", step->title, step->kernel ? step->kernel->name : step->source->name);
    const Kernel *kernel = step->kernel ? step->kernel : step->source;
    for (int i = 0; i < step->count; i++) {
        const Parameter *parameter = &kernel->parameters[i];
        const Tensor *tensor = step->arguments[i].tensor;
        const char *name = parameter->array ? parameter->array->name : parameter->symbol->name;
        const char *value = tensor                    ? tensor->name
                            : step->arguments[i].text ? step->arguments[i].text
                                                      : step->arguments[i].literal;
        if (value)
            fprintf(stream, "%s%s = %s", i ? ", " : "", name, value);
    }
    fprintf(stream, ")\n");
    if (!step->kernel)
        return;
    Text text = {0};
    print_body(&text, step->kernel);
    fprintf(stream, "%s\n", text.bytes);
}

static void dump_plan(const Phase *phase, FILE *stream)
{
    for (int i = 0; i < phase->tensors; i++) {
        const Tensor *tensor = phase->tensor[i];
        if ((tensor->role == ROLE_VALUE || tensor->role == ROLE_SCRATCH) && !tensor->view && tensor->born >= 0)
            fprintf(stream, "  %-32s at %8lld, %8lld elements, steps %d to %d\n", tensor->name, tensor->offset,
                    tensor->elements, tensor->born, tensor->dies);
    }
    fprintf(stream, "  arena %lld elements, lower bound %lld\n", phase->arena_reals, phase->bound_reals);
}

void dump(const Model *model, const char *pass, FILE *stream)
{
    if (strcmp(pass, "infer") == 0)
        dump_layers(model, stream);
    for (int p = 0; p < PHASES; p++) {
        const Phase *phase = model->phase[p];
        if (!phase)
            continue;
        fprintf(stream, "%s:\n", phase_names[p]);
        for (int i = 0; i < phase->steps && strcmp(pass, "plan"); i++)
            dump_step(phase->step[i], stream);
        if (strcmp(pass, "plan") == 0)
            dump_plan(phase, stream);
    }
}
