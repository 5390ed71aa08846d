/* layout.c - puts the samples innermost where channels do not fill the lanes. Needs merged kernels; leaves steps that
 * run on tensors of either layout, with a copy at each seam.
 *
 * A convolution of 6 filters leaves ten of sixteen lanes empty, whatever the tile. With sixteen samples in the lanes
 * every layer fills them: x[n][r][s][c] becomes x[n / 16][c][r][s][n % 16]. Only what is between the layers may move
 * so; arguments and parameters have a public layout. For each step both ways are estimated, and for each tensor what it
 * costs to copy it from one layout into the other; the cheapest whole is taken (cut.c). Sums keep their order, so no
 * layout changes a bit. */
#include "choose.h"
#include "cut.h"
#include "expr.h"
#include "peel.h"
#include "slice.h"
#include "steps.h"
#include "traffic.h"

#include <string.h>

/* Cycles in which one number goes into the other layout. */
static const double SEAM_CYCLES = 1;
/* Where channels fill so much of the lanes, they stay there; where other steps do less of the work, too. */
static const double FILLED = 0.75, NARROW_WORK = 0.05;
/* What is estimated is not known: the samples go into the lanes only if it seems so much faster. */
static const double LAYOUT_GAIN = 0.8;

/* How the elements of a tensor lie. */
typedef enum Order {
    ORDER_FIXED,          /* as the template has it: an argument, or something that is no batch */
    ORDER_SAMPLES,        /* [n][...] may become [n / block][...][n % block] */
    ORDER_CHANNELS_FIRST, /* [n][...][c] may become [n / block][c][...][n % block] */
} Order;

typedef struct Root {
    Order order;
    bool seen;
    int rank, dims[RANK_MAX]; /* of the first array that stands for it */
    int writer;               /* the first step that writes it; -1: an argument */
    Tensor *copy;             /* in the other layout, while it is the same */
} Root;

typedef struct Layouter {
    Estimates *estimates;
    Phase *phase;
    int batch, block;
    Root *root;        /* by tensor->users */
    Names names;       /* of the phase's tensors */
    Made_kernels made; /* kernels with tensors moved, by the kernel they come from and which tensors; copies at seams */
    bool *inside;      /* [steps]: the samples are in the lanes */
    int steps;         /* the new ones */
    Step **step;
} Layouter;

static Root *root_of(const Layouter *l, const Argument *argument)
{
    return &l->root[root_tensor(argument->tensor)->users];
}

/* ---- which tensors are batches ---- */

typedef struct Samples {
    int batch, count;
    const Symbol **symbol; /* of loops over the samples */
    const Array *array;
    bool good;
} Samples;

static void collect_loops(Samples *samples, const Stmt *stmt)
{
    if (counts_to(stmt, samples->batch))
        PUSH(samples->symbol, samples->count, stmt->symbol);
    for (int i = 0; i < stmt->count; i++)
        collect_loops(samples, stmt->items[i]);
    if (stmt->body)
        collect_loops(samples, stmt->body);
    if (stmt->other)
        collect_loops(samples, stmt->other);
}

static void check_first_subscript(void *context, Expr *load, bool write)
{
    (void)write;
    Samples *samples = context;
    if (load->array != samples->array)
        return;
    bool found = false;
    for (int i = 0; i < samples->count && load->args[0]->kind == EX_NAME; i++)
        found |= load->args[0]->symbol == samples->symbol[i];
    samples->good &= found;
}

/* Its first subscript is always the variable of a loop over the samples. */
static bool is_batch(const Kernel *kernel, const Array *array, int batch)
{
    if (array->rank < 1 || array->rank >= RANK_MAX || array->dims[0]->number != batch)
        return false;
    Samples samples = {.batch = batch, .array = array, .good = true};
    collect_loops(&samples, kernel->body);
    visit_loads(kernel->body, check_first_subscript, &samples);
    return samples.good;
}

static bool same_dims(const Root *root, const Array *array)
{
    bool same = root->rank == array->rank;
    for (int i = 0; same && i < array->rank; i++)
        same = root->dims[i] == array->dims[i]->number;
    return same;
}

static void note_array(const Layouter *l, Root *root, const Tensor *tensor, const Kernel *kernel, const Array *array)
{
    bool may_move = tensor->role == ROLE_VALUE || tensor->role == ROLE_SCRATCH || tensor->role == ROLE_INPUT ||
                    tensor->role == ROLE_TARGET;
    bool whole = tensor->elements % l->batch == 0 && (array->rank > 1 || tensor->elements == l->batch);
    if (!root->seen) {
        *root = (Root){.seen = true, .rank = array->rank, .writer = -1};
        root->order = array->rank > 3 ? ORDER_CHANNELS_FIRST : ORDER_SAMPLES;
        for (int i = 0; i < array->rank; i++)
            root->dims[i] = (int)array->dims[i]->number;
    }
    if (!may_move || !whole || !is_batch(kernel, array, l->batch))
        root->order = ORDER_FIXED;
    else if (root->order == ORDER_CHANNELS_FIRST && !same_dims(root, array))
        root->order = ORDER_SAMPLES;
}

static void note_roots(Layouter *l)
{
    Phase *phase = l->phase;
    for (int i = 0; i < phase->tensors; i++)
        phase->tensor[i]->users = i;
    l->root = NEW_ARRAY(phase->tensors + 1, Root);
    for (int s = 0; s < phase->steps; s++)
        for (int a = 0; a < phase->step[s]->count; a++) {
            const Step *step = phase->step[s];
            const Array *array = step->kernel->parameters[a].array;
            if (!array)
                continue;
            Root *root = root_of(l, &step->arguments[a]);
            note_array(l, root, root_tensor(step->arguments[a].tensor), step->kernel, array);
            if (array->written && root->writer < 0)
                root->writer = s;
        }
}

/* A tensor that a step may have in either layout. (Of one number for each sample both are the same.) */
static bool can_move(const Layouter *l, const Step *step, int argument)
{
    return step->kernel->parameters[argument].array && root_of(l, &step->arguments[argument])->order != ORDER_FIXED;
}

/* ---- kernels with the samples innermost ---- */

typedef struct Move {
    const Layouter *layouter;
    int count;
    const Array **from;
    Array **to;
    Order *order;
    const Symbol *samples; /* the loop that is split now, */
    Symbol *blocks, *lane; /* and its two */
} Move;

static int moved(const Move *move, const Array *array)
{
    for (int i = 0; i < move->count; i++)
        if (move->from[i] == array)
            return i;
    return -1;
}

static Expr *moved_load(void *context, const Expr *load, Expr **subscripts)
{
    const Move *move = context;
    int which = moved(move, load->array);
    if (which < 0 || load->args[0]->kind != EX_NAME || load->args[0]->symbol != move->samples)
        return NULL;
    Expr **places = NEW_ARRAY(load->count + 1, Expr *);
    int at = 0, last = load->count - 1;
    bool channels_first = move->order[which] == ORDER_CHANNELS_FIRST;
    if (move->blocks)
        places[at++] = expr_name(move->blocks);
    if (channels_first)
        places[at++] = subscripts[last];
    for (int i = 1; i < load->count - channels_first; i++)
        places[at++] = subscripts[i];
    places[at++] = expr_name(move->lane);
    return expr_load(move->to[which], at, places);
}

static Array *moved_array(const Layouter *l, const Array *array, Order order)
{
    Array *to = NEW(Array);
    *to = *array;
    to->rank = 0;
    if (l->batch > l->block)
        to->dims[to->rank++] = expr_int(l->batch / l->block);
    bool channels_first = order == ORDER_CHANNELS_FIRST;
    if (channels_first)
        to->dims[to->rank++] = array->dims[array->rank - 1];
    for (int i = 1; i < array->rank - channels_first; i++)
        to->dims[to->rank++] = array->dims[i];
    to->dims[to->rank++] = expr_int(l->block);
    return to;
}

static void note_moved(void *context, Expr *load, bool write)
{
    (void)write;
    Move *move = context;
    if (moved(move, load->array) >= 0 && load->args[0]->kind == EX_NAME && load->args[0]->symbol == move->samples)
        move->lane = (Symbol *)move->samples;
}

static bool has_moved(Move *move, const Stmt *loop)
{
    move->samples = loop->symbol;
    move->lane = NULL;
    visit_loads(loop->body, note_moved, move);
    return move->lane != NULL;
}

/* A loop over the samples as one over blocks of them around one over those of a block; inner loops first. */
static Stmt *split_samples(Move *move, Stmt *stmt)
{
    Stmt *items = stmt_block();
    for (int i = 0; i < stmt->count; i++)
        block_add(items, split_samples(move, stmt->items[i]));
    if (stmt->kind == ST_BLOCK) {
        stmt->items = items->items;
        stmt->count = items->count;
    }
    if (stmt->body)
        stmt->body = split_samples(move, stmt->body);
    if (stmt->other)
        stmt->other = split_samples(move, stmt->other);
    const Layouter *l = move->layouter;
    if (!counts_to(stmt, l->batch) || !has_moved(move, stmt))
        return stmt;
    move->lane = symbol_new(SYM_LOOP, TYPE_INT, stmt->symbol->name);
    move->blocks = l->batch > l->block ? symbol_new(SYM_LOOP, TYPE_INT, "block") : NULL;
    Expr *sample = expr_name(move->lane);
    if (move->blocks)
        sample = expr_binary(EX_ADD, expr_binary(EX_MUL, expr_name(move->blocks), expr_int(l->block)), sample);
    Changes changes = {.load = moved_load, .context = move};
    change_add(&changes, stmt->symbol, sample);
    Stmt *lanes = stmt_for(move->lane, expr_int(0), expr_int(l->block), 1);
    lanes->body = stmt_copy(&changes, stmt->body);
    Stmt *whole = lanes;
    if (move->blocks) {
        whole = stmt_for(move->blocks, expr_int(0), expr_int(l->batch / l->block), 1);
        block_add(whole->body, lanes);
    }
    whole->comment = stmt->comment;
    return whole;
}

static Kernel *rewrite(const Layouter *l, const Step *step)
{
    const Kernel *from = step->kernel;
    Kernel *kernel = NEW(Kernel);
    *kernel = *from;
    kernel->parameters = NULL;
    kernel->count = 0;
    Move move = {.layouter = l};
    for (int a = 0; a < from->count; a++) {
        kernel_add(kernel, from->parameters[a]);
        if (!can_move(l, step, a) || from->parameters[a].array->rank < 2)
            continue;
        Order order = root_of(l, &step->arguments[a])->order;
        Array *to = moved_array(l, from->parameters[a].array, order);
        int count = move.count;
        move.order = push_grow(move.order, count, sizeof(Order));
        move.order[count] = order;
        PUSH(move.to, count, to);
        PUSH(move.from, move.count, from->parameters[a].array);
        kernel->parameters[a].array = to;
    }
    kernel->body = split_samples(&move, stmt_copy(&(Changes){0}, from->body));
    note_uses(kernel);
    return kernel;
}

/* What a kernel becomes depends on which of its arrays move, and how. */
static Kernel *rewritten(Layouter *l, const Step *step)
{
    Text key = {0};
    text_add(&key, "%p ", (const void *)step->kernel);
    for (int a = 0; a < step->count; a++)
        text_add(&key, "%d", can_move(l, step, a) ? (int)root_of(l, &step->arguments[a])->order : 0);
    Kernel **kernel = made_kernel(&l->made, key.bytes);
    return *kernel ? *kernel : (*kernel = rewrite(l, step));
}

/* ---- what each way costs ---- */

/* Something that it writes has few channels. */
static bool is_narrow(const Layouter *l, const Step *step)
{
    const int lanes = l->estimates->lanes;
    bool narrow = false;
    for (int a = 0; a < step->count; a++) {
        const Array *array = step->kernel->parameters[a].array;
        if (!can_move(l, step, a) || array->rank < 2)
            continue;
        double channels = (double)array->dims[array->rank - 1]->number;
        double vectors = (double)((long long)(channels + lanes - 1) / lanes);
        narrow |= array->written && channels < FILLED * vectors * lanes;
    }
    return narrow;
}

/* Whether it can pay at all: estimates take time. */
static bool is_worth_a_try(const Layouter *l)
{
    double narrow = 0, all = 0;
    for (int s = 0; s < l->phase->steps; s++) {
        const Step *step = l->phase->step[s];
        double work = step_work(step);
        all += work;
        narrow += is_narrow(l, step) ? work : 0;
    }
    return narrow > NARROW_WORK * all;
}

/* All that it has of the samples can move, and there is some. */
static bool may_have_samples_inside(const Layouter *l, const Step *step)
{
    bool some = false;
    for (int a = 0; a < step->count; a++) {
        const Array *array = step->kernel->parameters[a].array;
        if (!array)
            continue;
        const Tensor *tensor = root_tensor(step->arguments[a].tensor);
        bool own = tensor->role == ROLE_WEIGHT || tensor->role == ROLE_GRADIENT || tensor->role == ROLE_STATE ||
                   tensor->role == ROLE_CONSTANT;
        if (can_move(l, step, a))
            some |= array->rank > 1;
        else if (!own && array->rank > 1 && array->dims[0]->number == l->batch)
            return false;
    }
    return some;
}

static double seam_cycles(const Layouter *l, const Tensor *tensor)
{
    return tensor->elements > l->batch ? SEAM_CYCLES * (double)tensor->elements : 0;
}

typedef struct Costs {
    double *first, *second; /* [steps]: as the templates have it; with the samples in the lanes */
    bool *estimated;        /* [steps]: the second is an estimate; else it is the least that it can be */
    int seams;
    Seam *seam;
} Costs;

static void add_seam(Costs *costs, int one, int other, double cost)
{
    if (one == other)
        return;
    costs->seam = push_grow(costs->seam, costs->seams, sizeof(Seam));
    costs->seam[costs->seams++] = (Seam){one, other, cost};
}

/* Between the step that makes a tensor and one that uses it; arguments come as the templates have it. */
static void add_seams(const Layouter *l, Costs *costs, int s)
{
    const Step *step = l->phase->step[s];
    for (int a = 0; a < step->count; a++) {
        if (!can_move(l, step, a))
            continue;
        const Root *root = root_of(l, &step->arguments[a]);
        double cycles = seam_cycles(l, root_tensor(step->arguments[a].tensor));
        if (root->writer < 0)
            costs->second[s] += cycles;
        else
            add_seam(costs, root->writer, s, step->kernel->parameters[a].array->written ? FORBIDDEN : cycles);
    }
}

static double additions(const Stmt *stmt)
{
    double sums = stmt->kind == ST_ASSIGN && stmt->add;
    for (int i = 0; i < stmt->count; i++)
        sums += additions(stmt->items[i]);
    sums += stmt->body ? additions(stmt->body) : 0;
    sums += stmt->other ? additions(stmt->other) : 0;
    return stmt->kind == ST_FOR ? sums * usual_trips(stmt) : sums;
}

/* With all lanes filled, two sums in each cycle, and half of what is added beyond the borders. */
static double least_kernel_cycles(const Layouter *l, const Kernel *kernel)
{
    return additions(kernel->body) / (4.0 * l->estimates->lanes);
}

static Costs costs_of(const Layouter *l)
{
    const Phase *phase = l->phase;
    Costs costs = {.first = NEW_ARRAY(phase->steps, double),
                   .second = NEW_ARRAY(phase->steps, double),
                   .estimated = NEW_ARRAY(phase->steps, bool)};
    for (int s = 0; s < phase->steps; s++) {
        const Step *step = phase->step[s];
        bool may = may_have_samples_inside(l, step);
        costs.first[s] = may ? all_cycles(l->estimates, step->kernel->body) : 0;
        costs.second[s] = may ? least_kernel_cycles(l, step->kernel) / LAYOUT_GAIN : FORBIDDEN;
        costs.estimated[s] = !may;
    }
    for (int s = 0; s < phase->steps; s++)
        add_seams(l, &costs, s);
    return costs;
}

/* The other layout is estimated of those steps alone that would have it if it cost the least that it can. */
static bool *cheapest_layouts(Layouter *l)
{
    const int steps = l->phase->steps;
    Costs costs = costs_of(l);
    bool *inside, again;
    do {
        inside = cheapest_labels(steps, costs.first, costs.second, costs.seams, costs.seam);
        again = false;
        for (int s = 0; s < steps; s++) {
            const Step *step = l->phase->step[s];
            if (!inside[s] || costs.estimated[s])
                continue;
            const double least = least_kernel_cycles(l, step->kernel);
            costs.second[s] += (all_cycles(l->estimates, rewritten(l, step)->body) - least) / LAYOUT_GAIN;
            costs.estimated[s] = again = true;
        }
    } while (again);
    return inside;
}

/* ---- copies at the seams ---- */

static const Template seam_template = {.category = CATEGORIES, .name = "layout"};

typedef struct Subscripts {
    Expr *outer[RANK_MAX], *inner[RANK_MAX]; /* of an element as the template has it, and with the samples inside */
} Subscripts;

/* Loops over all elements, the samples of a block innermost; returns the body of the last one. */
static Stmt *add_element_loops(const Layouter *l, const Root *root, const Array *inner, Stmt *into, Subscripts *at)
{
    bool blocks = l->batch > l->block, channels_first = root->order == ORDER_CHANNELS_FIRST;
    for (int i = 0; i < inner->rank; i++) {
        bool lane = i == inner->rank - 1, block = blocks && i == 0;
        Symbol *symbol = symbol_new(SYM_LOOP, TYPE_INT, lane ? "n" : block ? "block" : dimension_name(i));
        Stmt *loop = stmt_for(symbol, expr_int(0), inner->dims[i], 1);
        at->inner[i] = expr_name(symbol);
        block_add(into, loop);
        into = loop->body;
    }
    Expr *lane = at->inner[inner->rank - 1];
    at->outer[0] = blocks ? expr_binary(EX_ADD, expr_binary(EX_MUL, at->inner[0], expr_int(l->block)), lane) : lane;
    for (int i = 1; i < root->rank; i++) {
        int place = channels_first ? (i == root->rank - 1 ? 0 : i) : i - 1;
        at->outer[i] = at->inner[blocks + place];
    }
    return into;
}

/* y[block][c]...[n] = x[block * 16 + n]...[c], or back. */
static Kernel *seam_kernel(const Layouter *l, const Root *root, Type type, bool inwards)
{
    Array *outer = NEW(Array);
    *outer = (Array){.type = type, .rank = root->rank};
    for (int i = 0; i < root->rank; i++)
        outer->dims[i] = expr_int(root->dims[i]);
    Array *inner = moved_array(l, outer, root->order), *from = inwards ? outer : inner, *to = inwards ? inner : outer;
    from->name = "x";
    from->constant = true;
    to->name = "y";
    Kernel *kernel = NEW(Kernel);
    *kernel = (Kernel){.name = inwards ? "samples_inside" : "samples_outside",
                       .summary = inwards ? "the samples of a block beside each other, for the lanes"
                                          : "the samples one behind the other",
                       .template = &seam_template,
                       .body = stmt_block()};
    kernel_add(kernel, (Parameter){.array = from});
    kernel_add(kernel, (Parameter){.array = to});
    Subscripts *at = NEW(Subscripts);
    Stmt *body = add_element_loops(l, root, inner, kernel->body, at);
    Expr *outside = expr_load(outer, outer->rank, at->outer), *inside = expr_load(inner, inner->rank, at->inner);
    block_add(body, inwards ? stmt_assign(inside, outside) : stmt_assign(outside, inside));
    note_uses(kernel);
    return kernel;
}

static Kernel *shared_seam_kernel(Layouter *l, const Root *root, Type type, bool inwards)
{
    Text key = {0};
    text_add(&key, "seam %d %d %d", root->order, type, inwards);
    for (int i = 0; i < root->rank; i++)
        text_add(&key, " %d", root->dims[i]);
    Kernel **kernel = made_kernel(&l->made, key.bytes);
    return *kernel ? *kernel : (*kernel = seam_kernel(l, root, type, inwards));
}

static Tensor *copied_tensor(Layouter *l, const Tensor *tensor, bool inwards)
{
    Tensor *copy = NEW(Tensor);
    *copy = (Tensor){.name = take_name(&l->names, format("%s_%s", tensor->name, inwards ? "inside" : "outside")),
                     .role = ROLE_VALUE,
                     .type = tensor->type,
                     .rank = tensor->rank,
                     .elements = tensor->elements,
                     .born = -1,
                     .dies = -1};
    memcpy(copy->dims, tensor->dims, sizeof copy->dims);
    PUSH(l->phase->tensor, l->phase->tensors, copy);
    return copy;
}

/* The tensor in the other layout: made now, unless it was made before. */
static Tensor *in_other_layout(Layouter *l, const Step *step, Tensor *tensor, bool inwards)
{
    Root *root = &l->root[tensor->users];
    if (root->copy)
        return root->copy;
    root->copy = copied_tensor(l, tensor, inwards);
    Step *copying = NEW(Step);
    *copying = (Step){.title = tensor->name, .span = step->span};
    copying->kernel = shared_seam_kernel(l, root, tensor->type, inwards);
    copying->source = copying->kernel;
    step_add(copying, (Argument){.tensor = tensor});
    step_add(copying, (Argument){.tensor = root->copy});
    PUSH(l->step, l->steps, copying);
    return root->copy;
}

static void lay_out_step(Layouter *l, int s)
{
    Step *step = l->phase->step[s];
    Kernel *kernel = l->inside[s] ? rewritten(l, step) : step->kernel;
    for (int a = 0; a < step->count; a++) {
        if (!can_move(l, step, a) || step->kernel->parameters[a].array->rank < 2)
            continue;
        Root *root = root_of(l, &step->arguments[a]);
        bool inside = root->writer >= 0 && l->inside[root->writer];
        if (inside != l->inside[s])
            step->arguments[a].tensor = in_other_layout(l, step, root_tensor(step->arguments[a].tensor), l->inside[s]);
        else if (step->kernel->parameters[a].array->written)
            root->copy = NULL;
    }
    step->kernel = kernel;
    PUSH(l->step, l->steps, step);
}

/* As many samples as fill the lanes best; 1: too few. */
static int block_of(int batch, int lanes)
{
    int block = batch < lanes ? batch : lanes;
    while (batch % block)
        block--;
    return 2 * block > lanes ? block : 1;
}

static void lay_out(Estimates *estimates, Phase *phase)
{
    Layouter l = {.estimates = estimates, .phase = phase, .batch = phase->batch};
    l.block = block_of(l.batch, estimates->lanes);
    if (l.block == 1)
        return;
    note_roots(&l);
    if (!is_worth_a_try(&l))
        return;
    l.names = tensor_names(phase);
    l.inside = cheapest_layouts(&l);
    for (int s = 0; s < phase->steps; s++)
        lay_out_step(&l, s);
    phase->step = l.step;
    phase->steps = l.steps;
    phase->block = l.block;
}

void layout(Model *model)
{
    static const PhaseKind kinds[] = {PHASE_GRADIENT, PHASE_TRAIN, PHASE_PREDICT_BATCH};
    const Options *options = model->options;
    if (options->lanes < 2 || options->branches || model->ram_bytes)
        return;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (model->phase[kinds[i]])
            lay_out(estimates_of(model), model->phase[kinds[i]]);
    set_owners(model);
}
