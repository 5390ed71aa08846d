/* schema.c - the JSON Schema (draft-07) of the spec language, so that editors complete and check a network description.
 * Made from the declarations of the templates and from the lists of keys. What a schema cannot say (names of layers,
 * shapes, collisions) it leaves to nnc. */
#include "pages.h"
#include "spec.h"

#include <string.h>

/* ---- writing JSON ---- */

/* Objects and lists are opened and closed; commas and line ends come by themselves. */
typedef struct Json {
    FILE *stream;
    int depth;
    bool first;    /* nothing stands in the innermost one yet */
    bool in_block; /* a value may be an expression of the block's parameters */
} Json;

static void json_string(Json *json, const char *text)
{
    fputc('"', json->stream);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', json->stream);
        fputc(*text, json->stream);
    }
    fputc('"', json->stream);
}

/* The comma, the line and the key of the next value; key NULL in a list. */
static void json_key(Json *json, const char *key)
{
    fprintf(json->stream, "%s\n%*s", json->first ? "" : ",", 2 * json->depth, "");
    json->first = false;
    if (!key)
        return;
    json_string(json, key);
    fputs(": ", json->stream);
}

static void json_open(Json *json, const char *key, char bracket)
{
    if (json->depth)
        json_key(json, key);
    fputc(bracket, json->stream);
    json->depth++;
    json->first = true;
}

static void json_close(Json *json, char bracket)
{
    json->depth--;
    if (!json->first)
        fprintf(json->stream, "\n%*s", 2 * json->depth, "");
    fputc(bracket, json->stream);
    json->first = false;
}

static void json_text(Json *json, const char *key, const char *text)
{
    json_key(json, key);
    json_string(json, text);
}

static void json_number(Json *json, const char *key, double number)
{
    json_key(json, key);
    bool whole = number > -1e16 && number < 1e16 && number == (double)(long long)number;
    fprintf(json->stream, whole ? "%.0f" : "%.15g", number);
}

static void json_raw(Json *json, const char *key, const char *raw)
{
    json_key(json, key);
    fputs(raw, json->stream);
}

/* The members of an object that is written with ' for ". */
static void json_members(Json *json, const char *object)
{
    char *text = format("%s", object + 1);
    for (char *at = text; *at; at++)
        if (*at == '\'')
            *at = '"';
    text[strlen(text) - 1] = '\0';
    json_key(json, NULL);
    fputs(text, json->stream);
}

/* An object that is the schema of a value; in a block a parameter will do, too. */
static void open_value(Json *json, const char *key)
{
    json_open(json, key, '{');
    if (!json->in_block)
        return;
    json_open(json, "anyOf", '[');
    json_open(json, NULL, '{');
}

static void close_value(Json *json)
{
    if (json->in_block) {
        json_close(json, '}');
        json_raw(json, NULL, "{\"$ref\": \"#/definitions/parameter\"}");
        json_close(json, ']');
    }
    json_close(json, '}');
}

/* ---- attributes ---- */

static void write_number(Json *json, const Attribute *attribute, bool whole, double largest)
{
    json_text(json, "type", whole ? "integer" : "number");
    if (attribute->has_low)
        json_number(json, attribute->low_open ? "exclusiveMinimum" : "minimum", attribute->low);
    if (attribute->has_high)
        json_number(json, attribute->high_open ? "exclusiveMaximum" : "maximum", attribute->high);
    else if (whole)
        json_number(json, "maximum", largest);
}

/* One number, or an array of `low` to `high` of them; high 0: any number. */
static void write_numbers(Json *json, const Attribute *attribute, bool whole, double largest, int low, int high)
{
    json_open(json, "anyOf", '[');
    json_open(json, NULL, '{');
    write_number(json, attribute, whole, largest);
    json_close(json, '}');
    json_open(json, NULL, '{');
    json_text(json, "type", "array");
    json_number(json, "minItems", low);
    if (high)
        json_number(json, "maxItems", high);
    open_value(json, "items");
    write_number(json, attribute, whole, largest);
    close_value(json);
    json_close(json, '}');
    json_close(json, ']');
}

static void write_words(Json *json, const char *const *words, int count)
{
    json_open(json, "enum", '[');
    for (int i = 0; i < count; i++)
        json_text(json, NULL, words[i]);
    json_close(json, ']');
}

static void write_padding(Json *json, const Attribute *attribute, double largest)
{
    static const char *const words[] = {"valid", "same"};
    Attribute sides = *attribute;
    sides.has_low = true;
    json_open(json, "anyOf", '[');
    if (takes_words(attribute)) {
        json_open(json, NULL, '{');
        write_words(json, words, 2);
        json_close(json, '}');
    }
    for (int sizes = 2; sizes <= attribute->variables; sizes += 2) {
        json_open(json, NULL, '{');
        write_numbers(json, &sides, true, largest, sizes, sizes);
        json_close(json, '}');
    }
    json_close(json, ']');
}

/* The members of the schema of an attribute's value. */
static void write_attribute(Json *json, const Attribute *attribute, double largest)
{
    bool whole = attribute->type == ATTR_INT;
    switch (attribute->type) {
    case ATTR_INT:
    case ATTR_REAL:
        if (attribute->variables == 1)
            write_number(json, attribute, whole, largest);
        else
            write_numbers(json, attribute, whole, largest, attribute->variables, attribute->variables);
        break;
    case ATTR_LIST:
        write_numbers(json, attribute, attribute->list_of_ints, largest, 1, 0);
        break;
    case ATTR_PADDING:
        write_padding(json, attribute, largest);
        break;
    case ATTR_BOOL:
        json_text(json, "type", "boolean");
        break;
    case ATTR_WORD:
        write_words(json, attribute->word_list, attribute->words);
        break;
    }
    if (attribute->description && *attribute->description)
        json_text(json, "description", attribute->description);
}

/* ---- keys ---- */

static void write_key(Json *json, const Key *key, double largest)
{
    bool reference = key->schema && strncmp(key->schema, "{'$ref'", 7) == 0;
    const char *schema = key->schema;
    if (json->in_block && reference && strstr(schema, "/layer'"))
        schema = "{'$ref': '#/definitions/block_layer'}";
    open_value(json, key->name);
    if (reference) /* what stands beside a $ref is ignored */
        json_members(json, format("{'allOf': [%s]}", schema));
    else if (key->schema)
        json_members(json, key->schema);
    else
        write_attribute(json, key->attribute, largest);
    json_text(json, "description", key->description);
    close_value(json);
}

static void write_properties(Json *json, const Keys *keys, double largest)
{
    for (int i = 0; i < keys->count; i++)
        write_key(json, &keys->key[i], largest);
}

static void write_required(Json *json, const Keys *keys)
{
    int required = 0;
    for (int i = 0; i < keys->count; i++)
        required += keys->key[i].required;
    if (!required)
        return;
    json_open(json, "required", '[');
    for (int i = 0; i < keys->count; i++)
        if (keys->key[i].required)
            json_text(json, NULL, keys->key[i].name);
    json_close(json, ']');
}

/* The members of an object that has these keys and no others. */
static void write_object(Json *json, const Keys *keys, double largest)
{
    json_text(json, "type", "object");
    write_required(json, keys);
    json_open(json, "properties", '{');
    write_properties(json, keys, largest);
    json_close(json, '}');
    json_raw(json, "additionalProperties", "false");
}

/* ---- templates ---- */

static int required_attributes(Template *template)
{
    const Attribute *attributes;
    int count = template_attributes(template, &attributes), required = 0;
    for (int i = 0; i < count; i++)
        required += !attributes[i].optional;
    return required;
}

/* What must be said; a layer that shares its parameters may leave it to the other one. */
static void write_required_attributes(Json *json, Template *template)
{
    const Attribute *attributes;
    int count = template_attributes(template, &attributes);
    bool shares = template->category == LAYER;
    if (shares) {
        json_open(json, "anyOf", '[');
        json_raw(json, NULL, "{\"required\": [\"share\"]}");
        json_open(json, NULL, '{');
    }
    json_open(json, "required", '[');
    for (int i = 0; i < count; i++)
        if (!attributes[i].optional)
            json_text(json, NULL, attributes[i].name);
    json_close(json, ']');
    if (!shares)
        return;
    json_close(json, '}');
    json_close(json, ']');
}

static void write_kind_object(Json *json, Template *template, double largest)
{
    const Attribute *attributes;
    int count = template_attributes(template, &attributes);
    const Keys *common = &common_keys[template->category];
    json_open(json, NULL, '{');
    json_text(json, "type", "object");
    if (required_attributes(template))
        write_required_attributes(json, template);
    json_open(json, "properties", '{');
    for (int i = 0; i < count; i++) {
        open_value(json, attributes[i].name);
        write_attribute(json, &attributes[i], largest);
        close_value(json);
    }
    write_properties(json, common, largest);
    json_close(json, '}');
    json_raw(json, "additionalProperties", "false");
    json_close(json, '}');
}

/* kind: {...}, kind: MAIN where that says enough, or kind alone where nothing must be said. */
static void write_kind(Json *json, Template *template, double largest)
{
    const Attribute *attributes, *alone = NULL;
    int count = template_attributes(template, &attributes), required = required_attributes(template);
    for (int i = 0; i < count; i++)
        if (attributes[i].main || count == 1)
            alone = &attributes[i];
    json_open(json, template->name, '{');
    json_text(json, "description", template->summary);
    json_open(json, "anyOf", '[');
    write_kind_object(json, template, largest);
    if (alone && required <= !alone->optional) {
        open_value(json, NULL);
        write_attribute(json, alone, largest);
        close_value(json);
    }
    if (!required)
        json_members(json, "{{'type': 'null'}}");
    json_close(json, ']');
    json_close(json, '}');
}

/* ---- built-in blocks: their values are checked where they are used ---- */

static int required_parameters(const Block *block)
{
    int required = 0;
    for (int i = 0; i < block->parameters; i++)
        required += !block->parameter[i].standard;
    return required;
}

static void write_block(Json *json, const Block *block, double largest)
{
    json_open(json, block->name, '{');
    json_text(json, "description", block->summary);
    json_open(json, "anyOf", '[');
    json_open(json, NULL, '{');
    json_text(json, "type", "object");
    json_open(json, "required", '[');
    for (int i = 0; i < block->parameters; i++)
        if (!block->parameter[i].standard)
            json_text(json, NULL, block->parameter[i].name);
    json_close(json, ']');
    json_open(json, "properties", '{');
    for (int i = 0; i < block->parameters; i++)
        json_raw(json, block->parameter[i].name, "{}");
    for (int i = 0; i < common_keys[LAYER].count; i++)
        if (block_takes(block, common_keys[LAYER].key[i].name))
            write_key(json, &common_keys[LAYER].key[i], largest);
    json_close(json, '}');
    json_raw(json, "additionalProperties", "false");
    json_close(json, '}');
    if (block->parameters && required_parameters(block) <= !block->parameter[0].standard)
        json_raw(json, NULL, "{\"type\": [\"string\", \"number\", \"boolean\", \"array\"]}");
    if (!required_parameters(block))
        json_raw(json, NULL, "{\"type\": \"null\"}");
    json_close(json, ']');
    json_close(json, '}');
}

static int find_blocks(Library *library, Category category, const Block ***blocks)
{
    const char **names;
    int count = category == LAYER ? block_names(library, &names) : 0;
    *blocks = NEW_ARRAY(count, const Block *);
    for (int i = 0; i < count; i++)
        (*blocks)[i] = block_find(library, names[i]);
    return count;
}

/* The kinds that need no attributes. */
static void write_bare_words(Json *json, Library *library, Category category, const char **names, int count)
{
    const Block **blocks;
    int more = find_blocks(library, category, &blocks);
    const char **words = NEW_ARRAY(count + more, const char *);
    int bare = 0;
    for (int i = 0; i < count; i++) {
        Template *template = library_find(library, category, names[i]);
        if (template && !required_attributes(template))
            words[bare++] = names[i];
    }
    for (int i = 0; i < more; i++)
        if (blocks[i] && !required_parameters(blocks[i]))
            words[bare++] = blocks[i]->name;
    if (!bare)
        return;
    json_open(json, NULL, '{');
    write_words(json, words, bare);
    json_close(json, '}');
}

/* A bare word, or an object with one key; a regularizer may have several. */
static void write_category(Json *json, Library *library, const char *name, Category category, double largest)
{
    const char **names;
    const Block **blocks;
    int count = category_kinds(library, category, &names), more = find_blocks(library, category, &blocks);
    json_open(json, name, '{');
    json_open(json, "anyOf", '[');
    write_bare_words(json, library, category, names, count);
    json_open(json, NULL, '{');
    json_text(json, "type", "object");
    json_number(json, "minProperties", 1);
    if (category != REGULARIZER)
        json_number(json, "maxProperties", 1);
    json_open(json, "properties", '{');
    for (int i = 0; i < count; i++) {
        Template *template = library_find(library, category, names[i]);
        if (template)
            write_kind(json, template, largest);
    }
    for (int i = 0; i < more; i++)
        if (blocks[i])
            write_block(json, blocks[i], largest);
    json_close(json, '}');
    json_raw(json, "additionalProperties", "false");
    json_close(json, '}');
    json_close(json, ']');
    json_close(json, '}');
}

/* ---- the whole ---- */

static void write_data(Json *json)
{
    static const struct {
        const char *format;
        const Keys *keys;
    } formats[] = {{"idx", &idx_keys},
                   {"cifar", &cifar_keys},
                   {"images", &images_keys},
                   {"csv", &csv_keys},
                   {"playground", &playground_keys}};
    json_open(json, "data", '{');
    json_text(json, "type", "object");
    json_raw(json, "required", "[\"format\"]");
    json_open(json, "oneOf", '[');
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        json_open(json, NULL, '{');
        json_open(json, "allOf", '[');
        json_members(json, format("{{'properties': {'format': {'const': '%s'}}}}", formats[i].format));
        json_close(json, ']');
        write_object(json, formats[i].keys, INT32_MAX);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

/* What stands in lists of layers: a layer; or the use of a block, whose values only nnc can check. In a block values
 * may be parameters. */
static void write_pieces(Json *json, Library *library)
{
    const char **names;
    int count = category_kinds(library, LAYER, &names);
    json->in_block = true;
    write_category(json, library, "block_layer", LAYER, DIMENSION_MAX);
    json_members(json, "{'parameter': {'type': 'string', 'pattern': '[$]'}}");
    json_members(json, "{'piece': {'anyOf': [{'$ref': '#/definitions/layer'}, {'$ref': '#/definitions/use'}]}}");
    json_members(json, "{'block_piece': {'anyOf': [{'$ref': '#/definitions/block_layer'}, {'$ref': "
                       "'#/definitions/use'}, {'$ref': '#/definitions/parameter'}]}}");
    json_open(json, "use", '{');
    json_open(json, "allOf", '[');
    json_open(json, NULL, '{');
    json_members(json, "{'not': {'$ref': '#/definitions/kind'}}");
    json_close(json, '}');
    json_open(json, NULL, '{');
    json_open(json, "anyOf", '[');
    json_raw(json, NULL, "{\"$ref\": \"#/definitions/name\"}");
    json_open(json, NULL, '{');
    json_members(json, "{'type': 'object', 'minProperties': 1, 'maxProperties': 1, 'propertyNames': {'not': {'$ref': "
                       "'#/definitions/kind'}}}");
    json_open(json, "additionalProperties", '{');
    json_open(json, "properties", '{');
    for (int i = 0; i < common_keys[LAYER].count; i++)
        write_key(json, &common_keys[LAYER].key[i], DIMENSION_MAX);
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, ']');
    json_close(json, '}');
    json_close(json, ']');
    json_close(json, '}');
    json->in_block = false;
    json_open(json, "kind", '{');
    write_words(json, names, count);
    json_close(json, '}');
}

static void write_definitions(Json *json, Library *library)
{
    static const struct {
        const char *name;
        const Keys *keys;
    } objects[] = {{"block", &block_keys},
                   {"train", &train_keys},
                   {"memory", &memory_keys},
                   {"output", &output_keys},
                   {"standardize", &standardize_keys},
                   {"idx_train", &idx_train_keys},
                   {"idx_test", &idx_test_keys},
                   {"cifar_train", &cifar_train_keys},
                   {"cifar_test", &cifar_test_keys},
                   {"images_train", &images_train_keys},
                   {"images_test", &images_test_keys},
                   {"split", &split_keys},
                   {"augment", &augment_keys},
                   {"csv_train", &csv_train_keys},
                   {"csv_test", &csv_test_keys},
                   {"weights", &weights_keys}};
    json_members(
        json, format("{'name': {'type': 'string', 'pattern': '^[A-Za-z][A-Za-z0-9_]{0,%d}$'}}", NAME_MAX_LENGTH - 1));
    const char *dimension = format("{'type': 'integer', 'minimum': 1, 'maximum': %d}", DIMENSION_MAX);
    json_members(json,
                 format("{'shape': {'anyOf': [%s, {'type': 'array', 'minItems': 1, 'maxItems': %d, 'items': %s}]}}",
                        dimension, DIMENSIONS_MAX, dimension));
    for (int category = 0; category < CATEGORIES; category++) {
        bool sizes = category == LAYER || category == LOSS;
        write_category(json, library, category_names[category], (Category)category, sizes ? DIMENSION_MAX : INT32_MAX);
    }
    write_pieces(json, library);
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
        json_open(json, objects[i].name, '{');
        write_object(json, objects[i].keys, INT32_MAX);
        json_close(json, '}');
    }
    write_data(json);
}

int command_schema(Library *library, FILE *stream)
{
    int before = library->report->errors;
    Json json = {.stream = stream};
    json_open(&json, NULL, '{');
    json_text(&json, "$schema", "http://json-schema.org/draft-07/schema#");
    json_text(&json, "title", "a network description for nnc");
    write_object(&json, &network_keys, INT32_MAX);
    json_members(&json, "{'if': {'required': ['blocks']}, 'then': {'properties': {'layers': {'items': {'$ref': "
                        "'#/definitions/piece'}}}}, 'else': {'properties': {'layers': {'items': {'$ref': "
                        "'#/definitions/layer'}}}}}");
    json_open(&json, "definitions", '{');
    write_definitions(&json, library);
    json_close(&json, '}');
    json_close(&json, '}');
    fputc('\n', stream);
    return library->report->errors > before;
}
