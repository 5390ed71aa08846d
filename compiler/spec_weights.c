/* spec_weights.c - `weights`: what another tool calls the layers. The same section is read from a file of its own. */
#include "spec.h"

#include <string.h>

enum { MODULE_MAX = 200 };

/* A name of the other tool; "" is one, too: nothing stands before what follows. */
static const char *read_module(const Node *node, const char *key)
{
    if (node->kind != NODE_SCALAR || (!*node->text && !node->quoted)) {
        error_at(node->span, "'%s' takes the name of a module or of a tensor, not %s", key, shown(node));
        return NULL;
    }
    if (strlen(node->text) > MODULE_MAX) {
        error_at(node->span, "a name of %zu bytes; the most is %d", strlen(node->text), MODULE_MAX);
        return NULL;
    }
    return node->text;
}

static void read_names(Naming *naming, const Node *node)
{
    if (!node)
        return;
    if (node->kind != NODE_MAP) {
        error_at(node->span, "'names' is a mapping of layers to modules, not %s", shown(node));
        hint(node->span, "write names: {conv2d_1: features.0}");
        return;
    }
    naming->name = NEW_ARRAY(node->count, NamePair);
    for (int i = 0; i < node->count; i++) {
        const char *other = read_module(node->items[i], node->keys[i]->text);
        if (other)
            naming->name[naming->names++] = (NamePair){node->keys[i]->text, other, node->keys[i]->span, false};
    }
}

static void read_ignored(Naming *naming, const Node *node)
{
    if (!node)
        return;
    bool list = node->kind == NODE_LIST;
    int count = list ? node->count : 1;
    naming->ignore = NEW_ARRAY(count, NamePair);
    for (int i = 0; i < count; i++) {
        const Node *item = list ? node->items[i] : node;
        const char *other = read_module(item, "ignore");
        if (other)
            naming->ignore[naming->ignored++] = (NamePair){NULL, other, item->span, false};
    }
}

bool read_weights(Naming *naming, const Node *node)
{
    if (!node)
        return true;
    int before = node->span.source->report->errors;
    if (!read_keys(node, &weights_keys))
        return false;
    const Node *prefix = node_get(node, "prefix"), *flattened = node_get(node, "flattened");
    read_names(naming, node_get(node, "names"));
    read_ignored(naming, node_get(node, "ignore"));
    if (prefix)
        naming->prefix = read_module(prefix, "prefix");
    Value value = {0};
    if (flattened && read_value(find_key_of(&weights_keys, "flattened")->attribute, 0, flattened, &value))
        naming->channels_last = strcmp(value.word, "channels_last") == 0;
    return node->span.source->report->errors == before;
}
