/* spec_data.c - the section `data`, into the trainer's Data_spec (data.h tells what the keys mean). Which keys there
 * are depends on the format. Whether the files exist, and fit the network, is for the trainer to say. */
#include "spec.h"

#include <ctype.h>
#include <string.h>

/* ---- pieces ---- */

static const Node *part(const Node *map, const char *key)
{
    return map && map->kind == NODE_MAP ? node_get(map, key) : NULL;
}

static int words_of(const char *const *names)
{
    int count = 0;
    while (names[count])
        count++;
    return count;
}

/* One of names[], which ends with NULL; `otherwise` if it is not given. */
static int enumeration(const Node *data, const char *key, const char *const *names, int otherwise)
{
    const Node *node = part(data, key);
    int which = node ? read_choice(node, key, names, words_of(names)) : otherwise;
    return which < 0 ? otherwise : which;
}

/* A word, or a list of words. */
static Data_words words_in(const Node *node, const char *key)
{
    bool list = node->kind == NODE_LIST;
    int count = list ? node->count : 1;
    const char **item = NEW_ARRAY(count, const char *);
    if (!count)
        error_at(node->span, "'%s' is an empty list", key);
    for (int i = 0; i < count; i++)
        item[i] = read_word(list ? node->items[i] : node, key);
    return (Data_words){(size_t)count, item};
}

static Data_words words(const Node *data, const char *key)
{
    const Node *node = part(data, key);
    return node ? words_in(node, key) : (Data_words){0};
}

/* A mapping from columns to a word or words of each. */
static Data_columns columns(const Node *data, const char *key)
{
    const Node *map = part(data, key);
    if (!map)
        return (Data_columns){0};
    if (map->kind != NODE_MAP || !map->count) {
        error_at(map->span, "'%s' is a mapping of columns to words, not %s", key,
                 map->kind == NODE_MAP ? "an empty one" : shown(map));
        return (Data_columns){0};
    }
    Data_column *item = NEW_ARRAY(map->count, Data_column);
    for (int i = 0; i < map->count; i++)
        item[i] = (Data_column){map->keys[i]->text, words_in(map->items[i], map->keys[i]->text)};
    return (Data_columns){(size_t)map->count, item};
}

static double number(const Node *data, const Keys *keys, const char *key, double otherwise)
{
    const Node *node = part(data, key);
    Value value = {0};
    return node && read_value(find_key_of(keys, key)->attribute, INT32_MAX, node, &value) ? value.numbers[0]
                                                                                          : otherwise;
}

static void read_scale(const Node *data, Data_spec *spec)
{
    const Node *scale = part(data, "scale"), *offset = part(data, "offset");
    if (scale && read_fraction(scale, "scale", &spec->scale) && spec->scale == 0)
        error_at(scale->span, "'scale' is 0, which leaves nothing of the data");
    if (offset)
        read_fraction(offset, "offset", &spec->offset);
}

static void read_standardize(const Node *data, Data_spec *spec)
{
    const Node *node = part(data, "standardize");
    if (!node || !read_keys(node, &standardize_keys))
        return;
    const Node *inputs = node_get(node, "inputs"), *targets = node_get(node, "targets");
    if (inputs)
        read_bool(inputs, "inputs", &spec->standardize_inputs);
    if (targets)
        read_bool(targets, "targets", &spec->standardize_targets);
}

static const char *place_of(const Node *node)
{
    return format("%s:%d:%d", node->span.source->name, node->span.line, node->span.column);
}

static void read_augment(const Node *data, Data_spec *spec)
{
    const Node *node = part(data, "augment");
    if (!node || !read_keys(node, &augment_keys))
        return;
    Data_augment *augment = &spec->augment;
    *augment = (Data_augment){.place = place_of(node),
                              .shift = number(node, &augment_keys, "shift", 0),
                              .crop = number(node, &augment_keys, "crop", 0),
                              .brightness = number(node, &augment_keys, "brightness", 0),
                              .cutout = number(node, &augment_keys, "cutout", 0)};
    const Node *mirror = node_get(node, "mirror");
    if (mirror)
        read_bool(mirror, "mirror", &augment->mirror);
    if (!node->count)
        error_at(node->span, "'augment' says nothing that changes");
    if (spec->standardize_inputs) {
        error_at(node->span, "'augment' changes pixels before they are standardised; bring them to size by 'scale' and "
                             "'offset'");
        note_at(part(data, "standardize")->span, "'standardize' is here");
    }
}

static void read_train(const Node *train, const Keys *keys, Data_spec *spec)
{
    if (train && read_keys(train, keys))
        spec->train.where = columns(train, "where");
}

/* A test set has files of its own, or is a share of the training file, or some of its rows: one of these. */
static void read_test(const Node *test, const Keys *keys, const char *file, Data_spec *spec)
{
    if (!test || !read_keys(test, keys))
        return;
    const Node *share = node_get(test, "split"), *own = node_get(test, file), *where = node_get(test, "where");
    const Node *held_out = share ? share : where;
    spec->test.split = number(test, keys, "split", 0);
    spec->test.where = columns(test, "where");
    if (held_out && own) {
        error_at(held_out->span, "a test set with files of its own is not split off");
        note_at(own->span, "'%s' is here", file);
    } else if (share && where) {
        error_at(where->span, "a test set is split off by a share or by 'where', not by both");
        note_at(share->span, "'split' is here");
    } else if (!held_out && !own) {
        error_at(test->span, "'test' needs the key '%s', or 'split', or 'where'", file);
    }
}

/* What numbered samples have: names of their classes, and a table that describes them. */
static void read_numbered(const Node *data, Data_spec *spec)
{
    const Node *index = part(data, "index");
    spec->classes = words(data, "classes");
    spec->index = index ? read_word(index, "index") : NULL;
    if (index)
        return;
    const Node *by_column[] = {part(part(data, "train"), "where"), part(part(data, "test"), "where"),
                               spec->fold_column ? part(data, "folds") : NULL};
    for (size_t i = 0; i < sizeof by_column / sizeof *by_column; i++)
        if (by_column[i])
            error_at(by_column[i]->span, "a column is asked for, and there is no table: 'data' needs the key 'index'");
}

/* How many, or the column that says it, where there are columns. */
static void read_folds(const Node *data, const Keys *keys, Data_spec *spec)
{
    const Node *node = part(data, "folds");
    bool word = node && node->kind == NODE_SCALAR && node->text[strspn(node->text, "+-.0123456789")] != 0;
    if (!word || spec->format == DATA_PLAYGROUND || spec->format == DATA_IMAGES)
        spec->folds = (int)number(data, keys, "folds", 0);
    else
        spec->fold_column = read_word(node, "folds");
}

/* ---- formats ---- */

static void read_idx(const Node *data, Data_spec *spec)
{
    const Node *train = part(data, "train"), *test = part(data, "test");
    read_train(train, &idx_train_keys, spec);
    spec->train.inputs = words(train, "inputs");
    spec->train.targets = words(train, "targets");
    read_test(test, &idx_test_keys, "inputs", spec);
    spec->test.inputs = words(test, "inputs");
    spec->test.targets = words(test, "targets");
    read_scale(data, spec);
    read_numbered(data, spec);
    read_augment(data, spec);
}

static void read_cifar(const Node *data, Data_spec *spec)
{
    const Node *train = part(data, "train"), *test = part(data, "test");
    read_train(train, &cifar_train_keys, spec);
    read_test(test, &cifar_test_keys, "files", spec);
    spec->train.files = words(train, "files");
    spec->test.files = words(test, "files");
    read_scale(data, spec);
    read_numbered(data, spec);
    read_augment(data, spec);
}

/* by_class: a share of the classes, or their names. */
static void read_held_out(const Node *node, const Node *split, Data_spec *spec)
{
    if (node->kind != NODE_LIST) {
        spec->test.by_class = number(split, &split_keys, "by_class", 0);
        return;
    }
    spec->test.held_out = words_in(node, "by_class");
    spec->test.held_place = NEW_ARRAY(node->count, const char *);
    for (int i = 0; i < node->count; i++) {
        spec->test.held_place[i] = place_of(node->items[i]);
        for (int j = 0; j < i; j++)
            if (node->items[i]->text && node->items[j]->text && strcmp(node->items[i]->text, node->items[j]->text) == 0)
                error_at(node->items[i]->span, "%s stands in this list twice", word_shown(node->items[i]));
    }
}

/* A share of the samples, by_class (a fifth of the classes), or a mapping that says how. */
static void read_split(const Node *node, Data_spec *spec)
{
    const double classes = 0.2;
    bool word = node->kind == NODE_SCALAR && isalpha((unsigned char)node->text[0]);
    if (word && strcmp(node->text, "by_class") == 0) {
        spec->test.by_class = classes;
    } else if (node->kind == NODE_MAP && read_keys(node, &split_keys)) {
        const Node *by_class = node_get(node, "by_class"), *of_each = node_get(node, "of_each");
        if (by_class)
            read_held_out(by_class, node, spec);
        spec->test.of_each = (int)number(node, &split_keys, "of_each", 0);
        if (!by_class == !of_each)
            error_at(node->span, "'split' has one of the keys 'by_class' and 'of_each'");
    } else if (word) {
        error_at(node->span,
                 "'split' is a share of the samples, or by_class, or has the key 'by_class' or 'of_each'; "
                 "not %s",
                 word_shown(node));
    } else if (node->kind != NODE_MAP) {
        Value value = {0};
        if (read_value(find_key_of(&cifar_test_keys, "split")->attribute, INT32_MAX, node, &value))
            spec->test.split = value.numbers[0];
    }
}

static const char *folder_of(const Node *source)
{
    const Node *folder = part(source, "folder");
    return folder ? read_word(folder, "folder") : NULL;
}

static void read_images(const Node *data, Data_spec *spec)
{
    const Node *train = part(data, "train"), *test = part(data, "test"), *cache = part(data, "cache");
    if (train && read_keys(train, &images_train_keys))
        spec->train.folder = folder_of(train);
    if (test && read_keys(test, &images_test_keys)) {
        const Node *split = node_get(test, "split"), *folder = node_get(test, "folder");
        spec->test.folder = folder_of(test);
        if (split)
            read_split(split, spec);
        if (!split == !folder)
            error_at(test->span, "'test' has one of the keys 'folder' and 'split'");
    }
    spec->cache = cache ? read_word(cache, "cache") : NULL;
    read_scale(data, spec);
    read_augment(data, spec);
}

static const char *file_of(const Node *source)
{
    const Node *file = part(source, "file");
    return file ? read_word(file, "file") : NULL;
}

static void read_separator(const Node *node, Data_spec *spec)
{
    const char *word = node ? read_word(node, "separator") : NULL;
    if (!word)
        return;
    if (strlen(word) == 1 && (unsigned char)word[0] < 0x80)
        spec->separator = word[0];
    else
        error_at(node->span, "'separator' is one character of ASCII, such as \";\" or \"\\t\"");
}

/* An order has each of its words once, and more than one. */
static void check_ordinals(const Node *ordinals)
{
    for (int i = 0; ordinals && ordinals->kind == NODE_MAP && i < ordinals->count; i++) {
        const Node *order = ordinals->items[i];
        if (order->kind != NODE_LIST || order->count < 2)
            error_at(order->span, "the order of '%s' is a list of two or more words", ordinals->keys[i]->text);
        for (int k = 0; order->kind == NODE_LIST && k < order->count; k++)
            for (int j = 0; j < k; j++)
                if (order->items[k]->text && order->items[j]->text &&
                    strcmp(order->items[k]->text, order->items[j]->text) == 0)
                    error_at(order->items[k]->span, "%s stands in this list twice", word_shown(order->items[k]));
    }
}

static void read_csv(const Node *data, Data_spec *spec)
{
    const Node *train = part(data, "train"), *test = part(data, "test");
    read_train(train, &csv_train_keys, spec);
    spec->train.file = file_of(train);
    read_test(test, &csv_test_keys, "file", spec);
    spec->test.file = file_of(test);
    spec->header = (Data_header)enumeration(data, "header", data_header_names, DATA_HEADER_AUTO);
    spec->label = words(data, "label");
    spec->ignore = words(data, "ignore");
    spec->categories = words(data, "categories");
    spec->ordinals = columns(data, "ordinals");
    check_ordinals(part(data, "ordinals"));
    spec->missing = (Data_missing)enumeration(data, "missing", data_missing_names, DATA_MISSING_ERROR);
    read_separator(part(data, "separator"), spec);
    read_scale(data, spec);
}

static void read_features(const Node *node, Data_spec *spec)
{
    if (!node)
        return;
    if (node->kind != NODE_LIST || !node->count || node->count > DATA_FEATURES) {
        error_at(node->span, "'features' is a list of 1 to %d words", DATA_FEATURES);
        return;
    }
    for (int i = 0; i < node->count; i++) {
        int which = read_choice(node->items[i], "features", data_feature_names, DATA_FEATURES);
        for (int j = 0; j < spec->features && which >= 0; j++)
            if (spec->feature[j] == (Data_feature)which)
                error_at(node->items[i]->span, "%s stands in this list twice", word_shown(node->items[i]));
        if (which >= 0)
            spec->feature[spec->features++] = (Data_feature)which;
    }
}

static void read_playground(const Node *data, Data_spec *spec)
{
    spec->pattern = (Data_pattern)enumeration(data, "pattern", data_pattern_names, DATA_PATTERN_CIRCLE);
    spec->noise = number(data, &playground_keys, "noise", 0);
    spec->train.samples = (int)number(data, &playground_keys, "train", 0);
    spec->test.samples = (int)number(data, &playground_keys, "test", 0);
    read_features(part(data, "features"), spec);
}

void read_data(Model *model, const Node *node)
{
    static const Keys *const keys_of[] = {&idx_keys, &cifar_keys, &images_keys, &csv_keys, &playground_keys};
    static void (*const read_format[])(const Node *, Data_spec *) = {read_idx, read_cifar, read_images, read_csv,
                                                                     read_playground};
    if (!node)
        return;
    const Node *given = part(node, "format");
    if (!given) {
        error_at(node->span, node->kind == NODE_MAP ? "'data' needs the key 'format'" : "'data' is a mapping, not %s",
                 shown(node));
        return;
    }
    const char *const *formats = data_format_names + 1;
    int format_number = read_choice(given, "format", formats, words_of(formats));
    if (format_number < 0)
        return;
    const Keys *keys = keys_of[format_number];
    Data_spec *spec = NEW(Data_spec);
    spec->format = (Data_format)(format_number + 1);
    spec->place = place_of(node);
    read_keys(node, keys);
    spec->validation = number(node, keys, "validation", 0);
    read_folds(node, keys, spec);
    spec->seed = (uint64_t)number(node, keys, "seed", 0);
    read_standardize(node, spec);
    read_format[format_number](node, spec);
    model->data = spec;
}
