/* spec_layers.c - inputs, layers, losses and output: the graph.
 *
 * First blocks and repetitions are unrolled, and every layer gets its name; then names are looked up. A layer may read
 * only what stands before it, so a cycle cannot be written. A name in a block is the block's own: that of the use goes
 * before it, residual_2_main, and by this one others call it. `activation: relu` of dense_1 is a layer dense_1_relu
 * behind it, and dense_1 then means its value. A layer that was refused keeps its name, so that it makes no second
 * message. */
#include "spec_graph.h"

#include <string.h>

static Item *new_item(Graph *graph, Item item)
{
    graph->item = push_grow(graph->item, graph->items, sizeof(Item));
    Item *place = &graph->item[graph->items++];
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
