/* fuse.c - moves elementwise steps into the step that makes what they read.
 *
 * A consumer is a single nest that computes each element from the same element of its inputs. Where a producer stores
 * an element, the consumer's formula is written behind the store, and if nobody else reads the value between them it
 * needs no memory at all: y = relu(x W + b), h = g + lambda w followed by w -= rate h. The arithmetic stays the same
 * operation for operation, so the bits do.
 *
 * A consumer may have nests before, which make what its formula reads (the factors of a normalisation) and need nothing
 * of the producer: they move in front of it. What they make is then alive beside all that the producer needs, so that
 * is done last, and only where the phase needs no more memory for it than before; or hardly more, on machines with
 * vectors, if the description sets no budget. */
#include "fuse.h"
#include "affine.h"
#include "lives.h"
#include "order.h"
#include "steps.h"

#include <stdlib.h>
#include <string.h>

/* ---- the consumer: one elementwise nest ---- */

typedef struct Consumer {
    Step *step;
    int hoisted;    /* declarations and nests before the nest */
    bool has_nests; /* nests among them */
    int depth;
    Stmt *loop[RANK_MAX];
    const Stmt *body;
    Array *joint; /* what it reads of the producer */
} Consumer;

/* The loops run over the whole array: the first input of a concat fills only a part of its output. */
static bool is_pointwise(const Consumer *consumer, const Expr *load)
{
    if (load->count != consumer->depth)
        return false;
    for (int i = 0; i < load->count; i++)
        if (load->args[i]->kind != EX_NAME || load->args[i]->symbol != consumer->loop[i]->symbol ||
            !same_expr(consumer->loop[i]->to, load->array->dims[i]))
            return false;
    return true;
}

typedef struct Check {
    const Consumer *consumer;
    bool good;
} Check;

/* A function that takes long stands in the store of a sum only if so few elements have it: more would be computed in
 * every tile of the sum, among what its registers hold. */
enum { HEAVY_MOST = 16 };

static bool is_heavy(const Expr *expr)
{
    if (expr->kind != EX_CALL)
        return false;
    return !expr->function->kinked && strcmp(expr->function->name, "sqrtf") != 0;
}

/* Everything that is written, and everything that is read of what is written or joint, is pointwise. */
static void check_access(void *context, Expr *load, bool write)
{
    Check *check = context;
    const Consumer *consumer = check->consumer;
    bool own = write || load->array == consumer->joint || stmt_writes(consumer->body, load->array);
    if (own && !is_pointwise(consumer, load))
        check->good = false;
}

static void check_heavy(void *context, Expr *expr, bool write)
{
    (void)write;
    if (is_heavy(expr))
        *(bool *)context = true;
}

static bool only_simple(const Stmt *body)
{
    for (int i = 0; i < body->count; i++)
        if (body->items[i]->kind != ST_DECLARE && body->items[i]->kind != ST_ASSIGN)
            return false;
    return true;
}

static bool consumer_read(Consumer *consumer)
{
    const Stmt *body = consumer->step->kernel->body;
    for (; consumer->hoisted + 1 < body->count; consumer->hoisted++) {
        const Stmt *item = body->items[consumer->hoisted];
        consumer->has_nests |= item->kind == ST_FOR;
        if ((item->kind != ST_DECLARE && item->kind != ST_FOR) || stmt_reads(item, consumer->joint))
            return false;
    }
    if (consumer->hoisted + 1 != body->count || body->items[consumer->hoisted]->kind != ST_FOR)
        return false;
    Stmt *at = body->items[consumer->hoisted];
    while (at->kind == ST_FOR && consumer->depth < RANK_MAX) {
        if (!is_int(at->from, 0) || at->to->kind != EX_INT || at->step != 1)
            return false;
        consumer->loop[consumer->depth++] = at;
        consumer->body = at->body;
        if (at->body->count != 1)
            break;
        at = at->body->items[0];
    }
    if (!consumer->depth || !only_simple(consumer->body))
        return false;
    Check check = {consumer, true};
    visit_loads(consumer->body, check_access, &check);
    return check.good;
}

/* ---- the producer: one store in a nest over all elements ---- */

typedef struct Producer {
    Step *step;
    Array *joint;
    Stmt *store, *parent; /* parent: the block that holds the store */
    int at;
    int loops;
    const Stmt *loop[4 * RANK_MAX]; /* around the store */
    bool reduces;                   /* a loop beside the store in its block */
    int stores;
} Producer;

static void find_store(Producer *producer, Stmt *stmt, int depth, bool guarded)
{
    if (stmt->kind == ST_BLOCK)
        for (int i = 0; i < stmt->count; i++) {
            Stmt *item = stmt->items[i];
            if (item->kind == ST_ASSIGN && item->target->kind == EX_LOAD && item->target->array == producer->joint) {
                producer->stores += guarded || item->add ? 2 : 1;
                producer->store = item;
                producer->parent = stmt;
                producer->at = i;
                producer->loops = depth;
            }
            find_store(producer, item, depth, guarded);
        }
    if (stmt->kind == ST_FOR && depth < 4 * RANK_MAX) {
        const Stmt *outer = producer->loop[depth];
        if (!producer->store)
            producer->loop[depth] = stmt;
        find_store(producer, stmt->body, depth + 1, guarded);
        if (!producer->store)
            producer->loop[depth] = outer;
    }
    if (stmt->kind == ST_IF) {
        find_store(producer, stmt->body, depth, true);
        if (stmt->other)
            find_store(producer, stmt->other, depth, true);
    }
}

static const Stmt *loop_over(const Producer *producer, const Expr *subscript)
{
    for (int i = 0; i < producer->loops; i++)
        if (subscript->kind == EX_NAME && producer->loop[i]->symbol == subscript->symbol)
            return producer->loop[i];
    return NULL;
}

/* One store, not read again, at subscripts that are just the loops around it, each over its whole dimension. */
static bool producer_read(Producer *producer)
{
    const Kernel *kernel = producer->step->kernel;
    find_store(producer, kernel->body, 0, false);
    if (producer->stores != 1 || producer->joint->read || producer->loops != producer->store->target->count)
        return false;
    for (int i = 0; i < producer->loops; i++) {
        const Stmt *loop = loop_over(producer, producer->store->target->args[i]);
        if (!loop || !is_int(loop->from, 0) || !same_expr(loop->to, producer->joint->dims[i]) || loop->step != 1)
            return false;
        for (int j = 0; j < i; j++)
            if (loop_over(producer, producer->store->target->args[j]) == loop)
                return false;
    }
    for (int i = 0; i < producer->parent->count; i++)
        producer->reduces |= producer->parent->items[i]->kind == ST_FOR;
    return true;
}

/* ---- dimensions of the consumer as groups of the producer's ---- */

typedef struct Groups {
    int first[RANK_MAX + 1]; /* of the producer's dimensions, for each loop of the consumer */
} Groups;

static bool match_dimensions(const Producer *producer, const Consumer *consumer, Groups *groups)
{
    int at = 0;
    for (int i = 0; i < consumer->depth; i++) {
        groups->first[i] = at;
        long long product = 1, wanted = consumer->loop[i]->to->number;
        while (at < producer->joint->rank && product < wanted)
            product *= producer->joint->dims[at++]->number;
        if (product != wanted)
            return false;
    }
    groups->first[consumer->depth] = at;
    return at == producer->joint->rank;
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

/* ---- tensors ---- */

static bool same_place(Tensor *left, Tensor *right)
{
    if (!left || !right)
        return false;
    left = root_tensor(left);
    right = root_tensor(right);
    if (left == right)
        return true;
    return left->role == right->role && (left->weight || left->state) && left->weight == right->weight &&
           left->state == right->state;
}

static bool step_writes(const Step *step, int argument)
{
    const Array *array = step->kernel->parameters[argument].array;
    return array && array->written;
}

static int argument_of(const Step *step, Tensor *tensor)
{
    for (int i = 0; i < step->count; i++)
        if (same_place(step->arguments[i].tensor, tensor))
            return i;
    return -1;
}

/* ---- who uses a place: so that a step is compared with those that it may meet, not with all ---- */

typedef struct Use {
    Tensor *tensor;
    const void *place; /* the weight or the state, or the tensor itself */
    int step;
} Use;

/* The steps that use one place, in their order. A step that was fused away may still stand in it. */
typedef struct Users {
    int count;
    int *step;
} Users;

typedef struct Fuser {
    Phase *phase;
    bool hoists; /* consumers with nests before their formula are taken, too */
    Step **step; /* NULL: fused away */
    Users *users;
} Fuser;

static int compare_pointers(const void *a, const void *b)
{
    return ((uintptr_t)a > (uintptr_t)b) - ((uintptr_t)a < (uintptr_t)b);
}

static int compare_uses(const void *left, const void *right)
{
    const Use *a = left, *b = right;
    int order = compare_pointers(a->place, b->place);
    if (!order)
        order = (int)a->tensor->role - (int)b->tensor->role;
    return order ? order : (a->step > b->step) - (a->step < b->step);
}

static const void *place_key(const Tensor *root)
{
    return root->weight ? (const void *)root->weight : root->state ? (const void *)root->state : (const void *)root;
}

static void add_user(Users *users, int step)
{
    int at = users->count;
    PUSH(users->step, users->count, step);
    for (; at > 0 && users->step[at - 1] > step; at--)
        users->step[at] = users->step[at - 1];
    users->step[at] = step;
}

static Fuser fuser_of(Phase *phase)
{
    int count = 0, groups = 0;
    for (int i = 0; i < phase->steps; i++)
        count += phase->step[i]->count;
    Use *uses = NEW_ARRAY(count, Use);
    count = 0;
    for (int i = 0; i < phase->steps; i++)
        for (int a = 0; a < phase->step[i]->count; a++) {
            Tensor *tensor = phase->step[i]->arguments[a].tensor;
            if (tensor)
                uses[count++] = (Use){root_tensor(tensor), place_key(root_tensor(tensor)), i};
        }
    if (count)
        qsort(uses, (size_t)count, sizeof *uses, compare_uses);
    Fuser fuser = {.phase = phase, .step = phase->step, .users = NEW_ARRAY(count, Users)};
    for (int i = 0; i < count; i++) {
        if (i == 0 || !same_place(uses[i - 1].tensor, uses[i].tensor))
            groups++;
        uses[i].tensor->users = groups - 1;
        add_user(&fuser.users[groups - 1], uses[i].step);
    }
    return fuser;
}

/* Where in the list those behind a step begin. */
static int users_behind(const Users *users, int step)
{
    int low = 0, high = users->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (users->step[middle] > step)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static const Users *users_of(const Fuser *fuser, Tensor *tensor)
{
    return &fuser->users[root_tensor(tensor)->users];
}

/* The first step behind `after` that uses something that `from` writes; -1: none. */
static int next_candidate(const Fuser *fuser, const Step *from, int after)
{
    int next = -1;
    for (int a = 0; a < from->count; a++) {
        if (!from->arguments[a].tensor || !step_writes(from, a))
            continue;
        const Users *users = users_of(fuser, from->arguments[a].tensor);
        int i = users_behind(users, after);
        while (i < users->count && !fuser->step[users->step[i]])
            i++;
        if (i < users->count && (next < 0 || users->step[i] < next))
            next = users->step[i];
    }
    return next;
}

/* Nothing between producer and consumer makes what the consumer reads or touches what it writes. */
static bool may_move(const Fuser *fuser, int from, int to)
{
    const Step *consumer = fuser->step[to];
    for (int a = 0; a < consumer->count; a++) {
        Tensor *tensor = consumer->arguments[a].tensor;
        const Users *users = tensor ? users_of(fuser, tensor) : NULL;
        for (int i = users ? users_behind(users, from) : 0; users && i < users->count && users->step[i] < to; i++) {
            const Step *between = fuser->step[users->step[i]];
            if (!between)
                continue;
            int other = argument_of(between, tensor);
            if (other >= 0 && (step_writes(consumer, a) || step_writes(between, other)))
                return false;
        }
    }
    return true;
}

typedef struct Pointwise {
    const Array *array;
    const Producer *producer;
    bool good;
} Pointwise;

static void check_same_subscripts(void *context, Expr *load, bool write)
{
    (void)write;
    Pointwise *check = context;
    if (load->array != check->array)
        return;
    const Expr *target = check->producer->store->target;
    bool same = load->count == target->count;
    for (int i = 0; same && i < load->count; i++)
        same = same_expr(load->args[i], target->args[i]);
    check->good &= same;
}

static bool contains(const Stmt *stmt, const Stmt *wanted)
{
    if (stmt == wanted)
        return true;
    for (int i = 0; i < stmt->count; i++)
        if (contains(stmt->items[i], wanted))
            return true;
    return (stmt->body && contains(stmt->body, wanted)) || (stmt->other && contains(stmt->other, wanted));
}

/* The item of a block that a statement stands in. */
static int item_of(const Stmt *block, const Stmt *wanted)
{
    int item = 0;
    while (item < block->count && !contains(block->items[item], wanted))
        item++;
    return item;
}

/* A tensor that both use: what one of them writes, the other may use only at the very element. */
static bool shared_use_is_pointwise(const Producer *producer, const Consumer *consumer)
{
    for (int a = 0; a < consumer->step->count; a++) {
        Tensor *tensor = consumer->step->arguments[a].tensor;
        if (!tensor || consumer->step->kernel->parameters[a].array == consumer->joint)
            continue;
        int other = argument_of(producer->step, tensor);
        if (other < 0)
            continue;
        if (step_writes(producer->step, other))
            return false;
        if (!step_writes(consumer->step, a))
            continue;
        /* Nests before the store are over by then. */
        Pointwise check = {producer->step->kernel->parameters[other].array, producer, true};
        const Stmt *body = producer->step->kernel->body;
        for (int i = item_of(body, producer->store); i < body->count; i++)
            visit_loads(body->items[i], check_same_subscripts, &check);
        if (!check.good)
            return false;
    }
    return true;
}

/* What the nests before the consumer's formula touch is nothing that the producer makes, and keeps its shape. */
typedef struct Hoist {
    const Producer *producer;
    const Consumer *consumer;
    const Groups *groups;
    bool good;
} Hoist;

static void check_hoisted(void *context, Expr *load, bool write)
{
    Hoist *check = context;
    const Step *step = check->consumer->step;
    for (int a = 0; a < step->count; a++) {
        if (step->kernel->parameters[a].array != load->array)
            continue;
        int other = argument_of(check->producer->step, step->arguments[a].tensor);
        if (other >= 0 && (write || step_writes(check->producer->step, other)))
            check->good = false;
    }
}

static int loop_of(const Consumer *consumer, const Expr *subscript);

/* An array of such a nest has in the formula only subscripts that are one dimension of the producer's, too. */
static void check_regrouped(void *context, Expr *load, bool write)
{
    (void)write;
    Hoist *check = context;
    const Consumer *consumer = check->consumer;
    bool shared = false;
    for (int i = 0; i < consumer->hoisted; i++) {
        const Stmt *item = consumer->step->kernel->body->items[i];
        shared |= stmt_reads(item, load->array) || stmt_writes(item, load->array);
    }
    for (int i = 0; shared && i < load->count; i++) {
        int loop = loop_of(consumer, load->args[i]);
        if (loop >= 0 && check->groups->first[loop + 1] - check->groups->first[loop] != 1)
            check->good = false;
    }
}

static bool may_hoist(const Producer *producer, const Consumer *consumer, const Groups *groups)
{
    Hoist check = {producer, consumer, groups, true};
    for (int i = 0; i < consumer->hoisted; i++)
        visit_loads(consumer->step->kernel->body->items[i], check_hoisted, &check);
    visit_loads(consumer->body, check_regrouped, &check);
    return check.good;
}

/* ---- the fusion itself ---- */

typedef struct Merge {
    const Producer *producer;
    const Consumer *consumer;
    const Groups *groups;
    Symbol *value; /* what the producer stores */
    int count;
    Array **from, **to;
    Changes scalars; /* the consumer's knobs that the producer has already */
} Merge;

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

/* Which dimension of an array of the consumer a loop subscripts by itself; -1: none. */
static int loop_of(const Consumer *consumer, const Expr *subscript)
{
    for (int i = 0; i < consumer->depth; i++)
        if (subscript->kind == EX_NAME && subscript->symbol == consumer->loop[i]->symbol)
            return i;
    return -1;
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
static Array *regroup(const Merge *merge, const Array *array)
{
    Access access = {array, NULL};
    visit_loads(merge->consumer->step->kernel->body, find_access, &access);
    Array *copy = NEW(Array);
    *copy = *array;
    copy->rank = 0;
    for (int i = 0; i < array->rank; i++) {
        int loop = access.found ? loop_of(merge->consumer, access.found->args[i]) : -1;
        if (loop < 0) {
            copy->dims[copy->rank++] = array->dims[i];
            continue;
        }
        for (int d = merge->groups->first[loop]; d < merge->groups->first[loop + 1]; d++)
            copy->dims[copy->rank++] = merge->producer->joint->dims[d];
    }
    return copy;
}

static Expr *merged_load(void *context, const Expr *load, Expr **subscripts)
{
    const Merge *merge = context;
    if (load->array == merge->consumer->joint)
        return expr_name(merge->value);
    Array *to = NULL;
    for (int i = 0; i < merge->count; i++)
        if (merge->from[i] == load->array)
            to = merge->to[i];
    Expr **all = NULL;
    int count = 0;
    for (int i = 0; i < load->count; i++) {
        int loop = loop_of(merge->consumer, load->args[i]);
        if (loop < 0) {
            PUSH(all, count, subscripts[i]);
            continue;
        }
        for (int d = merge->groups->first[loop]; d < merge->groups->first[loop + 1]; d++)
            PUSH(all, count, merge->producer->store->target->args[d]);
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
static void merge_parameters(Merge *merge)
{
    Step *into = merge->producer->step, *from = merge->consumer->step;
    for (int i = 0; i < from->count; i++) {
        Parameter parameter = from->kernel->parameters[i];
        if (parameter.array == merge->consumer->joint && parameter.array)
            continue;
        Tensor *tensor = from->arguments[i].tensor;
        int known = tensor ? argument_of(into, tensor) : -1;
        Array *array = NULL;
        if (parameter.array) {
            array = known >= 0 ? into->kernel->parameters[known].array : regroup(merge, parameter.array);
            array->constant &= parameter.array->constant;
            int count = merge->count;
            PUSH(merge->from, merge->count, parameter.array);
            PUSH(merge->to, count, array);
        }
        Symbol *scalar = array ? NULL : same_scalar(into, from->arguments[i].text);
        if (scalar)
            change_add(&merge->scalars, parameter.symbol, expr_name(scalar));
        if (known >= 0 || scalar)
            continue;
        if (array) {
            array->name = free_name(into->kernel, from->kernel->template->name, array->name);
            parameter.array = array;
        } else { /* two steps of one template have the symbols of their knobs in common */
            Symbol *own = NEW(Symbol);
            *own = *parameter.symbol;
            change_add(&merge->scalars, parameter.symbol, expr_name(own));
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

static void merge_bodies(Merge *merge, bool keep_store)
{
    const Producer *producer = merge->producer;
    const Consumer *consumer = merge->consumer;
    Stmt *block = stmt_block();
    block_add(block, stmt_declare(merge->value, producer->store->value));
    if (keep_store)
        block_add(block, stmt_assign(producer->store->target, expr_name(merge->value)));
    Changes changes = merge->scalars;
    changes.load = merged_load;
    changes.context = merge;
    Stmt *kernel = producer->step->kernel->body, *whole = stmt_block();
    for (int i = 0; i < consumer->hoisted; i++)
        block_add(whole, stmt_copy(&changes, consumer->step->kernel->body->items[i]));
    for (int i = 0; i < consumer->depth; i++)
        change_add(&changes, consumer->loop[i]->symbol,
                   linear_index(producer, merge->groups->first[i], merge->groups->first[i + 1]));
    block_add(block, stmt_copy(&changes, consumer->body));
    Stmt *old = producer->parent, *parent = stmt_block();
    for (int i = 0; i < old->count; i++)
        block_add(parent, i == producer->at ? block : old->items[i]);
    old->items = parent->items;
    old->count = parent->count;
    block_add(whole, kernel);
    producer->step->kernel->body = whole;
}

static bool read_elsewhere(const Fuser *fuser, const Step *producer, const Step *consumer, Tensor *tensor)
{
    const Users *users = users_of(fuser, tensor);
    for (int i = 0; i < users->count; i++) {
        const Step *step = fuser->step[users->step[i]];
        if (step && step != producer && step != consumer && argument_of(step, tensor) >= 0)
            return true;
    }
    return false;
}

static bool read_behind(const Fuser *fuser, int step, Tensor *tensor)
{
    const Users *users = users_of(fuser, tensor);
    for (int i = users_behind(users, step); i < users->count; i++)
        if (fuser->step[users->step[i]] && argument_of(fuser->step[users->step[i]], tensor) >= 0)
            return true;
    return false;
}

/* How many arguments of a step stand for a tensor: add(a, a) hands its gradient to a twice. */
static int uses_of(const Step *step, Tensor *tensor)
{
    int count = 0;
    for (int i = 0; i < step->count; i++)
        count += same_place(step->arguments[i].tensor, tensor);
    return count;
}

/* A step, one before it that makes what it reads, and how the two become one. */
typedef struct Pair {
    Producer producer;
    Consumer consumer;
    Groups groups;
    Tensor *tensor; /* goes from the one to the other */
    bool keep;      /* it is more than a value between them: the store stays */
} Pair;

static bool find_joint(Pair *pair)
{
    Producer *producer = &pair->producer;
    Consumer *consumer = &pair->consumer;
    for (int a = 0; a < consumer->step->count && !pair->tensor; a++) {
        Tensor *tensor = consumer->step->arguments[a].tensor;
        int other = tensor ? argument_of(producer->step, tensor) : -1;
        if (other < 0 || !step_writes(producer->step, other) || step_writes(consumer->step, a))
            continue;
        pair->tensor = tensor;
        producer->joint = producer->step->kernel->parameters[other].array;
        consumer->joint = consumer->step->kernel->parameters[a].array;
    }
    return pair->tensor && uses_of(producer->step, pair->tensor) == 1;
}

/* Whether step `to` may move into step `from`. */
static bool may_fuse(const Fuser *fuser, int from, int to, Pair *pair)
{
    *pair = (Pair){.producer = {.step = fuser->step[from]}, .consumer = {.step = fuser->step[to]}};
    Producer *producer = &pair->producer;
    Consumer *consumer = &pair->consumer;
    if (!find_joint(pair) || !consumer_read(consumer) || (consumer->has_nests && !fuser->hoists) ||
        !producer_read(producer) || !match_dimensions(producer, consumer, &pair->groups) ||
        !may_move(fuser, from, to) || !shared_use_is_pointwise(producer, consumer) ||
        !may_hoist(producer, consumer, &pair->groups))
        return false;
    bool heavy = false;
    visit_stmt(consumer->body, check_heavy, &heavy);
    if (heavy && producer->reduces && pair->tensor->elements > HEAVY_MOST)
        return false;
    const bool value = root_tensor(pair->tensor)->role == ROLE_VALUE;
    const bool elsewhere = read_elsewhere(fuser, producer->step, consumer->step, pair->tensor);
    pair->keep = !value || elsewhere;
    /* Others read it before it dies in the consumer, whose result can take its place: a loss, and its gradient. */
    return !value || !elsewhere || read_behind(fuser, to, pair->tensor);
}

static void name_both(Kernel *kernel, const Kernel *other)
{
    if (!strstr(kernel->name, format("_%s", other->template->name)))
        kernel->name = format("%s_%s", kernel->name, other->template->name);
    if (!strstr(kernel->summary, other->summary))
        kernel->summary = format("%s; %s", kernel->summary, other->summary);
}

/* Moves step `to` into step `from`. */
static void fuse_pair(Fuser *fuser, int from, int to, Pair *pair)
{
    const Producer *producer = &pair->producer;
    const Step *consumer = pair->consumer.step;
    Merge merge = {.producer = producer, .consumer = &pair->consumer, .groups = &pair->groups};
    merge.value = symbol_new(SYM_LOCAL, TYPE_REAL, producer->joint->name);
    if (pair->keep)
        merge.value->name = format("%s_value", producer->joint->name);
    merge_parameters(&merge);
    merge_bodies(&merge, pair->keep);
    if (!pair->keep)
        remove_argument(producer->step, producer->joint);
    name_both(producer->step->kernel, consumer->kernel);
    note_uses(producer->step->kernel);
    for (int a = 0; a < consumer->count; a++)
        if (consumer->arguments[a].tensor)
            add_user(&fuser->users[root_tensor(consumer->arguments[a].tensor)->users], from);
    fuser->step[to] = NULL;
}

static bool try_pair(Fuser *fuser, int from, int to)
{
    Pair pair;
    const bool may = may_fuse(fuser, from, to, &pair);
    if (may)
        fuse_pair(fuser, from, to, &pair);
    return may;
}

static void drop_fused(Fuser *fuser)
{
    int kept = 0;
    for (int i = 0; i < fuser->phase->steps; i++)
        if (fuser->step[i])
            fuser->step[kept++] = fuser->step[i];
    fuser->phase->steps = kept;
}

static void fuse_range(Fuser *fuser, int begin, int end)
{
    for (int from = begin; from < end; from++) {
        int to = from;
        while (fuser->step[from] && (to = next_candidate(fuser, fuser->step[from], to)) >= 0 && to < end)
            if (try_pair(fuser, from, to))
                to = from;
    }
}

void fuse_again(Phase *phase)
{
    Fuser fuser = fuser_of(phase);
    for (int begin = 0, end = 0; begin < phase->steps; begin = end + 1) {
        for (end = begin; end < phase->steps && fuser.step[end]->again;)
            end++;
        fuse_range(&fuser, begin, end);
    }
    drop_fused(&fuser);
}

/* ---- nests in front ---- */

/* So small a part of what a phase needs is not noticed: factors of channels beside maps of them. */
enum { HARDLY = 32 };

static bool has_nest_in_front(const Step *step)
{
    const Stmt *body = step->kernel->body;
    return body->count > 1 && body->items[body->count - 2]->kind == ST_FOR;
}

/* What lives in a step or in the next one, by the step; with the inputs of the network, as long as they are read. */
typedef struct Alive {
    long long *arena, *all;
    long long most_arena, most_all;
} Alive;

static void add_life(long long *alive, const Tensor *tensor)
{
    alive[tensor->born ? tensor->born - 1 : 0] += tensor->elements;
    alive[tensor->dies + 1] -= tensor->elements;
}

static Alive alive_in_pairs(const Phase *phase)
{
    Alive alive = {NEW_ARRAY(phase->steps + 2, long long), NEW_ARRAY(phase->steps + 2, long long), 0, 0};
    long long *inputs = NEW_ARRAY(phase->steps + 2, long long); /* in one step */
    for (int i = 0; i < phase->tensors; i++) {
        Tensor *tensor = phase->tensor[i];
        bool input = tensor->role == ROLE_INPUT && !tensor->view;
        if (tensor->born < 0 || (!input && (!in_arena(tensor) || tensor->type != TYPE_REAL)))
            continue;
        if (input)
            tensor->born = 0;
        add_life(alive.all, tensor);
        if (!input)
            add_life(alive.arena, tensor);
        for (int s = 0; s <= tensor->dies && input; s++)
            inputs[s] += tensor->elements;
    }
    for (int s = 1; s < phase->steps; s++) {
        alive.arena[s] += alive.arena[s - 1];
        alive.all[s] += alive.all[s - 1];
    }
    const Profile profile = profile_of(phase, 1);
    for (int t = 0; t < profile.times; t++) {
        long long all = profile.reals[t] + inputs[profile.step[t]];
        alive.most_arena = profile.reals[t] > alive.most_arena ? profile.reals[t] : alive.most_arena;
        alive.most_all = all > alive.most_all ? all : alive.most_all;
    }
    return alive;
}

/* Of that, what one of the two touches. */
static long long touched_by(const Step *one, const Step *other)
{
    long long sum = 0;
    const Tensor **seen = NULL;
    int count = 0;
    for (int i = 0; i < one->count + other->count; i++) {
        const Tensor *tensor = i < one->count ? one->arguments[i].tensor : other->arguments[i - one->count].tensor;
        tensor = tensor ? root_tensor(tensor) : NULL;
        bool known = !tensor || !in_arena(tensor) || tensor->type != TYPE_REAL;
        for (int k = 0; k < count && !known; k++)
            known = seen[k] == tensor;
        if (known)
            continue;
        PUSH(seen, count, tensor);
        sum += tensor->elements;
    }
    return sum;
}

/* Fuses copies of a step and the next one, and keeps them if the phase stays within its memory. */
static void try_hoisting(Fuser *fuser, int from, const Alive *alive)
{
    Step *producer = fuser->step[from], *consumer = fuser->step[from + 1];
    Pair pair;
    if (!may_fuse(fuser, from, from + 1, &pair))
        return;
    const long long touched = touched_by(producer, consumer);
    fuser->step[from] = step_copy(producer);
    fuser->step[from + 1] = step_copy(consumer);
    try_pair(fuser, from, from + 1);
    const long long within = most_within(fuser->step[from], from, from + 1) - touched;
    if (alive->arena[from] + within <= alive->most_arena && alive->all[from] + within <= alive->most_all)
        return;
    fuser->step[from] = producer;
    fuser->step[from + 1] = consumer;
}

static void hoist_in_phase(Phase *phase, bool generous)
{
    find_lives(phase);
    find_heirs(phase);
    Alive alive = alive_in_pairs(phase);
    if (generous) {
        alive.most_arena += alive.most_arena / HARDLY;
        alive.most_all += alive.most_all / HARDLY;
    }
    Fuser fuser = fuser_of(phase);
    fuser.hoists = true;
    for (int from = 0; from + 1 < phase->steps; from++)
        if (fuser.step[from] && has_nest_in_front(fuser.step[from + 1]))
            try_hoisting(&fuser, from, &alive);
    drop_fused(&fuser);
}

static void fuse_phase(Phase *phase, bool generous)
{
    Fuser fuser = fuser_of(phase);
    fuse_range(&fuser, 0, phase->steps);
    drop_fused(&fuser);
    bool any = false;
    for (int i = 0; i < phase->steps; i++)
        any |= has_nest_in_front(phase->step[i]);
    if (any)
        hoist_in_phase(phase, generous);
}

void fuse(Model *model)
{
    const bool generous = model->options->lanes > 1 && !model->ram_bytes;
    for (int p = 0; p < PHASES; p++)
        if (model->phase[p])
            fuse_phase(model->phase[p], generous);
}
