/* spec_connect.c - names are looked up: what each layer reads, and whose parameters it shares. */
#include "spec_graph.h"

#include <string.h>

/* ---- looking names up ---- */

int input_names(const Scope *scope, const char ***names)
{
    int count = 0;
    if (scope->block && !scope->block->inputs)
        PUSH(*names, count, "input");
    for (int i = 0; scope->block && i < scope->block->inputs; i++)
        PUSH(*names, count, scope->block->input[i]->text);
    return count;
}

bool is_input_of_block(const Scope *scope, const char *text, int *which)
{
    const char **names = NULL;
    int count = input_names(scope, &names);
    for (*which = 0; *which < count; ++*which)
        if (strcmp(names[*which], text) == 0)
            return true;
    return false;
}

void collect_item_names(Graph *graph)
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

Item *look_up(Graph *graph, const Scope *scope, const Node *node, const char *key, int before)
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

void connect_items(Graph *graph)
{
    graph->previous = graph->model->inputs == 1 ? &graph->item[0] : NULL;
    for (int i = graph->model->inputs; i < graph->items; i++)
        connect_item(graph, i);
}
