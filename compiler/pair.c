/* pair.c - reads an elementwise step and one before it as a pair that can be one. */
#include "pair.h"
#include "affine.h"

#include <string.h>

/* ---- tensors ---- */

bool same_place(const Tensor *left, const Tensor *right)
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

bool step_writes(const Step *step, int argument)
{
    const Array *array = step->kernel->parameters[argument].array;
    return array && array->written;
}

int argument_of(const Step *step, const Tensor *tensor)
{
    for (int i = 0; i < step->count; i++)
        if (same_place(step->arguments[i].tensor, tensor))
            return i;
    return -1;
}

/* ---- the consumer: one elementwise nest ---- */

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

/* Everything that is written, and everything that is read of what is written or joint, is pointwise. */
static void check_access(void *context, Expr *load, bool write)
{
    Check *check = context;
    const Consumer *consumer = check->consumer;
    bool own = write || load->array == consumer->joint || stmt_writes(consumer->body, load->array);
    if (own && !is_pointwise(consumer, load))
        check->good = false;
}

static bool only_simple(const Stmt *body)
{
    for (int i = 0; i < body->count; i++)
        if (body->items[i]->kind != ST_DECLARE && body->items[i]->kind != ST_ASSIGN)
            return false;
    return true;
}

static bool read_consumer(Consumer *consumer)
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
static bool read_producer(Producer *producer)
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

int loop_of(const Consumer *consumer, const Expr *subscript)
{
    for (int i = 0; i < consumer->depth; i++)
        if (subscript->kind == EX_NAME && subscript->symbol == consumer->loop[i]->symbol)
            return i;
    return -1;
}

/* ---- what both use ---- */

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

/* ---- what it costs ---- */

/* A function that takes long stands in the store of a sum only if so few elements have it: more would be computed in
 * every tile of the sum, among what its registers hold. */
enum { HEAVY_MOST = 16 };

static bool is_heavy(const Expr *expr)
{
    if (expr->kind != EX_CALL)
        return false;
    return !expr->function->kinked && strcmp(expr->function->name, "sqrtf") != 0;
}

static void check_heavy(void *context, Expr *expr, bool write)
{
    (void)write;
    if (is_heavy(expr))
        *(bool *)context = true;
}

static bool too_heavy(const Pair *pair)
{
    bool heavy = false;
    visit_stmt(pair->consumer.body, check_heavy, &heavy);
    return heavy && pair->producer.reduces && pair->tensor->elements > HEAVY_MOST;
}

/* ---- the pair ---- */

/* How many arguments of a step stand for a tensor: add(a, a) hands its gradient to a twice. */
static int uses_of(const Step *step, Tensor *tensor)
{
    int count = 0;
    for (int i = 0; i < step->count; i++)
        count += same_place(step->arguments[i].tensor, tensor);
    return count;
}

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

bool read_pair(Step *producer, Step *consumer, Pair *pair)
{
    *pair = (Pair){.producer = {.step = producer}, .consumer = {.step = consumer}};
    return find_joint(pair) && read_consumer(&pair->consumer) && read_producer(&pair->producer) &&
           match_dimensions(&pair->producer, &pair->consumer, &pair->groups) &&
           shared_use_is_pointwise(&pair->producer, &pair->consumer) &&
           may_hoist(&pair->producer, &pair->consumer, &pair->groups) && !too_heavy(pair);
}
