/* copies.c - tensors that are plain copies of others become views of them. Needs bound kernels; removes nests, and
 * steps that have no other.
 *
 * A residual's add hands the same gradient to both of its operands. As long as neither is changed, or the other one is
 * not needed any more when that happens, one place holds both: the copy is then no step at all. */
#include "expr.h"
#include "lives.h"
#include "steps.h"

/* ---- what happens to tensors, and when ---- */

/* When a tensor is written: nests of the phase, as lives count them. */
typedef struct History {
    int writes;
    int *written; /* times, ascending */
} History;

typedef struct Copier {
    Phase *phase;
    History *history; /* by Tensor.users */
} Copier;

typedef struct Now {
    const Copier *copier;
    const Step *step;
    int time;
} Now;

static void note_write(void *context, Expr *load, bool write)
{
    const Now *now = context;
    if (!write)
        return;
    for (int a = 0; a < now->step->count; a++) {
        if (now->step->kernel->parameters[a].array != load->array || !now->step->arguments[a].tensor)
            continue;
        History *history = &now->copier->history[root_tensor(now->step->arguments[a].tensor)->users];
        if (!history->writes || history->written[history->writes - 1] != now->time)
            PUSH(history->written, history->writes, now->time);
    }
}

static Copier copier_of(Phase *phase)
{
    Copier copier = {phase, NEW_ARRAY(phase->tensors + 1, History)};
    for (int i = 0; i < phase->tensors; i++)
        phase->tensor[i]->users = i;
    find_lives(phase);
    Now now = {.copier = &copier};
    for (int s = 0; s < phase->steps; s++) {
        now.step = phase->step[s];
        for (int i = 0; i < now.step->kernel->body->count; i++, now.time++)
            visit_loads(now.step->kernel->body->items[i], note_write, &now);
    }
    return copier;
}

/* Whether a tensor is written at a time at which the other is still to be read, or is being used. */
static bool disturbs(const Copier *copier, const Tensor *written, const Tensor *other, int copied)
{
    const History *history = &copier->history[written->users];
    for (int i = 0; i < history->writes; i++)
        if (history->written[i] > copied && history->written[i] <= other->until)
            return true;
    return false;
}

/* ---- copies ---- */

/* A nest that assigns each element of an array the same element of another one. */
typedef struct Copy {
    const Array *from, *to;
} Copy;

static bool whole_copy(const Stmt *nest, Copy *copy)
{
    const Symbol *symbols[RANK_MAX];
    int depth = 0;
    for (; nest->kind == ST_FOR && depth < RANK_MAX; nest = nest->body->items[0]) {
        if (!is_int(nest->from, 0) || nest->to->kind != EX_INT || nest->step != 1 || nest->body->count != 1)
            return false;
        symbols[depth++] = nest->symbol;
    }
    if (!depth || nest->kind != ST_ASSIGN || nest->add || nest->target->kind != EX_LOAD ||
        nest->value->kind != EX_LOAD || nest->target->count != depth || nest->value->count != depth)
        return false;
    *copy = (Copy){nest->value->array, nest->target->array};
    for (int i = 0; i < depth; i++) {
        const Expr *left = nest->target->args[i], *right = nest->value->args[i];
        if (left->kind != EX_NAME || left->symbol != symbols[i] || !same_expr(left, right) ||
            !same_expr(copy->from->dims[i], copy->to->dims[i]))
            return false;
    }
    return true;
}

/* The loops of a nest that is known to be a copy run over whole dimensions. */
static bool covers(const Stmt *nest, const Array *array)
{
    bool whole = true;
    for (int i = 0; i < array->rank && whole; i++, nest = nest->body->items[0])
        whole = same_expr(nest->to, array->dims[i]);
    return whole;
}

static void become_view(Copier *copier, Tensor *copy, Tensor *original)
{
    Phase *phase = copier->phase;
    copy->view = original;
    for (int i = 0; i < phase->tensors; i++)
        if (phase->tensor[i]->view == copy)
            phase->tensor[i]->view = original;
    original->until = copy->until > original->until ? copy->until : original->until;
    original->dies = copy->dies > original->dies ? copy->dies : original->dies;
    History *into = &copier->history[original->users];
    const History *from = &copier->history[copy->users];
    for (int i = 0; i < from->writes; i++) {
        int at = into->writes;
        PUSH(into->written, into->writes, from->written[i]);
        for (; at > 0 && into->written[at - 1] > from->written[i]; at--)
            into->written[at] = into->written[at - 1];
        into->written[at] = from->written[i];
    }
}

/* One place can hold both, from the copy on: it is the first that is known of the one, and neither changes while the
 * other is needed. */
static bool may_be_one(const Copier *copier, const Tensor *from, const Tensor *to, int time)
{
    return from != to && in_arena(from) && in_arena(to) && from->role == ROLE_VALUE && to->role == ROLE_VALUE &&
           from->elements == to->elements && to->from == time && !disturbs(copier, from, to, time) &&
           !disturbs(copier, to, from, time);
}

static bool elide(Copier *copier, const Step *step, const Stmt *nest, int time)
{
    Copy copy;
    if (!whole_copy(nest, &copy) || !covers(nest, copy.to))
        return false;
    Tensor *from = tensor_of(step, copy.from), *to = tensor_of(step, copy.to);
    if (!from || !to || !may_be_one(copier, from, to, time))
        return false;
    become_view(copier, to, from);
    return true;
}

static void elide_in_step(Copier *copier, Step *step, int time)
{
    Stmt *body = step->kernel->body;
    int kept = 0;
    for (int i = 0; i < body->count; i++)
        if (!elide(copier, step, body->items[i], time + i))
            body->items[kept++] = body->items[i];
    if (kept == body->count)
        return;
    body->count = kept;
    drop_unmentioned(step);
}

static void elide_in_phase(Phase *phase)
{
    Copier copier = copier_of(phase);
    int time = 0, kept = 0;
    for (int s = 0; s < phase->steps; s++) {
        Step *step = phase->step[s];
        int nests = step->kernel->body->count;
        elide_in_step(&copier, step, time);
        time += nests;
        if (step->kernel->body->count)
            phase->step[kept++] = step;
    }
    phase->steps = kept;
}

void copies(Model *model)
{
    for (int p = 0; p < PHASES; p++)
        if (model->phase[p])
            elide_in_phase(model->phase[p]);
}
