/* spec_layers.c - inputs, layers, losses and output: the graph.
 *
 * First every layer gets its name, then names are looked up; a layer may read only what stands before it, so a cycle
 * cannot be written. `activation: relu` of dense_1 is a layer dense_1_relu behind it, and dense_1 then means its value.
 * A layer that was refused keeps its name, so that it makes no second message. */
#include "spec.h"

#include <stdlib.h>
#include <string.h>

/* One item of `layers`: the layer, and its activation or the layer again. */
typedef struct Item {
    const Node *node; /* NULL: an input of the network */
    Layer *first, *value;
    bool automatic; /* the name is kind and count */
    bool read;      /* by another layer, a loss or the output */
} Item;

/* A name in C, and what it belongs to. */
typedef struct Name {
    const char *text;
    const char *what; /* "layer 'a'", "'a.weight'" */
    Span span;
    int order; /* of an item; for looking up and for stable messages */
} Name;

typedef struct Count {
    const char *kind;
    int count;
} Count;

typedef struct Graph {
    Model *model;
    int items;
    Item *item;
    int names;
    Name *name; /* of the items, sorted */
    int kinds;
    Count *kind;
} Graph;

static void *add_item(void *array, int *count, size_t bytes)
{
    return push_grow(array, (*count)++, bytes);
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
    Layer *layer = NEW(Layer);
    layer->name = name;
    layer->span = span;
    read_dimensions(node, &layer->shape);
    PUSH(model->input, model->inputs, layer);
    graph->item = add_item(graph->item, &graph->items, sizeof(Item));
    graph->item[graph->items - 1] = (Item){.first = layer, .value = layer};
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

static const Node *kind_of(const Node *node)
{
    return node->kind == NODE_MAP && node->count ? node->keys[0] : node;
}

/* How many of this kind there are now. */
static int count_kind(Graph *graph, const char *kind)
{
    for (int i = 0; i < graph->kinds; i++)
        if (strcmp(graph->kind[i].kind, kind) == 0)
            return ++graph->kind[i].count;
    graph->kind = add_item(graph->kind, &graph->kinds, sizeof(Count));
    graph->kind[graph->kinds - 1] = (Count){kind, 1};
    return 1;
}

/* What only layers with parameters take. */
static void check_has_parameters(const Layer *layer, const Node *node)
{
    const Template *template = layer->choice->template;
    static const char *const keys[] = {"activation", "trainable", "initializer"};
    bool weights = false;
    for (int i = 0; i < template->params; i++)
        weights |= !template->param[i].initializer;
    for (int i = 0; i < 3; i++) {
        const Node *value = common_value(node, keys[i]);
        bool initializer = i == 2;
        if (!value || (initializer ? weights : template->params > 0))
            continue;
        error_at(value->span, "'%s' has no %s; '%s' has no meaning here", template->name,
                 initializer ? "weights with an initializer to choose" : "parameters", keys[i]);
        if (i == 0)
            hint(value->span, "write the activation as the next layer");
    }
}

/* An activation is a layer without a name or inputs of its own. */
static Layer *read_activation(const Model *model, const Node *node, const char *name, Layer *input)
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
    layer->name = format("%s_%s", name, layer->choice->template->name);
    layer->span = layer->choice->span;
    layer->inputs = 1;
    layer->input = NEW_ARRAY(1, Layer *);
    layer->input[0] = input;
    layer->input_span = NEW_ARRAY(1, Span);
    layer->input_span[0] = layer->span;
    return layer;
}

static void read_common(Model *model, Item *item)
{
    Layer *layer = item->first;
    const Node *node = item->node;
    check_has_parameters(layer, node);
    const Node *trainable = common_value(node, "trainable");
    bool trained = true;
    if (trainable && read_bool(trainable, "trainable", &trained))
        layer->frozen = !trained;
    const Node *initializer = common_value(node, "initializer");
    if (initializer)
        layer->initializer = choice_of_node(model->library, INITIALIZER, initializer);
    const Node *activation = common_value(node, "activation");
    if (!activation || !layer->choice->template->params)
        return;
    Layer *after = read_activation(model, activation, layer->name, layer);
    if (!after)
        return;
    item->value = after;
    PUSH(model->layer, model->layers, after);
}

static void read_layer(Graph *graph, const Node *node)
{
    Model *model = graph->model;
    const Node *kind = kind_of(node);
    const Node *named = common_value(node, "name");
    Layer *layer = NEW(Layer);
    layer->choice = choice_of_node(model->library, LAYER, node);
    layer->span = kind->span;
    int number = count_kind(graph, layer->choice               ? layer->choice->template->name
                                   : kind->kind == NODE_SCALAR ? kind->text
                                                               : "");
    const char *own = named ? read_name(named, "name") : NULL;
    if (own)
        layer->span = named->span;
    layer->name = own ? own : format("%.60s_%d", kind->kind == NODE_SCALAR ? kind->text : "", number);
    PUSH(model->layer, model->layers, layer);
    graph->item = add_item(graph->item, &graph->items, sizeof(Item));
    Item *item = &graph->item[graph->items - 1];
    *item = (Item){.node = node, .first = layer, .value = layer, .automatic = !own};
    if (layer->choice)
        read_common(model, item);
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
    if (node->count > LAYERS_MAX) {
        error_at(node->items[LAYERS_MAX]->span, "there are %d layers; the most is %d", node->count, LAYERS_MAX);
        return;
    }
    for (int i = 0; i < node->count; i++)
        read_layer(graph, node->items[i]);
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

static void collect_item_names(Graph *graph)
{
    graph->name = NEW_ARRAY(graph->items, Name);
    graph->names = graph->items;
    for (int i = 0; i < graph->items; i++)
        graph->name[i] = (Name){.text = graph->item[i].first->name, .order = i};
    sort_names(graph->name, graph->names);
}

static int compare_text(const void *text, const void *name)
{
    return strcmp(text, ((const Name *)name)->text);
}

static void refuse_unknown(const Graph *graph, const Node *node, int before)
{
    error_at(node->span, "there is no layer or input called %s", word_shown(node));
    if (graph->model->report->errors > ERRORS_MAX)
        return;
    const char **earlier = NEW_ARRAY(before, const char *);
    for (int i = 0; i < before; i++)
        earlier[i] = graph->item[i].first->name;
    hint_words(node->span, node->text, "names before this place", earlier, before);
}

/* The item of that name among the first `before`; NULL with a message. */
static Item *look_up(const Graph *graph, const Node *node, const char *key, int before)
{
    const char *text = read_word(node, key);
    if (!text)
        return NULL;
    const Name *found =
        graph->names ? bsearch(text, graph->name, (size_t)graph->names, sizeof(Name), compare_text) : NULL;
    if (!found) {
        refuse_unknown(graph, node, before);
        return NULL;
    }
    Item *item = &graph->item[found->order];
    if (found->order < before) {
        item->read = true;
        return item;
    }
    if (found->order == before)
        error_at(node->span, "'%s' cannot read its own value", text);
    else
        error_at(node->span, "'%s' comes later; a layer reads only what stands before it", text);
    if (found->order > before)
        note_at(item->first->span, "'%s' is here", text);
    return NULL;
}

static void connect(Layer *layer, const Item *from, Span span)
{
    if (!from)
        return;
    layer->input_span = push_grow(layer->input_span, layer->inputs, sizeof(Span));
    layer->input_span[layer->inputs] = span;
    PUSH(layer->input, layer->inputs, from->value);
}

/* A layer that names no input reads the one before it, and the first one the network's input. */
static void connect_to_previous(Graph *graph, int at)
{
    Layer *layer = graph->item[at].first;
    int inputs = graph->model->inputs;
    if (at == inputs && inputs > 1) {
        error_at(layer->span, "the network has %d inputs; the first layer must say which it reads", inputs);
        hint(layer->span, "write input: %s, or inputs: [%s, %s]", graph->item[0].first->name,
             graph->item[0].first->name, graph->item[1].first->name);
        return;
    }
    if (at == 0) /* the input was refused */
        return;
    graph->item[at - 1].read = true;
    connect(layer, &graph->item[at - 1], layer->span);
}

static void connect_layer(Graph *graph, int at)
{
    Layer *layer = graph->item[at].first;
    const Node *one = common_value(graph->item[at].node, "input"), *many = common_value(graph->item[at].node, "inputs");
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
        connect(layer, look_up(graph, one, "input", at), one->span);
    } else if (many) {
        for (int i = 0; i < many->count; i++)
            connect(layer, look_up(graph, many->items[i], "inputs", at), many->items[i]->span);
    } else {
        connect_to_previous(graph, at);
    }
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

static void read_loss(Graph *graph, const Node *node)
{
    Model *model = graph->model;
    Loss *loss = NEW(Loss);
    loss->choice = choice_of_node(model->library, LOSS, node);
    loss->span = kind_of(node)->span;
    loss->factor = 1;
    const Node *input = common_value(node, "input"), *target = common_value(node, "target");
    const Node *weight = common_value(node, "weight");
    Item *measured = input ? look_up(graph, input, "input", graph->items) : &graph->item[graph->items - 1];
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
    loss->name = format("%s_%d", loss->choice->template->name, count_kind(graph, loss->choice->template->name));
    PUSH(model->loss, model->losses, loss);
}

static void read_losses(Graph *graph, const Node *node)
{
    if (!node || !graph->items)
        return;
    graph->kinds = 0;
    graph->kind = NULL;
    if (node->kind != NODE_LIST) {
        read_loss(graph, node);
        return;
    }
    if (!node->count || node->count > LOSSES_MAX)
        error_at(node->span, "'loss' has %d losses, but takes 1 to %d", node->count, LOSSES_MAX);
    for (int i = 0; i < node->count && i < LOSSES_MAX; i++)
        read_loss(graph, node->items[i]);
}

/* ---- output ---- */

/* {layer: logits, activation: softmax}: the activation is a layer of prediction alone. */
static void read_output_map(Graph *graph, const Node *node)
{
    Model *model = graph->model;
    const Node *layer = node_get(node, "layer"), *activation = node_get(node, "activation");
    if (!read_keys(node, &output_keys))
        return;
    Item *item = layer ? look_up(graph, layer, "layer", graph->items) : &graph->item[graph->items - 1];
    if (!item)
        return;
    item->read = true;
    model->output = item->value;
    if (!activation)
        return;
    Layer *after = read_activation(model, activation, format("%s_output", item->first->name), item->value);
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
    Item *item = node ? look_up(graph, node, "output", graph->items) : &graph->item[graph->items - 1];
    if (!item)
        return;
    item->read = true;
    graph->model->output = item->value;
}

/* ---- names in C ---- */

static void add_name(Name **names, int *count, const char *text, const char *what, Span span)
{
    *names = add_item(*names, count, sizeof(Name));
    (*names)[*count - 1] = (Name){text, what, span, *count};
}

static void add_weight_names(Name **names, int *count, const char *owner, const Choice *choice, Span span)
{
    const Template *template = choice->template;
    for (int i = 0; i < template->params; i++) {
        const ParamTag *param = &template->param[i];
        const Value *option = param->option ? choice_value(choice, param->option) : NULL;
        if (!option || option->numbers[0] != 0)
            add_name(names, count, format("%s_%s", owner, param->name), format("'%s.%s'", owner, param->name), span);
    }
    for (int i = 0; i < template->states; i++)
        add_name(names, count, format("%s_%s", owner, template->state[i].variable),
                 format("'%s.%s'", owner, template->state[i].variable), span);
}

static void refuse_collision(const Name *first, const Name *second)
{
    bool same = strcmp(first->what, second->what) == 0;
    if (same && second->what[0] == '\'') /* parameters of layers that have one name: that was told */
        return;
    if (same)
        error_at(second->span, "two layers are called '%s'", second->text);
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
        add_name(&names, &count, model->input[i]->name, format("input '%s'", model->input[i]->name),
                 model->input[i]->span);
    for (int i = 0; i < model->layers; i++) {
        const Layer *layer = model->layer[i];
        add_name(&names, &count, layer->name, format("layer '%s'", layer->name), layer->span);
        if (layer->choice)
            add_weight_names(&names, &count, layer->name, layer->choice, layer->span);
    }
    for (int i = 0; i < model->losses; i++)
        add_weight_names(&names, &count, model->loss[i]->name, model->loss[i]->choice, model->loss[i]->span);
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

static void warn_of_unread(const Graph *graph)
{
    for (int i = 0; i < graph->items; i++) {
        const Layer *layer = graph->item[i].first;
        if (!graph->item[i].read)
            warning_at(layer->span, "nothing reads the %s '%s'", graph->item[i].node ? "layer" : "input", layer->name);
    }
}

void read_layers(Model *model, const Node *root)
{
    Graph *graph = NEW(Graph);
    int before = model->report->errors;
    graph->model = model;
    read_inputs(graph, node_get(root, "input"));
    read_list(graph, node_get(root, "layers"));
    collect_item_names(graph);
    for (int i = model->inputs; i < graph->items; i++)
        connect_layer(graph, i);
    read_losses(graph, node_get(root, "loss"));
    read_output(graph, node_get(root, "output"));
    check_collisions(graph);
    check_capitals(model);
    if (model->report->errors == before)
        warn_of_unread(graph);
}
