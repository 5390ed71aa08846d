/* spec.c - the network as the user wrote it, from the document's nodes.
 *
 * Reads everything before it stops, so that all mistakes of a description are told at once. Fills what stands before
 * "after infer" in Model, Layer and Loss. */
#include "spec.h"

#include <limits.h>
#include <string.h>

/* ---- name ---- */

static void read_network_name(Model *model, const Node *node)
{
    if (!node)
        return;
    model->name = read_name(node, "network");
    model->name_span = node->span;
}

/* ---- initializer, regularizer, optimizer, learning rate, clip ---- */

static Choice *read_choice_or(Model *model, const Node *root, const char *key, Category category, const char *otherwise)
{
    const Node *node = node_get(root, key);
    return node ? choice_of_node(model->library, category, node)
                : choice_of_word(model->library, category, otherwise, model->name_span);
}

/* True with a message if the schedule is one that only goes with another. */
static bool refuse_companion(const Node *node)
{
    const Node *kind = node->kind == NODE_MAP && node->count ? node->keys[0] : node;
    if (kind->kind != NODE_SCALAR || !find_key_of(&common_keys[SCHEDULE], kind->text))
        return false;
    error_at(kind->span, "'%s' is not a schedule by itself", kind->text);
    hint(kind->span, "give it to a schedule: {constant: {start: 0.01, %s: ...}}", kind->text);
    return true;
}

/* A number is the schedule `constant`; what is wrong with it is told of the learning rate. */
static Choice *constant_rate(Model *model, const Node *number)
{
    static const Node hundredth = {.kind = NODE_SCALAR, .text = "0.01"};
    Node kind = {.kind = NODE_SCALAR, .text = "constant"}, start = number ? *number : hundredth;
    kind.span = start.span = number ? number->span : model->name_span;
    Template *template = library_find(model->library, SCHEDULE, kind.text);
    const Attribute *attribute = template ? main_attribute(template) : NULL;
    if (attribute) {
        Attribute rate = *attribute;
        Value value = {0};
        rate.name = "learning_rate";
        if (!read_value(&rate, INT_MAX, &start, &value))
            return NULL;
    }
    return choice_of_pair(model->library, SCHEDULE, &kind, &start);
}

static void read_learning_rate(Model *model, const Node *node)
{
    bool number = node && node->kind == NODE_SCALAR && node->text[0] && strchr("+-.0123456789", node->text[0]);
    if (!node || number) {
        model->learning_rate = constant_rate(model, node);
        return;
    }
    if (refuse_companion(node))
        return;
    model->learning_rate = choice_of_node(model->library, SCHEDULE, node);
    const Node *warm_up = common_value(node, "warm_up");
    Value value = {0};
    if (warm_up && read_value(find_key_of(&common_keys[SCHEDULE], "warm_up")->attribute, INT_MAX, warm_up, &value))
        model->warm_up_steps = value.numbers[0];
}

/* {l1: 1e-5, l2: 1e-4}: each key is a regularizer. */
static void read_regularizers(Model *model, const Node *node)
{
    if (!node)
        return;
    bool map = node->kind == NODE_MAP && node->count;
    for (int i = 0; i < (map ? node->count : 1); i++) {
        Choice *choice = map ? choice_of_pair(model->library, REGULARIZER, node->keys[i], node->items[i])
                             : choice_of_node(model->library, REGULARIZER, node);
        if (choice)
            PUSH(model->regularizer, model->regularizers, choice);
    }
}

static void read_clip(Model *model, const Node *node)
{
    Choice *choice = node ? choice_of_node(model->library, CLIP, node) : NULL;
    if (choice)
        PUSH(model->clip, model->clips, choice);
}

/* ---- train, memory ---- */

static double train_number(const Node *node, const char *key, double otherwise)
{
    const Node *given = node && node->kind == NODE_MAP ? node_get(node, key) : NULL;
    Value value = {0};
    const Attribute *attribute = find_key_of(&train_keys, key)->attribute;
    if (!given || !read_value(attribute, INT_MAX, given, &value))
        return otherwise;
    return value.word ? strcmp(value.word, attribute->word_list[0]) != 0 : value.numbers[0];
}

static void read_train(Model *model, const Node *node)
{
    Training *train = &model->train;
    if (node)
        read_keys(node, &train_keys);
    train->batch = (int)train_number(node, "batch", 32);
    if (model->options->batch)
        train->batch = model->options->batch;
    if (model->options->batch_most && train->batch > model->options->batch_most)
        train->batch = model->options->batch_most;
    train->epochs = (int)train_number(node, "epochs", 10);
    train->seed = (uint64_t)train_number(node, "seed", 1);
    train->fused_update = train_number(node, "update", 0) != 0;
    train->recompute = train_number(node, "recompute", 0) != 0;
    train->patience = (int)train_number(node, "patience", 0);
    train->validation = train_number(node, "validation", 0);
    const Node *batch = node && node->kind == NODE_MAP ? node_get(node, "batch") : NULL;
    if (batch)
        train->batch_span = batch->span;
}

static void read_budget(const Node *memory, const char *key, long long *bytes, Span *span)
{
    const Node *node = node_get(memory, key);
    if (node && read_bytes(node, key, bytes))
        *span = node->span;
}

static void read_memory(Model *model, const Node *node)
{
    if (!node || !read_keys(node, &memory_keys))
        return;
    read_budget(node, "ram", &model->ram_bytes, &model->ram_span);
    read_budget(node, "flash", &model->flash_bytes, &model->flash_span);
}

/* ---- the whole ---- */

/* Both name the same thing; data's own comes first in the file format, train's is the shorter way. */
static void settle_validation(Model *model, const Node *root)
{
    const Node *train = node_get(root, "train"), *data = node_get(root, "data");
    const Node *here = train ? node_get(train, "validation") : NULL;
    const Node *there = data ? node_get(data, "validation") : NULL;
    if (here && there) {
        error_at(there->span, "'validation' stands in 'train', too");
        note_at(here->span, "the other one is here");
    } else if (model->data && here) {
        model->data->validation = model->train.validation;
    } else if (model->data && there) {
        model->train.validation = model->data->validation;
    }
}

Model *spec_read(Source *source, Options *options, Library *library)
{
    int before = source->report->errors;
    const Node *root = yaml_read(source);
    if (!root)
        return NULL;
    if (root->kind != NODE_MAP) {
        error_at(root->span, "a network description is a mapping with the keys network, input, layers, ..., not %s",
                 shown(root));
        return NULL;
    }
    Model *model = NEW(Model);
    *model = (Model){.options = options, .report = source->report, .library = library, .source = source};
    model->name_span = root->span;
    read_keys(root, &network_keys);
    read_network_name(model, node_get(root, "network"));
    read_layers(model, root);
    model->initializer = read_choice_or(model, root, "initializer", INITIALIZER, "kaiming_uniform");
    read_regularizers(model, node_get(root, "regularizer"));
    model->optimizer = read_choice_or(model, root, "optimizer", OPTIMIZER, "sgd");
    read_learning_rate(model, node_get(root, "learning_rate"));
    read_clip(model, node_get(root, "clip"));
    read_train(model, node_get(root, "train"));
    read_memory(model, node_get(root, "memory"));
    read_data(model, node_get(root, "data"));
    read_weights(&model->naming, node_get(root, "weights"));
    settle_validation(model, root);
    return source->report->errors > before ? NULL : model;
}
