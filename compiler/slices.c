/* slices.c - what is only copied into a part of another tensor is made there at once: concat has no work to do. Needs
 * steps after fusion; removes nests, and steps that have no other.
 *
 * A copy y[..][START + c] = x[..][c] joins x to y: every kernel that uses x then finds it in y, in rows of another
 * length. So does the gradient that is cut out of a larger one, dx[..][c] = dy[..][START + c]. It is legal where the
 * large tensor is touched, on the side of the small one, by such copies alone, each of a part of its own. */
#include "affine.h"
#include "lives.h"
#include "order.h"
#include "steps.h"
#include "uses.h"

/* A nest that copies between the whole of a small array and a part of a large one. */
typedef struct Cut {
    Step *step;
    int nest, time;
    Tensor *small, *large;
    long long start, width; /* of the part, in the last dimension of the large one */
    bool joins;             /* the large one is written, else read */
    bool seen;
} Cut;

/* The one assignment of a perfect nest over 0 ... to; NULL otherwise. */
static const Stmt *assignment_of(const Stmt *nest, const Stmt **loops, int *depth)
{
    for (*depth = 0; nest->kind == ST_FOR && *depth < RANK_MAX; nest = nest->body->items[0]) {
        if (!is_int(nest->from, 0) || nest->to->kind != EX_INT || nest->step != 1 || nest->body->count != 1)
            return NULL;
        loops[(*depth)++] = nest;
    }
    bool good = nest->kind == ST_ASSIGN && !nest->add && nest->target->kind == EX_LOAD &&
                nest->value->kind == EX_LOAD && nest->target->count == *depth && nest->value->count == *depth;
    return good && *depth ? nest : NULL;
}

static bool is_whole(const Expr *load, const Stmt *const *loops)
{
    bool whole = true;
    for (int i = 0; i < load->count && whole; i++)
        whole = load->args[i]->kind == EX_NAME && load->args[i]->symbol == loops[i]->symbol &&
                same_expr(loops[i]->to, load->array->dims[i]);
    return whole;
}

static bool is_part(const Expr *load, const Stmt *const *loops, long long *start)
{
    const int last = load->count - 1;
    for (int i = 0; i < last; i++)
        if (load->args[i]->kind != EX_NAME || load->args[i]->symbol != loops[i]->symbol ||
            !same_expr(loops[i]->to, load->array->dims[i]))
            return false;
    Affine place = affine_in(load->args[last], loops[last]->symbol, NULL);
    if (!place.valid || place.factor != 1 || place.rest->kind != EX_INT)
        return false;
    *start = place.rest->number;
    return true;
}

static bool is_joinable(const Tensor *tensor)
{
    return tensor && in_arena(tensor) && tensor->role == ROLE_VALUE;
}

static bool cut_of(Step *step, int nest, Cut *cut)
{
    const Stmt *loops[RANK_MAX];
    int depth;
    const Stmt *assign = assignment_of(step->kernel->body->items[nest], loops, &depth);
    if (!assign)
        return false;
    const Expr *target = assign->target, *value = assign->value;
    *cut = (Cut){.step = step, .nest = nest, .width = loops[depth - 1]->to->number};
    const Expr *small, *large;
    if (is_whole(value, loops) && is_part(target, loops, &cut->start)) {
        cut->joins = true;
        small = value;
        large = target;
    } else if (is_whole(target, loops) && is_part(value, loops, &cut->start)) {
        small = target;
        large = value;
    } else {
        return false;
    }
    cut->small = tensor_of(step, small->array);
    cut->large = tensor_of(step, large->array);
    return is_joinable(cut->small) && is_joinable(cut->large) && cut->small != cut->large &&
           cut->small->elements < cut->large->elements;
}

/* ---- where it is legal ---- */

/* The steps that use a tensor, in their order. */
typedef struct Users {
    int count;
    int *step;
} Users;

/* A phase as it is before anything is joined. */
typedef struct Slicer {
    Phase *phase;
    Uses *uses;    /* [steps] */
    int *begin;    /* [steps]: the time of their first nest */
    int **cut_at;  /* [steps][nests]: the number of the cut, or -1 */
    Users *users;  /* by Tensor.users */
    bool *changed; /* [steps]: no longer as they were */
    int cuts;
    Cut *cut;
} Slicer;

static const Users *users_of(const Slicer *slicer, const Tensor *tensor)
{
    return &slicer->users[tensor->users];
}

/* How a nest uses a tensor. */
static unsigned use_of(const Slicer *slicer, int s, int nest, const Tensor *tensor)
{
    const Step *step = slicer->phase->step[s];
    unsigned use = USE_NONE;
    for (int a = 0; a < step->count; a++)
        if (step->arguments[a].tensor && root_tensor(step->arguments[a].tensor) == tensor)
            use |= use_at(&slicer->uses[s], nest, a);
    return use;
}

static bool is_legal_at(const Slicer *slicer, const Cut *cut, int s, int nest)
{
    const int time = slicer->begin[s] + nest, other = slicer->cut_at[s][nest];
    const unsigned large = use_of(slicer, s, nest, cut->large), small = use_of(slicer, s, nest, cut->small);
    const bool copy = other >= 0 && slicer->cut[other].large == cut->large && slicer->cut[other].joins == cut->joins;
    if (cut->joins)
        return (!(large & USE_WRITE) || copy) && (!(small & USE_WRITE) || time < cut->time);
    return (time < cut->time || !large || copy) && (!small || time >= cut->time);
}

static bool is_legal_for(const Slicer *slicer, const Cut *cut, const Users *users)
{
    for (int i = 0; i < users->count; i++)
        for (int nest = 0; nest < slicer->phase->step[users->step[i]]->kernel->body->count; nest++)
            if (!is_legal_at(slicer, cut, users->step[i], nest))
                return false;
    return true;
}

/* A tensor that is joined is complete when it is copied, and the large one is written by copies alone. One that is cut
 * out is made by the copy, and the large one is only cut from then on. */
static bool is_legal(const Slicer *slicer, const Cut *cut)
{
    return is_legal_for(slicer, cut, users_of(slicer, cut->large)) &&
           is_legal_for(slicer, cut, users_of(slicer, cut->small));
}

/* Each kernel that uses the small tensor sees rows of its width, so that rows of another length can be put instead. */
static bool has_rows(const Slicer *slicer, const Cut *cut)
{
    const Users *users = users_of(slicer, cut->small);
    for (int i = 0; i < users->count; i++)
        for (int a = 0; a < slicer->phase->step[users->step[i]]->count; a++) {
            const Step *step = slicer->phase->step[users->step[i]];
            if (!step->arguments[a].tensor || root_tensor(step->arguments[a].tensor) != cut->small)
                continue;
            const Array *array = step->kernel->parameters[a].array;
            if (!array->rank || array->dims[array->rank - 1]->number != cut->width)
                return false;
        }
    return true;
}

/* Two copies may fill, or read, the same part (concat of a tensor with itself): only one can be it. */
static bool is_apart(const Slicer *slicer, const Cut *cut)
{
    for (int i = 0; i < slicer->cuts; i++) {
        const Cut *other = &slicer->cut[i];
        if (other == cut || other->joins != cut->joins)
            continue;
        if (other->small == cut->small)
            return false;
        if (other->large == cut->large && other->start < cut->start + cut->width &&
            cut->start < other->start + other->width)
            return false;
    }
    return true;
}

/* ---- the change ---- */

typedef struct Shift {
    const Array *array;
    long long start;
} Shift;

static void shift_load(void *context, Expr *expr, bool write)
{
    (void)write;
    const Shift *shift = context;
    if (expr->kind != EX_LOAD || expr->array != shift->array)
        return;
    /* A target of += is visited twice, and may be the same tree in its own value. */
    Expr *last = expr->args[expr->count - 1];
    Expr **args = NEW_ARRAY(expr->count, Expr *);
    for (int i = 0; i + 1 < expr->count; i++)
        args[i] = expr->args[i];
    args[expr->count - 1] = normalized(expr_binary(EX_ADD, last, expr_int(shift->start)));
    expr->args = args;
}

static Expr *shifted(void *context, const Expr *load, Expr **subscripts)
{
    const Shift *shift = context;
    if (load->array != shift->array)
        return NULL;
    Expr *copy = NEW(Expr);
    *copy = *load;
    copy->args = subscripts;
    shift_load(context, copy, false);
    return copy;
}

static void put_in_rows(Step *step, int argument, const Cut *cut)
{
    Array *array = step->kernel->parameters[argument].array;
    Shift shift = {array, cut->start};
    Changes changes = {.load = shifted, .context = &shift};
    step->kernel->body = stmt_copy(&changes, step->kernel->body);
    const long long rows = cut->small->elements / cut->width;
    array->dims[array->rank - 1] = expr_int(cut->large->elements / rows);
    step->arguments[argument].tensor = cut->large;
}

static void drop_copy(Step *step, int nest)
{
    Kernel *kernel = step->kernel;
    for (int i = nest; i + 1 < kernel->body->count; i++)
        kernel->body->items[i] = kernel->body->items[i + 1];
    kernel->body->count--;
    kernel->verified = NULL;
    int kept = 0;
    note_uses(kernel);
    for (int i = 0; i < step->count; i++) {
        const Array *array = kernel->parameters[i].array;
        if (array ? !array->read && !array->written : !stmt_mentions(kernel->body, kernel->parameters[i].symbol))
            continue;
        step->arguments[kept] = step->arguments[i];
        kernel->parameters[kept++] = kernel->parameters[i];
    }
    kernel->count = step->count = kept;
}

static void join(Slicer *slicer, const Cut *cut)
{
    drop_copy(cut->step, cut->nest);
    const Users *users = users_of(slicer, cut->small);
    for (int i = 0; i < users->count; i++) {
        Step *step = slicer->phase->step[users->step[i]];
        for (int a = 0; a < step->count; a++) {
            const Tensor *tensor = step->arguments[a].tensor;
            if (tensor && root_tensor(tensor) == cut->small)
                put_in_rows(step, a, cut);
        }
    }
}

static void find_users(Slicer *slicer)
{
    const Phase *phase = slicer->phase;
    slicer->users = NEW_ARRAY(phase->tensors + 1, Users);
    for (int i = 0; i < phase->tensors; i++)
        phase->tensor[i]->users = i;
    for (int s = 0; s < phase->steps; s++)
        for (int a = 0; a < phase->step[s]->count; a++) {
            if (!phase->step[s]->arguments[a].tensor)
                continue;
            Users *users = &slicer->users[root_tensor(phase->step[s]->arguments[a].tensor)->users];
            if (!users->count || users->step[users->count - 1] != s)
                PUSH(users->step, users->count, s);
        }
}

static void find_cuts(Slicer *slicer, int s, int time)
{
    Step *step = slicer->phase->step[s];
    const int nests = step->kernel->body->count;
    slicer->begin[s] = time;
    slicer->uses[s] = uses_of_kernel(step->kernel);
    slicer->cut_at[s] = NEW_ARRAY(nests, int);
    for (int i = 0; i < nests; i++) {
        Cut cut;
        slicer->cut_at[s][i] = -1;
        if (!cut_of(step, i, &cut))
            continue;
        cut.time = time + i;
        slicer->cut_at[s][i] = slicer->cuts;
        slicer->cut = push_grow(slicer->cut, slicer->cuts, sizeof(Cut));
        slicer->cut[slicer->cuts++] = cut;
    }
}

static Slicer slicer_of(Phase *phase)
{
    Slicer slicer = {.phase = phase,
                     .uses = NEW_ARRAY(phase->steps, Uses),
                     .begin = NEW_ARRAY(phase->steps, int),
                     .cut_at = NEW_ARRAY(phase->steps, int *),
                     .changed = NEW_ARRAY(phase->steps, bool)};
    find_users(&slicer);
    for (int s = 0, time = 0; s < phase->steps; time += phase->step[s++]->kernel->body->count)
        find_cuts(&slicer, s, time);
    return slicer;
}

static bool any_changed(const Slicer *slicer, const Users *users)
{
    bool changed = false;
    for (int i = 0; i < users->count; i++)
        changed |= slicer->changed[users->step[i]];
    return changed;
}

static void note_changed(Slicer *slicer, const Users *users)
{
    for (int i = 0; i < users->count; i++)
        slicer->changed[users->step[i]] = true;
}

/* All copies of one large tensor at once: afterwards it is written by other steps than copies. What meets a step that
 * has changed must wait until the phase is looked at again, and so must what meets that. */
static bool join_all_of(Slicer *slicer, const Tensor *large, bool joins)
{
    bool *legal = NEW_ARRAY(slicer->cuts + 1, bool), any = false, waits = any_changed(slicer, users_of(slicer, large));
    for (int i = 0; i < slicer->cuts; i++) {
        Cut *cut = &slicer->cut[i];
        if (cut->large != large || cut->joins != joins)
            continue;
        cut->seen = true;
        waits |= any_changed(slicer, users_of(slicer, cut->small));
        legal[i] = !waits && is_apart(slicer, cut) && has_rows(slicer, cut) && is_legal(slicer, cut);
        any |= legal[i];
    }
    any &= !waits;
    if (any || waits)
        note_changed(slicer, users_of(slicer, large));
    for (int i = slicer->cuts - 1; i >= 0; i--) { /* from the back: nests before it keep their numbers */
        const Cut *cut = &slicer->cut[i];
        if (cut->large == large && cut->joins == joins && (legal[i] || waits))
            note_changed(slicer, users_of(slicer, cut->small));
        if (any && legal[i])
            join(slicer, cut);
    }
    return any;
}

static void drop_empty_steps(Phase *phase)
{
    int kept = 0;
    for (int i = 0; i < phase->steps; i++)
        if (phase->step[i]->kernel->body->count)
            phase->step[kept++] = phase->step[i];
    phase->steps = kept;
}

static bool join_some(Phase *phase, bool cut_out)
{
    Slicer slicer = slicer_of(phase);
    bool any = false;
    for (int i = 0; i < slicer.cuts; i++)
        if (!slicer.cut[i].seen && (slicer.cut[i].joins || cut_out))
            any |= join_all_of(&slicer, slicer.cut[i].large, slicer.cut[i].joins);
    drop_empty_steps(phase);
    return any;
}

static long long most_reals(Phase *phase)
{
    order_phase(phase);
    find_lives(phase);
    find_heirs(phase);
    const Profile profile = profile_of(phase, 1);
    long long most = 0;
    for (int t = 0; t < profile.times; t++)
        most = profile.reals[t] > most ? profile.reals[t] : most;
    return most;
}

/* What there is to join: 0: nothing; 1: gradients that are cut out are not among it; 2: they are. */
static int kinds_of_cuts(Phase *phase)
{
    const Mark mark = memory_mark();
    const Slicer slicer = slicer_of(phase);
    int kinds = slicer.cuts ? 1 : 0;
    for (int i = 0; i < slicer.cuts; i++)
        if (!slicer.cut[i].joins)
            kinds = 2;
    memory_release(mark);
    return kinds;
}

/* The phase with all joined, or all but the gradients that are cut out. */
static Phase *joined_way(Phase *phase, bool cut_out, long long *most)
{
    Phase *trial = phase_copy(phase);
    while (join_some(trial, cut_out))
        ;
    *most = most_reals(trial);
    return trial;
}

/* A tensor lives as long as all of its parts, so joining may also take more than it gives: the least of three ways. */
static Phase *joined(Phase *phase)
{
    const int kinds = kinds_of_cuts(phase);
    if (!kinds)
        return phase;
    long long least, most;
    Phase *best = joined_way(phase, true, &least);
    if (kinds == 2) {
        const Mark mark = memory_mark();
        Phase *values = joined_way(phase, false, &most);
        if (most < least) {
            best = values;
            least = most;
        } else {
            memory_release(mark);
        }
    }
    return most_reals(phase) < least ? phase : best;
}

void slices(Model *model)
{
    for (int p = 0; p < PHASES; p++)
        if (model->phase[p])
            model->phase[p] = joined(model->phase[p]);
}
