/* spec_layers.c - inputs, layers, losses and output: the graph.
 *
 * First blocks and repetitions are unrolled, and every layer gets its name; then names are looked up. A layer may read
 * only what stands before it, so a cycle cannot be written. A name in a block is the block's own: that of the use goes
 * before it, residual_2_main, and by this one others call it. `activation: relu` of dense_1 is a layer dense_1_relu
 * behind it, and dense_1 then means its value. A layer that was refused keeps its name, so that it makes no second
 * message. */
#include "spec.h"

#include <stdlib.h>
#include <string.h>

struct Item;

/* Where names are looked up: the network, or one use of a block. */
typedef struct Scope {
    const char *prefix, *path; /* before a name: residual_2_ in C, residual_2. in files */
    const struct Scope *outer; /* NULL: the network */
    const Block *block;
    int depth;
    Names kinds; /* how many there are of each */
    bool frozen;
    Choice *initializer;
    struct Item **input;      /* parallel to those of the block: what its use reads; after unrolling */
    const struct Scope *twin; /* whose parameters are shared */
} Scope;

typedef enum ItemKind { ITEM_INPUT, ITEM_LAYER, ITEM_OPEN, ITEM_CLOSE } ItemKind;

/* What is read one after the other: an input, a layer with its activation, the beginning and the end of a block. The
 * end has the block's name and value. */
typedef struct Item {
    ItemKind kind;
    const Node *node;
    const char *name; /* in C, whole */
    Span span;
    Layer *first, *value; /* the layer, and its activation or the layer again */
    Scope *scope;         /* in which it stands */
    Scope *inside;        /* of a block */
    bool again;           /* a repetition after the first: it reads the one before */
    bool read;            /* by another layer, a loss or the output */
} Item;

/* A name in C, and what it belongs to. */
typedef struct Name {
    const char *text;
    const char *what;  /* "layer 'a'", "'a.weight'" */
    const char *owner; /* of a parameter: the layer's name in C; "" otherwise */
    Span span;
    int order; /* for stable messages */
} Name;

typedef struct Graph {
    Model *model;
    Scope *scope; /* the network */
    int items, layers;
    Item *item;
    Names orders;   /* of the items that have names, from 1 */
    Item *previous; /* what a layer without `input` reads; NULL: it must say */
    bool refused;   /* there is too much of it: the rest is not looked at */
} Graph;

static void *add_item(void *array, int *count, size_t bytes)
{
    return push_grow(array, (*count)++, bytes);
}

static Item *new_item(Graph *graph, Item item)
{
    graph->item = add_item(graph->item, &graph->items, sizeof(Item));
    Item *place = &graph->item[graph->items - 1];
    *place = item;
    return place;
}

static Layer *new_layer(const Scope *scope, const char *name, Span span)
{
    Layer *layer = NEW(Layer);
    layer->name = format("%s%s", scope->prefix, name);
    layer->path = format("%s%s", scope->path, name);
    layer->span = span;
    return layer;
}

/* ---- inputs ---- */

static bool read_dimensions(const Node *node, Shape *shape)
{
    bool list = node->kind == NODE_LIST;
    int count = list ? node->count : 1;
    long long elements = 1, dimension;
    if (node->kind == NODE_MAP || count < 1 || count > DIMENSIONS_MAX) {
        error_at(node->span, "the shape of an input is a list of 1 to %d dimensions, without the batch",
                 DIMENSIONS_MAX);
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (!read_integer(list ? node->items[i] : node, "input", 1, DIMENSION_MAX, &dimension))
            return false;
        elements = elements > DIMENSION_MAX ? elements : elements * dimension;
        shape->dims[shape->rank++] = (int)dimension;
    }
    if (elements > DIMENSION_MAX)
        error_at(node->span, "a sample of this shape has more than %d numbers, which is the most", DIMENSION_MAX);
    return elements <= DIMENSION_MAX;
}

static void add_input(Graph *graph, const char *name, Span span, const Node *node)
{
    Model *model = graph->model;
    Layer *layer = new_layer(graph->scope, name, span);
    read_dimensions(node, &layer->shape);
    PUSH(model->input, model->inputs, layer);
    new_item(graph, (Item){.name = layer->name, .span = span, .first = layer, .value = layer, .scope = graph->scope});
}

/* Inputs and targets are arguments of the generated functions, beside these names. */
static bool is_free_argument(const Model *model, const Node *node, const char *name)
{
    static const char *const taken[] = {"net",    "parameters", "scratch", "output", "seed", "target",
                                        "scored", "loss",       "rate",    "state",  "i"};
    for (size_t i = 0; name && i < sizeof taken / sizeof *taken; i++)
        if (strcmp(taken[i], name) == 0) {
            error_at(node->span, "'%s' stands for something else in the generated functions; choose a different name",
                     name);
            return false;
        }
    size_t prefix = model->name ? strlen(model->name) : 0;
    if (name && prefix && strncmp(name, model->name, prefix) == 0 && name[prefix] == '_') {
        error_at(node->span, "'%s' begins with the network's name, as only the generated functions do", name);
        return false;
    }
    return name != NULL;
}

static void read_inputs(Graph *graph, const Node *node)
{
    if (!node)
        return;
    if (node->kind != NODE_MAP) {
        add_input(graph, "input", node->span, node);
        return;
    }
    if (!node->count)
        error_at(node->span, "'input' is empty; it takes a shape, or a name and a shape for each of several inputs");
    for (int i = 0; i < node->count; i++) {
        const char *name = read_name(node->keys[i], "input");
        if (is_free_argument(graph->model, node->keys[i], name))
            add_input(graph, name, node->keys[i]->span, node->items[i]);
    }
}

/* ---- layers and their names ---- */

/* What only layers with parameters take. */
static void check_has_parameters(const Layer *layer, const Node *node)
{
    const Template *template = layer->choice->template;
    static const char *const keys[] = {"activation", "trainable"};
    for (int i = 0; i < 2; i++) {
        const Node *value = common_value(node, keys[i]);
        if (!value || template->params > 0)
            continue;
        error_at(value->span, "'%s' has no parameters; '%s' has no meaning here", template->name, keys[i]);
        if (i == 0)
            hint(value->span, "write the activation as the next layer");
    }
}

/* The initializer that a layer or a loss asks for; NULL: none. */
static Choice *read_initializer(const Model *model, const Template *template, const Node *node)
{
    const Node *value = common_value(node, "initializer");
    bool weights = false;
    for (int i = 0; i < template->params; i++)
        weights |= !template->param[i].initializer;
    if (value && !weights)
        error_at(value->span, "'%s' has no weights with an initializer to choose; 'initializer' has no meaning here",
                 template->name);
    return value ? choice_of_node(model->library, INITIALIZER, value) : NULL;
}

/* An activation is a layer without a name or inputs of its own. */
static Layer *read_activation(const Model *model, const Node *node, const Layer *named, const char *more, Layer *input)
{
    for (int i = 0; i < common_keys[LAYER].count; i++) {
        const Node *value = common_value(node, common_keys[LAYER].key[i].name);
        if (value) {
            error_at(value->span, "an activation takes no '%s'", common_keys[LAYER].key[i].name);
            return NULL;
        }
    }
    Layer *layer = NEW(Layer);
    layer->choice = choice_of_node(model->library, LAYER, node);
    if (!layer->choice)
        return NULL;
    layer->name = format("%s%s_%s", named->name, more, layer->choice->template->name);
    layer->path = format("%s%s_%s", named->path, more, layer->choice->template->name);
    layer->span = layer->choice->span;
    layer->inputs = 1;
    layer->input = NEW_ARRAY(1, Layer *);
    layer->input[0] = input;
    layer->input_span = NEW_ARRAY(1, Span);
    layer->input_span[0] = layer->span;
    return layer;
}

static void add_activation(Model *model, Item *item, const Node *activation, const Layer *named)
{
    if (!activation || !item->value)
        return;
    Layer *after = read_activation(model, activation, named, "", item->value);
    if (!after)
        return;
    item->value = after;
    PUSH(model->layer, model->layers, after);
}

static bool read_trainable(const Node *node)
{
    bool trained = true;
    return !node || !read_bool(node, "trainable", &trained) || trained;
}

/* Of what stands around a layer the block says what its use says. */
static void read_common(Model *model, Item *item)
{
    Layer *layer = item->first;
    const Node *node = item->node;
    check_has_parameters(layer, node);
    layer->frozen = !read_trainable(common_value(node, "trainable")) || item->scope->frozen;
    Choice *own = read_initializer(model, layer->choice->template, node);
    layer->initializer = own ? own : item->scope->initializer;
    if (layer->choice->template->params)
        add_activation(model, item, common_value(node, "activation"), layer);
}

/* ---- one entry of a list: a layer or a block, once or several times ---- */

typedef struct Piece {
    const Node *node;
    const char *own; /* the name that the description gives, or NULL */
    Span span;       /* of the name, or of the kind */
    int number;      /* of the repetition, from 1; 0 without `repeat` */
} Piece;

static const char *kind_text(const Node *node)
{
    const Node *kind = kind_of_node(node);
    return kind->kind == NODE_SCALAR ? kind->text : "";
}

static const char *name_of_piece(Scope *scope, const Piece *piece)
{
    const char *kind = kind_text(piece->node);
    int count = ++*names_at(&scope->kinds, kind);
    if (!piece->own)
        return format("%.60s_%d", kind, count);
    return piece->number ? format("%s_%d", piece->own, piece->number) : piece->own;
}

/* False, with a message for the first one, if there are too many. */
static bool count_layer(Graph *graph, Span span)
{
    if (++graph->layers <= LAYERS_MAX)
        return true;
    if (!graph->refused)
        error_at(span, "there are more than %d layers up to here, which is the most", LAYERS_MAX);
    graph->refused = true;
    return false;
}

static void read_layer(Graph *graph, Scope *scope, const Piece *piece)
{
    Model *model = graph->model;
    if (!count_layer(graph, piece->span))
        return;
    Layer *layer = new_layer(scope, name_of_piece(scope, piece), piece->span);
    layer->choice = choice_of_node(model->library, LAYER, piece->node);
    PUSH(model->layer, model->layers, layer);
    Item *item = new_item(graph, (Item){.kind = ITEM_LAYER, .node = piece->node, .name = layer->name, .scope = scope});
    item->span = piece->span;
    item->first = item->value = layer;
    item->again = piece->number > 1;
    if (layer->choice)
        read_common(model, item);
}

static void read_piece(Graph *graph, Scope *scope, const Node *node);

/* True with a message if the block is a part of itself, or lies too deep. */
static bool too_deep(const Scope *scope, const Block *block, Span span)
{
    enum { DEPTH_MAX = 16 };
    for (const Scope *around = scope; around->outer; around = around->outer)
        if (around->block == block) {
            error_at(span, "the block '%s' would be a part of itself", block->name);
            note_at(block->span, "the block is defined here");
            return true;
        }
    if (scope->depth < DEPTH_MAX)
        return false;
    error_at(span, "blocks are in blocks more than %d deep", DEPTH_MAX);
    return true;
}

static Scope *new_scope(Graph *graph, const Scope *outer, const Block *block, const Piece *piece, const char *name)
{
    const Node *trainable = block_argument(block, piece->node, "trainable");
    const Node *initializer = block_argument(block, piece->node, "initializer");
    Scope *scope = NEW(Scope);
    *scope = (Scope){.outer = outer, .block = block, .depth = outer->depth + 1};
    scope->prefix = format("%s%s_", outer->prefix, name);
    scope->path = format("%s%s.", outer->path, name);
    scope->frozen = !read_trainable(trainable) || outer->frozen;
    scope->initializer =
        initializer ? choice_of_node(graph->model->library, INITIALIZER, initializer) : outer->initializer;
    return scope;
}

/* The layers of the block between two items; the second one stands for the whole. */
static void read_use(Graph *graph, Scope *scope, const Block *block, const Piece *piece)
{
    Model *model = graph->model;
    const char *name = name_of_piece(scope, piece);
    const Layer *named = new_layer(scope, name, piece->span);
    Scope *inside = new_scope(graph, scope, block, piece, name);
    Item item = {.kind = ITEM_OPEN, .node = piece->node, .span = piece->span, .scope = scope, .inside = inside};
    item.again = piece->number > 1;
    new_item(graph, item);
    bool good = !too_deep(scope, block, kind_of_node(piece->node)->span);
    const Use *use = good ? block_use(model->library, block, piece->node, named->name) : NULL;
    for (int i = 0; use && i < block->layers->count && !graph->refused; i++)
        read_piece(graph, inside, use_node(use, block->layers->items[i]));
    item.kind = ITEM_CLOSE;
    item.name = named->name;
    item.value = use ? graph->item[graph->items - 1].value : NULL;
    add_activation(model, new_item(graph, item), block_argument(block, piece->node, "activation"), named);
}

/* 0 if nothing is said, so that a name stays as it is. */
static int read_repeat(const Node *node)
{
    const Node *repeat = common_value(node, "repeat"), *inputs = common_value(node, "inputs");
    Value value = {0};
    if (!repeat || !read_value(find_key_of(&common_keys[LAYER], "repeat")->attribute, LAYERS_MAX, repeat, &value))
        return 0;
    if (inputs && value.numbers[0] > 1) {
        error_at(repeat->span, "what reads several values cannot be repeated: each repetition reads the one before it");
        note_at(inputs->span, "'inputs' is here");
    }
    return (int)value.numbers[0];
}

static Block *block_of_node(const Graph *graph, const Node *node)
{
    bool form = node->kind == NODE_SCALAR || (node->kind == NODE_MAP && node->count == 1);
    return form ? block_find(graph->model->library, kind_text(node)) : NULL;
}

static int input_names(const Scope *scope, const char ***names)
{
    int count = 0;
    if (scope->block && !scope->block->inputs)
        PUSH(*names, count, "input");
    for (int i = 0; scope->block && i < scope->block->inputs; i++)
        PUSH(*names, count, scope->block->input[i]->text);
    return count;
}

/* What a block reads goes by the names of its definition. */
static bool is_input_of_block(const Scope *scope, const char *text, int *which)
{
    const char **names = NULL;
    int count = input_names(scope, &names);
    for (*which = 0; *which < count; ++*which)
        if (strcmp(names[*which], text) == 0)
            return true;
    return false;
}

static const char *read_own_name(const Scope *scope, const Node *node)
{
    const char *name = read_name(node, "name");
    int which;
    if (!name || !is_input_of_block(scope, name, &which))
        return name;
    error_at(node->span, "'%s' is what this block reads; a layer in it needs another name", name);
    note_at(scope->block->inputs ? scope->block->input[which]->span : scope->block->span, "the block is defined here");
    return NULL;
}

static void read_piece(Graph *graph, Scope *scope, const Node *node)
{
    Library *library = graph->model->library;
    if (library->copies > COPIES_MAX) {
        graph->refused = true;
        return;
    }
    Block *block = block_of_node(graph, node);
    const Node *named = common_value(node, "name"), *repeat = common_value(node, "repeat");
    const char *own = named ? read_own_name(scope, named) : NULL;
    int times = read_repeat(node);
    if (block)
        block->used = true;
    for (int i = 0; i < (times ? times : 1) && !graph->refused; i++) {
        Piece piece = {.node = node, .own = own, .number = times ? i + 1 : 0};
        if (i > 0) /* its mistakes are those of the first one */
            piece.node = node_from(library, node, format("repetition %d of %d", i + 1, times), repeat->span);
        if (library->copies > COPIES_MAX)
            return;
        piece.span = own ? common_value(piece.node, "name")->span : kind_of_node(piece.node)->span;
        if (block)
            read_use(graph, scope, block, &piece);
        else
            read_layer(graph, scope, &piece);
    }
}

static void read_list(Graph *graph, const Node *node)
{
    if (!node)
        return;
    if (node->kind != NODE_LIST || !node->count) {
        error_at(node->span, node->kind == NODE_LIST ? "'layers' is empty" : "'layers' is a list of layers, not %s",
                 shown(node));
        return;
    }
    for (int i = 0; i < node->count && !graph->refused; i++)
        if (!refuse_parameters(node->items[i]))
            read_piece(graph, graph->scope, node->items[i]);
}

/* ---- looking names up ---- */

static int compare_names(const void *left, const void *right)
{
    const Name *a = left, *b = right;
    int order = strcmp(a->text, b->text);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

static void sort_names(Name *name, int count)
{
    if (count)
        qsort(name, (size_t)count, sizeof *name, compare_names);
}

/* Of two items with one name the first is meant; that there are two is told later. */
static void collect_item_names(Graph *graph)
{
    for (int i = 0; i < graph->items; i++) {
        int *order = graph->item[i].name ? names_at(&graph->orders, graph->item[i].name) : NULL;
        if (order && !*order)
            *order = i + 1;
    }
}

static void refuse_unknown(const Graph *graph, const Scope *scope, const Node *node, int before)
{
    error_at(node->span, "there is no layer or input called %s%s", word_shown(node),
             scope->block ? " in this block" : "");
    const Report *report = graph->model->report;
    if (report->errors - report->repeated > ERRORS_MAX)
        return;
    const char **earlier = NULL;
    int count = input_names(scope, &earlier);
    for (int i = 0; i < before; i++)
        if (graph->item[i].scope == scope && graph->item[i].name)
            PUSH(earlier, count, graph->item[i].name + strlen(scope->prefix));
    hint_words(node->span, node->text, "names before this place", earlier, count);
}

/* The item of that name among the first `before`; NULL with a message, or if the name was refused. */
static Item *look_up(Graph *graph, const Scope *scope, const Node *node, const char *key, int before)
{
    const char *text = read_word(node, key);
    int which;
    if (!text)
        return NULL;
    if (is_input_of_block(scope, text, &which))
        return scope->input[which];
    int found = *names_at(&graph->orders, format("%s%s", scope->prefix, text)) - 1;
    if (found < 0) {
        refuse_unknown(graph, scope, node, before);
        return NULL;
    }
    Item *item = &graph->item[found];
    if (found < before)
        return item;
    bool itself = found == before || (item->inside && item->inside == graph->item[before].inside);
    bool share = strcmp(key, "share") == 0;
    if (itself)
        error_at(node->span, share ? "'%s' has no parameters but its own" : "'%s' cannot read its own value", text);
    else
        error_at(node->span,
                 share ? "'%s' comes later; parameters are those of a layer before"
                       : "'%s' comes later; a layer reads only what stands before it",
                 text);
    if (!itself)
        note_at(item->span, "'%s' is here", text);
    return NULL;
}

static void connect(Layer *layer, Item *from, Span span)
{
    if (!from)
        return;
    from->read = true;
    if (!from->value)
        return;
    layer->input_span = push_grow(layer->input_span, layer->inputs, sizeof(Span));
    layer->input_span[layer->inputs] = span;
    PUSH(layer->input, layer->inputs, from->value);
}

/* What a layer or the use of a block reads. */
typedef struct Sources {
    int count;
    Item **item; /* NULL: refused */
    Span *span;
} Sources;

static void add_source(Sources *sources, Item *item, Span span)
{
    sources->span = push_grow(sources->span, sources->count, sizeof(Span));
    sources->span[sources->count] = span;
    PUSH(sources->item, sources->count, item);
}

/* Without `input` a layer reads the one before it, and the first one the input of the network or of its block. */
static void add_previous(const Graph *graph, const Item *item, Sources *sources)
{
    if (graph->previous) {
        add_source(sources, graph->previous, item->span);
        return;
    }
    const char **names = NULL;
    int count = input_names(item->scope, &names);
    const Model *model = graph->model;
    for (int i = 0; !item->scope->block && i < model->inputs; i++)
        PUSH(names, count, model->input[i]->name);
    if (count < 2) /* the input was refused */
        return;
    error_at(item->span, "the %s has %d inputs; the first layer must say which it reads",
             item->scope->block ? "block" : "network", count);
    hint(item->span, "write input: %s, or inputs: [%s, %s]", names[0], names[0], names[1]);
}

static Sources read_sources(Graph *graph, int at)
{
    const Item *item = &graph->item[at];
    Sources sources = {0};
    const Node *one = item->again ? NULL : common_value(item->node, "input");
    const Node *many = item->again ? NULL : common_value(item->node, "inputs");
    if (one && many) {
        error_at(many->span, "'input' and 'inputs' cannot both be given");
        note_at(one->span, "'input' is here");
    } else if (one && one->kind != NODE_SCALAR) {
        error_at(one->span, "'input' is one name, not %s", shown(one));
        hint(one->span, "for several, write inputs: [NAME, NAME]");
    } else if (many && (many->kind != NODE_LIST || !many->count)) {
        error_at(many->span,
                 many->kind == NODE_LIST ? "'inputs' is an empty list" : "'inputs' is a list of names, not %s",
                 shown(many));
    } else if (one) {
        add_source(&sources, look_up(graph, item->scope, one, "input", at), one->span);
    } else if (many) {
        for (int i = 0; i < many->count; i++)
            add_source(&sources, look_up(graph, item->scope, many->items[i], "inputs", at), many->items[i]->span);
    } else {
        add_previous(graph, item, &sources);
    }
    return sources;
}

/* ---- shared parameters ---- */

static void refuse_own(const Item *item, const Item *owner)
{
    static const char *const keys[] = {"trainable", "initializer"};
    for (int i = 0; i < 2; i++) {
        const Node *value = common_value(item->node, keys[i]);
        if (!value)
            continue;
        error_at(value->span, "'%s' belongs to the layer that has the parameters", keys[i]);
        note_at(owner->span, "'%s' is here", owner->name);
    }
}

static void share_layer(Item *item, const Item *owner, Span span)
{
    Layer *layer = item->first;
    const Template *template = layer->choice ? layer->choice->template : NULL;
    if (!template || (owner->kind == ITEM_LAYER && !owner->first->choice))
        return;
    if (!template->params) {
        error_at(span, "'%s' has no parameters to share", template->name);
        return;
    }
    if (owner->kind != ITEM_LAYER || owner->first->choice->template != template) {
        error_at(span, "'%s' shares parameters with another %s only", template->name, template->name);
        note_at(owner->span, "'%s' is %s%s", owner->name,
                owner->kind == ITEM_LAYER   ? "of the kind "
                : owner->kind == ITEM_CLOSE ? "the block "
                                            : "an input",
                owner->kind == ITEM_LAYER   ? owner->first->choice->template->name
                : owner->kind == ITEM_CLOSE ? owner->inside->block->name
                                            : "");
        return;
    }
    refuse_own(item, owner);
    if (!choice_agrees(layer->choice, owner->first->choice))
        return;
    layer->share = owner->first->share ? owner->first->share : owner->first;
    layer->share_span = span;
    layer->frozen = layer->share->frozen;
}

/* `share` of a block: each layer in it shares with the one of the same name in the other. */
static void share_block(Item *item, const Item *owner, Span span)
{
    if (owner->kind == ITEM_CLOSE && owner->inside->block == item->inside->block) {
        item->inside->twin = owner->inside;
        refuse_own(item, owner);
        return;
    }
    error_at(span, "a block shares parameters with another use of itself only");
    note_at(owner->span, "'%s' is %s", owner->name,
            owner->kind == ITEM_CLOSE ? format("the block %s", owner->inside->block->name) : "no block");
}

/* The counterpart in the other block; NULL if the blocks differ there, which is told where they do. */
static const Item *counterpart(Graph *graph, const Item *item)
{
    const char *own = item->kind == ITEM_OPEN ? item->inside->prefix : item->name;
    const char *local = own + strlen(item->scope->prefix);
    int length = (int)strlen(local) - (item->kind == ITEM_OPEN);
    int found = *names_at(&graph->orders, format("%s%.*s", item->scope->twin->prefix, length, local));
    return found ? &graph->item[found - 1] : NULL;
}

static void connect_shared(Graph *graph, int at)
{
    Item *item = &graph->item[at];
    const Node *share = common_value(item->node, "share");
    bool has_parameters = item->kind == ITEM_OPEN || (item->first->choice && item->first->choice->template->params);
    const Item *owner = NULL;
    Span span = item->span;
    if (share) {
        owner = look_up(graph, item->scope, share, "share", at);
        span = share->span;
    } else if (item->scope->twin && has_parameters) {
        owner = counterpart(graph, item);
    }
    if (owner)
        (item->kind == ITEM_OPEN ? share_block : share_layer)(item, owner, span);
}

/* ---- connections ---- */

static void open_block(Graph *graph, Item *item, const Sources *sources)
{
    Scope *inside = item->inside;
    int wanted = inside->block->inputs ? inside->block->inputs : 1;
    inside->input = NEW_ARRAY(wanted, Item *);
    for (int i = 0; i < wanted && i < sources->count; i++)
        inside->input[i] = sources->item[i];
    graph->previous = wanted == 1 ? inside->input[0] : NULL;
    if (sources->count == wanted || !sources->count)
        return;
    error_at(kind_of_node(item->node)->span, "the block '%s' takes %d input%s, but %d %s given", inside->block->name,
             wanted, wanted == 1 ? "" : "s", sources->count, sources->count == 1 ? "is" : "are");
    note_at(inside->block->inputs ? inside->block->input[0]->span : inside->block->span, "the block is defined here");
}

static void connect_item(Graph *graph, int at)
{
    Item *item = &graph->item[at];
    if (item->kind == ITEM_CLOSE) {
        graph->item[at - 1].read = true;
        graph->previous = item;
        return;
    }
    Sources sources = read_sources(graph, at);
    connect_shared(graph, at);
    if (item->kind == ITEM_OPEN) {
        open_block(graph, item, &sources);
        return;
    }
    for (int i = 0; i < sources.count; i++)
        connect(item->first, sources.item[i], sources.span[i]);
    graph->previous = item;
}

static void connect_items(Graph *graph)
{
    graph->previous = graph->model->inputs == 1 ? &graph->item[0] : NULL;
    for (int i = graph->model->inputs; i < graph->items; i++)
        connect_item(graph, i);
}

/* ---- losses ---- */

static void read_target(const Graph *graph, Loss *loss, const Node *node)
{
    static const char *const natural[] = {"class", "vector", "positions", "input"};
    loss->target_span = node->span;
    loss->target_name = read_word(node, "target");
    for (int i = 0; i < 4 && loss->target_name; i++)
        if (strcmp(natural[i], loss->target_name) == 0)
            return;
    if (!loss->target_name || !is_free_argument(graph->model, node, read_name(node, "target")))
        return;
    for (int i = 0; i < graph->model->inputs; i++)
        if (strcmp(graph->model->input[i]->name, loss->target_name) == 0) {
            error_at(node->span, "'%s' is an input; a target needs a name of its own", loss->target_name);
            note_at(graph->model->input[i]->span, "the input is here");
        }
}

static void read_loss(Graph *graph, Names *kinds, const Node *node)
{
    Model *model = graph->model;
    Loss *loss = NEW(Loss);
    loss->choice = choice_of_node(model->library, LOSS, node);
    loss->span = kind_of_node(node)->span;
    loss->factor = 1;
    const Node *input = common_value(node, "input"), *target = common_value(node, "target");
    const Node *weight = common_value(node, "weight");
    Item *measured =
        input ? look_up(graph, graph->scope, input, "input", graph->items) : &graph->item[graph->items - 1];
    if (weight) {
        Value value = {0};
        if (read_value(find_key_of(&common_keys[LOSS], "weight")->attribute, 0, weight, &value))
            loss->factor = value.numbers[0];
    }
    if (target)
        read_target(graph, loss, target);
    if (!loss->choice || !measured)
        return;
    measured->read = true;
    loss->input = measured->value;
    loss->initializer = read_initializer(model, loss->choice->template, node);
    const char *kind = loss->choice->template->name;
    loss->name = format("%s_%d", kind, ++*names_at(kinds, kind));
    PUSH(model->loss, model->losses, loss);
}

static void read_losses(Graph *graph, const Node *node)
{
    if (!node || !graph->items)
        return;
    Names kinds = {0};
    if (node->kind != NODE_LIST) {
        read_loss(graph, &kinds, node);
        return;
    }
    if (!node->count || node->count > LOSSES_MAX)
        error_at(node->span, "'loss' has %d losses, but takes 1 to %d", node->count, LOSSES_MAX);
    for (int i = 0; i < node->count && i < LOSSES_MAX; i++)
        read_loss(graph, &kinds, node->items[i]);
}

/* ---- output ---- */

/* {layer: logits, activation: softmax}: the activation is a layer of prediction alone. */
static void read_output_map(Graph *graph, const Node *node)
{
    Model *model = graph->model;
    const Node *layer = node_get(node, "layer"), *activation = node_get(node, "activation");
    if (!read_keys(node, &output_keys))
        return;
    Item *item = layer ? look_up(graph, graph->scope, layer, "layer", graph->items) : &graph->item[graph->items - 1];
    if (!item)
        return;
    item->read = true;
    model->output = item->value;
    if (!activation || !item->value)
        return;
    const Layer named = {.name = item->name, .path = item->first ? item->first->path : item->name};
    Layer *after = read_activation(model, activation, &named, "_output", item->value);
    if (!after)
        return;
    after->inference_only = true;
    PUSH(model->layer, model->layers, after);
    model->output = after;
}

static void read_output(Graph *graph, const Node *node)
{
    if (!graph->items)
        return;
    if (node && node->kind == NODE_MAP) {
        read_output_map(graph, node);
        return;
    }
    Item *item = node ? look_up(graph, graph->scope, node, "output", graph->items) : &graph->item[graph->items - 1];
    if (!item)
        return;
    item->read = true;
    graph->model->output = item->value;
}

/* ---- names in C ---- */

static void add_name(Name **names, int *count, const char *text, const char *what, const char *owner, Span span)
{
    *names = add_item(*names, count, sizeof(Name));
    (*names)[*count - 1] = (Name){text, what, owner, span, *count};
}

static void add_weight_names(Name **names, int *count, const char *owner, const char *path, const Choice *choice,
                             Span span)
{
    const Template *template = choice->template;
    for (int i = 0; i < template->params; i++) {
        const ParamTag *param = &template->param[i];
        const Value *option = param->option ? choice_value(choice, param->option) : NULL;
        if (!option || option->numbers[0] != 0)
            add_name(names, count, format("%s_%s", owner, param->name), format("'%s.%s'", path, param->name), owner,
                     span);
    }
    for (int i = 0; i < template->states; i++)
        add_name(names, count, format("%s_%s", owner, template->state[i].variable),
                 format("'%s.%s'", path, template->state[i].variable), owner, span);
}

static void refuse_collision(const Name *first, const Name *second)
{
    bool same = strcmp(first->what, second->what) == 0;
    bool one_place = first->span.line == second->span.line && first->span.column == second->span.column;
    if (*second->owner && strcmp(first->owner, second->owner) == 0) /* the layers have one name: that was told */
        return;
    if (one_place && first->span.source->origin) /* in two uses of a block that have one name: that was told, too */
        return;
    if (same)
        error_at(second->span, "two %ss are called '%s'", second->what[0] == 'b' ? "block" : "layer", second->text);
    else
        error_at(second->span, "%s and %s would have one name in C: %s", second->what, first->what, second->text);
    note_at(first->span, "the other one is here");
    if (same)
        hint(second->span, "a layer without a name is called by its kind and a number, an activation after its layer");
}

static void check_collisions(const Graph *graph)
{
    const Model *model = graph->model;
    Name *names = NULL;
    int count = 0;
    for (int i = 0; i < model->inputs; i++)
        add_name(&names, &count, model->input[i]->name, format("input '%s'", model->input[i]->name), "",
                 model->input[i]->span);
    for (int i = 0; i < model->layers; i++) {
        const Layer *layer = model->layer[i];
        add_name(&names, &count, layer->name, format("layer '%s'", layer->name), "", layer->span);
        if (layer->choice && !layer->share)
            add_weight_names(&names, &count, layer->name, layer->path, layer->choice, layer->span);
    }
    for (int i = 0; i < graph->items; i++) {
        const Item *item = &graph->item[i];
        if (item->kind == ITEM_CLOSE)
            add_name(&names, &count, item->name, format("block '%s'", item->name), "", item->span);
    }
    for (int i = 0; i < model->losses; i++) {
        const Loss *loss = model->loss[i];
        int before = count;
        add_weight_names(&names, &count, loss->name, loss->name, loss->choice, loss->span);
        for (int n = before; n < count; n++) { /* a layer may have the loss's name: that alone is no collision */
            names[n].owner = "";
            names[n].what = format("the loss's %s", names[n].what);
        }
    }
    sort_names(names, count);
    for (int i = 1; i < count; i++) {
        if (strcmp(names[i - 1].text, names[i].text) != 0)
            continue;
        refuse_collision(&names[i - 1], &names[i]);
    }
}

/* Names of inputs become macros in capitals. */
static void check_capitals(const Model *model)
{
    for (int i = 0; i < model->inputs; i++)
        for (int j = 0; j < i; j++) {
            const char *a = model->input[i]->name, *b = model->input[j]->name;
            bool same = strlen(a) == strlen(b) && strcmp(a, b) != 0;
            for (size_t c = 0; same && a[c]; c++)
                same = (a[c] | 32) == (b[c] | 32) && (a[c] == '_') == (b[c] == '_');
            if (!same)
                continue;
            error_at(model->input[i]->span, "'%s' and '%s' differ in capitals only, which macros in C do not", a, b);
            note_at(model->input[j]->span, "the other one is here");
        }
}

/* Once for each place: a block that is used again has said it. */
static void warn_of_unread(const Graph *graph)
{
    static const char *const kinds[] = {"input", "layer", "", "block"};
    Names told = {0};
    for (int i = 0; i < graph->items; i++) {
        const Item *item = &graph->item[i];
        if (!item->read && item->name &&
            !(*names_at(&told, format("%s:%d:%d", item->span.source->name, item->span.line, item->span.column)))++)
            warning_at(item->span, "nothing reads the %s '%s'", kinds[item->kind], item->name);
    }
    const Library *library = graph->model->library;
    for (int i = 0; i < library->blocks; i++)
        if (!library->block[i]->used)
            warning_at(library->block[i]->span, "nothing uses the block '%s'", library->block[i]->name);
}

void read_layers(Model *model, const Node *root)
{
    Graph *graph = NEW(Graph);
    int before = model->report->errors;
    graph->model = model;
    graph->scope = NEW(Scope);
    graph->scope->prefix = graph->scope->path = "";
    read_blocks(model->library, node_get(root, "blocks"));
    read_inputs(graph, node_get(root, "input"));
    read_list(graph, node_get(root, "layers"));
    collect_item_names(graph);
    connect_items(graph);
    read_losses(graph, node_get(root, "loss"));
    read_output(graph, node_get(root, "output"));
    check_collisions(graph);
    check_capitals(model);
    if (model->report->errors == before)
        warn_of_unread(graph);
}
