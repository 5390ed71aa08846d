/* choice.c - a template as the spec chooses it: a bare word, or a mapping with one key, the kind; the value is a
 * mapping of attributes, or the main attribute alone. Checked against what the template declares, with defaults filled
 * in. */
#include "spec.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- attributes of a template ---- */

bool is_nothing(const Node *node)
{
    return node->kind == NODE_SCALAR && !node->quoted && !*node->text;
}

static const Attribute *attribute_named(const Template *template, const char *name)
{
    for (int i = 0; i < template->attributes; i++)
        if (strcmp(template->attribute[i].name, name) == 0)
            return &template->attribute[i];
    return NULL;
}

/* `Option: bias` of a Param line declares an attribute, too: true if left out. */
static bool is_option(const Template *template, const char *name)
{
    for (int i = 0; i < template->params; i++)
        if (template->param[i].option && strcmp(template->param[i].option, name) == 0)
            return true;
    return false;
}

int template_attributes(Template *template, const Attribute **attributes)
{
    for (int i = 0; i < template->params; i++) {
        const ParamTag *param = &template->param[i];
        if (!param->option || attribute_named(template, param->option))
            continue;
        template->attribute = push_grow(template->attribute, template->attributes, sizeof(Attribute));
        template->attribute[template->attributes++] = (Attribute){.name = param->option,
                                                                  .type = ATTR_BOOL,
                                                                  .variables = 1,
                                                                  .variable = {param->option},
                                                                  .optional = true,
                                                                  .number = 1,
                                                                  .word = "true",
                                                                  .description = format("false: no %s", param->name),
                                                                  .span = template->span};
    }
    if (attributes)
        *attributes = template->attribute;
    return template->attributes;
}

/* The one that is marked, or the only one. */
const Attribute *main_attribute(const Template *template)
{
    if (template->attributes == 1)
        return &template->attribute[0];
    for (int i = 0; i < template->attributes; i++)
        if (template->attribute[i].main)
            return &template->attribute[i];
    return NULL;
}

/* ---- values ---- */

/* A limit of an attribute as a user would write it. */
static const char *number_text(double number)
{
    return number > -1e15 && number < 1e15 && number == (double)(long long)number ? format("%lld", (long long)number)
                                                                                  : format("%g", number);
}

static bool in_range(const Attribute *attribute, const Node *node, double value)
{
    const char *relation = NULL;
    double limit = 0;
    if (attribute->has_low && (attribute->low_open ? value <= attribute->low : value < attribute->low)) {
        relation = attribute->low_open ? "greater than" : "at least";
        limit = attribute->low;
    } else if (attribute->has_high && (attribute->high_open ? value >= attribute->high : value > attribute->high)) {
        relation = attribute->high_open ? "less than" : "at most";
        limit = attribute->high;
    }
    if (relation)
        error_at(node->span, "'%s' is %.40s, but must be %s %s", attribute->name, node->text, relation,
                 number_text(limit));
    return !relation;
}

static bool read_one(const Attribute *attribute, bool whole, long long largest, const Node *node, double *value)
{
    if (!whole)
        return read_number(node, attribute->name, value) && in_range(attribute, node, *value);
    /* Limits of a whole number are whole; an open one is moved by one. */
    long long low = -largest, high = largest, number;
    if (attribute->has_low)
        low = (long long)attribute->low + attribute->low_open;
    if (attribute->has_high && attribute->high <= 9007199254740992.0)
        high = (long long)attribute->high - attribute->high_open;
    if (!read_integer(node, attribute->name, low, high, &number))
        return false;
    *value = (double)number;
    return true;
}

/* A number stands for all of a pair; otherwise each has its own. */
static bool read_tuple(const Attribute *attribute, bool whole, long long largest, const Node *node, Value *value)
{
    bool list = node->kind == NODE_LIST;
    value->numbers = NEW_ARRAY(attribute->variables, double);
    if (list && attribute->variables == 1) {
        error_at(node->span, "'%s' takes one number, not a list", attribute->name);
        return false;
    }
    if (list && node->count != attribute->variables) {
        error_at(node->span, "'%s' takes one number or a list of %d, not of %d", attribute->name, attribute->variables,
                 node->count);
        return false;
    }
    for (int i = 0; i < attribute->variables; i++)
        if (!read_one(attribute, whole, largest, list ? node->items[i] : node, &value->numbers[i]))
            return false;
    value->count = attribute->variables;
    return true;
}

static bool read_list(const Attribute *attribute, long long largest, const Node *node, Value *value)
{
    bool list = node->kind == NODE_LIST;
    int count = list ? node->count : 1;
    if (!count) {
        error_at(node->span, "'%s' is an empty list", attribute->name);
        return false;
    }
    value->numbers = NEW_ARRAY(count, double);
    for (int i = 0; i < count; i++)
        if (!read_one(attribute, attribute->list_of_ints, largest, list ? node->items[i] : node, &value->numbers[i]))
            return false;
    value->count = count;
    return true;
}

/* valid, same, a number, [rows, columns] or [top, bottom, left, right]; of a row a number or [left, right]. Kept as
 * top, bottom, left, right. The words are for templates whose default is one: they have a kernel. */
bool takes_words(const Attribute *padding)
{
    return padding->word && strspn(padding->word, "0123456789") == 0;
}

static bool read_padding(const Attribute *attribute, long long largest, const Node *node, Value *value)
{
    static const char *const words[] = {"valid", "same"};
    value->numbers = NEW_ARRAY(4, double);
    value->count = attribute->variables;
    bool word = node->kind == NODE_SCALAR && (node->quoted || !strpbrk(node->text, "0123456789"));
    if (word && takes_words(attribute)) {
        int which = read_choice(node, attribute->name, words, 2);
        value->word = which == 1 ? "same" : NULL;
        return which >= 0;
    }
    Attribute sides = *attribute;
    Value given = {0};
    bool all = node->kind == NODE_LIST && node->count == attribute->variables;
    if (node->kind == NODE_LIST && node->count != 2 && !all) {
        error_at(node->span, "'%s' takes one number or a list of 2%s, not of %d", attribute->name,
                 attribute->variables == 4 ? " or 4" : "", node->count);
        return false;
    }
    sides.variables = all ? attribute->variables : 2;
    sides.has_low = true; /* and low is 0 */
    if (!read_tuple(&sides, true, largest, node, &given))
        return false;
    for (int i = 0; i < value->count; i++)
        value->numbers[i] = given.numbers[all ? i : i / 2];
    return true;
}

static bool read_switch(const Attribute *attribute, const Node *node, Value *value)
{
    bool on;
    value->numbers = NEW_ARRAY(1, double);
    if (!read_bool(node, attribute->name, &on))
        return false;
    value->numbers[0] = on;
    value->word = on ? "true" : "false";
    return true;
}

bool read_value(const Attribute *attribute, long long largest, const Node *node, Value *value)
{
    value->given = true;
    value->span = node->span;
    switch (attribute->type) {
    case ATTR_INT:
    case ATTR_REAL:
        return read_tuple(attribute, attribute->type == ATTR_INT, largest, node, value);
    case ATTR_LIST:
        return read_list(attribute, largest, node, value);
    case ATTR_PADDING:
        return read_padding(attribute, largest, node, value);
    case ATTR_BOOL:
        return read_switch(attribute, node, value);
    case ATTR_WORD: {
        int which = read_choice(node, attribute->name, attribute->word_list, attribute->words);
        value->word = which < 0 ? NULL : attribute->word_list[which];
        return which >= 0;
    }
    }
    return false;
}

/* ---- defaults ---- */

static void set_default(const Choice *choice, const Attribute *attribute, Value *value)
{
    if (!attribute->word || attribute->type == ATTR_LIST)
        return;
    const Value *other = choice_value(choice, attribute->word);
    if (other && attribute->type != ATTR_WORD) { /* stride = kernel */
        value->count = other->count;
        value->numbers = other->numbers;
        value->word = other->word;
    } else if (attribute->type == ATTR_INT && strcspn(attribute->word, "0123456789") == strlen(attribute->word)) {
        return; /* a size of the input, which infer.c knows */
    } else if (attribute->type == ATTR_INT || attribute->type == ATTR_REAL) {
        value->count = attribute->variables;
        value->numbers = NEW_ARRAY(attribute->variables, double);
        for (int i = 0; i < attribute->variables; i++)
            value->numbers[i] = attribute->number;
    } else if (attribute->type == ATTR_PADDING) {
        value->count = attribute->variables;
        value->numbers = NEW_ARRAY(4, double);
        value->word = strcmp(attribute->word, "same") == 0 ? "same" : NULL;
        for (int i = 0; i < 4; i++)
            value->numbers[i] = attribute->number;
    } else {
        value->word = attribute->word;
        value->numbers = NEW_ARRAY(1, double);
        value->numbers[0] = attribute->number;
    }
}

static void refuse_missing(const Choice *choice, const Attribute *attribute)
{
    const char *name = choice->template->name, *description = attribute->description;
    bool described = description && *description;
    error_at(choice->span, "'%s' needs '%s'%s%s", name, attribute->name, described ? ": " : "",
             described ? description : "");
    if (main_attribute(choice->template) == attribute)
        hint(choice->span, "write %s: VALUE, or %s: {%s: VALUE, ...}", name, name, attribute->name);
}

/* After all that is given is known: a default may be another attribute. The values of Option: are numbers, those of
 * words are words alone. A layer that shares parameters may leave out what it likes. */
static bool complete(Choice *choice, bool shares)
{
    const Template *template = choice->template;
    bool good = true;
    for (int i = 0; i < template->attributes; i++) {
        const Attribute *attribute = &template->attribute[i];
        Value *value = &choice->values[i];
        if (!value->given && !attribute->optional && !shares) {
            refuse_missing(choice, attribute);
            good = false;
        }
        if (!value->given)
            set_default(choice, attribute, value);
        if (attribute->type == ATTR_BOOL)
            value->count = is_option(template, attribute->name);
    }
    return good;
}

const Value *choice_value(const Choice *choice, const char *attribute)
{
    for (int i = 0; i < choice->template->attributes; i++)
        if (strcmp(choice->template->attribute[i].name, attribute) == 0)
            return &choice->values[i];
    return NULL;
}

static const char *value_text(const Value *value)
{
    Text text = {0};
    if (value->word || !value->count)
        return value->word ? value->word : "nothing";
    for (int i = 0; i < value->count; i++)
        text_add(&text, "%s%s", i ? ", " : "", number_text(value->numbers[i]));
    return format(value->count > 1 ? "[%s]" : "%s", text.bytes);
}

static bool same_value(const Value *left, const Value *right)
{
    bool same = left->count == right->count && !left->word == !right->word;
    for (int i = 0; i < left->count && same; i++)
        same = left->numbers[i] == right->numbers[i];
    return same && (!left->word || strcmp(left->word, right->word) == 0);
}

bool choice_agrees(Choice *choice, const Choice *owner)
{
    bool good = true;
    for (int i = 0; i < choice->template->attributes; i++) {
        Value *value = &choice->values[i];
        const Value *other = &owner->values[i];
        if (!value->given)
            *value = *other;
        if (same_value(value, other))
            continue;
        error_at(value->span, "'%s' is %s, but %s in the layer whose parameters are shared",
                 choice->template->attribute[i].name, value_text(value), value_text(other));
        note_at(other->given ? other->span : owner->span, "the other one is here");
        hint(value->span, "leave it out, and it is the same");
        good = false;
    }
    return good;
}

/* ---- reading ---- */

/* Attributes of layers and losses are sizes; those of the others may count steps. */
static long long largest_integer(Category category)
{
    return category == LAYER || category == LOSS ? DIMENSION_MAX : INT_MAX;
}

static void refuse_attribute(const Template *template, const Node *key)
{
    error_at(key->span, "'%s' has no attribute %s", template->name, word_shown(key));
    const Keys *common = &common_keys[template->category];
    const char **names = NULL;
    int count = 0;
    for (int i = 0; i < template->attributes; i++)
        PUSH(names, count, template->attribute[i].name);
    for (int i = 0; i < common->count; i++)
        PUSH(names, count, common->key[i].name);
    hint_words(key->span, key->text, "attributes", names, count);
}

static bool read_attributes(Choice *choice, const Node *map)
{
    Template *template = choice->template;
    bool good = true;
    for (int k = 0; k < map->count; k++) {
        const Node *key = map->keys[k];
        const Attribute *attribute = attribute_named(template, key->text);
        if (!attribute && find_key_of(&common_keys[template->category], key->text))
            continue;
        if (attribute)
            good &= read_value(attribute, largest_integer(template->category), map->items[k],
                               &choice->values[attribute - template->attribute]);
        else
            refuse_attribute(template, key);
        good &= attribute != NULL;
    }
    return good;
}

static bool read_main(Choice *choice, const Node *node)
{
    const Template *template = choice->template;
    const Attribute *attribute = main_attribute(template);
    if (attribute)
        return read_value(attribute, largest_integer(template->category), node,
                          &choice->values[attribute - template->attribute]);
    error_at(node->span, "'%s' has no main attribute that %s could be", template->name, shown(node));
    hint(node->span, "attributes are written %s: {NAME: VALUE}", template->name);
    return false;
}

static const char *a_kind(Category category)
{
    const char *name = category_names[category];
    return format("%s %s", strchr("aeiou", name[0]) ? "an" : "a", name);
}

int category_kinds(Library *library, Category category, const char ***names)
{
    int all = library_names(library, category, names), count = 0;
    for (int i = 0; i < all; i++)
        if (!find_key_of(&common_keys[category], (*names)[i]))
            (*names)[count++] = (*names)[i];
    return count;
}

static Template *find_template(Library *library, Category category, const Node *kind)
{
    int before = library->report->errors;
    bool some = *kind->text != '\0';
    Template *template = some ? library_find(library, category, kind->text) : NULL;
    if (template || library->report->errors > before)
        return template;
    if (some && category == LAYER && block_find(library, kind->text)) {
        error_at(kind->span, "'%s' is a block; only a layer can stand here", kind->text);
        return NULL;
    }
    if (some)
        error_at(kind->span, "there is no %s %s", category_names[category], word_shown(kind));
    else
        error_at(kind->span, "expected %s, found %s", a_kind(category), shown(kind));
    const char **names;
    int count = category_kinds(library, category, &names);
    const char **built_in;
    for (int i = 0; i < library->blocks && category == LAYER; i++)
        if (!library->block[i]->built_in)
            PUSH(names, count, library->block[i]->name);
    for (int i = category == LAYER ? block_names(library, &built_in) : 0; i-- > 0;)
        PUSH(names, count, built_in[i]);
    hint_words(kind->span, kind->text, category_folders[category], names, count);
    return NULL;
}

Choice *choice_of_pair(Library *library, Category category, const Node *kind, const Node *value)
{
    Template *template = find_template(library, category, kind);
    if (!template || template->broken) /* a template of --templates may be bad itself */
        return NULL;
    Choice *choice = NEW(Choice);
    choice->template = template;
    choice->span = kind->span;
    choice->values = NEW_ARRAY(template_attributes(template, NULL), Value);
    bool good = true, shares = category == LAYER && value && node_get(value, "share");
    if (value && value->kind == NODE_MAP)
        good = read_attributes(choice, value);
    else if (value && !is_nothing(value))
        good = read_main(choice, value);
    return good && complete(choice, shares) ? choice : NULL;
}

Choice *choice_of_word(Library *library, Category category, const char *word, Span span)
{
    const Node kind = {.kind = NODE_SCALAR, .span = span, .text = word};
    return choice_of_pair(library, category, &kind, NULL);
}

/* `- dense:` with its attributes in the same column reads as a mapping of many keys. */
static void refuse_form(Category category, const Node *node)
{
    if (node->kind != NODE_MAP) {
        error_at(node->span, "%s is a word, or a mapping with one key: its kind; not %s", a_kind(category),
                 shown(node));
        return;
    }
    if (!node->count) {
        error_at(node->span, "%s is a mapping with one key, its kind; this one is empty", a_kind(category));
        return;
    }
    error_at(node->keys[1]->span, "%s is a mapping with one key, its kind; this is another key", a_kind(category));
    if (is_nothing(node->items[0]))
        hint(node->span, "are these the attributes of %s? Then indent them deeper, or write %.40s: {%.40s: ...}",
             word_shown(node->keys[0]), node->keys[0]->text, node->keys[1]->text);
}

Choice *choice_of_node(Library *library, Category category, const Node *node)
{
    if (node->kind == NODE_SCALAR)
        return choice_of_pair(library, category, node, NULL);
    if (node->kind == NODE_MAP && node->count == 1)
        return choice_of_pair(library, category, node->keys[0], node->items[0]);
    refuse_form(category, node);
    return NULL;
}

const Node *common_value(const Node *choice, const char *key)
{
    bool attributes = choice->kind == NODE_MAP && choice->count == 1 && choice->items[0]->kind == NODE_MAP;
    return attributes ? node_get(choice->items[0], key) : NULL;
}
