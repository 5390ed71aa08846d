/* spec.h - what the parts of the spec reader share: spec.c (the whole), spec_layers.c (layers, losses, output) with
 * spec_connect.c and spec_names.c, blocks.c (pieces with parameters), spec_data.c (data), spec_keys.c (which keys there
 * are), values.c (scalars), choice.c (templates with attributes).
 * Each reader reports what is wrong at its place, and returns false or NULL then. */
#ifndef NNC_SPEC_H
#define NNC_SPEC_H

#include "nnc.h"

enum {
    DIMENSION_MAX = 1 << 24,
    NAME_MAX_LENGTH = 48,
    LAYERS_MAX = 3000,
    COPIES_MAX = 200000, /* values that uses of blocks stand for */
    LOSSES_MAX = 64,
    WORDS_SHOWN = 40, /* of a list in a hint */
    DIMENSIONS_MAX = RANK_MAX - 1
};

/* ---- values.c ---- */

bool read_integer(const Node *node, const char *key, long long low, long long high, long long *value);
/* Plain decimal, with or without fraction and exponent; within what a float can hold. */
bool read_number(const Node *node, const char *key, double *value);
bool read_fraction(const Node *node, const char *key, double *value); /* also 1/255 */
bool read_bool(const Node *node, const char *key, bool *value);
bool read_bytes(const Node *node, const char *key, long long *value); /* 65536, 64K, 2M */
/* A scalar that is not empty. */
const char *read_word(const Node *node, const char *key);
/* Its place in words[count], or -1. */
int read_choice(const Node *node, const char *key, const char *const *words, int count);
/* A name of the user's that becomes a name in C. */
const char *read_name(const Node *node, const char *key);
/* One that does not stand in C by itself: of a block or its parameter. */
const char *read_label(const Node *node, const char *key);
/* The text of a scalar, cut; "a list", "a mapping" or "nothing" otherwise: what stands there, for a message. */
const char *shown(const Node *node);
const char *word_shown(const Node *node); /* a word stays a word if it is quoted */
/* `hint: did you mean 'units'? The attributes are ...` */
void hint_words(Span span, const char *word, const char *plural, const char *const *words, int count);

/* ---- spec_keys.c ---- */

/* A key of the spec language. The schema of its value is JSON with ' for ", or NULL: then the attribute says it. */
typedef struct Key {
    const char *name, *schema, *description;
    const Attribute *attribute;
    bool required;
} Key;

typedef struct Keys {
    const char *owner; /* as a message calls it: "'train'" */
    int count;
    const Key *key;
} Keys;

extern const Keys network_keys, block_keys, train_keys, memory_keys, output_keys;
extern const Keys idx_keys, cifar_keys, images_keys, csv_keys, playground_keys; /* of `data`, by format */
extern const Keys images_train_keys, images_test_keys, split_keys, augment_keys;
extern const Keys standardize_keys;
extern const Keys weights_keys;
extern const Keys idx_train_keys, idx_test_keys, cifar_train_keys, cifar_test_keys, csv_train_keys, csv_test_keys;
/* Keys that everything of a category takes beside its own attributes. */
extern const Keys common_keys[CATEGORIES];

const Key *find_key_of(const Keys *keys, const char *name);
/* True if the node is a map without unknown keys, and with all that must be there. */
bool read_keys(const Node *node, const Keys *keys);

/* ---- choice.c ---- */

/* The attributes of a template: those of its Attr lines and the switches of its Param lines. */
int template_attributes(Template *template, const Attribute **attributes);
/* The attribute that a bare value fills; NULL: none does. */
const Attribute *main_attribute(const Template *template);
/* The kinds that a spec may name: templates whose name is a common key (warm_up) go with the others. */
int category_kinds(Library *library, Category category, const char ***names);
/* kind: value, as in a map with one key; value NULL for a bare word. */
Choice *choice_of_pair(Library *library, Category category, const Node *kind, const Node *value);
/* A template with its defaults, for what the spec leaves out. */
Choice *choice_of_word(Library *library, Category category, const char *word, Span span);
/* `key:` with nothing behind it. */
bool is_nothing(const Node *node);
/* The value of a common key (name, input, ...) beside the attributes, or NULL. */
const Node *common_value(const Node *choice, const char *key);
/* Whether `valid` and `same` are values of a padding. */
bool takes_words(const Attribute *padding);
bool read_value(const Attribute *attribute, long long largest, const Node *node, Value *value);

/* Gives a choice with `share` what it leaves out; false with a message if what it says is something else. */
bool choice_agrees(Choice *choice, const Choice *owner);

/* ---- blocks.c ---- */

typedef struct Block_parameter {
    const char *name;
    const Node *key, *standard; /* standard NULL: it must be given */
    bool read;                  /* the layers mention it */
} Block_parameter;

/* A piece of a network, of the spec or of a file templates/blocks/NAME.yaml. */
typedef struct Block {
    const char *name, *summary;
    Span span;
    bool built_in, used;
    int parameters;
    Block_parameter *parameter;
    int inputs; /* 0: one, called input */
    const Node **input;
    const Node *layers; /* a list; NULL after a message */
} Block;

/* A block in one of its places. */
typedef struct Use {
    Library *library;
    const Block *block;
    Source *source;     /* the block's, with the place of use */
    const Node **value; /* of its parameters */
} Use;

void read_blocks(Library *library, const Node *node);
/* The block of that name, or NULL: of the spec, or of a file if there is no layer of that name. */
Block *block_find(Library *library, const char *name);
/* Names of the blocks that are built in or in DIR, sorted. */
int block_names(Library *library, const char ***names);
/* What stands in a mapping of a use beside the layers' common keys; NULL after a message. */
Use *block_use(Library *library, const Block *block, const Node *node, const char *name);
/* False where a parameter of that name takes the place of a common key. */
bool block_takes(const Block *block, const char *key);
const Node *block_argument(const Block *block, const Node *node, const char *key);
/* A copy of a piece of the block's layers, with its parameters put in. */
const Node *use_node(const Use *use, const Node *node);
/* A copy whose messages tell the origin. */
const Node *node_from(Library *library, const Node *node, const char *text, Span span);
/* True with a message if a parameter of a block stands where there is none. */
bool refuse_parameters(const Node *node);
const Node *kind_of_node(const Node *node);

/* ---- spec_layers.c, spec_data.c ---- */

void read_layers(Model *model, const Node *root);
void read_data(Model *model, const Node *node);

/* ---- spec_weights.c ---- */

bool read_weights(Naming *naming, const Node *node);

#endif
