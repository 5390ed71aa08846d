/* spec_keys.c - the keys of the spec language that no template declares. The reader refuses what is not here, and the
 * JSON Schema is made of the same lists. */
#include "spec.h"

#include <limits.h>
#include <string.h>

#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))
#define INTEGER(NAME, LOW, HIGH)                                                                                       \
    {                                                                                                                  \
        .name = NAME, .type = ATTR_INT, .variables = 1, .has_low = true, .low = (LOW), .has_high = true,               \
        .high = (HIGH), .optional = true                                                                               \
    }

/* ---- train, and the numbers of other sections ---- */

static const char *update_words[] = {"separate", "fused"};

static const Attribute batch = INTEGER("batch", 1, BATCH_MAX);
static const Attribute epochs = INTEGER("epochs", 1, 1000000);
static const Attribute seed = INTEGER("seed", 0, 9007199254740991.0);
static const Attribute patience = INTEGER("patience", 1, 1000000);
static const Attribute folds = INTEGER("folds", 2, 1000);
static const Attribute of_each = INTEGER("of_each", 1, 1000000);
static const Attribute samples = INTEGER("samples", 1, 10000000);
static const Attribute warm_up = INTEGER("warm_up", 0, INT_MAX);
static const Attribute update = {
    .name = "update", .type = ATTR_WORD, .variables = 1, .optional = true, .words = 2, .word_list = update_words};
static const char *recompute_words[] = {"none", "auto"};
static const Attribute recomputed = {
    .name = "recompute", .type = ATTR_WORD, .variables = 1, .optional = true, .words = 2, .word_list = recompute_words};
static const Attribute validation = {.name = "validation",
                                     .type = ATTR_REAL,
                                     .variables = 1,
                                     .has_low = true,
                                     .has_high = true,
                                     .high = 1,
                                     .high_open = true,
                                     .optional = true};
static const Attribute held_out = {.name = "split",
                                   .type = ATTR_REAL,
                                   .variables = 1,
                                   .has_low = true,
                                   .low_open = true,
                                   .has_high = true,
                                   .high = 1,
                                   .high_open = true,
                                   .optional = true};
static const Attribute noise = {.name = "noise",
                                .type = ATTR_REAL,
                                .variables = 1,
                                .has_low = true,
                                .has_high = true,
                                .high = 0.5,
                                .optional = true};
static const Attribute weight = {
    .name = "weight", .type = ATTR_REAL, .variables = 1, .has_low = true, .low_open = true, .optional = true};
static const Attribute repeat = INTEGER("repeat", 1, LAYERS_MAX);
static const Attribute trainable = {.name = "trainable", .type = ATTR_BOOL, .variables = 1, .optional = true};

static const Key train_list[] = {
    {"batch", NULL, "samples of one training step; 32 if left out", &batch, false},
    {"epochs", NULL, "passes through the training data; 10 if left out", &epochs, false},
    {"seed", NULL, "of the initial weights, of shuffling and of dropout; 1 if left out", &seed, false},
    {"update", NULL, "fused: each gradient is consumed as soon as it is complete, and needs no memory", &update, false},
    {"recompute", NULL, "auto: values are made again in the backward pass, if the budget of 'memory' asks for it",
     &recomputed, false},
    {"validation", NULL, "the share of the training samples that is kept back to watch", &validation, false},
    {"patience", NULL, "epochs without an improvement after which training stops", &patience, false},
};
const Keys train_keys = {"'train'", COUNT(train_list), train_list};

#define BYTES "{'anyOf': [{'type': 'integer', 'minimum': 1}, {'type': 'string', 'pattern': '^[1-9][0-9]{0,8}[KMG]?$'}]}"
static const Key memory_list[] = {
    {"ram", BYTES, "bytes of memory that the network may need, as 65536, 64K or 2M", NULL, false},
    {"flash", BYTES, "bytes of constants that the network may have", NULL, false},
};
const Keys memory_keys = {"'memory'", COUNT(memory_list), memory_list};

#define REFERENCE(NAME) "{'$ref': '#/definitions/" NAME "'}"
#define ONE_OR_MORE(ITEM) "{'anyOf': [" ITEM ", {'type': 'array', 'minItems': 1, 'items': " ITEM "}]}"

static const Key output_list[] = {
    {"layer", REFERENCE("name"), "the layer that predict returns", NULL, false},
    {"activation", REFERENCE("layer"), "a layer that prediction adds", NULL, false},
};
const Keys output_keys = {"'output'", COUNT(output_list), output_list};

static const char *flattened_words[] = {"channels_first", "channels_last"};
static const Attribute flattened = {
    .name = "flattened", .type = ATTR_WORD, .variables = 1, .optional = true, .words = 2, .word_list = flattened_words};
#define MODULE "{'type': 'string', 'maxLength': 200}"
static const Key weights_list[] = {
    {"names", "{'type': 'object', 'additionalProperties': " MODULE "}",
     "a layer, a block or a parameter, and what the other tool calls it", NULL, false},
    {"prefix", MODULE, "stands before every name of the other tool", NULL, false},
    {"ignore", ONE_OR_MORE(MODULE), "modules and tensors of the other tool that this network does not have", NULL,
     false},
    {"flattened", NULL, "the order in which the other tool flattens; channels_first, as PyTorch, if left out",
     &flattened, false},
};
const Keys weights_keys = {"'weights'", COUNT(weights_list), weights_list};

/* ---- the whole ---- */

static const Key network_list[] = {
    {"network", REFERENCE("name"), "the prefix of all that is generated", NULL, true},
    {"input",
     "{'anyOf': [" REFERENCE("shape") ", {'type': 'object', 'minProperties': 1, 'additionalProperties': " REFERENCE(
         "shape") "}]}",
     "the shape of a sample, without the batch; or a name and a shape for each of several inputs", NULL, true},
    {"layers", "{'type': 'array', 'minItems': 1}", "the layers, in the order of computation", NULL, true},
    {"blocks",
     "{'type': 'object', 'minProperties': 1, 'propertyNames': {'not': " REFERENCE(
         "kind") "}, 'additionalProperties': " REFERENCE("block") "}",
     "pieces with parameters, which are used like layers", NULL, false},
    {"loss", ONE_OR_MORE(REFERENCE("loss")), "what training makes small", NULL, false},
    {"output", "{'anyOf': [" REFERENCE("name") ", " REFERENCE("output") "]}",
     "what predict returns; the last layer's value if left out", NULL, false},
    {"initializer", REFERENCE("initializer"), "of the weights; kaiming_uniform if left out", NULL, false},
    {"regularizer", REFERENCE("regularizer"), "what is added to the objective for each weight", NULL, false},
    {"optimizer", REFERENCE("optimizer"), "how a gradient changes the weights; sgd if left out", NULL, false},
    {"learning_rate", "{'anyOf': [{'type': 'number', 'exclusiveMinimum': 0}, " REFERENCE("schedule") "]}",
     "a number, or a schedule; 0.01 if left out", NULL, false},
    {"clip", REFERENCE("clip"), "a bound for the gradients", NULL, false},
    {"train", REFERENCE("train"), "the training run", NULL, false},
    {"memory", REFERENCE("memory"), "what the machine has; nnc refuses a network that needs more", NULL, false},
    {"data", REFERENCE("data"), "the samples", NULL, false},
    {"weights", REFERENCE("weights"), "what another tool calls the layers; for `nnc convert`", NULL, false},
};
const Keys network_keys = {"a network description", COUNT(network_list), network_list};

static const Key block_list[] = {
    {"summary", "{'type': 'string'}", "what it is for", NULL, false},
    {"parameters", "{'type': 'object'}", "names and defaults; without a default a parameter must be given", NULL,
     false},
    {"inputs", "{'type': 'array', 'minItems': 1, 'items': " REFERENCE("name") "}",
     "names of what it reads; one, called input, if left out", NULL, false},
    {"layers", "{'type': 'array', 'minItems': 1, 'items': " REFERENCE("block_piece") "}",
     "its layers, with $NAME for a parameter", NULL, true},
};
const Keys block_keys = {"a block", COUNT(block_list), block_list};

static const Key layer_list[] = {
    {"name", REFERENCE("name"), "what others call this layer; kind and count if left out", NULL, false},
    {"input", REFERENCE("name"), "the earlier layer that is read; the previous one if left out", NULL, false},
    {"inputs", "{'type': 'array', 'minItems': 1, 'items': " REFERENCE("name") "}", "the earlier layers that are read",
     NULL, false},
    {"activation", REFERENCE("layer"), "a layer that follows, where this one has parameters", NULL, false},
    {"trainable", NULL, "false: the parameters stay as they are", &trainable, false},
    {"initializer", REFERENCE("initializer"), "of this layer's weights", NULL, false},
    {"share", REFERENCE("name"), "the earlier layer of this kind whose parameters are used", NULL, false},
    {"repeat", NULL, "how many of it follow each other", &repeat, false},
};
static const Key loss_list[] = {
    {"input", REFERENCE("name"), "the layer that is measured; the last one if left out", NULL, false},
    {"weight", NULL, "a factor; 1 if left out", &weight, false},
    {"target", REFERENCE("name"),
     "class, vector, positions, input, or a name of its own; the loss's natural one if left out", NULL, false},
};
static const Key schedule_list[] = {
    {"warm_up", NULL, "steps in which the rate rises from 0 to that of the schedule", &warm_up, false},
};
const Keys common_keys[CATEGORIES] = {
    [LAYER] = {"a layer", COUNT(layer_list), layer_list},
    [LOSS] = {"a loss", COUNT(loss_list), loss_list},
    [SCHEDULE] = {"a schedule", COUNT(schedule_list), schedule_list},
};

/* ---- data ---- */

#define WORD "{'type': ['string', 'number', 'boolean']}"
#define WORDS ONE_OR_MORE(WORD)
#define FRACTION "{'anyOf': [{'type': 'number'}, {'type': 'string', 'pattern': '^[-+0-9.eE]+/[-+0-9.eE]+$'}]}"
#define COLUMNS "{'type': 'object', 'minProperties': 1, 'additionalProperties': " WORDS "}"
#define FOLDS_OR_COLUMN "{'anyOf': [{'type': 'integer', 'minimum': 2, 'maximum': 1000}, {'type': 'string'}]}"
#define DATA_KEYS(FOLDS)                                                                                               \
    {"format", "{'enum': ['idx', 'cifar', 'images', 'csv', 'playground']}", "the kind of the files", NULL, true},      \
        {"standardize", REFERENCE("standardize"), "bring values to mean 0 and variance 1 over the training set", NULL, \
         false},                                                                                                       \
        {"validation", NULL, "the share of the training samples that is kept back to watch", &validation, false},      \
        {"folds", FOLDS, "k-fold cross-validation, or by a column: a fold for each of its values", &folds, false},     \
    {                                                                                                                  \
        "seed", NULL, "of the splits, not of training", &seed, false                                                   \
    }
#define SCALE_KEYS                                                                                                     \
    {"scale", FRACTION, "x = raw * scale + offset", NULL, false},                                                      \
    {                                                                                                                  \
        "offset", FRACTION, "x = raw * scale + offset", NULL, false                                                    \
    }

#define WHERE_TRAIN                                                                                                    \
    {                                                                                                                  \
        "where", COLUMNS, "only samples with one of these values in a column", NULL, false                             \
    }
#define WHERE_TEST                                                                                                     \
    {                                                                                                                  \
        "where", COLUMNS, "training samples with one of these values in a column are held out", NULL, false            \
    }
#define NUMBERED_KEYS                                                                                                  \
    {"classes", WORDS, "names of the classes, in the order of their numbers", NULL, false},                            \
    {                                                                                                                  \
        "index", WORD, "a table with a line for each training sample, for `where` and `folds`", NULL, false            \
    }

#define SHARE(NAME)                                                                                                    \
    {                                                                                                                  \
        .name = NAME, .type = ATTR_REAL, .variables = 1, .has_low = true, .low_open = true, .has_high = true,          \
        .high = 1, .high_open = true, .optional = true                                                                 \
    }
static const Attribute by_class = SHARE("by_class");
static const Attribute mirror = {.name = "mirror", .type = ATTR_BOOL, .variables = 1, .optional = true};
static const Attribute shift = SHARE("shift");
static const Attribute crop = SHARE("crop");
static const Attribute brightness = SHARE("brightness");
static const Attribute cutout = SHARE("cutout");
static const Key augment_list[] = {
    {"mirror", NULL, "true: left and right change places, in half of the pictures", &mirror, false},
    {"shift", NULL, "up to this share of height and width, in whole pixels; the border is repeated", &shift, false},
    {"crop", NULL, "a window whose sides are shorter by up to this share is stretched to the whole", &crop, false},
    {"brightness", NULL, "times 1 - this to 1 + this; black stays black", &brightness, false},
    {"cutout", NULL, "a square with this share of the shorter side becomes 0, as the network reads it", &cutout, false},
};
const Keys augment_keys = {"'augment'", COUNT(augment_list), augment_list};
#define AUGMENT_KEY                                                                                                    \
    {                                                                                                                  \
        "augment", REFERENCE("augment"), "changes the pictures of each training step at random", NULL, false           \
    }

static const Key idx_list[] = {
    DATA_KEYS(FOLDS_OR_COLUMN),
    {"train", REFERENCE("idx_train"), "the training set", NULL, true},
    {"test", REFERENCE("idx_test"), "the test set, or what of the training set is held out for it", NULL, false},
    SCALE_KEYS,
    NUMBERED_KEYS,
    AUGMENT_KEY,
};
static const Key idx_train_list[] = {
    {"inputs", WORDS, "a file, or a list with one for each input", NULL, true},
    {"targets", WORDS, "a file, or a list with one for each target", NULL, false},
    WHERE_TRAIN,
};
static const Key idx_test_list[] = {
    {"inputs", WORDS, "a file, or a list with one for each input", NULL, false},
    {"targets", WORDS, "a file, or a list with one for each target", NULL, false},
    {"split", NULL, "the share of the training set that is held out", &held_out, false},
    WHERE_TEST,
};
static const Key cifar_list[] = {
    DATA_KEYS(FOLDS_OR_COLUMN),
    {"train", REFERENCE("cifar_train"), "the training set", NULL, true},
    {"test", REFERENCE("cifar_test"), "the test set, or what of the training set is held out for it", NULL, false},
    SCALE_KEYS,
    NUMBERED_KEYS,
    AUGMENT_KEY,
};
static const Key cifar_train_list[] = {{"files", WORDS, "a file, or a list of them", NULL, true}, WHERE_TRAIN};
static const Key cifar_test_list[] = {
    {"files", WORDS, "a file, or a list of them", NULL, false},
    {"split", NULL, "the share of the training set that is held out", &held_out, false},
    WHERE_TEST,
};
#define CLASS_SPLIT                                                                                                    \
    "{'anyOf': [{'type': 'number', 'exclusiveMinimum': 0, 'exclusiveMaximum': 1}, {'enum': ['by_class']}, " REFERENCE( \
        "split") "]}"
static const Key images_list[] = {
    DATA_KEYS(NULL),
    {"train", REFERENCE("images_train"), "the training set", NULL, true},
    {"test", REFERENCE("images_test"), "the test set, or what of the training set is held out for it", NULL, false},
    {"cache", WORD, "a file that keeps the decoded pictures from one run to the next", NULL, false},
    SCALE_KEYS,
    AUGMENT_KEY,
};
static const Key images_train_list[] = {
    {"folder", WORD, "a folder with a folder of pictures for each class", NULL, true}};
static const Key images_test_list[] = {
    {"folder", WORD, "a folder with a folder of pictures for each class", NULL, false},
    {"split", CLASS_SPLIT, "a share of the pictures; or by_class, whole classes; or so many of_each class", NULL,
     false},
};
static const Key split_list[] = {
    {"by_class",
     "{'anyOf': [{'type': 'number', 'exclusiveMinimum': 0, 'exclusiveMaximum': 1}, {'type': 'array', 'minItems': 1, "
     "'items': " WORD "}]}",
     "the share of the classes that is held out, or their names", &by_class, false},
    {"of_each", NULL, "so many pictures of each class, the last by name", &of_each, false},
};
const Keys images_keys = {"data of the format images", COUNT(images_list), images_list};
const Keys images_train_keys = {"'train'", COUNT(images_train_list), images_train_list};
const Keys images_test_keys = {"'test'", COUNT(images_test_list), images_test_list};
const Keys split_keys = {"'split'", COUNT(split_list), split_list};

static const Key csv_list[] = {
    DATA_KEYS(FOLDS_OR_COLUMN),
    {"train", REFERENCE("csv_train"), "the training set", NULL, true},
    {"test", REFERENCE("csv_test"), "the test set, or what of the training set is held out for it", NULL, false},
    {"header", "{'enum': ['auto', true, false]}", "whether the first line names the columns", NULL, false},
    {"label", WORDS, "the target's column, by name or number (1 is the first, -1 the last); or several", NULL, false},
    {"ignore", WORDS, "columns that are left out", NULL, false},
    {"categories", WORDS, "columns of words: one input for each word", NULL, false},
    {"ordinals",
     "{'type': 'object', 'minProperties': 1, 'additionalProperties': {'type': 'array', 'minItems': 2, 'items': " WORD
     "}}",
     "columns of words that have an order: one input, the word's place in the list", NULL, false},
    {"missing", "{'enum': ['error', 'drop', 'mean', 'median']}", "what to do with empty fields", NULL, false},
    {"separator", "{'type': 'string', 'minLength': 1, 'maxLength': 1}", "between fields; found if left out", NULL,
     false},
    SCALE_KEYS,
};
static const Key csv_train_list[] = {{"file", WORD, "the file", NULL, true}, WHERE_TRAIN};
static const Key csv_test_list[] = {
    {"file", WORD, "the file", NULL, false},
    {"split", NULL, "the share of the training set that is held out", &held_out, false},
    WHERE_TEST,
};
static const Key playground_list[] = {
    DATA_KEYS(NULL),
    {"pattern", "{'enum': ['circle', 'xor', 'gauss', 'spiral', 'plane', 'gauss_regression']}", "what is drawn", NULL,
     true},
    {"noise", NULL, "0 to 0.5", &noise, false},
    {"train", NULL, "how many points; 1000 if left out", &samples, false},
    {"test", NULL, "how many points; 1000 if left out", &samples, false},
    {"features",
     "{'type': 'array', 'minItems': 1, 'uniqueItems': true, 'items': {'enum': ['x1', 'x2', 'x1_squared', 'x2_squared', "
     "'x1_x2', 'sin_x1', 'sin_x2']}}",
     "the inputs; x1 and x2 if left out", NULL, false},
};
static const Key standardize_list[] = {
    {"inputs", "{'type': 'boolean'}", "the inputs", NULL, false},
    {"targets", "{'type': 'boolean'}", "the targets", NULL, false},
};

const Keys idx_keys = {"data of the format idx", COUNT(idx_list), idx_list};
const Keys cifar_keys = {"data of the format cifar", COUNT(cifar_list), cifar_list};
const Keys csv_keys = {"data of the format csv", COUNT(csv_list), csv_list};
const Keys playground_keys = {"data of the format playground", COUNT(playground_list), playground_list};
const Keys standardize_keys = {"'standardize'", COUNT(standardize_list), standardize_list};
const Keys idx_train_keys = {"'train'", COUNT(idx_train_list), idx_train_list};
const Keys idx_test_keys = {"'test'", COUNT(idx_test_list), idx_test_list};
const Keys cifar_train_keys = {"'train'", COUNT(cifar_train_list), cifar_train_list};
const Keys cifar_test_keys = {"'test'", COUNT(cifar_test_list), cifar_test_list};
const Keys csv_train_keys = {"'train'", COUNT(csv_train_list), csv_train_list};
const Keys csv_test_keys = {"'test'", COUNT(csv_test_list), csv_test_list};

/* ---- reading ---- */

const Key *find_key_of(const Keys *keys, const char *name)
{
    for (int i = 0; i < keys->count; i++)
        if (strcmp(keys->key[i].name, name) == 0)
            return &keys->key[i];
    return NULL;
}

static bool has_unknown_key(const Node *node, const Keys *keys)
{
    const char **names = NEW_ARRAY(keys->count, const char *);
    for (int i = 0; i < keys->count; i++)
        names[i] = keys->key[i].name;
    bool unknown = false;
    for (int i = 0; i < node->count; i++) {
        const Node *key = node->keys[i];
        if (find_key_of(keys, key->text))
            continue;
        unknown = true;
        error_at(key->span, "%s has no key %s", keys->owner, word_shown(key));
        hint_words(key->span, key->text, "keys", names, keys->count);
    }
    return unknown;
}

bool read_keys(const Node *node, const Keys *keys)
{
    if (node->kind != NODE_MAP) {
        error_at(node->span, "%s is a mapping, not %s", keys->owner, shown(node));
        return false;
    }
    bool good = !has_unknown_key(node, keys);
    for (int i = 0; i < keys->count; i++)
        if (keys->key[i].required && !node_get(node, keys->key[i].name)) {
            error_at(node->span, "%s needs the key '%s'", keys->owner, keys->key[i].name);
            good = false;
        }
    return good;
}
