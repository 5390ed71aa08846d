/* join.c - the consumer of a pair moves into its producer. Its formula stands behind the store, and reads the value that
 * is stored there instead of the array; its subscripts become the producer's; its parameters join the producer's. */
#include "expr.h"
#include "pair.h"
#include "steps.h"

#include <string.h>

typedef struct Join {
    const Producer *producer;
    const Consumer *consumer;
    const Groups *groups;
    Symbol *value; /* what the producer stores */
    int count;
    Array **from, **to;
    Changes scalars; /* the consumer's knobs that the producer has already */
} Join;

static bool name_taken(const Kernel *kernel, const char *name)
{
    for (int i = 0; i < kernel->count; i++) {
        const Parameter *parameter = &kernel->parameters[i];
        if (strcmp(parameter->array ? parameter->array->name : parameter->symbol->name, name) == 0)
            return true;
    }
    return false;
}

/* y, else relu_y, else relu_y_2, ... */
static const char *free_name(const Kernel *kernel, const char *owner, const char *name)
{
    const char *own = name_taken(kernel, name) ? format("%s_%s", owner, name) : name, *unique = own;
    for (int number = 2; name_taken(kernel, unique); number++)
        unique = format("%s_%d", own, number);
    return unique;
}

/* The consumer's loop variable in terms of the producer's subscripts. */
static Expr *linear_index(const Producer *producer, int first, int end)
{
    Expr *index = expr_int(0);
    for (int i = first; i < end; i++)
        index =
            expr_binary(EX_ADD, expr_binary(EX_MUL, index, producer->joint->dims[i]), producer->store->target->args[i]);
    return index;
}

typedef struct Access {
    const Array *array;
    const Expr *found;
} Access;

static void find_access(void *context, Expr *load, bool write)
{
    (void)write;
    Access *access = context;
    if (load->array == access->array)
        access->found = load;
}

/* The consumer's array with each of its dimensions replaced by the producer's group. */
static Array *regroup(const Join *join, const Array *array)
{
    Access access = {array, NULL};
    visit_loads(join->consumer->step->kernel->body, find_access, &access);
    Array *copy = NEW(Array);
    *copy = *array;
    copy->rank = 0;
    for (int i = 0; i < array->rank; i++) {
        int loop = access.found ? loop_of(join->consumer, access.found->args[i]) : -1;
        if (loop < 0) {
            copy->dims[copy->rank++] = array->dims[i];
            continue;
        }
        for (int d = join->groups->first[loop]; d < join->groups->first[loop + 1]; d++)
            copy->dims[copy->rank++] = join->producer->joint->dims[d];
    }
    return copy;
}

static Expr *joined_load(void *context, const Expr *load, Expr **subscripts)
{
    const Join *join = context;
    if (load->array == join->consumer->joint)
        return expr_name(join->value);
    Array *to = NULL;
    for (int i = 0; i < join->count; i++)
        if (join->from[i] == load->array)
            to = join->to[i];
    Expr **all = NULL;
    int count = 0;
    for (int i = 0; i < load->count; i++) {
        int loop = loop_of(join->consumer, load->args[i]);
        if (loop < 0) {
            PUSH(all, count, subscripts[i]);
            continue;
        }
        for (int d = join->groups->first[loop]; d < join->groups->first[loop + 1]; d++)
            PUSH(all, count, join->producer->store->target->args[d]);
    }
    return expr_load(to, count, all);
}

/* The producer's knob that is given the same text, or NULL. */
static Symbol *same_scalar(const Step *step, const char *text)
{
    for (int i = 0; i < step->count; i++)
        if (step->arguments[i].text && strcmp(step->arguments[i].text, text) == 0)
            return step->kernel->parameters[i].symbol;
    return NULL;
}

/* The consumer's arguments join the producer's; a tensor or a knob that is already there stays the one. */
static void join_parameters(Join *join)
{
    Step *into = join->producer->step, *from = join->consumer->step;
    for (int i = 0; i < from->count; i++) {
        Parameter parameter = from->kernel->parameters[i];
        if (parameter.array == join->consumer->joint && parameter.array)
            continue;
        Tensor *tensor = from->arguments[i].tensor;
        int known = tensor ? argument_of(into, tensor) : -1;
        Array *array = NULL;
        if (parameter.array) {
            array = known >= 0 ? into->kernel->parameters[known].array : regroup(join, parameter.array);
            array->constant &= parameter.array->constant;
            int count = join->count;
            PUSH(join->from, join->count, parameter.array);
            PUSH(join->to, count, array);
        }
        Symbol *scalar = array ? NULL : same_scalar(into, from->arguments[i].text);
        if (scalar)
            change_add(&join->scalars, parameter.symbol, expr_name(scalar));
        if (known >= 0 || scalar)
            continue;
        if (array) {
            array->name = free_name(into->kernel, from->kernel->template->name, array->name);
            parameter.array = array;
        } else { /* two steps of one template have the symbols of their knobs in common */
            Symbol *own = NEW(Symbol);
            *own = *parameter.symbol;
            change_add(&join->scalars, parameter.symbol, expr_name(own));
            parameter.symbol = own;
        }
        kernel_add(into->kernel, parameter);
        step_add(into, from->arguments[i]);
    }
}

static void remove_argument(Step *step, const Array *array)
{
    int kept = 0;
    for (int i = 0; i < step->count; i++)
        if (step->kernel->parameters[i].array != array) {
            step->kernel->parameters[kept] = step->kernel->parameters[i];
            step->arguments[kept++] = step->arguments[i];
        }
    step->count = step->kernel->count = kept;
}

static void join_bodies(Join *join, bool keep_store)
{
    const Producer *producer = join->producer;
    const Consumer *consumer = join->consumer;
    Stmt *block = stmt_block();
    block_add(block, stmt_declare(join->value, producer->store->value));
    if (keep_store)
        block_add(block, stmt_assign(producer->store->target, expr_name(join->value)));
    Changes changes = join->scalars;
    changes.load = joined_load;
    changes.context = join;
    Stmt *kernel = producer->step->kernel->body, *whole = stmt_block();
    for (int i = 0; i < consumer->hoisted; i++)
        block_add(whole, stmt_copy(&changes, consumer->step->kernel->body->items[i]));
    for (int i = 0; i < consumer->depth; i++)
        change_add(&changes, consumer->loop[i]->symbol,
                   linear_index(producer, join->groups->first[i], join->groups->first[i + 1]));
    block_add(block, stmt_copy(&changes, consumer->body));
    Stmt *old = producer->parent, *parent = stmt_block();
    for (int i = 0; i < old->count; i++)
        block_add(parent, i == producer->at ? block : old->items[i]);
    old->items = parent->items;
    old->count = parent->count;
    block_add(whole, kernel);
    producer->step->kernel->body = whole;
}

static void name_both(Kernel *kernel, const Kernel *other)
{
    if (!strstr(kernel->name, format("_%s", other->template->name)))
        kernel->name = format("%s_%s", kernel->name, other->template->name);
    if (!strstr(kernel->summary, other->summary))
        kernel->summary = format("%s; %s", kernel->summary, other->summary);
}

void join_pair(const Pair *pair)
{
    const Producer *producer = &pair->producer;
    Kernel *kernel = producer->step->kernel;
    Join join = {.producer = producer, .consumer = &pair->consumer, .groups = &pair->groups};
    join.value = symbol_new(SYM_LOCAL, TYPE_REAL, producer->joint->name);
    if (pair->keep)
        join.value->name = format("%s_value", producer->joint->name);
    join_parameters(&join);
    join_bodies(&join, pair->keep);
    if (!pair->keep)
        remove_argument(producer->step, producer->joint);
    name_both(kernel, pair->consumer.step->kernel);
    note_uses(kernel);
}
