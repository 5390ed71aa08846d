/* fold.c - where weights are constants, a layer that only scales and shifts channels becomes a part of the weights of
 * the layer before it: batch_norm of a convolution's or of a dense layer's. Needs infer.
 *
 *     y_f = sum_i x_i w_if + b_f   and   z_f = s_f y_f + t_f   are   z_f = sum_i x_i (w_if s_f) + (b_f s_f + t_f)
 *
 * which is rounded elsewhere, so it is done in `fast` alone. No layer says of itself that it can take part. A template
 * scales channels if what it stores is a line in the x of the same place, with numbers of its channel; it can take that
 * in if it stores a sum of products, each with one weight of the same channel, and a bias. Both are seen in its forward
 * function, so it holds for every template that is ever written. */
#include "fold.h"
#include "expr.h"
#include "forms.h"
#include "parameters.h"
#include "sizes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static Weight *weight_named(const Layer *layer, const char *variable)
{
    for (int i = 0; i < layer->weights; i++)
        if (strcmp(layer->weight[i]->variable, variable) == 0)
            return layer->weight[i];
    return NULL;
}

/* ---- layers that scale: their function, run for one channel, with what it computes as lines in x ---- */

/* scale x + shift. */
typedef struct Line {
    bool in_x;
    double scale, shift;
} Line;

enum { LINES_MAX = 16 };

typedef struct Run {
    const Layer *layer;
    int channel;
    Channel_number *number; /* NULL: every weight is 1 */
    void *context;
    int loops; /* around what is run */
    const Stmt *loop[RANK_MAX];
    const Expr *element; /* of x or y, the first that was met */
    int lines;           /* elements of this channel of arrays, and locals */
    const char *name[LINES_MAX];
    Line line[LINES_MAX];
    const Line *y;
    bool failed;
} Run;

static Line failed_line(Run *run)
{
    run->failed = true;
    return (Line){0};
}

static Line constant_line(double number)
{
    return (Line){.shift = number};
}

static Line known_line(Run *run, const char *name)
{
    for (int i = run->lines - 1; i >= 0; i--)
        if (strcmp(run->name[i], name) == 0)
            return run->line[i];
    return failed_line(run);
}

static const Line *keep_line(Run *run, const char *name, Line line)
{
    if (run->lines == LINES_MAX) {
        run->failed = true;
        return NULL;
    }
    run->name[run->lines] = name;
    run->line[run->lines] = line;
    return &run->line[run->lines++];
}

/* A subscript that runs through the whole dimension. */
static const Stmt *loop_over(const Run *run, const Expr *subscript, const Expr *size)
{
    for (int i = 0; i < run->loops && subscript->kind == EX_NAME; i++)
        if (run->loop[i]->symbol == subscript->symbol && is_int(run->loop[i]->from, 0) && run->loop[i]->step == 1 &&
            same_expr(run->loop[i]->to, size))
            return run->loop[i];
    return NULL;
}

/* [c], or [n]...[c] where c is the innermost loop; x and y at one place only. */
static bool is_of_channel(Run *run, const Expr *element)
{
    const Stmt *last = NULL;
    for (int i = 0; i < element->count; i++) {
        last = loop_over(run, element->args[i], element->array->dims[i]);
        if (!last)
            return false;
    }
    if (last != run->loop[run->loops - 1])
        return false;
    if (element->count == 1)
        return true;
    if (!run->element)
        run->element = element;
    bool same = element->count == run->element->count;
    for (int i = 0; same && i < element->count; i++)
        same = same_expr(element->args[i], run->element->args[i]);
    return same;
}

static Line loaded_line(Run *run, const Expr *load)
{
    const char *name = load->array->name;
    if (!is_of_channel(run, load))
        return failed_line(run);
    if (load->count > 1)
        return strcmp(name, "x") == 0 ? (Line){.in_x = true, .scale = 1} : failed_line(run);
    const Weight *weight = weight_named(run->layer, name);
    if (!weight)
        return known_line(run, name);
    return constant_line(run->number ? run->number(run->context, weight, run->channel) : 1);
}

static Line named_line(Run *run, const Symbol *symbol)
{
    const Choice *choice = run->layer->choice;
    if (symbol->kind == SYM_LOCAL)
        return known_line(run, symbol->name);
    const Binding *size = symbol->kind == SYM_SIZE ? binding_find(&run->layer->application[0], symbol->name) : NULL;
    if (size)
        return constant_line((double)size->value);
    for (int i = 0; symbol->kind == SYM_KNOB && i < choice->template->attributes; i++)
        for (int v = 0; v < choice->template->attribute[i].variables && v < choice->values[i].count; v++)
            if (strcmp(choice->template->attribute[i].variable[v], symbol->name) == 0)
                return constant_line(choice->values[i].numbers[v]);
    return failed_line(run);
}

static Line line_of(Run *run, const Expr *expr);

static Line joined_line(Run *run, ExprKind kind, Line a, Line b)
{
    const bool in_x = a.in_x || b.in_x;
    if (kind == EX_ADD)
        return (Line){in_x, a.scale + b.scale, a.shift + b.shift};
    if (kind == EX_SUB)
        return (Line){in_x, a.scale - b.scale, a.shift - b.shift};
    if (kind == EX_MUL && !b.in_x)
        return (Line){in_x, a.scale * b.shift, a.shift * b.shift};
    if (kind == EX_MUL && !a.in_x)
        return (Line){in_x, a.shift * b.scale, a.shift * b.shift};
    if (kind == EX_DIV && !b.in_x)
        return (Line){in_x, a.scale / b.shift, a.shift / b.shift};
    return failed_line(run);
}

static Line line_of(Run *run, const Expr *expr)
{
    switch (expr->kind) {
    case EX_INT:
        return constant_line((double)expr->number);
    case EX_REAL:
        return constant_line(strtod(expr->text, NULL));
    case EX_NAME:
        return named_line(run, expr->symbol);
    case EX_LOAD:
        return loaded_line(run, expr);
    case EX_NEG:
        return joined_line(run, EX_SUB, constant_line(0), line_of(run, expr->args[0]));
    case EX_CAST:
        return line_of(run, expr->args[0]);
    case EX_CALL: {
        const Line argument = line_of(run, expr->args[0]);
        if (argument.in_x || strcmp(expr->function->name, "sqrtf") != 0)
            return failed_line(run);
        return constant_line(sqrt(argument.shift));
    }
    default:
        if (expr->count != 2)
            return failed_line(run);
        return joined_line(run, expr->kind, line_of(run, expr->args[0]), line_of(run, expr->args[1]));
    }
}

static void run_store(Run *run, const Expr *target, Line value)
{
    if (!is_of_channel(run, target)) {
        run->failed = true;
        return;
    }
    const bool whole = target->count > 1, is_y = strcmp(target->array->name, "y") == 0;
    run->failed |= whole ? !is_y || run->y || !value.in_x : value.in_x;
    const Line *kept = keep_line(run, target->array->name, value);
    if (whole)
        run->y = kept;
}

static void run_stmt(Run *run, const Stmt *stmt)
{
    switch (stmt->kind) {
    case ST_BLOCK:
        for (int i = 0; i < stmt->count && !run->failed; i++)
            run_stmt(run, stmt->items[i]);
        return;
    case ST_FOR:
        if (run->loops == RANK_MAX) {
            run->failed = true;
            return;
        }
        run->loop[run->loops++] = stmt;
        run_stmt(run, stmt->body);
        run->loops--;
        return;
    case ST_DECLARE:
        keep_line(run, stmt->symbol->name, line_of(run, stmt->value));
        return;
    case ST_ASSIGN:
        if (stmt->add || stmt->target->kind != EX_LOAD)
            run->failed = true;
        else
            run_store(run, stmt->target, line_of(run, stmt->value));
        return;
    default:
        run->failed = true;
    }
}

/* True if the layer scales its channels, and by how much. */
static bool run_layer(const Layer *layer, int channel, Channel_number *number, void *context, Scaling *scaling)
{
    Run run = {.layer = layer, .channel = channel, .number = number, .context = context};
    run_stmt(&run, prediction_kernel(layer->form)->body);
    if (run.failed || !run.y)
        return false;
    *scaling = (Scaling){run.y->scale, run.y->shift};
    return true;
}

static bool scales_channels(const Layer *layer, int channels)
{
    Scaling unused;
    if (layer->inputs != 1 || layer->applications != 1 || !prediction_kernel(layer->form))
        return false;
    for (int i = 0; i < layer->weights; i++)
        if (layer->weight[i]->shape.rank != 1 || layer->weight[i]->shape.dims[0] != channels)
            return false;
    return run_layer(layer, 0, NULL, NULL, &unused);
}

Scaling fold_scaling(const Fold *fold, int channel, Channel_number *number, void *context)
{
    Scaling all = {1, 0};
    for (int i = 0; i < fold->layers; i++) {
        Scaling own = {1, 0};
        run_layer(fold->layer[i], channel, number, context, &own);
        all = (Scaling){own.scale * all.scale, own.scale * all.shift + own.shift};
    }
    return all;
}

/* ---- layers that take it in ---- */

/* What is found of: float sum = 0; sum += x[...] * w[...][f]; y[...][f] = sum + b[f]; */
typedef struct Linear {
    const Template *template;
    const Symbol *sum;
    const Expr *weight, *bias, *output; /* loads */
    bool failed;
} Linear;

static bool is_parameter(const Template *template, const Expr *expr)
{
    for (int i = 0; expr->kind == EX_LOAD && i < template->params; i++)
        if (strcmp(template->param[i].variable, expr->array->name) == 0)
            return true;
    return false;
}

typedef struct Count {
    const Template *template;
    int parameters;
} Count;

static void count_parameter(void *context, Expr *expr, bool write)
{
    Count *count = context;
    (void)write;
    count->parameters += is_parameter(count->template, expr);
}

static int parameters_in(const Template *template, const Stmt *stmt)
{
    Count count = {template, 0};
    visit_stmt(stmt, count_parameter, &count);
    return count.parameters;
}

/* A product of which one factor is a parameter. */
static void note_product(Linear *linear, const Stmt *stmt)
{
    const Expr *product = stmt->value;
    const int side = product->kind == EX_MUL && is_parameter(linear->template, product->args[1]);
    if (!stmt->add || linear->weight || product->kind != EX_MUL || !is_parameter(linear->template, product->args[side]))
        linear->failed = true;
    else
        linear->weight = product->args[side];
}

static void note_output(Linear *linear, const Stmt *stmt)
{
    const Expr *sum = stmt->value;
    bool fits = !stmt->add && !linear->output && sum->kind == EX_ADD && sum->args[0]->kind == EX_NAME &&
                sum->args[0]->symbol == linear->sum && is_parameter(linear->template, sum->args[1]) &&
                strcmp(stmt->target->array->name, "y") == 0;
    if (!fits) {
        linear->failed = true;
        return;
    }
    linear->output = stmt->target;
    linear->bias = sum->args[1];
}

static void note_stmt(Linear *linear, const Stmt *stmt)
{
    if (stmt->kind == ST_DECLARE && stmt->symbol->type == TYPE_REAL) {
        linear->failed |= linear->sum || !stmt->value || !is_real(stmt->value, 0);
        linear->sum = stmt->symbol;
    }
    if (stmt->kind == ST_ASSIGN && stmt->target->kind == EX_LOAD)
        note_output(linear, stmt);
    else if (stmt->kind == ST_ASSIGN && stmt->target->symbol == linear->sum)
        note_product(linear, stmt);
    else if (stmt->kind == ST_ASSIGN)
        linear->failed = true;
    for (int i = 0; i < stmt->count; i++)
        note_stmt(linear, stmt->items[i]);
    if (stmt->body)
        note_stmt(linear, stmt->body);
    if (stmt->other)
        note_stmt(linear, stmt->other);
}

static const Expr *last_subscript(const Expr *load)
{
    return load->args[load->count - 1];
}

/* The sum begins anew where its result is stored: they are the ends of one block. */
static bool has_ends(const Stmt *stmt, const Linear *linear)
{
    if (stmt->kind == ST_BLOCK && stmt->count > 1) {
        const Stmt *first = stmt->items[0], *last = stmt->items[stmt->count - 1];
        if (first->kind == ST_DECLARE && first->symbol == linear->sum && last->kind == ST_ASSIGN)
            return last->target == linear->output;
    }
    for (int i = 0; i < stmt->count; i++)
        if (has_ends(stmt->items[i], linear))
            return true;
    return stmt->body && has_ends(stmt->body, linear);
}

/* True if the layer's function is linear in weights of its last dimension; leaves weight and bias. */
static bool find_linear(const Layer *layer, Linear *linear)
{
    const Kernel *kernel = prediction_kernel(layer->form);
    *linear = (Linear){.template = layer->choice->template};
    if (layer->inputs != 1 || layer->applications != 1 || !kernel)
        return false;
    note_stmt(linear, kernel->body);
    if (linear->failed || !linear->weight || !linear->output || parameters_in(linear->template, kernel->body) != 2)
        return false;
    const Expr *channel = last_subscript(linear->output);
    return linear->bias->count == 1 && same_expr(last_subscript(linear->weight), channel) &&
           same_expr(last_subscript(linear->bias), channel) && has_ends(kernel->body, linear);
}

/* ---- the network without them ---- */

static int readers_of(const Model *model, const Layer *layer)
{
    int readers = layer == model->output;
    for (int i = 0; i < model->layers; i++)
        for (int x = 0; x < model->layer[i]->inputs; x++)
            readers += model->layer[i]->input[x] == layer;
    return readers;
}

static bool is_shared(const Model *model, const Layer *layer)
{
    bool shared = layer->share != NULL;
    for (int i = 0; i < model->layers; i++)
        shared |= model->layer[i]->share == layer;
    return shared;
}

static void switch_on(const Choice *choice, const char *option)
{
    for (int i = 0; i < choice->template->attributes; i++)
        if (strcmp(choice->template->attribute[i].name, option) == 0) {
            choice->values[i] = (Value){.given = true, .count = 1, .numbers = NEW(double)};
            choice->values[i].numbers[0] = 1;
        }
}

/* A bias that was switched off is there now. */
static Weight *give_bias(const Model *model, Layer *layer, const char *variable)
{
    const Template *template = layer->choice->template;
    Weight *bias = weight_named(layer, variable);
    if (bias)
        return bias;
    for (int i = 0; i < template->params; i++)
        if (strcmp(template->param[i].variable, variable) == 0)
            switch_on(layer->choice, template->param[i].option);
    give_weights(model, layer);
    bias = weight_named(layer, variable);
    bias->absent = true;
    return bias;
}

static void put_into(const Model *model, Layer *layer, const Linear *linear, const Layer *scaling)
{
    Weight *bias = give_bias(model, layer, linear->bias->array->name);
    Weight *weight = weight_named(layer, linear->weight->array->name);
    if (!weight->fold) {
        weight->fold = bias->fold = NEW(Fold);
        *weight->fold = (Fold){.channels = bias->shape.dims[0], .bias = bias};
    }
    PUSH(weight->fold->layer, weight->fold->layers, scaling);
}

static void take_place(Model *model, const Layer *gone, Layer *layer)
{
    int kept = 0;
    for (int i = 0; i < model->layers; i++)
        if (model->layer[i] != gone)
            model->layer[kept++] = model->layer[i];
    model->layers = kept;
    for (int i = 0; i < model->layers; i++)
        for (int x = 0; x < model->layer[i]->inputs; x++)
            if (model->layer[i]->input[x] == gone)
                model->layer[i]->input[x] = layer;
    for (int i = 0; i < model->losses; i++)
        if (model->loss[i]->input == gone)
            model->loss[i]->input = layer;
    if (model->output == gone)
        model->output = layer;
}

static bool try_fold(Model *model, Layer *scaling)
{
    Layer *layer = scaling->inputs == 1 ? scaling->input[0] : NULL;
    Linear linear;
    if (!layer || !layer->choice || readers_of(model, layer) != 1 || is_shared(model, layer) ||
        is_shared(model, scaling) || !find_linear(layer, &linear))
        return false;
    const int channels = layer->shape.dims[layer->shape.rank - 1];
    if (!scales_channels(scaling, channels))
        return false;
    put_into(model, layer, &linear, scaling);
    take_place(model, scaling, layer);
    return true;
}

void fold(Model *model)
{
    const Options *options = model->options;
    bool constant = options->inference && options->weights && !options->incbin;
    if (!constant || options->numerics != NUMERICS_FAST)
        return;
    for (int i = 0; i < model->layers;)
        i += !try_fold(model, model->layer[i]);
    for (int i = 0; i < model->layers; i++)
        model->layer[i]->index = i;
    for (int i = 0; i < model->inputs; i++)
        model->input[i]->index = model->layers + i;
    order_weights(model);
}
