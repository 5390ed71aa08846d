/* masks.c - where the backward pass asks of each element of a value but one question, and all else is done with it, the
 * answers are kept instead, a bit each: whether a ReLU let the gradient through. A thirty-second of the memory, for two
 * or three instructions an element; the answers are the same, and so are the bits of what is trained.
 *
 * For machines of which instructions and bytes are counted, and only for values that lie where the phase needs most:
 * there it makes the arena smaller. Needs steps in their final order, and kernels that no two steps share. */
#include "expr.h"
#include "lives.h"
#include "steps.h"

#include <string.h>

enum { WORD_BITS = 32 };

static const Function bit = {"bit", "nnc_bit", "nnc_bit", NULL, 2, {TYPE_INT, TYPE_INT}, false};
static const Function with_bit = {"with_bit", "nnc_with_bit", "nnc_with_bit", NULL, 3, {TYPE_INT, TYPE_INT, TYPE_INT},
                                  false};

static Expr *call(const Function *function, Expr *first, Expr *second, Expr *third)
{
    Expr *args[] = {first, second, third};
    Expr *expr = NEW(Expr);
    *expr = (Expr){.kind = EX_CALL, .type = TYPE_INT, .count = function->arguments, .function = function};
    expr->args = NEW_ARRAY(expr->count, Expr *);
    for (int i = 0; i < expr->count; i++)
        expr->args[i] = args[i];
    return expr;
}

/* ---- questions ---- */

/* A condition on one element of an array and nothing else: `x > 0`, where x is the element. */
typedef struct Question {
    const Array *array;
    Symbol *element;
    const Expr *load; /* in the condition */
    bool other;       /* it asks something else, too */
} Question;

static Expr *take_element(void *context, const Expr *load, Expr **subscripts)
{
    (void)subscripts;
    Question *question = context;
    question->other |= load->array != question->array || (question->load && !same_expr(load, question->load));
    question->load = load;
    return expr_name(question->element);
}

static void look_for_others(void *context, Expr *expr, bool write)
{
    (void)write;
    Question *question = context;
    question->other |= expr->kind == EX_CALL || (expr->kind == EX_NAME && expr->symbol != question->element);
}

/* The condition as a question to `element`; NULL if it is none. The load is left in `question`. */
static Expr *question_of(Question *question, const Expr *condition)
{
    Changes changes = {.load = take_element, .context = question};
    question->load = NULL;
    question->other = false;
    Expr *asked = expr_copy(&changes, condition);
    visit_expr(asked, look_for_others, question);
    return question->load && !question->other ? asked : NULL;
}

/* What the steps behind the last one that needs the numbers ask of a value. */
typedef struct Mask {
    Tensor *value, *bits;
    Symbol *element;
    const Expr *asked;
    int last;             /* the last step that needs the numbers, or makes them */
    const Array *array;   /* of the step that is looked at */
    int loads, questions; /* loads of the array, and those that are questions */
} Mask;

static void count_loads(void *context, Expr *expr, bool write)
{
    (void)write;
    Mask *mask = context;
    if (expr->kind == EX_LOAD)
        mask->loads += expr->array == mask->array;
    if (expr->kind != EX_COND)
        return;
    Question question = {.array = mask->array, .element = mask->element};
    const Expr *asked = question_of(&question, expr->args[0]);
    if (!asked || (mask->asked && !same_expr(asked, mask->asked)))
        return;
    const int before = mask->loads;
    mask->asked = asked;
    visit_expr(expr->args[0], count_loads, mask);
    mask->questions += mask->loads - before;
    mask->loads = before;
}

/* All that a step wants of the value is answers to the question. */
static bool only_asks(Mask *mask, const Step *step)
{
    bool only = true;
    for (int a = 0; only && a < step->count; a++) {
        if (step->arguments[a].tensor != mask->value)
            continue;
        mask->array = step->kernel->parameters[a].array;
        mask->loads = mask->questions = 0;
        visit_stmt(step->kernel->body, count_loads, mask);
        only = !mask->array->written && mask->questions && mask->loads == mask->questions;
    }
    return only;
}

static bool has_views(const Phase *phase, const Tensor *tensor)
{
    bool found = false;
    for (int i = 0; i < phase->tensors; i++)
        found |= phase->tensor[i]->view == tensor;
    return found;
}

/* The steps that only ask, from behind; the first one that does not is the last that needs the numbers. */
static bool find_mask(const Phase *phase, Tensor *value, Mask *mask)
{
    *mask = (Mask){.value = value, .element = symbol_new(SYM_LOCAL, TYPE_REAL, "x")};
    if (!in_arena(value) || value->type != TYPE_REAL || has_views(phase, value))
        return false;
    mask->last = value->dies;
    while (mask->last > value->born &&
           (!step_touches(phase->step[mask->last], value) || only_asks(mask, phase->step[mask->last])))
        mask->last--;
    return mask->asked != NULL;
}

/* ---- the bits instead ---- */

static Array *bits_array(const Mask *mask, const char *name, bool constant)
{
    Array *array = NEW(Array);
    *array = (Array){.name = name, .type = TYPE_INT, .constant = constant, .rank = 1};
    array->dims[0] = expr_int(mask->bits->elements);
    return array;
}

static Expr *element_of(Array *array, Expr *place)
{
    Expr **places = NEW_ARRAY(1, Expr *);
    *places = place;
    return expr_load(array, 1, places);
}

/* The place of a load in its array, all of whose dimensions are numbers. */
static Expr *flat_place(const Expr *load)
{
    Changes none = {0};
    Expr *place = expr_int(0);
    for (int i = 0; i < load->count; i++)
        place = expr_binary(EX_ADD, expr_binary(EX_MUL, place, expr_int(load->array->dims[i]->number)),
                            expr_copy(&none, load->args[i]));
    return place;
}

typedef struct Rewriting {
    Question question;
    Array *bits;
} Rewriting;

static void ask_bits(void *context, Expr *expr, bool write)
{
    (void)write;
    Rewriting *rewriting = context;
    if (expr->kind != EX_COND || !question_of(&rewriting->question, expr->args[0]))
        return;
    const Expr *load = rewriting->question.load;
    Expr *word = element_of(rewriting->bits, expr_binary(EX_DIV, flat_place(load), expr_int(WORD_BITS)));
    expr->args[0] = expr_binary(EX_NE, call(&bit, word, flat_place(load), NULL), expr_int(0));
}

static void rewrite_step(const Mask *mask, Step *step)
{
    for (int a = 0; a < step->count; a++) {
        if (step->arguments[a].tensor != mask->value)
            continue;
        Array **array = &step->kernel->parameters[a].array;
        Rewriting rewriting = {{.array = *array, .element = mask->element},
                               bits_array(mask, format("%s_bits", (*array)->name), true)};
        visit_stmt(step->kernel->body, ask_bits, &rewriting);
        *array = rewriting.bits;
        step->arguments[a].tensor = mask->bits;
    }
    note_uses(step->kernel);
}

/* for (i = from; i < to; i++) { bits[i] = 0; for (b < count) bits[i] = with_bit(bits[i], b, asked(x[32 i + b])); } */
static Stmt *packing_nest(const Mask *mask, Array *x, Array *bits, long long from, long long to, long long count)
{
    Symbol *i = symbol_new(SYM_LOOP, TYPE_INT, "i"), *b = symbol_new(SYM_LOOP, TYPE_INT, "b");
    Expr *place = expr_binary(EX_ADD, expr_binary(EX_MUL, expr_name(i), expr_int(WORD_BITS)), expr_name(b));
    Changes changes = {0};
    change_add(&changes, mask->element, element_of(x, place));
    Stmt *words = stmt_for(i, expr_int(from), expr_int(to), 1), *word = stmt_for(b, expr_int(0), expr_int(count), 1);
    Expr *next = call(&with_bit, element_of(bits, expr_name(i)), expr_name(b), expr_copy(&changes, mask->asked));
    block_add(word->body, stmt_assign(element_of(bits, expr_name(i)), next));
    block_add(words->body, stmt_assign(element_of(bits, expr_name(i)), expr_int(0)));
    block_add(words->body, word);
    return words;
}

static Step *packing_step(const Mask *mask, const Step *after)
{
    Array *x = NEW(Array), *bits = bits_array(mask, "bits", false);
    *x = (Array){.name = "x", .type = TYPE_REAL, .constant = true, .rank = 1};
    x->dims[0] = expr_int(mask->value->elements);
    Step *step = NEW(Step);
    Kernel *kernel = NEW(Kernel);
    *kernel = (Kernel){.name = "mask",
                       .summary = "of each element the bit that its gradient asks for",
                       .template = after->kernel->template,
                       .span = after->kernel->span,
                       .owner = step};
    *step = (Step){.title = mask->value->name, .span = after->span, .source = kernel, .kernel = kernel};
    kernel_add(kernel, (Parameter){.array = x});
    kernel_add(kernel, (Parameter){.array = bits});
    step_add(step, (Argument){.tensor = mask->value});
    step_add(step, (Argument){.tensor = mask->bits});
    kernel->body = stmt_block();
    long long whole = mask->value->elements / WORD_BITS, rest = mask->value->elements % WORD_BITS;
    if (whole)
        block_add(kernel->body, packing_nest(mask, x, bits, 0, whole, WORD_BITS));
    if (rest)
        block_add(kernel->body, packing_nest(mask, x, bits, whole, whole + 1, rest));
    note_uses(kernel);
    return step;
}

static void insert_step(Phase *phase, int at, Step *step)
{
    PUSH(phase->step, phase->steps, step);
    memmove(phase->step + at + 1, phase->step + at, (size_t)(phase->steps - 1 - at) * sizeof(Step *));
    phase->step[at] = step;
}

static void keep_bits(Phase *phase, Mask *mask)
{
    Tensor *bits = NEW(Tensor);
    Names names = tensor_names(phase);
    *bits = (Tensor){.name = take_name(&names, format("%s_bits", mask->value->name)),
                     .role = ROLE_VALUE,
                     .type = TYPE_INT,
                     .rank = 1,
                     .elements = (mask->value->elements + WORD_BITS - 1) / WORD_BITS};
    bits->dims[0] = (int)bits->elements;
    PUSH(phase->tensor, phase->tensors, bits);
    mask->bits = bits;
    for (int s = mask->last + 1; s <= mask->value->dies; s++)
        if (step_touches(phase->step[s], mask->value))
            rewrite_step(mask, phase->step[s]);
    insert_step(phase, mask->last + 1, packing_step(mask, phase->step[mask->last]));
}

/* ---- where it makes the arena smaller ---- */

/* Where the most is alive, and how much that is. */
typedef struct Peak {
    int step;
    long long bytes;
} Peak;

static Peak peak_of(Phase *phase, int real_bytes)
{
    find_lives(phase);
    find_heirs(phase);
    const Profile profile = profile_of(phase, 1);
    Peak peak = {0};
    for (int t = 0; t < profile.times; t++) {
        long long bytes = profile.reals[t] * real_bytes + profile.ints[t] * 4;
        if (bytes > peak.bytes)
            peak = (Peak){profile.step[t], bytes};
    }
    return peak;
}

/* The largest value that is only waiting for its question where most is alive. */
static bool find_largest(const Phase *phase, int full, Mask *largest)
{
    bool found = false;
    for (int i = 0; i < phase->tensors; i++) {
        Tensor *value = phase->tensor[i];
        bool waits = value->born < full && value->dies >= full && value->elements > WORD_BITS;
        Mask mask;
        if (!waits || (found && value->elements <= largest->value->elements) || !find_mask(phase, value, &mask) ||
            mask.last >= full)
            continue;
        *largest = mask;
        found = true;
    }
    return found;
}

void masks(Model *model)
{
    PhaseKind kind = model->phase[PHASE_TRAIN] ? PHASE_TRAIN : PHASE_GRADIENT;
    Phase *phase = model->phase[kind];
    if (!phase || !model->options->machine->in_order || model->options->lanes > 1 || model->options->branches)
        return;
    const int real_bytes = model->options->float64 ? 8 : 4;
    Peak peak = peak_of(phase, real_bytes);
    long long least = peak.bytes;
    for (Mask mask; find_largest(phase, peak.step, &mask);) {
        if (model->phase[kind] == phase)
            model->phase[kind] = phase_copy(phase);
        keep_bits(phase, &mask);
        peak = peak_of(phase, real_bytes);
        if (peak.bytes >= least)
            continue;
        least = peak.bytes;
        model->phase[kind] = phase_copy(phase);
    }
}
