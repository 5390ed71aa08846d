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
    bool first; /* nothing stands in the innermost one yet */
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
    json_open(json, "items", '{');
    write_number(json, attribute, whole, largest);
    json_close(json, '}');
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
    json_open(json, key->name, '{');
    bool reference = key->schema && strncmp(key->schema, "{'$ref'", 7) == 0;
    if (reference) /* what stands beside a $ref is ignored */
        json_members(json, format("{'allOf': [%s]}", key->schema));
    else if (key->schema)
        json_members(json, key->schema);
    else
        write_attribute(json, key->attribute, largest);
    json_text(json, "description", key->description);
    json_close(json, '}');
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

static void write_kind_object(Json *json, Template *template, double largest)
{
    const Attribute *attributes;
    int count = template_attributes(template, &attributes);
    const Keys *common = &common_keys[template->category];
    json_open(json, NULL, '{');
    json_text(json, "type", "object");
    if (required_attributes(template)) {
        json_open(json, "required", '[');
        for (int i = 0; i < count; i++)
            if (!attributes[i].optional)
                json_text(json, NULL, attributes[i].name);
        json_close(json, ']');
    }
    json_open(json, "properties", '{');
    for (int i = 0; i < count; i++) {
        json_open(json, attributes[i].name, '{');
        write_attribute(json, &attributes[i], largest);
        json_close(json, '}');
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
        json_open(json, NULL, '{');
        write_attribute(json, alone, largest);
        json_close(json, '}');
    }
    if (!required)
        json_members(json, "{{'type': 'null'}}");
    json_close(json, ']');
    json_close(json, '}');
}

/* The kinds that need no attributes. */
static void write_bare_words(Json *json, Library *library, Category category, const char **names, int count)
{
    const char **words = NEW_ARRAY(count, const char *);
    int bare = 0;
    for (int i = 0; i < count; i++) {
        Template *template = library_find(library, category, names[i]);
        if (template && !required_attributes(template))
            words[bare++] = names[i];
    }
    if (!bare)
        return;
    json_open(json, NULL, '{');
    write_words(json, words, bare);
    json_close(json, '}');
}

/* A bare word, or an object with one key; a regularizer may have several. */
static void write_category(Json *json, Library *library, Category category, double largest)
{
    const char **names;
    int count = category_kinds(library, category, &names);
    json_open(json, category_names[category], '{');
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
    } formats[] = {{"idx", &idx_keys}, {"csv", &csv_keys}, {"playground", &playground_keys}};
    json_open(json, "data", '{');
    json_text(json, "type", "object");
    json_raw(json, "required", "[\"format\"]");
    json_open(json, "oneOf", '[');
    for (int i = 0; i < 3; i++) {
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

static void write_definitions(Json *json, Library *library)
{
    static const struct {
        const char *name;
        const Keys *keys;
    } objects[] = {{"train", &train_keys},         {"memory", &memory_keys},
                   {"output", &output_keys},       {"standardize", &standardize_keys},
                   {"idx_train", &idx_train_keys}, {"idx_test", &idx_test_keys},
                   {"csv_train", &csv_train_keys}, {"csv_test", &csv_test_keys}};
    json_members(
        json, format("{'name': {'type': 'string', 'pattern': '^[A-Za-z][A-Za-z0-9_]{0,%d}$'}}", NAME_MAX_LENGTH - 1));
    const char *dimension = format("{'type': 'integer', 'minimum': 1, 'maximum': %d}", DIMENSION_MAX);
    json_members(json,
                 format("{'shape': {'anyOf': [%s, {'type': 'array', 'minItems': 1, 'maxItems': %d, 'items': %s}]}}",
                        dimension, DIMENSIONS_MAX, dimension));
    for (int category = 0; category < CATEGORIES; category++) {
        bool sizes = category == LAYER || category == LOSS;
        write_category(json, library, (Category)category, sizes ? DIMENSION_MAX : INT32_MAX);
    }
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
    json_open(&json, "definitions", '{');
    write_definitions(&json, library);
    json_close(&json, '}');
    json_close(&json, '}');
    fputc('\n', stream);
    return library->report->errors > before;
}
