/* evaluate.c - walks the trees of a bound program; what has lanes is evaluated for one lane after the other. */
#include "evaluate.h"
#include "eight.h"
#include "nnc/real.h"
#include "expr.h"
#include "printable.h"
#include "sizes.h"
#include "steps.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *subject = "";

void evaluate_subject(const char *text)
{
    subject = text;
}

/* ---- names ---- */

typedef struct Number {
    long long whole;
    double real;
} Number;

enum { LANES_MAX = 16 };

/* The first is that of a symbol without lanes. */
typedef struct Vector {
    Number lane[LANES_MAX];
} Vector;

/* Of a single symbol there is one value, of an array in registers one for each element. */
typedef struct Variable {
    const Symbol *symbol;
    long long room;
    Vector *value;
    bool *known; /* parallel to the values */
} Variable;

typedef struct Cells {
    long long count;
    double *reals;
    int *ints;
} Cells;

typedef struct Run {
    int symbols, capacity;
    Variable *variable;
    const Kernel *kernel;
    Cells *cells; /* parallel to the parameters */
    int lanes;    /* of a vector */
    int lane;     /* for which an expression is evaluated */
} Run;

/* Where a symbol is, or -1. It is noted in the symbol: a kernel has many. */
static int find(const Run *run, const Symbol *symbol)
{
    int noted = symbol->reads;
    return noted >= 0 && noted < run->symbols && run->variable[noted].symbol == symbol ? noted : -1;
}

/* Symbols come and go with their blocks: the places stay. */
static void grow(Run *run)
{
    const Run old = *run;
    run->capacity = old.capacity ? 2 * old.capacity : 16;
    run->variable = NEW_ARRAY(run->capacity, Variable);
    for (int i = 0; i < old.symbols; i++)
        run->variable[i] = old.variable[i];
}

static long long elements_of(const Symbol *symbol)
{
    long long elements = 1;
    for (int i = 0; i < symbol->rank; i++)
        elements *= symbol->dims[i];
    return elements;
}

/* The variable of a symbol; without values, if there was none. */
static Variable *variable_of(Run *run, Symbol *symbol)
{
    int place = find(run, symbol);
    if (place >= 0)
        return &run->variable[place];
    if (run->symbols == run->capacity)
        grow(run);
    symbol->reads = run->symbols++;
    Variable *variable = &run->variable[symbol->reads];
    long long elements = elements_of(symbol);
    if (variable->room < elements)
        *variable =
            (Variable){.room = elements, .value = NEW_ARRAY(elements, Vector), .known = NEW_ARRAY(elements, bool)};
    variable->symbol = symbol;
    memset(variable->known, 0, (size_t)elements * sizeof(bool));
    return variable;
}

static void set(Run *run, Symbol *symbol, long long element, Number value)
{
    Variable *variable = variable_of(run, symbol);
    variable->value[element].lane[symbol->lanes ? run->lane : 0] = value;
    variable->known[element] = true;
}

static Number get(const Run *run, const Symbol *symbol, long long element)
{
    int place = find(run, symbol);
    if (place < 0 || !run->variable[place].known[element])
        fail_msg("'%s' has no value\n%s", symbol->name, subject);
    return run->variable[place].value[element].lane[symbol->lanes ? run->lane : 0];
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 1099511628211u;
    return hash;
}

static uint64_t hash_text(const char *text)
{
    return hash_bytes(14695981039346656037u, text, strlen(text));
}

/* ---- expressions ---- */

static Number evaluate(const Run *run, const Expr *expr);

static const Cells *cells_of(const Run *run, const Array *array)
{
    for (int i = 0; i < run->kernel->count; i++)
        if (run->kernel->parameters[i].array == array)
            return &run->cells[i];
    fail_msg("'%s' is no array of %s", array->name, run->kernel->name);
    return NULL;
}

static long long place_of(const Run *run, const Expr *load)
{
    long long place = 0;
    for (int i = 0; i < load->count; i++) {
        long long index = evaluate(run, load->args[i]).whole, size = load->array->dims[i]->number;
        if (index < 0 || index >= size)
            fail_msg("%s: subscript %d of '%s' is %lld of %lld\n%s", run->kernel->name, i, load->array->name, index,
                     size, subject);
        place = place * size + index;
        if (load->lanes && i == load->count - 1 && index + run->lane >= size)
            fail_msg("%s: the lanes of '%s' leave its row at %lld of %lld\n%s", run->kernel->name, load->array->name,
                     index, size, subject);
    }
    return place + (load->lanes ? run->lane : 0);
}

/* Which element of an array in registers. */
static long long element_of(const Run *run, const Expr *element)
{
    long long place = 0;
    for (int i = 0; i < element->count; i++) {
        long long index = evaluate(run, element->args[i]).whole, size = element->symbol->dims[i];
        if (index < 0 || index >= size)
            fail_msg("%s: subscript %d of the registers '%s' is %lld of %lld\n%s", run->kernel->name, i,
                     element->symbol->name, index, size, subject);
        place = place * size + index;
    }
    return place;
}

static Number read_array(const Run *run, const Expr *load)
{
    if (load->part && run->lane >= load->part)
        return (Number){0};
    const Cells *cells = cells_of(run, load->array);
    long long place = place_of(run, load);
    if (load->type == TYPE_INT)
        return (Number){.whole = cells->ints[place]};
    if (isnan(cells->reals[place]))
        fail_msg("%s: '%s' is read before it is written\n%s", run->kernel->name, load->array->name, subject);
    return (Number){.real = cells->reals[place]};
}

static double call(const Function *function, const Number *arguments)
{
    static const struct {
        const char *name;
        double (*one)(double);
        double (*two)(double, double);
    } known[] = {{"expf", exp, NULL},   {"expm1f", expm1, NULL}, {"logf", log, NULL},     {"log1pf", log1p, NULL},
                 {"tanhf", tanh, NULL}, {"erff", erf, NULL},     {"sinf", sin, NULL},     {"cosf", cos, NULL},
                 {"sqrtf", sqrt, NULL}, {"fabsf", fabs, NULL},   {"floorf", floor, NULL}, {"powf", NULL, pow},
                 {"fmaxf", NULL, fmax}, {"fminf", NULL, fmin}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, function->name) == 0)
            return known[i].one ? known[i].one(arguments[0].real) : known[i].two(arguments[0].real, arguments[1].real);
    uint64_t hash = hash_bytes((uint64_t)arguments[0].whole, &arguments[1].whole, sizeof arguments[1].whole);
    return (double)(hash >> 40) / 16777216;
}

static long long call_of_bits(const Function *function, const Number *arguments)
{
    uint32_t word = (uint32_t)arguments[0].whole, at = (uint32_t)arguments[1].whole;
    if (strcmp(function->name, "bit") == 0)
        return nnc_bit(word, at);
    return nnc_with_bit(word, at, (uint32_t)arguments[2].whole);
}

static double operate_real(ExprKind kind, double left, double right)
{
    return kind == EX_ADD ? left + right : kind == EX_SUB ? left - right : kind == EX_MUL ? left * right : left / right;
}

static Number evaluate_binary(const Run *run, const Expr *expr)
{
    Number left = evaluate(run, expr->args[0]);
    if (expr->lanes && (expr->kind == EX_OR || expr->kind == EX_AND))
        evaluate(run, expr->args[1]); /* lanes take both */
    if ((expr->kind == EX_OR && left.whole) || (expr->kind == EX_AND && !left.whole))
        return (Number){.whole = left.whole != 0};
    Number right = evaluate(run, expr->args[1]);
    bool reals = expr->args[0]->type == TYPE_REAL, comparison = expr->kind >= EX_EQ && expr->kind <= EX_GE;
    if (reals && !comparison)
        return (Number){.real = operate_real(expr->kind, left.real, right.real)};
    Number result = {0};
    long long order = (left.real > right.real) - (left.real < right.real);
    if (!operate(expr->kind, reals ? order : left.whole, reals ? 0 : right.whole, &result.whole))
        fail_msg("%s: an operation without a value", run->kernel ? run->kernel->name : "an expression");
    return result;
}

static Number evaluate_condition(const Run *run, const Expr *expr)
{
    bool first = evaluate(run, expr->args[0]).whole;
    if (expr->args[0]->lanes)
        evaluate(run, expr->args[first ? 2 : 1]); /* lanes take both */
    return evaluate(run, expr->args[first ? 1 : 2]);
}

static Number fold_lanes(const Run *run, const Expr *fold)
{
    Number sum = evaluate(run, fold->args[0]);
    Run at = *run;
    for (at.lane = 0; at.lane < (fold->part ? fold->part : run->lanes); at.lane++)
        sum.real += evaluate(&at, fold->args[1]).real;
    return sum;
}

static Number evaluate(const Run *run, const Expr *expr)
{
    Number argument[3] = {0};
    switch (expr->kind) {
    case EX_INT:
        return (Number){.whole = expr->number};
    case EX_REAL:
        return (Number){.real = strtod(expr->text, NULL)};
    case EX_NAME:
        return get(run, expr->symbol, 0);
    case EX_ELEMENT:
        return get(run, expr->symbol, element_of(run, expr));
    case EX_FOLD:
        return fold_lanes(run, expr);
    case EX_LOAD:
        return read_array(run, expr);
    case EX_NEG:
        argument[0] = evaluate(run, expr->args[0]);
        return (Number){-argument[0].whole, -argument[0].real};
    case EX_NOT:
        return (Number){.whole = !evaluate(run, expr->args[0]).whole};
    case EX_COND:
        return evaluate_condition(run, expr);
    case EX_IOTA:
        return (Number){.whole = run->lane};
    case EX_CAST:
        argument[0] = evaluate(run, expr->args[0]);
        if (expr->type == TYPE_REAL)
            return (Number){.real = expr->args[0]->type == TYPE_REAL ? argument[0].real : (double)argument[0].whole};
        return (Number){.whole = expr->args[0]->type == TYPE_REAL ? (long long)argument[0].real : argument[0].whole};
    case EX_CALL:
    case EX_FMA:
        for (int i = 0; i < expr->count; i++)
            argument[i] = evaluate(run, expr->args[i]);
        if (expr->type == TYPE_INT)
            return (Number){.whole = call_of_bits(expr->function, argument)};
        return (Number){.real = expr->kind == EX_FMA ? fma(argument[0].real, argument[1].real, argument[2].real)
                                                     : call(expr->function, argument)};
    default:
        return evaluate_binary(run, expr);
    }
}

long long evaluate_int(Expr *expr, Symbol *const *symbols, const long long *values, int count)
{
    Run run = {0};
    for (int i = 0; i < count; i++)
        set(&run, symbols[i], 0, (Number){.whole = values[i]});
    return evaluate(&run, expr).whole;
}

/* ---- statements ---- */

static Number assigned(const Run *run, const Stmt *stmt)
{
    Number value = evaluate(run, stmt->value);
    if (!stmt->add)
        return value;
    Number old = evaluate(run, stmt->target);
    return (Number){old.whole + value.whole, old.real + value.real};
}

static void store(Run *run, const Expr *target, Number value)
{
    if (target->kind == EX_NAME || target->kind == EX_ELEMENT) {
        set(run, target->symbol, target->kind == EX_NAME ? 0 : element_of(run, target), value);
        return;
    }
    if (target->part && run->lane >= target->part)
        return;
    const Cells *cells = cells_of(run, target->array);
    long long place = place_of(run, target);
    if (target->type == TYPE_INT)
        cells->ints[place] = (int)value.whole;
    else
        cells->reals[place] = value.real;
}

/* All lanes are read before the first is written. */
static void assign(Run *run, const Stmt *stmt)
{
    Vector values;
    const int lanes = stmt->target->lanes ? run->lanes : 1;
    for (run->lane = 0; run->lane < lanes; run->lane++)
        values.lane[run->lane] = assigned(run, stmt);
    for (run->lane = 0; run->lane < lanes; run->lane++)
        store(run, stmt->target, values.lane[run->lane]);
    run->lane = 0;
}

static void declare(Run *run, const Stmt *stmt)
{
    Variable *variable = variable_of(run, stmt->symbol);
    memset(variable->known, 0, (size_t)elements_of(stmt->symbol) * sizeof(bool));
    const int lanes = stmt->symbol->lanes ? run->lanes : 1;
    for (run->lane = 0; stmt->value && run->lane < lanes; run->lane++)
        set(run, stmt->symbol, 0, evaluate(run, stmt->value));
    run->lane = 0;
}

static void execute(Run *run, const Stmt *stmt)
{
    int known = run->symbols;
    if (stmt->kind == ST_FOR) {
        long long to = evaluate(run, stmt->to).whole;
        for (long long v = evaluate(run, stmt->from).whole; stmt->step > 0 ? v < to : v >= to; v += stmt->step) {
            set(run, stmt->symbol, 0, (Number){.whole = v});
            execute(run, stmt->body);
        }
        run->symbols = known;
    } else if (stmt->kind == ST_IF) {
        const Stmt *taken = evaluate(run, stmt->value).whole ? stmt->body : stmt->other;
        if (taken)
            execute(run, taken);
    } else if (stmt->kind == ST_DECLARE) {
        declare(run, stmt);
    } else if (stmt->kind == ST_ASSIGN) {
        assign(run, stmt);
    } else if (stmt->kind == ST_BLOCK) {
        for (int i = 0; i < stmt->count; i++)
            execute(run, stmt->items[i]);
        run->symbols = known;
    }
}

/* ---- memory ---- */

/* Numbers that depend on a name, small and of both signs; for places NaN: nothing is there yet. */
static Cells new_cells(const char *name, long long count, bool filled)
{
    Cells cells = {count, NEW_ARRAY(count, double), NEW_ARRAY(count, int)};
    uint64_t hash = hash_text(name);
    for (long long i = 0; i < count; i++) {
        hash = hash_bytes(hash, &i, sizeof i);
        cells.reals[i] = filled ? (double)(hash >> 44) / 1048576 * 2 - 1 : (double)NAN;
        cells.ints[i] = filled ? (int)(hash >> 32) & 1 : -1;
    }
    return cells;
}

static const Tensor *root_of(const Tensor *tensor)
{
    return tensor->view ? tensor->view : tensor;
}

static int find_owner(const Memory *memory, const void *owner, Role role)
{
    for (int i = 0; i < memory->count; i++)
        if ((const char *)memory->owner[i] == (const char *)owner + role)
            return i;
    return -1;
}

static Cells remembered(Memory *memory, const void *owner, Role role, const char *name, long long count, bool filled)
{
    int found = find_owner(memory, owner, role);
    if (found < 0) {
        Cells cells = new_cells(name, count, filled);
        found = memory->count;
        memory->reals = push_grow(memory->reals, found, sizeof *memory->reals);
        memory->ints = push_grow(memory->ints, found, sizeof *memory->ints);
        memory->reals[found] = cells.reals;
        memory->ints[found] = cells.ints;
        PUSH(memory->owner, memory->count, (const char *)owner + role);
    }
    return (Cells){count, memory->reals[found], memory->ints[found]};
}

/* Parameters are one array in the order of the model, gradients another; a tensor may cover a run of them. */
static Cells weight_cells(Memory *memory, const Tensor *tensor)
{
    const Model *model = memory->model;
    long long start = -1, count = 0;
    for (int i = 0; i < model->weights; i++) {
        if (model->weight[i] == tensor->weight)
            start = count;
        count += shape_elements(&model->weight[i]->shape);
    }
    bool weight = tensor->role == ROLE_WEIGHT;
    int known = memory->count;
    Cells all = remembered(memory, model, tensor->role, weight ? "weights" : "gradients", count, true);
    for (long long i = 0; weight && known < memory->count && i < count; i++)
        all.reals[i] = fabs(all.reals[i]); /* variances are among them */
    return (Cells){tensor->elements, all.reals + start, all.ints + start};
}

static Cells tensor_cells(Memory *memory, const Phase *phase, const Tensor *tensor)
{
    tensor = root_of(tensor);
    if (tensor->role == ROLE_WEIGHT || tensor->role == ROLE_GRADIENT)
        return weight_cells(memory, tensor);
    if (tensor->role == ROLE_STATE) {
        Cells cells =
            remembered(memory, tensor->state, ROLE_STATE, tensor->name, shape_elements(&tensor->state->shape), true);
        return (Cells){tensor->elements, cells.reals + tensor->offset, cells.ints};
    }
    if (tensor->role == ROLE_CONSTANT) {
        Cells cells = remembered(memory, tensor, tensor->role, tensor->name, tensor->elements, true);
        for (long long i = 0; i < tensor->elements; i++) {
            cells.reals[i] = tensor->numbers[i];
            cells.ints[i] = (int)tensor->numbers[i];
        }
        return cells;
    }
    bool inside = tensor->role == ROLE_VALUE || tensor->role == ROLE_SCRATCH;
    if (inside && memory->places == PLACES_ARENA) {
        long long size = tensor->type == TYPE_INT ? phase->arena_ints : phase->arena_reals;
        Cells arena =
            remembered(memory, phase, tensor->type == TYPE_INT ? ROLE_SCRATCH : ROLE_VALUE, "arena", size, false);
        return (Cells){tensor->elements, arena.reals + tensor->offset, arena.ints + tensor->offset};
    }
    bool given = tensor->role == ROLE_INPUT || tensor->role == ROLE_TARGET;
    int known = memory->count;
    Cells cells = remembered(memory, tensor, tensor->role, tensor->name, tensor->elements, given);
    if (tensor->role == ROLE_SCALAR && known < memory->count)
        memset(cells.reals, 0, (size_t)tensor->elements * sizeof(double));
    return cells;
}

/* ---- steps ---- */

static Number knob(Memory *memory, const Phase *phase, const char *text)
{
    size_t length = strcspn(text, "[");
    for (int i = 0; text[length] && i < phase->tensors; i++)
        if (strlen(phase->tensor[i]->name) == length && strncmp(phase->tensor[i]->name, text, length) == 0)
            return (Number){.real = tensor_cells(memory, phase, phase->tensor[i]).reals[0]};
    return (Number){.whole = (long long)(hash_text(text) & 0xFFFF), .real = 0.5};
}

static void evaluate_step(Memory *memory, const Phase *phase, const Step *step, int block)
{
    Run run = {.kernel = step->kernel,
               .cells = NEW_ARRAY(step->count, Cells),
               .lanes = lanes_of(memory->model->options, step->kernel)};
    for (int i = 0; i < step->count; i++)
        if (step->kernel->parameters[i].array)
            run.cells[i] = tensor_cells(memory, phase, step->arguments[i].tensor);
        else if (strcmp(step->arguments[i].text, "block") == 0)
            set(&run, step->kernel->parameters[i].symbol, 0, (Number){.whole = block});
        else
            set(&run, step->kernel->parameters[i].symbol, 0, knob(memory, phase, step->arguments[i].text));
    check_printable(step->kernel, run.lanes, subject);
    execute(&run, step->kernel->body);
}

void evaluate_phase(Memory *memory, const Phase *phase)
{
    for (int s = 0, last; s < phase->steps; s = last + 1) {
        const Rounds *rounds = phase->step[s]->rounds;
        last = last_of_rounds(phase, s);
        for (int block = 0; block < (rounds ? rounds->count : 1); block++)
            for (int i = s; i <= last; i++)
                evaluate_step(memory, phase, phase->step[i], block);
    }
}

/* Copies that a pass makes for itself are no results. */
static bool is_copy(const Array *array)
{
    return array && (strstr(array->name, "_packed") || strstr(array->name, "_transposed"));
}

uint64_t evaluate_kernel(const Kernel *kernel, int lanes)
{
    Run run = {.kernel = kernel, .cells = NEW_ARRAY(kernel->count, Cells), .lanes = lanes};
    for (int i = 0; i < kernel->count; i++) {
        const Array *array = kernel->parameters[i].array;
        if (!array) {
            set(&run, kernel->parameters[i].symbol, 0, (Number){.whole = 5, .real = 0.5});
            continue;
        }
        long long elements = 1;
        for (int d = 0; d < array->rank; d++)
            elements *= array->dims[d]->number;
        run.cells[i] = new_cells(array->name, elements, true);
    }
    check_printable(kernel, lanes, subject);
    execute(&run, kernel->body);
    uint64_t hash = 1;
    for (int i = 0; i < kernel->count; i++)
        if (run.cells[i].reals && !is_copy(kernel->parameters[i].array)) {
            hash = hash_bytes(hash, run.cells[i].reals, (size_t)run.cells[i].count * sizeof(double));
            hash = hash_bytes(hash, run.cells[i].ints, (size_t)run.cells[i].count * sizeof(int));
        }
    return hash;
}

uint64_t evaluate_results(const Memory *memory, const Phase *phase)
{
    uint64_t hash = 1;
    Memory known = *memory;
    for (int i = 0; i < phase->tensors; i++) {
        const Tensor *tensor = root_of(phase->tensor[i]);
        if (tensor->role == ROLE_VALUE || tensor->role == ROLE_SCRATCH || tensor->role == ROLE_CONSTANT)
            continue;
        Cells cells = tensor_cells(&known, phase, tensor);
        if (tensor->type == TYPE_REAL)
            hash = hash_bytes(hash, cells.reals, (size_t)tensor->elements * sizeof(double));
    }
    return hash;
}

void evaluate_model(const Model *model, const char *spec, Places places, uint64_t results[PHASES])
{
    evaluate_subject(spec);
    for (int p = 0; p < PHASES; p++) {
        if (!model->phase[p])
            continue;
        Memory memory = {.model = model, .places = places};
        evaluate_phase(&memory, model->phase[p]);
        results[p] = evaluate_results(&memory, model->phase[p]);
    }
}

void evaluate_same(const char *pass, const uint64_t before[PHASES], const uint64_t after[PHASES])
{
    for (int p = 0; p < PHASES; p++)
        if (before[p] != after[p])
            fail_msg("%s changes what phase %d computes in\n%s", pass, p, subject);
}
