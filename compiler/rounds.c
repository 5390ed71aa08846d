/* rounds.c - a block of samples goes through several steps before the next one does. Needs the samples in the lanes
 * (layout); leaves steps that take turns, and kernels of one block for them.
 *
 * The maps of a large batch leave the caches before the next step reads them: 128 maps of 28 x 28 x 6 numbers are
 * 2.4 MB, sixteen are 300 KB. So steps of which each works block by block make rounds,
 *     for block: convolution(block), pool(block), ...
 * and what only they see needs the room of one block. The gradient of a weight is a sum over all samples; it begins at
 * 0 before the rounds, and each of them adds to it (carry.c). Every number is made from the same numbers in the same
 * order: no bit changes. */
#include "carry.h"
#include "choose.h"
#include "expr.h"
#include "lives.h"
#include "steps.h"
#include "traffic.h"

#include <string.h>

/* A gradient that stays in the first cache while a block adds to it. */
static const long long GRADIENT_MOST_BYTES = FIRST_CACHE_BYTES;

typedef struct Maker {
    Phase *phase;
    int blocks, size, real_bytes; /* `size` samples each */
    Made_kernels made;            /* by those that they come from */
    int steps;                    /* the new ones */
    Step **step;
} Maker;

/* ---- steps that work block by block ---- */

static const Stmt *loop_with(const Stmt *stmt, const Symbol *symbol)
{
    if (stmt->kind == ST_FOR && stmt->symbol == symbol)
        return stmt;
    const Stmt *found = NULL;
    for (int i = 0; i < stmt->count && !found; i++)
        found = loop_with(stmt->items[i], symbol);
    if (!found && stmt->body)
        found = loop_with(stmt->body, symbol);
    if (!found && stmt->other)
        found = loop_with(stmt->other, symbol);
    return found;
}

typedef struct Check {
    const Maker *maker;
    const Step *step;
    const Stmt *loop;    /* over the blocks */
    const Array *exempt; /* the gradient to which a block adds; NULL: there is none */
    bool good;
} Check;

/* `block * size + n`: the sample, in a tensor whose samples lie one behind the other. */
static bool is_sample(const Expr *expr)
{
    return expr->kind == EX_ADD && expr->args[0]->kind == EX_MUL && expr->args[0]->args[0]->kind == EX_NAME &&
           expr->args[0]->args[1]->kind == EX_INT && expr->args[1]->kind == EX_NAME;
}

static bool lies_in_block(const Check *check, const Expr *load)
{
    const Expr *first = load->args[0];
    const Symbol *block = check->loop->symbol;
    const long long rows = load->array->dims[0]->number;
    if (first->kind == EX_NAME)
        return first->symbol == block && rows == check->maker->blocks;
    if (!is_sample(first) || first->args[0]->args[0]->symbol != block ||
        !is_int(first->args[0]->args[1], check->maker->size) || rows != check->maker->phase->batch)
        return false;
    const Stmt *samples = loop_with(check->loop, first->args[1]->symbol);
    return samples && counts_to(samples, check->maker->size);
}

/* What a block writes is its own; what it reads of what the steps make is its own, too. */
static void check_load(void *context, Expr *load, bool write)
{
    Check *check = context;
    if (load->array == check->exempt)
        return;
    const Tensor *tensor = tensor_of(check->step, load->array);
    if (write || in_arena(tensor))
        check->good &= load->array->rank > 1 && lies_in_block(check, load);
    check->good &= tensor->role != ROLE_GRADIENT;
}

static bool stays_in_block(const Maker *m, const Step *step, const Stmt *loop, const Array *exempt)
{
    Check check = {m, step, loop, exempt, true};
    visit_loads(loop->body, check_load, &check);
    for (int i = 0; i < loop->body->count; i++)
        check.good &= loop->body->items[i]->kind == ST_FOR;
    return check.good;
}

/* A nest of a step as a loop over the blocks, with the nest of zeros before it, if it needs one: a block of one or two
 * statements. NULL: it is something else. */
static Stmt *by_blocks(const Maker *m, const Step *step, const Stmt *item)
{
    Stmt *both = stmt_block();
    if (counts_to(item, m->blocks) && stays_in_block(m, step, item, NULL)) {
        block_add(both, (Stmt *)item);
        return both;
    }
    if (item->kind != ST_FOR)
        return NULL;
    const Nest nest = nest_of((Stmt *)item);
    Stmt *sums = nest.depth ? carried(&nest) : NULL;
    if (!sums || !counts_to(sums->items[1], m->blocks))
        return NULL;
    const Array *gradient = nest.body->items[2]->target->array;
    const Tensor *tensor = tensor_of(step, gradient);
    const bool small = tensor->elements * m->real_bytes <= GRADIENT_MOST_BYTES;
    return tensor->role == ROLE_GRADIENT && small && stays_in_block(m, step, sums->items[1], gradient) ? sums : NULL;
}

static bool works_by_blocks(const Maker *m, const Step *step)
{
    const Stmt *body = step->kernel->body;
    bool good = body->count > 0;
    for (int i = 0; good && i < body->count; i++)
        good = by_blocks(m, step, body->items[i]) != NULL;
    return good;
}

/* ---- whether rounds pay ---- */

/* Steps of a phase that may make rounds together. */
typedef struct Run {
    int first, last;
} Run;

static bool is_within(const Run *run, const Tensor *tensor)
{
    return tensor->born >= run->first && tensor->dies <= run->last;
}

/* Made by one step of the run, and used by a later one. */
static bool is_handed_on(const Maker *m, const Run *run, const Tensor *tensor)
{
    bool handed_on = false;
    for (int s = tensor->born + 1; s <= run->last && !handed_on; s++)
        handed_on = step_touches(m->phase->step[s], tensor);
    return handed_on;
}

/* All that two steps touch, one after the other. */
static long long bytes_of_pair(const Maker *m, int first)
{
    long long bytes = 0;
    for (int i = 0; i < m->phase->tensors; i++) {
        const Tensor *tensor = m->phase->tensor[i];
        if (in_arena(tensor) &&
            (step_touches(m->phase->step[first], tensor) || step_touches(m->phase->step[first + 1], tensor)))
            bytes += tensor_bytes(tensor, m->real_bytes);
    }
    return bytes;
}

/* Something goes from step to step that does not stay in the second cache, but a block of it does, with all that two
 * steps touch. */
static bool pays(const Maker *m, const Run *run)
{
    long long largest = 0, most = 0;
    for (int i = 0; i < m->phase->tensors; i++) {
        const Tensor *tensor = m->phase->tensor[i];
        const long long bytes = tensor_bytes(tensor, m->real_bytes);
        if (in_arena(tensor) && bytes > largest && tensor->born >= run->first && tensor->born < run->last &&
            is_handed_on(m, run, tensor))
            largest = bytes;
    }
    for (int s = run->first; s < run->last; s++) {
        const long long bytes = bytes_of_pair(m, s);
        most = bytes > most ? bytes : most;
    }
    const long long block = most / m->blocks;
    return largest > SECOND_CACHE_BYTES && block > FIRST_CACHE_BYTES && block < SECOND_CACHE_BYTES;
}

/* ---- kernels of one block ---- */

typedef struct Rewriting {
    int arrays;
    const Array **from; /* of tensors that nothing but the round sees, */
    Array **to;         /* of one block */
} Rewriting;

static Expr *load_in_block(void *context, const Expr *load, Expr **subscripts)
{
    const Rewriting *rewriting = context;
    for (int i = 0; i < rewriting->arrays; i++) {
        if (rewriting->from[i] != load->array)
            continue;
        Array *to = rewriting->to[i];
        if (to->rank < load->count)
            return expr_load(to, to->rank, subscripts + 1);
        Expr **places = NEW_ARRAY(load->count, Expr *);
        memcpy(places, subscripts, (size_t)load->count * sizeof *places);
        places[0] = subscripts[0]->args[1];
        return expr_load(to, load->count, places);
    }
    return NULL;
}

/* [blocks][...][n] without its first dimension, or as many rows as a block has samples. */
static Array *array_of_block(const Maker *m, const Array *array)
{
    Array *to = NEW(Array);
    *to = *array;
    if (array->dims[0]->number == m->blocks) {
        to->rank--;
        memmove(to->dims, array->dims + 1, (size_t)to->rank * sizeof *to->dims);
    } else {
        to->dims[0] = expr_int(m->size);
    }
    return to;
}

static Kernel *kernel_of_block(const Maker *m, const Step *step, const bool *within)
{
    const Kernel *from = step->kernel;
    Kernel *kernel = NEW(Kernel);
    *kernel = *from;
    kernel->parameters = NULL;
    kernel->count = 0;
    kernel->body = stmt_block();
    Rewriting rewriting = {0};
    for (int a = 0; a < from->count; a++) {
        kernel_add(kernel, from->parameters[a]);
        if (!within[a])
            continue;
        int count = rewriting.arrays;
        Array *to = array_of_block(m, from->parameters[a].array);
        PUSH(rewriting.to, count, to);
        PUSH(rewriting.from, rewriting.arrays, from->parameters[a].array);
        kernel->parameters[a].array = to;
    }
    Symbol *block = symbol_new(SYM_KNOB, TYPE_INT, "block");
    block->ranged = true;
    block->high = m->blocks - 1;
    for (int i = 0; i < from->body->count; i++) {
        const Stmt *item = from->body->items[i], *both = by_blocks(m, step, item);
        const Stmt *loop = both->items[both->count - 1];
        Changes changes = {.load = load_in_block, .context = &rewriting};
        change_add(&changes, loop->symbol, expr_name(block));
        Stmt *body = stmt_copy(&changes, loop->body);
        if (item->comment && body->count)
            body->items[0]->comment = item->comment;
        block_add(kernel->body, body);
    }
    if (stmt_mentions(kernel->body, block)) /* or all that it touches is of one block */
        kernel_add(kernel, (Parameter){.symbol = block});
    note_uses(kernel);
    return kernel;
}

/* Equal steps go on sharing one kernel. */
static void enter(Maker *m, Step *step, const Run *run)
{
    Text key = {0};
    text_add(&key, "%p ", (const void *)step->kernel);
    bool *within = NEW_ARRAY(step->count + 1, bool);
    for (int a = 0; a < step->count; a++) {
        const Tensor *tensor = step->arguments[a].tensor;
        within[a] = tensor && in_arena(root_tensor(tensor)) && is_within(run, root_tensor(tensor));
        text_add(&key, "%d", within[a]);
    }
    Kernel **kernel = made_kernel(&m->made, key.bytes);
    if (!*kernel)
        *kernel = kernel_of_block(m, step, within);
    step->kernel = *kernel;
    if (step->count < (*kernel)->count)
        step_add(step, (Argument){.text = "block"});
}

/* ---- gradients that begin at 0 ---- */

static const Template zeros_template = {.category = CATEGORIES, .name = "rounds"};

static Kernel *zeros_kernel(const Tensor *tensor)
{
    Array *array = NEW(Array);
    *array = (Array){.name = "g", .type = TYPE_REAL, .rank = 1};
    array->dims[0] = expr_int(tensor->elements);
    Kernel *kernel = NEW(Kernel);
    *kernel = (Kernel){.name = "zeros",
                       .summary = "a gradient begins at 0, and each block of samples adds to it",
                       .template = &zeros_template,
                       .body = stmt_block()};
    kernel_add(kernel, (Parameter){.array = array});
    Stmt *loop = stmt_for(symbol_new(SYM_LOOP, TYPE_INT, "i"), expr_int(0), expr_int(tensor->elements), 1);
    Expr **place = NEW_ARRAY(1, Expr *);
    place[0] = expr_name(loop->symbol);
    block_add(loop->body, stmt_assign(expr_load(array, 1, place), expr_real("0.0")));
    block_add(kernel->body, loop);
    note_uses(kernel);
    return kernel;
}

static void add_zeros(Maker *m, const Step *step)
{
    for (int a = 0; a < step->count; a++) {
        Tensor *tensor = step->arguments[a].tensor;
        if (!tensor || root_tensor(tensor)->role != ROLE_GRADIENT)
            continue;
        Kernel **kernel = made_kernel(&m->made, format("zeros %lld", tensor->elements));
        if (!*kernel)
            *kernel = zeros_kernel(tensor);
        Step *zeros = NEW(Step);
        *zeros = (Step){.title = step->title, .span = step->span, .source = *kernel, .kernel = *kernel};
        step_add(zeros, (Argument){.tensor = tensor});
        PUSH(m->step, m->steps, zeros);
    }
}

/* ---- rounds ---- */

/* What nobody else sees is made anew by each block. */
static void shrink_tensors(const Maker *m, const Run *run)
{
    for (int i = 0; i < m->phase->tensors; i++) {
        Tensor *tensor = m->phase->tensor[i];
        const Tensor *root = root_tensor(tensor);
        if (root->born < 0 || !in_arena(root) || !is_within(run, root))
            continue;
        tensor->elements /= m->blocks;
        tensor->dims[0] /= m->blocks;
    }
}

static void make_rounds(Maker *m, const Run *run)
{
    Rounds *rounds = NEW(Rounds);
    rounds->count = m->blocks;
    for (int s = run->first; s <= run->last; s++)
        add_zeros(m, m->phase->step[s]);
    for (int s = run->first; s <= run->last; s++) {
        Step *step = m->phase->step[s];
        enter(m, step, run);
        step->rounds = rounds;
        PUSH(m->step, m->steps, step);
    }
    shrink_tensors(m, run);
}

/* From a step on, as many as work block by block. */
static Run run_from(const Maker *m, int first)
{
    Run run = {first, first - 1};
    while (run.last + 1 < m->phase->steps && works_by_blocks(m, m->phase->step[run.last + 1]))
        run.last++;
    return run;
}

static void take_turns(const Model *model, Phase *phase)
{
    Maker m = {.phase = phase, .size = phase->block, .real_bytes = model->options->float64 ? 8 : 4};
    m.blocks = phase->batch / m.size;
    find_lives(phase);
    for (int s = 0; s < phase->steps;) {
        const Run run = run_from(&m, s);
        if (run.last > run.first && pays(&m, &run))
            make_rounds(&m, &run);
        else
            for (int i = s; i <= run.last; i++)
                PUSH(m.step, m.steps, phase->step[i]);
        s = run.last + 1;
        if (s < phase->steps)
            PUSH(m.step, m.steps, phase->step[s]);
        s++;
    }
    phase->step = m.step;
    phase->steps = m.steps;
}

/* A loop of the round counts `block`: no argument of the function may have that name. */
static bool name_is_free(const Model *model)
{
    bool taken = false;
    for (int i = 0; i < model->inputs; i++)
        taken |= strcmp(model->input[i]->name, "block") == 0;
    for (int i = 0; i < model->targets; i++)
        taken |= strcmp(model->target[i]->name, "block") == 0;
    return !taken;
}

void rounds(Model *model)
{
    if (model->options->threads || !name_is_free(model)) /* threads share the blocks of each step */
        return;
    for (int p = 0; p < PHASES; p++)
        if (model->phase[p] && model->phase[p]->block && model->phase[p]->block < model->phase[p]->batch)
            take_turns(model, model->phase[p]);
    set_owners(model);
}
