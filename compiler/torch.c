/* torch.c - what PyTorch calls a weight, and where it keeps each of its numbers.
 *
 * A template says it in index notation: `Torch: w[k][l][c][f] = weight[f][c][k][l]`. Each place is a sum of terms that
 * depend on one subscript at most, so the offset of an element is a sum, too, of one table for each of our dimensions.
 * The tables must hit every number of theirs exactly once. Without a tag name and layout are the same. */
#include "torch.h"
#include "feature_order.h"
#include "forms.h"
#include "sizes.h"

#include <limits.h>
#include <string.h>

enum { BLOCK = 64 };

/* ---- names ---- */

bool is_within(const char *name, const char *module)
{
    size_t length = strlen(module);
    return !length || (strncmp(name, module, length) == 0 && (!name[length] || name[length] == '.'));
}

/* The longest name of `weights:` that holds for this one. */
static NamePair *pair_for(const Naming *naming, const char *name)
{
    NamePair *best = NULL;
    for (int i = 0; i < naming->names; i++) {
        NamePair *pair = &naming->name[i];
        if (!is_within(name, pair->own))
            continue;
        pair->used = true;
        if (!best || strlen(pair->own) > strlen(best->own))
            best = pair;
    }
    return best;
}

static const char *with_dot(const char *left, const char *right)
{
    return *left && *right ? format("%s.%s", left, right) : *left ? left : right;
}

/* conv2d_1.weight, under {conv2d_1: features.0}, is features.0.weight; LAYER.gamma is MODULE.weight by its tag. */
static void give_name(const Naming *naming, const TorchTag *tag, Foreign *foreign)
{
    const char *own = foreign->weight->name, *dot = strrchr(own, '.');
    const char *last = tag ? tag->name : dot + 1;
    const NamePair *pair = pair_for(naming, own);
    foreign->span = pair ? pair->span : foreign->layer->span;
    size_t covered = pair ? strlen(pair->own) : 0;
    if (pair && strcmp(pair->own, own) == 0) {
        foreign->name = pair->other;
    } else {
        const char *rest = covered && own[covered] == '.' ? own + covered + 1 : own + covered;
        const char *module = rest < dot ? format("%.*s", (int)(dot - rest), rest) : "";
        foreign->name = with_dot(with_dot(pair ? pair->other : "", module), last);
    }
    if (naming->prefix)
        foreign->name = with_dot(naming->prefix, foreign->name);
}

/* Forms may give an array different ranks, and each rank has a tag. */
static const TorchTag *tag_of(const Template *template, const Weight *weight)
{
    for (int i = 0; i < template->torches; i++) {
        const TorchTag *tag = &template->torch[i];
        if (tag->variable && strcmp(tag->variable, weight->variable) == 0 && tag->subscripts == weight->shape.rank)
            return tag;
    }
    return NULL;
}

/* ---- places ---- */

typedef struct Placing {
    const TorchTag *tag;
    const Shape *shape; /* ours */
    const int *order[RANK_MAX];
    Application sizes;          /* the subscripts, then the layer's */
    long long **part[RANK_MAX]; /* part[t][d][i]: what subscript d adds to their subscript t */
} Placing;

static void start_placing(Placing *placing, const Layer *layer)
{
    const Application *sizes = &layer->application[0];
    for (int d = 0; d < placing->shape->rank; d++)
        binding_add(&placing->sizes, placing->tag->subscript[d], 0, layer->span);
    for (int i = 0; i < sizes->bindings; i++)
        binding_add(&placing->sizes, sizes->binding[i].name, sizes->binding[i].value, sizes->binding[i].span);
}

static bool mentions_size(const Expr *expr, const char *name)
{
    bool found = is_size(expr, name);
    for (int i = 0; i < expr->count && !found; i++)
        found = mentions_size(expr->args[i], name);
    return found;
}

static bool add_term(Placing *placing, const Expr *term, long long **part)
{
    int along = 0;
    for (int d = 0; d < placing->shape->rank; d++)
        if (mentions_size(term, placing->tag->subscript[d]))
            along = d;
    for (int i = 0; i < placing->shape->dims[along]; i++) {
        long long value;
        placing->sizes.binding[along].value = placing->order[along] ? placing->order[along][i] : i;
        if (!size_value(term, &placing->sizes, &value))
            return false;
        part[along][i] += value;
    }
    return true;
}

static bool add_terms(Placing *placing, const Expr *place, long long **part)
{
    if (place->kind != EX_ADD)
        return add_term(placing, place, part);
    return add_terms(placing, place->args[0], part) && add_terms(placing, place->args[1], part);
}

/* Their size along one dimension: one more than the largest place. 0 if a place has no value. */
static long long measure(const Placing *placing, long long **part)
{
    long long low = 0, high = 0;
    for (int d = 0; d < placing->shape->rank; d++) {
        long long least = LLONG_MAX, most = LLONG_MIN;
        for (int i = 0; i < placing->shape->dims[d]; i++) {
            least = part[d][i] < least ? part[d][i] : least;
            most = part[d][i] > most ? part[d][i] : most;
        }
        low += least;
        high += most;
    }
    return low < 0 ? 0 : high + 1;
}

static bool place_elements(Placing *placing, Foreign *foreign)
{
    const Shape *ours = placing->shape;
    foreign->shape.rank = placing->tag->rank;
    for (int t = 0; t < placing->tag->rank; t++) {
        placing->part[t] = NEW_ARRAY(ours->rank, long long *);
        for (int d = 0; d < ours->rank; d++)
            placing->part[t][d] = NEW_ARRAY(ours->dims[d], long long);
        long long size = 0;
        if (add_terms(placing, placing->tag->place[t], placing->part[t]))
            size = measure(placing, placing->part[t]);
        if (size < 1 || size > INT_MAX)
            return false;
        foreign->shape.dims[t] = (int)size;
    }
    for (int d = 0; d < ours->rank; d++)
        foreign->offset[d] = NEW_ARRAY(ours->dims[d], long long);
    long long stride = 1;
    for (int t = placing->tag->rank - 1; t >= 0; stride *= foreign->shape.dims[t--])
        for (int d = 0; d < ours->rank; d++)
            for (int i = 0; i < ours->dims[d]; i++)
                foreign->offset[d][i] += stride * placing->part[t][d][i];
    return shape_elements(&foreign->shape) == shape_elements(ours);
}

/* A dimension `Any:` of ours stands for any number of theirs: `gamma[M][C]` over an image is `weight[C][H][W]`. */
static void expand(const Placing *placing, const Layer *layer, const Array *array, Foreign *foreign)
{
    const Template *template = layer->choice->template;
    const char *any = template->anys == 1 ? template->any[0].variable : NULL;
    const Array *input = form_array(layer->form, "x");
    int at = 0;
    while (any && input && at < input->rank && !is_size(input->dims[at], any))
        at++;
    if (!any || !input || at == input->rank)
        return;
    const Shape *read = &layer->input[0]->shape, merged = foreign->shape;
    int stands_for = read->rank - (input->rank - 2); /* the batch and the dimension itself do not count */
    foreign->shape.rank = 0;
    for (int t = 0; t < merged.rank; t++) {
        bool whole = false;
        for (int d = 0; d < array->rank; d++)
            whole |= is_size(array->dims[d], any) && is_size(placing->tag->place[t], placing->tag->subscript[d]);
        for (int i = 0; whole && i < stands_for && foreign->shape.rank < RANK_MAX; i++)
            foreign->shape.dims[foreign->shape.rank++] = read->dims[at - 1 + i];
        if (!whole && foreign->shape.rank < RANK_MAX)
            foreign->shape.dims[foreign->shape.rank++] = merged.dims[t];
    }
}

void foreign_walk(const Foreign *foreign, Foreign_run *run, void *context)
{
    const Shape *ours = &foreign->weight->shape;
    int last = ours->rank - 1, width = ours->dims[last];
    long long rows = shape_elements(ours) / width;
    for (int from = 0; from < width; from += BLOCK) {
        int at[RANK_MAX] = {0}, count = width - from < BLOCK ? width - from : BLOCK;
        for (long long row = 0; row < rows; row++) {
            long long place = 0;
            for (int d = 0; d < last; d++)
                place += foreign->offset[d][at[d]];
            run(context, row * width + from, place, foreign->offset[last] + from, count);
            for (int d = last - 1; d >= 0 && ++at[d] == ours->dims[d]; d--)
                at[d] = 0;
        }
    }
}

typedef struct Seen {
    long long elements;
    unsigned char *place; /* a bit for each of theirs */
    bool twice;           /* or outside */
} Seen;

static void see(void *context, long long ours, long long theirs, const long long *offset, int count)
{
    Seen *seen = context;
    (void)ours;
    for (int i = 0; i < count && !seen->twice; i++) {
        long long place = theirs + offset[i];
        seen->twice = place < 0 || place >= seen->elements || (seen->place[place / 8] >> (place % 8) & 1);
        if (!seen->twice)
            seen->place[place / 8] = (unsigned char)(seen->place[place / 8] | 1 << (place % 8));
    }
}

/* Every number of theirs is one of ours. */
static bool is_one_to_one(const Foreign *foreign)
{
    long long elements = shape_elements(&foreign->weight->shape);
    Seen seen = {elements, NEW_ARRAY(elements / 8 + 1, unsigned char), false};
    foreign_walk(foreign, see, &seen);
    return !seen.twice;
}

/* `w[i][j] = w[i][j]`, for a parameter without a tag. */
static const TorchTag *same_layout(const Weight *weight)
{
    TorchTag *tag = NEW(TorchTag);
    tag->variable = tag->name = weight->variable;
    tag->rank = tag->subscripts = weight->shape.rank;
    for (int d = 0; d < tag->rank; d++) {
        tag->subscript[d] = format("%c", 'i' + d);
        tag->place[d] = parse_expression((Span){0}, tag->subscript[d]);
    }
    return tag;
}

static bool find_places(const Features *features, const TorchTag *tag, Foreign *foreign)
{
    const Layer *layer = foreign->layer;
    const Array *array = form_array(layer->form, foreign->weight->variable);
    Placing placing = {.tag = tag ? tag : same_layout(foreign->weight), .shape = &foreign->weight->shape};
    for (int d = 0; d < placing.shape->rank; d++)
        placing.order[d] = feature_order(features, layer, array, d);
    start_placing(&placing, layer);
    if (place_elements(&placing, foreign) && is_one_to_one(foreign)) {
        expand(&placing, layer, array, foreign);
        return true;
    }
    error_at(tag ? tag->span : layer->span, "this does not give each number of '%s' one place in '%s'",
             foreign->weight->name, placing.tag->name);
    return false;
}

/* ---- all of it ---- */

static Layer *layer_of_loss(Loss *loss)
{
    Layer *layer = NEW(Layer);
    *layer = (Layer){.name = loss->name,
                     .path = loss->name,
                     .span = loss->span,
                     .choice = loss->choice,
                     .inputs = 1,
                     .input = &loss->input,
                     .input_span = &loss->span,
                     .form = loss->form,
                     .applications = 1,
                     .application = &loss->application,
                     .weights = loss->weights,
                     .weight = loss->weight};
    return layer;
}

static const Layer *owner_of(const Model *model, const Weight *weight)
{
    for (int i = 0; i < model->layers; i++)
        for (int w = 0; w < model->layer[i]->weights; w++)
            if (model->layer[i]->weight[w] == weight && !model->layer[i]->share)
                return model->layer[i];
    for (int i = 0; i < model->losses; i++)
        for (int w = 0; w < model->loss[i]->weights; w++)
            if (model->loss[i]->weight[w] == weight)
                return layer_of_loss(model->loss[i]);
    return NULL;
}

static void refuse_unknown_name(const Model *model, const NamePair *pair)
{
    const char **names = NULL;
    int count = 0;
    for (int i = 0; i < model->weights; i++) {
        const char *name = model->weight[i]->name;
        const char *module = format("%.*s", (int)(strrchr(name, '.') - name), name);
        if (!count || strcmp(names[count - 1], module) != 0)
            PUSH(names, count, module);
        PUSH(names, count, name);
    }
    error_at(pair->span, "no layer with parameters, and no parameter, is called '%s'", pair->own);
    const char *near = nearest(pair->own, names, count);
    if (near)
        hint(pair->span, "did you mean '%s'?", near);
}

static void check_names(const Model *model, const Foreigns *foreigns)
{
    for (int i = 0; i < model->naming.names; i++)
        if (!model->naming.name[i].used)
            refuse_unknown_name(model, &model->naming.name[i]);
    for (int i = 0; i < foreigns->count; i++)
        for (int k = 0; k < i; k++) {
            const Foreign *one = &foreigns->item[k], *other = &foreigns->item[i];
            if (strcmp(one->name, other->name) != 0)
                continue;
            error_at(other->span, "'%s' and '%s' are both called '%s' there", one->weight->name, other->weight->name,
                     other->name);
            note_at(one->span, "the other one is here");
        }
}

bool torch_weights(Model *model, Foreigns *foreigns)
{
    const Features *features = features_of(model);
    if (!features)
        return false;
    foreigns->item = NEW_ARRAY(model->weights, Foreign);
    for (int i = 0; i < model->weights; i++) {
        Foreign *foreign = &foreigns->item[foreigns->count++];
        *foreign = (Foreign){.weight = model->weight[i], .layer = owner_of(model, model->weight[i])};
        const TorchTag *tag = tag_of(foreign->layer->choice->template, foreign->weight);
        give_name(&model->naming, tag, foreign);
        if (!find_places(features, tag, foreign))
            return false;
    }
    check_names(model, foreigns);
    return !model->report->errors;
}

bool torch_ignores(const Model *model, const char *name)
{
    const char *dot = strrchr(name, '.'), *last = dot ? dot + 1 : name;
    for (int i = 0; i < model->layers; i++) {
        const Template *template = model->layer[i]->choice->template;
        for (int t = 0; t < template->torches; t++)
            if (!template->torch[t].variable && strcmp(template->torch[t].name, last) == 0)
                return true;
    }
    return false;
}
