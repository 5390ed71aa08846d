/* blocks.c - pieces of a network with parameters: of the spec's `blocks:`, or a file templates/blocks/NAME.yaml.
 *
 * Using a block means copying its layers with each `$NAME` replaced by the value; an expression such as `$filters * 4`
 * is computed in whole numbers. Names and expressions are checked once, where the block is defined. A copy has the
 * places of the original, but another Source, whose origin says where the block is used: messages tell both. */
#include "sizes.h"
#include "spec.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- small things ---- */

const Node *kind_of_node(const Node *node)
{
    return node->kind == NODE_MAP && node->count ? node->keys[0] : node;
}

static Block_parameter *find_parameter(const Block *block, const char *name)
{
    for (int i = 0; i < block->parameters; i++)
        if (strcmp(block->parameter[i].name, name) == 0)
            return &block->parameter[i];
    return NULL;
}

static void hint_parameters(const Block *block, Span span, const char *word)
{
    const char **names = NULL;
    int count = 0;
    for (int i = 0; i < block->parameters; i++)
        PUSH(names, count, block->parameter[i].name);
    hint_words(span, word, "parameters", names, count);
}

static size_t name_length(const char *text)
{
    return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

/* The name in a text that is `$NAME` and nothing else, or NULL. */
static const char *whole_parameter(const char *text)
{
    bool whole = text[0] == '$' && text[1] && name_length(text + 1) == strlen(text + 1);
    return whole ? text + 1 : NULL;
}

/* ---- expressions ---- */

/* An expression that is read. Without a use it is only checked: names and form. */
typedef struct Formula {
    const char *at;
    const Block *block;
    int known; /* parameters that it may name */
    const Use *use;
    const Node *node;
    bool failed;
} Formula;

static long long read_sum(Formula *formula);

static void refuse_formula(Formula *formula)
{
    if (!formula->failed) {
        error_at(formula->node->span, "%s is no expression of parameters", shown(formula->node));
        hint(formula->node->span, "write $NAME, or whole numbers with + - * / and parentheses: $filters * 4");
    }
    formula->failed = true;
}

static char next_sign(Formula *formula)
{
    while (*formula->at == ' ')
        formula->at++;
    return *formula->at;
}

static Block_parameter *parameter_of(Formula *formula, const char *name)
{
    Block_parameter *parameter = find_parameter(formula->block, name);
    Span span = formula->node->span;
    if (parameter && parameter - formula->block->parameter < formula->known)
        return parameter;
    formula->failed = true;
    if (parameter) {
        error_at(span, "'$%s' is declared later; a default may name only parameters before it", name);
        note_at(parameter->key->span, "'%s' is declared here", name);
        return NULL;
    }
    error_at(span, "the block '%s' has no parameter '%.40s'", formula->block->name, name);
    if (formula->block->parameters)
        hint_parameters(formula->block, span, name);
    else
        hint(span, "declare it: parameters: {%.40s: DEFAULT}, or %.40s: without a value if it must be given", name,
             name);
    return NULL;
}

static bool whole_number(const Node *node, long long *value)
{
    enum { DIGITS_MAX = 15 };
    const char *text = node->text + (node->kind == NODE_SCALAR && *node->text == '-');
    if (node->kind != NODE_SCALAR || node->quoted || !*text || strlen(text) > DIGITS_MAX ||
        strspn(text, "0123456789") != strlen(text))
        return false;
    *value = strtoll(node->text, NULL, 10);
    return true;
}

static long long read_parameter(Formula *formula)
{
    size_t length = name_length(formula->at + 1);
    const char *name = format("%.*s", (int)length, formula->at + 1);
    formula->at += 1 + length;
    Block_parameter *parameter = length ? parameter_of(formula, name) : NULL;
    if (!length)
        refuse_formula(formula);
    if (!parameter)
        return 0;
    parameter->read = true;
    if (!formula->use)
        return 1;
    long long value = 0;
    const Node *given = formula->use->value[parameter - formula->block->parameter];
    if (!whole_number(given, &value) && !formula->failed) {
        error_at(given->span, "'%s' is %s, but '%s' computes with whole numbers", name, shown(given),
                 formula->node->text);
        note_at((Span){formula->use->source, formula->node->span.line, formula->node->span.column,
                       formula->node->span.width},
                "the expression is here");
        formula->failed = true;
    }
    return value;
}

static long long read_factor(Formula *formula)
{
    char sign = next_sign(formula);
    if (sign == '$')
        return read_parameter(formula);
    if (sign == '(') {
        formula->at++;
        long long value = read_sum(formula);
        if (next_sign(formula) != ')')
            refuse_formula(formula);
        else
            formula->at++;
        return value;
    }
    size_t digits = strspn(formula->at, "0123456789");
    if (!digits || digits > 15) {
        refuse_formula(formula);
        return 0;
    }
    long long value = strtoll(formula->at, NULL, 10);
    formula->at += digits;
    return value;
}

static Span place_of_use(const Formula *formula)
{
    Span span = formula->node->span;
    if (formula->use)
        span.source = formula->use->source;
    return span;
}

static long long combine(Formula *formula, char sign, long long left, long long right)
{
    ExprKind kind = sign == '+' ? EX_ADD : sign == '-' ? EX_SUB : sign == '*' ? EX_MUL : EX_DIV;
    long long value = 0;
    if (formula->failed || !formula->use)
        return 1;
    if (kind == EX_DIV && (right == 0 || left % right != 0)) {
        error_at(place_of_use(formula), "'%s' is no whole number here: %lld / %lld", formula->node->text, left, right);
        formula->failed = true;
    } else if (!operate(kind, left, right, &value) || value > INT_MAX || value < -INT_MAX) {
        error_at(place_of_use(formula), "'%s' is larger than %d here", formula->node->text, INT_MAX);
        formula->failed = true;
    }
    return value;
}

static long long read_product(Formula *formula)
{
    long long value = read_factor(formula);
    for (char sign = next_sign(formula); !formula->failed && (sign == '*' || sign == '/'); sign = next_sign(formula)) {
        formula->at++;
        value = combine(formula, sign, value, read_factor(formula));
    }
    return value;
}

/* Parentheses nest as deep as the text is long: that is cut. */
static long long read_sum(Formula *formula)
{
    enum { TEXT_MAX = 200 };
    if (strlen(formula->node->text) > TEXT_MAX)
        refuse_formula(formula);
    if (formula->failed)
        return 0;
    long long value = read_product(formula);
    for (char sign = next_sign(formula); !formula->failed && (sign == '+' || sign == '-'); sign = next_sign(formula)) {
        formula->at++;
        value = combine(formula, sign, value, read_product(formula));
    }
    return value;
}

static long long read_formula(Formula *formula)
{
    long long value = read_sum(formula);
    if (!formula->failed && next_sign(formula))
        refuse_formula(formula);
    return value;
}

/* ---- copies ---- */

static bool count_copy(Library *library, Span span)
{
    if (++library->copies == COPIES_MAX + 1)
        error_at(span.source->origin->span, "blocks stand for more than %d values up to here", COPIES_MAX);
    return library->copies <= COPIES_MAX;
}

static Source *source_from(const Source *source, const char *text, Span span)
{
    Origin *origin = NEW(Origin);
    *origin = (Origin){text, span};
    Source *copy = NEW(Source);
    *copy = *source;
    copy->origin = origin;
    return copy;
}

typedef struct Copier {
    Library *library;
    const Source *source; /* of the copies */
    const Use *use;       /* NULL: nothing is replaced */
} Copier;

static Node *copy_node(const Copier *copier, const Node *node);

static Node *copy_formula(const Copier *copier, const Node *node)
{
    const Use *use = copier->use;
    Formula formula = {.at = node->text, .block = use->block, .known = use->block->parameters, .use = use};
    formula.node = node;
    long long value = read_formula(&formula);
    Node *copy = NEW(Node);
    *copy = (Node){.kind = NODE_SCALAR, .span = node->span, .text = format("%lld", formula.failed ? 1 : value)};
    copy->span.source = copier->source;
    return copy;
}

/* The value has the place where the user gave it, and tells where the parameter stands. */
static Node *copy_argument(const Copier *copier, const Node *node, const char *name)
{
    const Use *use = copier->use;
    const Block_parameter *parameter = find_parameter(use->block, name);
    Span place = node->span;
    place.source = copier->source;
    const Node *value = use->value[parameter - use->block->parameter];
    const Source *source = source_from(value->span.source, format("it is '$%s' here", name), place);
    return copy_node(&(Copier){copier->library, source, NULL}, value);
}

static Node *copy_node(const Copier *copier, const Node *node)
{
    Node *copy = NEW(Node);
    *copy = (Node){.kind = NODE_SCALAR, .span = node->span, .text = ""};
    copy->span.source = copier->source;
    if (!count_copy(copier->library, copy->span))
        return copy;
    if (copier->use && node->kind == NODE_SCALAR && strchr(node->text, '$')) {
        const char *name = whole_parameter(node->text);
        return name ? copy_argument(copier, node, name) : copy_formula(copier, node);
    }
    *copy = *node;
    copy->span.source = copier->source;
    copy->items = NEW_ARRAY(node->count, Node *);
    for (int i = 0; i < node->count; i++)
        copy->items[i] = copy_node(copier, node->items[i]);
    if (node->kind != NODE_MAP)
        return copy;
    copy->keys = NEW_ARRAY(node->count, Node *);
    for (int i = 0; i < node->count; i++)
        copy->keys[i] = copy_node(&(Copier){copier->library, copier->source, NULL}, node->keys[i]);
    return copy;
}

const Node *use_node(const Use *use, const Node *node)
{
    return copy_node(&(Copier){use->library, use->source, use}, node);
}

const Node *node_from(Library *library, const Node *node, const char *text, Span span)
{
    return copy_node(&(Copier){library, source_from(node->span.source, text, span), NULL}, node);
}

/* ---- uses ---- */

bool block_takes(const Block *block, const char *key)
{
    return !find_parameter(block, key);
}

const Node *block_argument(const Block *block, const Node *node, const char *key)
{
    return block_takes(block, key) ? common_value(node, key) : NULL;
}

static bool take_argument(Use *use, const Node *key, const Node *value)
{
    const Block *block = use->block;
    const Block_parameter *parameter = find_parameter(block, key->text);
    if (parameter) {
        use->value[parameter - block->parameter] = value;
        if (is_nothing(value))
            error_at(key->span, "'%s' has no value", key->text);
        return !is_nothing(value);
    }
    if (find_key_of(&common_keys[LAYER], key->text))
        return true;
    error_at(key->span, "the block '%s' has no parameter %s", block->name, word_shown(key));
    note_at(block->span, "the block is defined here");
    hint_parameters(block, key->span, key->text);
    return false;
}

static bool take_arguments(Use *use, const Node *node)
{
    const Block *block = use->block;
    const Node *value = node->kind == NODE_MAP ? node->items[0] : NULL;
    bool good = true;
    if (!value || is_nothing(value))
        return true;
    if (value->kind == NODE_MAP) {
        for (int i = 0; i < value->count; i++)
            good &= take_argument(use, value->keys[i], value->items[i]);
        return good;
    }
    if (block->parameters) {
        use->value[0] = value;
        return true;
    }
    error_at(value->span, "the block '%s' has no parameter that %s could be", block->name, shown(value));
    note_at(block->span, "the block is defined here");
    return false;
}

static bool take_defaults(Use *use)
{
    const Block *block = use->block;
    Span span = use->source->origin->span;
    bool good = true;
    for (int i = 0; i < block->parameters; i++) {
        const Block_parameter *parameter = &block->parameter[i];
        if (use->value[i])
            continue;
        if (parameter->standard) { /* of a block that is wrong itself it may name what is not there */
            use->value[i] = block->layers ? use_node(use, parameter->standard) : parameter->standard;
            continue;
        }
        error_at(span, "the block '%s' needs '%s'", block->name, parameter->name);
        note_at(parameter->key->span, "the parameter is declared here, without a default");
        good = false;
        use->value[i] = parameter->key;
    }
    return good;
}

Use *block_use(Library *library, const Block *block, const Node *node, const char *name)
{
    Use *use = NEW(Use);
    const char *text = format("in the block '%s', used here as '%s'", block->name, name);
    *use = (Use){.library = library, .block = block};
    use->source = source_from(block->span.source, text, kind_of_node(node)->span);
    use->value = NEW_ARRAY(block->parameters, const Node *);
    bool good = take_arguments(use, node);
    return take_defaults(use) && good && block->layers ? use : NULL;
}

/* ---- definitions ---- */

static void check_node(const Block *block, const Node *node, int known)
{
    if (node->kind == NODE_SCALAR && strchr(node->text, '$')) {
        Formula formula = {.at = node->text, .block = block, .known = known, .node = node};
        read_formula(&formula);
    }
    for (int i = 0; i < node->count; i++) {
        if (node->kind == NODE_MAP && strchr(node->keys[i]->text, '$'))
            error_at(node->keys[i]->span, "a key cannot be a parameter; values can");
        check_node(block, node->items[i], known);
    }
}

bool refuse_parameters(const Node *node)
{
    bool some = node->kind == NODE_SCALAR && strchr(node->text, '$');
    if (some)
        error_at(node->span, "%s stands outside of a block; only blocks have parameters", shown(node));
    for (int i = 0; i < node->count; i++)
        some |= refuse_parameters(node->items[i]);
    return some;
}

static void read_parameters(Block *block, const Node *node)
{
    static const char *const taken[] = {"name", "input", "inputs", "share", "repeat"};
    if (!node || node->kind != NODE_MAP) {
        if (node)
            error_at(node->span, "'parameters' is a mapping of names and defaults, not %s", shown(node));
        return;
    }
    for (int i = 0; i < node->count; i++) {
        const char *name = read_label(node->keys[i], "parameters");
        for (int t = 0; name && t < 5; t++)
            if (strcmp(name, taken[t]) == 0)
                error_at(node->keys[i]->span, "'%s' belongs to every use of a block; a parameter needs another name",
                         name);
        const Node *standard = is_nothing(node->items[i]) ? NULL : node->items[i];
        block->parameter = push_grow(block->parameter, block->parameters, sizeof *block->parameter);
        block->parameter[block->parameters++] = (Block_parameter){node->keys[i]->text, node->keys[i], standard, false};
    }
    for (int i = 0; i < block->parameters; i++)
        if (block->parameter[i].standard)
            check_node(block, block->parameter[i].standard, i);
}

static void read_input_names(Block *block, const Node *node)
{
    if (!node)
        return;
    if (node->kind != NODE_LIST || !node->count) {
        error_at(node->span,
                 node->kind == NODE_LIST ? "'inputs' is an empty list" : "'inputs' is a list of names, not %s",
                 shown(node));
        return;
    }
    for (int i = 0; i < node->count; i++) {
        const char *name = read_label(node->items[i], "inputs");
        for (int k = 0; name && k < block->inputs; k++)
            if (strcmp(block->input[k]->text, name) == 0) {
                error_at(node->items[i]->span, "two inputs are called '%s'", name);
                note_at(block->input[k]->span, "the other one is here");
            }
        if (name)
            PUSH(block->input, block->inputs, node->items[i]);
    }
}

/* What is wrong in a block is told here, once, as far as it does not depend on where it is used. */
static Block *read_block(const char *name, Span span, const Node *node)
{
    Block *block = NEW(Block);
    int before = span.source->report->errors;
    *block = (Block){.name = name, .span = span, .summary = ""};
    if (!read_keys(node, &block_keys))
        return block;
    const Node *summary = node_get(node, "summary"), *layers = node_get(node, "layers");
    const char *words = summary ? read_word(summary, "summary") : NULL;
    block->summary = words ? words : "";
    read_parameters(block, node_get(node, "parameters"));
    read_input_names(block, node_get(node, "inputs"));
    if (layers->kind != NODE_LIST || !layers->count) {
        error_at(layers->span, layers->kind == NODE_LIST ? "'layers' is empty" : "'layers' is a list of layers, not %s",
                 shown(layers));
        return block;
    }
    check_node(block, layers, block->parameters);
    for (int i = 0; i < block->parameters && span.source->report->errors == before; i++)
        if (!block->parameter[i].read)
            error_at(block->parameter[i].key->span, "nothing in the block '%s' reads its parameter '%s'", name,
                     block->parameter[i].name);
    if (span.source->report->errors == before)
        block->layers = layers;
    return block;
}

void read_blocks(Library *library, const Node *node)
{
    if (!node)
        return;
    if (node->kind != NODE_MAP || !node->count) {
        error_at(node->span, "'blocks' is a mapping of names and blocks, not %s",
                 node->kind == NODE_MAP ? "an empty one" : shown(node));
        return;
    }
    for (int i = 0; i < node->count; i++) {
        const Node *key = node->keys[i];
        const char *name = read_label(key, "blocks");
        if (!name)
            continue;
        if (library_find(library, LAYER, name)) {
            error_at(key->span, "'%s' is a layer; a block needs another name", name);
            continue;
        }
        PUSH(library->block, library->blocks, read_block(name, key->span, node->items[i]));
    }
}

/* ---- built-in ones ---- */

static Block *read_file(Library *library, const char *name)
{
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name) || !*name)
        return NULL;
    Source *source = library_source(library, format("blocks/%s.yaml", name));
    const Node *node = source ? yaml_read(source) : NULL;
    if (!source)
        return NULL;
    Block *block = node ? read_block(name, node->span, node) : NEW(Block);
    block->name = name;
    block->built_in = true;
    PUSH(library->block, library->blocks, block);
    return block;
}

Block *block_find(Library *library, const char *name)
{
    for (int i = 0; i < library->blocks; i++)
        if (strcmp(library->block[i]->name, name) == 0)
            return library->block[i];
    return library_find(library, LAYER, name) ? NULL : read_file(library, name);
}

int block_names(Library *library, const char ***names)
{
    return library_files(library, "blocks", ".yaml", names);
}
