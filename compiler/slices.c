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

/* A nest that copies between the whole of a small array and a part of a large one. */
typedef struct Cut {
    Step *step;
    int nest, time;
    Tensor *small, *large;
    long long start, width; /* of the part, in the last dimension of the large one */
    bool joins;             /* the large one is written, else read */
} Cut;

static Tensor *tensor_of(const Step *step, const Array *array)
{
    for (int a = 0; a < step->count; a++)
        if (step->kernel->parameters[a].array == array && step->arguments[a].tensor)
            return root_tensor(step->arguments[a].tensor);
    return NULL;
}

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

typedef struct Slicer {
    Phase *phase;
    int cuts;
    Cut *cut;
} Slicer;

static bool is_cut(const Slicer *slicer, const Step *step, int nest, const Tensor *large, bool joins)
{
    for (int i = 0; i < slicer->cuts; i++) {
        const Cut *cut = &slicer->cut[i];
        if (cut->step == step && cut->nest == nest && cut->large == large && cut->joins == joins)
            return true;
    }
    return false;
}

/* How a nest uses a tensor. */
static void uses_of(const Step *step, int nest, const Tensor *tensor, bool *reads, bool *writes)
{
    *reads = *writes = false;
    for (int a = 0; a < step->count; a++) {
        if (!step->arguments[a].tensor || root_tensor(step->arguments[a].tensor) != tensor)
            continue;
        const Array *array = step->kernel->parameters[a].array;
        *reads |= stmt_reads(step->kernel->body->items[nest], array);
        *writes |= stmt_writes(step->kernel->body->items[nest], array);
    }
}

/* A tensor that is joined is complete when it is copied, and the large one is written by copies alone. One that is cut
 * out is made by the copy, and the large one is only cut from then on. */
static bool is_legal(const Slicer *slicer, const Cut *cut)
{
    const Phase *phase = slicer->phase;
    for (int s = 0, time = 0; s < phase->steps; s++)
        for (int i = 0; i < phase->step[s]->kernel->body->count; i++, time++) {
            if (time < cut->large->from && time < cut->small->from)
                continue;
            bool reads, writes, small_reads, small_writes;
            uses_of(phase->step[s], i, cut->large, &reads, &writes);
            uses_of(phase->step[s], i, cut->small, &small_reads, &small_writes);
            bool copy = is_cut(slicer, phase->step[s], i, cut->large, cut->joins);
            if (cut->joins && ((writes && !copy) || (small_writes && time >= cut->time)))
                return false;
            if (!cut->joins && ((time >= cut->time && (reads || writes) && !copy) ||
                                ((small_reads || small_writes) && time < cut->time)))
                return false;
        }
    return true;
}

/* Each kernel that uses the small tensor sees rows of its width, so that rows of another length can be put instead. */
static bool has_rows(const Phase *phase, const Cut *cut)
{
    for (int s = cut->small->born; s <= cut->small->dies; s++)
        for (int a = 0; a < phase->step[s]->count; a++) {
            const Step *step = phase->step[s];
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

static void join(Phase *phase, const Cut *cut)
{
    drop_copy(cut->step, cut->nest);
    for (int s = cut->small->born; s <= cut->small->dies; s++)
        for (int a = 0; a < phase->step[s]->count; a++) {
            const Tensor *tensor = phase->step[s]->arguments[a].tensor;
            if (tensor && root_tensor(tensor) == cut->small)
                put_in_rows(phase->step[s], a, cut);
        }
}

static Slicer slicer_of(Phase *phase)
{
    Slicer slicer = {.phase = phase};
    find_lives(phase);
    for (int s = 0, time = 0; s < phase->steps; s++)
        for (int i = 0; i < phase->step[s]->kernel->body->count; i++, time++) {
            Cut cut;
            if (!cut_of(phase->step[s], i, &cut))
                continue;
            cut.time = time;
            slicer.cut = push_grow(slicer.cut, slicer.cuts, sizeof(Cut));
            slicer.cut[slicer.cuts++] = cut;
        }
    return slicer;
}

/* All copies of one large tensor at once: afterwards it is written by other steps than copies. */
static bool join_all_of(const Slicer *slicer, const Tensor *large, bool joins)
{
    bool *legal = NEW_ARRAY(slicer->cuts + 1, bool), any = false;
    for (int i = 0; i < slicer->cuts; i++) {
        const Cut *cut = &slicer->cut[i];
        if (cut->large != large || cut->joins != joins)
            continue;
        legal[i] = is_apart(slicer, cut) && has_rows(slicer->phase, cut) && is_legal(slicer, cut);
        any |= legal[i];
    }
    for (int i = slicer->cuts - 1; i >= 0; i--) /* from the back: nests before it keep their numbers */
        if (legal[i])
            join(slicer->phase, &slicer->cut[i]);
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
    const Slicer slicer = slicer_of(phase);
    bool any = false;
    for (int i = 0; i < slicer.cuts && !any; i++)
        if (slicer.cut[i].joins || cut_out)
            any = join_all_of(&slicer, slicer.cut[i].large, slicer.cut[i].joins);
    drop_empty_steps(phase);
    return any;
}

static long long most_reals(Phase *phase)
{
    order_phase(phase);
    find_lives(phase);
    find_heirs(phase);
    const Profile profile = profile_of(phase);
    long long most = 0;
    for (int t = 0; t < profile.times; t++)
        most = profile.reals[t] > most ? profile.reals[t] : most;
    return most;
}

/* A tensor lives as long as all of its parts, so joining may also take more than it gives: the least of three ways. */
static Phase *joined(Phase *phase)
{
    if (!slicer_of(phase).cuts)
        return phase;
    Phase *best = NULL;
    long long least = 0;
    for (int way = 0; way < 3; way++) { /* all; without gradients that are cut out; nothing */
        Phase *trial = phase_copy(phase);
        while (way < 2 && join_some(trial, way == 0))
            ;
        long long most = most_reals(trial);
        if (best && most >= least)
            continue;
        best = trial;
        least = most;
    }
    return best;
}

void slices(Model *model)
{
    for (int p = 0; p < PHASES; p++)
        if (model->phase[p])
            model->phase[p] = joined(model->phase[p]);
}
