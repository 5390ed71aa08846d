/* interpret.c - a tree-walking interpreter of template functions. A step's function is translated into a tree in which
 * names are numbers of slots and arrays are places in memory; then the tree is walked. */
#include "interpret.h"
#include "forms.h"
#include "sizes.h"

#include "nnc/math.h"
#include "nnc/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory ---- */

struct Cells {
    const Tensor *tensor;
    double *reals;
    int32_t *ints;
    bool own; /* of this phase alone */
    double *saved_reals;
    int32_t *saved_ints;
};

static const Tensor *root_of(const Tensor *tensor)
{
    return tensor->view ? tensor->view : tensor;
}

static long long weight_start(const Model *model, const Weight *weight)
{
    long long start = 0;
    for (int i = 0; model->weight[i] != weight; i++)
        start += shape_elements(&model->weight[i]->shape);
    return start;
}

static double *state_place(const Interpreter *in, const Tensor *tensor)
{
    for (int i = 0; i < in->model->states; i++)
        if (in->model->state[i] == tensor->state)
            return in->state[i] + tensor->offset;
    return NULL;
}

static void constant_cells(Cells *cells, const Tensor *tensor)
{
    cells->reals = NEW_ARRAY(tensor->elements, double);
    cells->ints = NEW_ARRAY(tensor->elements, int32_t);
    for (long long i = 0; i < tensor->elements; i++) {
        cells->reals[i] = tensor->numbers[i];
        cells->ints[i] = (int32_t)tensor->numbers[i];
    }
}

static Cells *new_cells(const Interpreter *in, const Tensor *tensor)
{
    Cells *cells = NEW(Cells);
    cells->tensor = tensor;
    switch (tensor->role) {
    case ROLE_INPUT:
        cells->reals = in->input[tensor->port];
        break;
    case ROLE_TARGET:
        cells->reals = in->target[tensor->port];
        cells->ints = in->classes[tensor->port];
        break;
    case ROLE_WEIGHT:
        cells->reals = in->parameter + weight_start(in->model, tensor->weight);
        break;
    case ROLE_GRADIENT:
        cells->reals = in->gradient + weight_start(in->model, tensor->weight);
        break;
    case ROLE_STATE:
        cells->reals = state_place(in, tensor);
        break;
    case ROLE_CONSTANT:
        constant_cells(cells, tensor);
        break;
    default:
        cells->own = true;
        cells->reals = NEW_ARRAY(tensor->elements, double);
        cells->ints = NEW_ARRAY(tensor->elements, int32_t);
        cells->saved_reals = NEW_ARRAY(tensor->elements, double);
        cells->saved_ints = NEW_ARRAY(tensor->elements, int32_t);
    }
    return cells;
}

static Cells *cells_of(Interpreter *in, PhaseKind phase, const Tensor *tensor)
{
    const Tensor *root = root_of(tensor);
    for (int i = 0; i < in->cells[phase]; i++)
        if (in->cell[phase][i]->tensor == root)
            return in->cell[phase][i];
    Cells *cells = new_cells(in, root);
    PUSH(in->cell[phase], in->cells[phase], cells);
    return cells;
}

double *interpret_reals(const Interpreter *in, PhaseKind phase, const Tensor *tensor)
{
    for (int i = 0; i < in->cells[phase]; i++)
        if (in->cell[phase][i]->tensor == root_of(tensor))
            return in->cell[phase][i]->reals;
    return NULL;
}

/* ---- code ---- */

typedef struct Op {
    ExprKind kind;
    Type type;
    double real;
    long long number; /* EX_INT; the slot of an EX_NAME */
    const Cells *cells;
    long long dims[RANK_MAX];
    int function; /* EX_CALL: its number in the table below */
    bool kinked;
    int count;
    struct Op **args;
} Op;

struct Code {
    StmtKind kind;
    int slot; /* ST_FOR, ST_DECLARE, or ST_ASSIGN to a local */
    bool real, add;
    const Op *target; /* ST_ASSIGN to an element; NULL: to a local */
    const Op *value, *from, *to;
    int step;
    int count;
    struct Code **items;
    struct Code *body, *other;
};

enum { SLOTS = 256 };

typedef struct Slots {
    double real[SLOTS];
    long long number[SLOTS];
} Slots;

typedef struct Run {
    Interpreter *in;
    Slots slots;
} Run;

typedef double Function1(double x);
typedef double Function2(double x, double y);

typedef struct Callable {
    const char *name;
    Function1 *one;
    Function2 *two;
} Callable;

static const Callable callables[] = {
    {"nnc_exp", nnc_exp, NULL},        {"nnc_expm1", nnc_expm1, NULL}, {"nnc_log", nnc_log, NULL},
    {"nnc_log1p", nnc_log1p, NULL},    {"nnc_tanh", nnc_tanh, NULL},   {"nnc_erf", nnc_erf, NULL},
    {"nnc_sin", nnc_sin, NULL},        {"nnc_cos", nnc_cos, NULL},     {"nnc_sqrt", nnc_sqrt, NULL},
    {"nnc_fabs", nnc_fabs, NULL},      {"nnc_floor", nnc_floor, NULL}, {"nnc_pow", NULL, nnc_pow},
    {"nnc_fmax", NULL, nnc_fmax},      {"nnc_fmin", NULL, nnc_fmin},   {"nnc_random_uniform", NULL, NULL},
    {"nnc_random_normal", NULL, NULL},
};
enum { CALLABLES = sizeof callables / sizeof *callables, UNIFORM = CALLABLES - 2 };

/* ---- translation ---- */

typedef struct Translator {
    Interpreter *in;
    PhaseKind phase;
    const Step *step;
    Application sizes;
    int symbols;
    const Symbol *symbol[SLOTS];
} Translator;

static Op *op_new(ExprKind kind, Type type, int count)
{
    Op *op = NEW(Op);
    *op = (Op){.kind = kind, .type = type, .count = count};
    op->args = count ? NEW_ARRAY(count, Op *) : NULL;
    return op;
}

static Op *op_real(double real)
{
    Op *op = op_new(EX_REAL, TYPE_REAL, 0);
    op->real = real;
    return op;
}

static Op *op_int(Type type, long long number)
{
    Op *op = op_new(EX_INT, type, 0);
    op->number = number;
    return op;
}

static int slot_of(Translator *t, const Symbol *symbol)
{
    for (int i = 0; i < t->symbols; i++)
        if (t->symbol[i] == symbol)
            return i;
    if (t->symbols == SLOTS) {
        fprintf(stderr, "a function with more than %d names\n", SLOTS);
        exit(3);
    }
    t->symbol[t->symbols] = symbol;
    return t->symbols++;
}

static const Argument *argument_of(const Translator *t, const Symbol *symbol, const Array *array)
{
    const Kernel *source = t->step->source;
    for (int i = 0; i < source->count; i++)
        if ((symbol && source->parameters[i].symbol == symbol) || (array && source->parameters[i].array == array))
            return &t->step->arguments[i];
    return NULL;
}

/* What stands for a knob: a number, a random key, the step, or the rate. */
static Op *translate_knob(Translator *t, const Symbol *symbol)
{
    const Argument *argument = argument_of(t, symbol, NULL);
    if (argument->literal)
        return op_real(strtod(argument->literal, NULL));
    int stream;
    if (sscanf(argument->text, "nnc_random_key(%*[^,], %*[^,], %d)", &stream) == 1) {
        uint32_t step = t->phase == PHASE_INITIALIZE ? 0 : t->in->step + 1;
        return op_int(TYPE_KEY, nnc_random_key(t->in->seed, step, (uint32_t)stream));
    }
    if (strstr(argument->text, "step"))
        return op_int(TYPE_INT, t->in->step);
    for (int i = 0; i < t->in->model->phase[t->phase]->tensors; i++) {
        const Tensor *tensor = t->in->model->phase[t->phase]->tensor[i];
        if (tensor->role == ROLE_SCALAR && strncmp(tensor->name, argument->text, strlen(tensor->name)) == 0) {
            Op *load = op_new(EX_LOAD, TYPE_REAL, 1);
            load->cells = cells_of(t->in, t->phase, tensor);
            load->dims[0] = 1;
            load->args[0] = op_int(TYPE_INT, 0);
            return load;
        }
    }
    fprintf(stderr, "unknown argument '%s'\n", argument->text);
    exit(3);
}

static Op *translate(Translator *t, const Expr *expr);

static bool is_absent(const Argument *argument)
{
    return !argument->tensor || argument->dead;
}

static Op *translate_load(Translator *t, const Expr *expr)
{
    const Argument *argument = argument_of(t, NULL, expr->array);
    if (is_absent(argument)) {
        double number = argument->literal ? strtod(argument->literal, NULL) : 0;
        return expr->type == TYPE_REAL ? op_real(number) : op_int(expr->type, (long long)number);
    }
    Op *op = op_new(EX_LOAD, expr->type, expr->count);
    op->cells = cells_of(t->in, t->phase, argument->tensor);
    for (int i = 0; i < expr->count; i++) {
        op->args[i] = translate(t, expr->args[i]);
        op->dims[i] = 1;
        size_value(expr->array->dims[i], &t->sizes, &op->dims[i]);
    }
    return op;
}

static Op *op_fma(Op *product, Op *addend)
{
    Op *op = op_new(EX_FMA, TYPE_REAL, 3);
    op->args[0] = product->args[0];
    op->args[1] = product->args[1];
    op->args[2] = addend;
    return op;
}

static Op *op_negative(Op *argument)
{
    Op *op = op_new(EX_NEG, TYPE_REAL, 1);
    op->args[0] = argument;
    return op;
}

/* a b + c, c + a b, a b - c and c - a b are rounded once; of two products the left one is fused. */
static Op *fuse_sum(const Translator *t, Op *op)
{
    if (!t->in->fused || op->type != TYPE_REAL || (op->kind != EX_ADD && op->kind != EX_SUB))
        return op;
    Op *left = op->args[0], *right = op->args[1];
    bool minus = op->kind == EX_SUB;
    if (left->kind == EX_MUL)
        return op_fma(left, minus ? op_negative(right) : right);
    if (right->kind != EX_MUL)
        return op;
    Op *fused = op_fma(right, left);
    if (minus)
        fused->args[0] = op_negative(fused->args[0]);
    return fused;
}

static bool is_number(const Op *op, double number)
{
    return op->kind == EX_REAL && op->real == number;
}

static long long int_of(Run *run, const Op *op);

/* What bind folds, because it decides which products are left to be fused. */
static Op *fold_op(Op *op)
{
    bool known = op->type != TYPE_REAL && op->count > 0;
    for (int i = 0; i < op->count; i++)
        known = known && op->args[i]->kind == EX_INT;
    bool divides = op->kind == EX_DIV || op->kind == EX_MOD;
    if (known && !(divides && op->args[1]->number == 0))
        return op_int(op->type, int_of(NULL, op));
    Op *first = op->count ? op->args[0] : NULL, *second = op->count > 1 ? op->args[1] : NULL;
    if (op->kind == EX_COND && first->kind == EX_INT)
        return op->args[first->number ? 1 : 2];
    if (op->type != TYPE_REAL)
        return op;
    if (op->kind == EX_CAST && first->kind == EX_INT)
        return op_real((double)first->number);
    double neutral = op->kind == EX_MUL || op->kind == EX_DIV ? 1 : 0;
    bool sum = op->kind == EX_ADD || op->kind == EX_SUB;
    if ((sum || op->kind == EX_MUL || op->kind == EX_DIV) && is_number(second, neutral))
        return first;
    return (op->kind == EX_ADD || op->kind == EX_MUL) && is_number(first, neutral) ? second : op;
}

static Op *translate_name(Translator *t, const Symbol *symbol)
{
    if (symbol->kind == SYM_KNOB)
        return translate_knob(t, symbol);
    if (symbol->kind == SYM_SIZE) {
        const Binding *binding = binding_find(&t->sizes, symbol->name);
        return op_int(TYPE_INT, binding ? binding->value : 0);
    }
    Op *op = op_new(EX_NAME, symbol->type, 0);
    op->number = slot_of(t, symbol);
    return op;
}

static Op *translate(Translator *t, const Expr *expr)
{
    switch (expr->kind) {
    case EX_INT:
        return op_int(TYPE_INT, expr->number);
    case EX_REAL:
        return op_real(strtod(expr->text, NULL));
    case EX_NAME:
        return translate_name(t, expr->symbol);
    case EX_LOAD:
        return translate_load(t, expr);
    default:
        break;
    }
    Op *op = op_new(expr->kind, expr->type, expr->count);
    for (int i = 0; i < expr->count; i++)
        op->args[i] = translate(t, expr->args[i]);
    if (expr->kind == EX_CALL) {
        op->kinked = expr->function->kinked;
        for (int i = 0; i < CALLABLES; i++)
            if (strcmp(callables[i].name, expr->function->scalar64) == 0)
                op->function = i;
    }
    return fuse_sum(t, fold_op(op));
}

static Code *translate_statement(Translator *t, const Stmt *stmt);

static Code *code_new(StmtKind kind)
{
    Code *code = NEW(Code);
    code->kind = kind;
    return code;
}

static Code *translate_assign(Translator *t, const Stmt *stmt)
{
    Code *code = code_new(ST_ASSIGN);
    code->real = stmt->target->type == TYPE_REAL;
    code->add = stmt->add;
    code->value = translate(t, stmt->value);
    if (stmt->target->kind == EX_LOAD) {
        const Argument *argument = argument_of(t, NULL, stmt->target->array);
        if (is_absent(argument))
            return code_new(ST_BLOCK);
        code->add |= argument->accumulate;
        code->target = translate_load(t, stmt->target);
    } else {
        code->slot = slot_of(t, stmt->target->symbol);
    }
    if (t->in->fused && code->real && code->add && code->value->kind == EX_MUL) {
        Op *name = op_new(EX_NAME, TYPE_REAL, 0);
        name->number = code->slot;
        Op *product = op_new(EX_MUL, TYPE_REAL, 2);
        memcpy(product->args, code->value->args, 2 * sizeof *product->args);
        code->value = op_fma(product, code->target ? translate_load(t, stmt->target) : name);
        code->add = false;
    }
    return code;
}

static Code *translate_statement(Translator *t, const Stmt *stmt)
{
    if (stmt->kind == ST_ASSIGN)
        return translate_assign(t, stmt);
    Code *code = code_new(stmt->kind);
    if (stmt->symbol) {
        code->slot = slot_of(t, stmt->symbol);
        code->real = stmt->symbol->type == TYPE_REAL;
    }
    code->from = stmt->from ? translate(t, stmt->from) : NULL;
    code->to = stmt->to ? translate(t, stmt->to) : NULL;
    code->step = stmt->step;
    code->value = stmt->value ? translate(t, stmt->value) : NULL;
    code->count = stmt->count;
    code->items = stmt->count ? NEW_ARRAY(stmt->count, Code *) : NULL;
    for (int i = 0; i < stmt->count; i++)
        code->items[i] = translate_statement(t, stmt->items[i]);
    code->body = stmt->body ? translate_statement(t, stmt->body) : NULL;
    code->other = stmt->other ? translate_statement(t, stmt->other) : NULL;
    return code;
}

void interpret_again(Interpreter *in, PhaseKind phase, int step)
{
    const Phase *steps = in->model->phase[phase];
    Translator translator = {.in = in, .phase = phase, .step = steps->step[step]};
    const Application *sizes = translator.step->sizes;
    for (int i = 0; i < sizes->bindings; i++)
        binding_add(&translator.sizes, sizes->binding[i].name, sizes->binding[i].value, sizes->binding[i].span);
    binding_add(&translator.sizes, "N", steps->batch, translator.step->span);
    in->code[phase][step] = translate_statement(&translator, translator.step->source->body);
}

/* ---- evaluation ---- */

static double real_of(Run *run, const Op *op);

static int branch(Run *run, int taken)
{
    run->in->branches = (run->in->branches ^ (uint64_t)(taken + 1)) * 1099511628211u;
    return taken;
}

static long long place_of(Run *run, const Op *load)
{
    long long place = 0;
    for (int i = 0; i < load->count; i++) {
        long long at = int_of(run, load->args[i]), size = load->dims[i];
        if (at < 0 || at >= size) {
            run->in->strays++;
            at = at < 0 ? 0 : size - 1;
        }
        place = place * size + at;
    }
    return place;
}

static long long compare(ExprKind kind, double left, double right)
{
    switch (kind) {
    case EX_EQ:
        return left == right;
    case EX_NE:
        return left != right;
    case EX_LT:
        return left < right;
    case EX_LE:
        return left <= right;
    case EX_GT:
        return left > right;
    default:
        return left >= right;
    }
}

static long long divide(Run *run, ExprKind kind, long long left, long long right)
{
    if (right == 0) {
        run->in->trapped = true;
        return 0;
    }
    return kind == EX_DIV ? left / right : left % right;
}

/* Ints, keys and conditions. */
static long long int_of(Run *run, const Op *op)
{
    switch (op->kind) {
    case EX_INT:
        return op->number;
    case EX_NAME:
        return run->slots.number[op->number];
    case EX_LOAD:
        return op->cells->ints[place_of(run, op)];
    case EX_NEG:
        return -int_of(run, op->args[0]);
    case EX_NOT:
        return !int_of(run, op->args[0]);
    case EX_COND:
        return int_of(run, op->args[int_of(run, op->args[0]) ? 1 : 2]);
    case EX_CAST:
        return op->args[0]->type == TYPE_REAL ? (long long)real_of(run, op->args[0]) : int_of(run, op->args[0]);
    case EX_AND:
        return int_of(run, op->args[0]) && int_of(run, op->args[1]);
    case EX_OR:
        return int_of(run, op->args[0]) || int_of(run, op->args[1]);
    default:
        break;
    }
    if (op->kind >= EX_EQ && op->kind <= EX_GE && op->args[0]->type == TYPE_REAL)
        return compare(op->kind, real_of(run, op->args[0]), real_of(run, op->args[1]));
    long long left = int_of(run, op->args[0]), right = int_of(run, op->args[1]);
    switch (op->kind) {
    case EX_ADD:
        return left + right;
    case EX_SUB:
        return left - right;
    case EX_MUL:
        return left * right;
    case EX_DIV:
    case EX_MOD:
        return divide(run, op->kind, left, right);
    default:
        return compare(op->kind, (double)left, (double)right);
    }
}

static double call(Run *run, const Op *op)
{
    const Callable *callable = &callables[op->function];
    if (op->function >= UNIFORM) {
        uint32_t key = (uint32_t)int_of(run, op->args[0]), index = (uint32_t)int_of(run, op->args[1]);
        return op->function == UNIFORM ? nnc_random_uniform(key, index) : nnc_random_normal(key, index);
    }
    double x = real_of(run, op->args[0]), y = op->count > 1 ? real_of(run, op->args[1]) : 0;
    if (op->kinked && callable->one)
        branch(run, callable->one == nnc_floor ? (int)nnc_floor(x) & 0xffff : x < 0);
    else if (op->kinked)
        branch(run, callable->two == nnc_fmax ? x > y : x < y);
    return callable->one ? callable->one(x) : callable->two(x, y);
}

static double real_of(Run *run, const Op *op)
{
    switch (op->kind) {
    case EX_REAL:
        return op->real;
    case EX_NAME:
        return run->slots.real[op->number];
    case EX_LOAD:
        return op->cells->reals[place_of(run, op)];
    case EX_NEG:
        return -real_of(run, op->args[0]);
    case EX_COND:
        return real_of(run, op->args[branch(run, int_of(run, op->args[0]) != 0) ? 1 : 2]);
    case EX_CAST:
        return op->args[0]->type == TYPE_REAL ? real_of(run, op->args[0]) : (double)int_of(run, op->args[0]);
    case EX_CALL:
        return call(run, op);
    case EX_FMA:
        return nnc_fma(real_of(run, op->args[0]), real_of(run, op->args[1]), real_of(run, op->args[2]));
    default:
        break;
    }
    double left = real_of(run, op->args[0]), right = real_of(run, op->args[1]);
    switch (op->kind) {
    case EX_ADD:
        return left + right;
    case EX_SUB:
        return left - right;
    case EX_MUL:
        return left * right;
    default:
        return left / right;
    }
}

static void assign(Run *run, const Code *code)
{
    if (code->real) {
        double *to =
            code->target ? &code->target->cells->reals[place_of(run, code->target)] : &run->slots.real[code->slot];
        double value = real_of(run, code->value);
        *to = code->add ? *to + value : value;
        return;
    }
    long long value = int_of(run, code->value);
    if (code->target) {
        int32_t *to = &code->target->cells->ints[place_of(run, code->target)];
        *to = (int32_t)(code->add ? *to + value : value);
    } else {
        run->slots.number[code->slot] = value + (code->add ? run->slots.number[code->slot] : 0);
    }
}

static void execute(Run *run, const Code *code)
{
    switch (code->kind) {
    case ST_BLOCK:
        for (int i = 0; i < code->count; i++)
            execute(run, code->items[i]);
        return;
    case ST_FOR: {
        long long to = int_of(run, code->to);
        for (long long v = int_of(run, code->from); code->step > 0 ? v < to : v >= to; v += code->step) {
            run->slots.number[code->slot] = v;
            execute(run, code->body);
        }
        return;
    }
    case ST_DECLARE:
    case ST_ASSIGN:
        if (code->kind == ST_ASSIGN)
            assign(run, code);
        else if (code->real)
            run->slots.real[code->slot] = real_of(run, code->value);
        else
            run->slots.number[code->slot] = int_of(run, code->value);
        return;
    case ST_IF:
        if (branch(run, int_of(run, code->value) != 0))
            execute(run, code->body);
        else if (code->other)
            execute(run, code->other);
        return;
    case ST_PREFETCH: /* a hint */
        return;
    }
}

/* ---- phases ---- */

void interpret_forget(Interpreter *in, PhaseKind phase)
{
    for (int i = 0; i < in->cells[phase]; i++) {
        const Cells *cells = in->cell[phase][i];
        for (long long n = 0; cells->own && n < cells->tensor->elements; n++) {
            cells->reals[n] = cells->tensor->role == ROLE_SCALAR ? 0 : NAN; /* sums begin at 0 */
            cells->ints[n] = INT32_MIN / 2;
        }
    }
    for (long long i = 0; phase == PHASE_GRADIENT && i < in->parameters; i++)
        in->gradient[i] = NAN;
}

static void copy_cells(Interpreter *in, PhaseKind phase, bool save)
{
    for (int i = 0; i < in->cells[phase]; i++) {
        const Cells *cells = in->cell[phase][i];
        size_t count = (size_t)cells->tensor->elements;
        if (!cells->own)
            continue;
        memcpy(save ? cells->saved_reals : cells->reals, save ? cells->reals : cells->saved_reals,
               count * sizeof(double));
        memcpy(save ? cells->saved_ints : cells->ints, save ? cells->ints : cells->saved_ints, count * sizeof(int32_t));
    }
}

void interpret_save(Interpreter *in, PhaseKind phase)
{
    copy_cells(in, phase, true);
}

void interpret_restore(Interpreter *in, PhaseKind phase)
{
    copy_cells(in, phase, false);
}

double interpret_steps(Interpreter *in, PhaseKind kind, int first, int last)
{
    const Phase *phase = in->model->phase[kind];
    Run *run = malloc(sizeof *run);
    if (!run)
        exit(3);
    run->in = in;
    for (int i = first; i < last; i++)
        execute(run, in->code[kind][i]);
    free(run);
    double sum = 0;
    for (int i = 0; i < phase->results; i++) {
        double part = cells_of(in, kind, phase->result[i])->reals[0] * phase->result_weight[i];
        sum = i ? sum + part : part;
    }
    return sum;
}

double interpret_phase(Interpreter *in, PhaseKind phase)
{
    interpret_forget(in, phase);
    double value = interpret_steps(in, phase, 0, in->model->phase[phase]->steps);
    /* What is not trained has no gradient. */
    for (int i = 0; phase == PHASE_GRADIENT && i < in->model->weights; i++) {
        const Weight *weight = in->model->weight[i];
        double *gradient = in->gradient + weight_start(in->model, weight);
        for (long long n = 0; !weight->trained && n < shape_elements(&weight->shape); n++)
            gradient[n] = 0;
    }
    return value;
}

int interpret_forward_steps(const Interpreter *in)
{
    const Phase *phase = in->model->phase[PHASE_GRADIENT];
    for (int i = 0; i < phase->steps; i++) {
        const char *name = phase->step[i]->source->name;
        size_t length = strlen(name), suffix = strlen("_backward");
        if (length > suffix && strcmp(name + length - suffix, "_backward") == 0)
            return i;
    }
    return phase->steps;
}

/* Keys and the step are numbers in the code. */
static void translate_phase(Interpreter *in, PhaseKind phase)
{
    for (int i = 0; i < in->model->phase[phase]->steps; i++)
        interpret_again(in, phase, i);
}

void interpret_initialize(Interpreter *in, uint64_t seed)
{
    const Model *model = in->model;
    in->seed = seed;
    in->step = 0;
    for (int p = 0; p < PHASES; p++)
        if (in->code[p])
            translate_phase(in, (PhaseKind)p);
    for (int i = 0; i < model->states; i++)
        for (long long n = 0; n < shape_elements(&model->state[i]->shape); n++)
            in->state[i][n] = model->state[i]->initial;
    for (int i = 0; i < model->weights; i++)
        for (long long n = 0; model->weight[i]->statistic && n < shape_elements(&model->weight[i]->shape); n++)
            in->parameter[weight_start(model, model->weight[i]) + n] = model->weight[i]->state_value;
    interpret_phase(in, PHASE_INITIALIZE);
}

static void commit(Interpreter *in)
{
    const Model *model = in->model;
    for (int i = 0; i < model->states; i++) {
        const State *state = model->state[i];
        double *to = state->next_of ? in->parameter + weight_start(model, state->next_of) : NULL;
        for (int k = 0; state->next_to && k < model->states; k++)
            if (model->state[k] == state->next_to)
                to = in->state[k];
        if (to)
            memcpy(to, in->state[i], (size_t)shape_elements(&state->shape) * sizeof *to);
    }
}

void interpret_update(Interpreter *in)
{
    interpret_phase(in, PHASE_UPDATE);
    commit(in);
    in->step++;
    translate_phase(in, PHASE_GRADIENT);
    translate_phase(in, PHASE_UPDATE);
}

static void make_room(Interpreter *in)
{
    const Model *model = in->model;
    long long batch = model->train.batch;
    for (int i = 0; i < model->weights; i++)
        in->parameters += shape_elements(&model->weight[i]->shape);
    in->parameter = NEW_ARRAY(in->parameters + 1, double);
    in->gradient = NEW_ARRAY(in->parameters + 1, double);
    in->state = NEW_ARRAY(model->states + 1, double *);
    for (int i = 0; i < model->states; i++)
        in->state[i] = NEW_ARRAY(shape_elements(&model->state[i]->shape), double);
    in->input = NEW_ARRAY(model->inputs + 1, double *);
    for (int i = 0; i < model->inputs; i++)
        in->input[i] = NEW_ARRAY(batch * shape_elements(&model->input[i]->shape), double);
    in->target = NEW_ARRAY(model->targets + 1, double *);
    in->classes = NEW_ARRAY(model->targets + 1, int32_t *);
    for (int i = 0; i < model->targets; i++) {
        long long elements = batch * shape_elements(&model->target[i]->shape);
        if (model->target[i]->is_class)
            in->classes[i] = NEW_ARRAY(elements, int32_t);
        else
            in->target[i] = NEW_ARRAY(elements, double);
    }
}

Interpreter *interpret_new(const Model *model, bool fused)
{
    static const PhaseKind used[] = {PHASE_INITIALIZE, PHASE_GRADIENT, PHASE_UPDATE, PHASE_PENALTY};
    Interpreter *in = NEW(Interpreter);
    *in = (Interpreter){.model = model, .fused = fused};
    make_room(in);
    for (size_t p = 0; p < sizeof used / sizeof *used; p++)
        if (model->phase[used[p]])
            in->code[used[p]] = NEW_ARRAY(model->phase[used[p]]->steps + 1, Code *);
    interpret_initialize(in, 1);
    return in;
}
