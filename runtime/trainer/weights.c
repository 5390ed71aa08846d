/* weights.c - trained parameters as a safetensors file, together with what was learnt about the data. */
#include "weights.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

const char *weights_dtype(const nnc_network *network, nnc_type type)
{
    switch (type) {
    case NNC_INT32:
        return "I32";
    case NNC_UINT32:
        return "U32";
    case NNC_UINT64:
        return "U64";
    default:
        return network->real_bytes == sizeof(float) ? "F32" : "F64";
    }
}

Safetensor weights_tensor(const nnc_network *network, const nnc_tensor *tensor, const char *name, const void *memory)
{
    Safetensor made = {.name = name,
                       .dtype = weights_dtype(network, tensor->type),
                       .rank = tensor->rank,
                       .elements = tensor->elements,
                       .values = (const unsigned char *)memory + tensor->offset};
    for (int i = 0; i < tensor->rank; i++)
        made.shape[i] = (uint64_t)tensor->shape[i];
    return made;
}

static bool same_shape(const Safetensor *one, const Safetensor *other)
{
    return one->rank == other->rank && memcmp(one->shape, other->shape, (size_t)one->rank * sizeof *one->shape) == 0;
}

/* A double holds every float, so a file in single precision serves a network in double. */
static void widen(const Safetensor *found, double *values)
{
    for (uint64_t i = found->elements; i-- > 0;) {
        float value;
        memcpy(&value, (float *)(void *)values + i, sizeof value);
        values[i] = (double)value;
    }
}

void weights_take(Context *context, const Safetensors *file, const nnc_network *network, const nnc_tensor *tensor,
                  const char *name, void *memory)
{
    const Safetensor *found = safetensors_find(file, name);
    Safetensor wanted = weights_tensor(network, tensor, name, memory);
    if (found == NULL)
        context_fail(context, "%s: error: tensor \"%s\" of network %s is missing", file->path, name, network->name);
    bool widens = strcmp(found->dtype, "F32") == 0 && strcmp(wanted.dtype, "F64") == 0;
    if (!same_shape(found, &wanted) || (!widens && strcmp(found->dtype, wanted.dtype) != 0))
        context_fail(context, "%s: error: tensor \"%s\" is %s, network %s has %s", file->path, name,
                     safetensors_describe(context, found), network->name, safetensors_describe(context, &wanted));
    void *values = (unsigned char *)memory + tensor->offset;
    safetensors_decode(found, values);
    if (widens)
        widen(found, values);
}

/* ---- the encoding ---- */

static json_t *words_json(const Classes *words)
{
    json_t *list = json_array();
    for (size_t i = 0; i < words->count; i++) {
        json_t *word = json_string(words->name[i]);
        json_array_append_new(list, word != NULL ? word : json_string("?")); /* not UTF-8 */
    }
    return list;
}

static void add_json(Context *context, Safetensors *file, const char *key, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (text == NULL)
        context_fail(context, "%s: error: out of memory", file->path);
    context_adopt(context, text, free);
    safetensors_add_metadata(context, file, key, text);
}

static void add_vector(Context *context, Safetensors *file, const char *name, const double *values, size_t width)
{
    Safetensor tensor = {
        .name = name, .dtype = "F64", .rank = 1, .shape = {width}, .elements = width, .values = values};
    safetensors_add(context, file, tensor);
}

static void add_scaling(Context *context, Safetensors *file, const char *which, const Scaling *scaling)
{
    if (scaling->width == 0)
        return;
    add_vector(context, file, context_format(context, "standardize.%s.mean", which), scaling->mean, scaling->width);
    add_vector(context, file, context_format(context, "standardize.%s.scale", which), scaling->scale, scaling->width);
}

static json_t *columns_json(const Encoding *encoding)
{
    json_t *columns = json_array();
    for (size_t c = 0; c < encoding->columns; c++) {
        json_t *name = json_string(encoding->column[c].name), *column = json_object();
        json_object_set_new(column, "name", name != NULL ? name : json_string(""));
        json_object_set_new(column, "words", words_json(&encoding->column[c].words));
        if (encoding->column[c].ordinal)
            json_object_set_new(column, "ordinal", json_true());
        json_array_append_new(columns, column);
    }
    return columns;
}

void weights_add_encoding(Context *context, Safetensors *file, const nnc_network *network, const Encoding *encoding)
{
    json_t *classes = json_object();
    for (int t = 0; t < network->targets; t++) {
        if (encoding->classes[t].count > 0)
            json_object_set_new(classes, network->target[t].name, words_json(&encoding->classes[t]));
    }
    add_json(context, file, "classes", classes);
    if (encoding->columns > 0)
        add_json(context, file, "columns", columns_json(encoding));
    if (encoding->fill != NULL)
        add_vector(context, file, "fill.inputs", encoding->fill, pool_input_width(network));
    add_scaling(context, file, "inputs", &encoding->inputs);
    add_scaling(context, file, "targets", &encoding->targets);
}

static double *take_vector(Context *context, const Safetensors *file, const char *name, size_t width)
{
    const Safetensor *found = safetensors_find(file, name);
    if (found == NULL)
        return NULL;
    if (strcmp(found->dtype, "F64") != 0 || found->rank != 1 || found->elements != width)
        context_fail(context, "%s: error: tensor \"%s\" is %s; F64 [%zu] was expected", file->path, name,
                     safetensors_describe(context, found), width);
    double *values = context_allocate(context, width, sizeof *values);
    safetensors_decode(found, values);
    return values;
}

static Scaling take_scaling(Context *context, const Safetensors *file, const char *which, size_t width)
{
    Scaling scaling = {.mean = take_vector(context, file, context_format(context, "standardize.%s.mean", which), width),
                       .scale =
                           take_vector(context, file, context_format(context, "standardize.%s.scale", which), width)};
    if ((scaling.mean == NULL) != (scaling.scale == NULL))
        context_fail(context, "%s: error: one of standardize.%s.mean and standardize.%s.scale is missing", file->path,
                     which, which);
    scaling.width = scaling.mean == NULL ? 0 : width;
    for (size_t i = 0; i < scaling.width; i++) {
        if (!(scaling.scale[i] > 0))
            context_fail(context, "%s: error: standardize.%s.scale holds %g; a scale is above 0", file->path, which,
                         scaling.scale[i]);
    }
    return scaling;
}

static void destroy_json(void *json)
{
    json_decref(json);
}

static json_t *metadata_json(Context *context, const Safetensors *file, const char *key)
{
    const char *text = safetensors_metadata(file, key);
    if (text == NULL)
        return NULL;
    json_error_t problem;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &problem);
    if (json == NULL)
        context_fail(context, "%s: error: metadata \"%s\" is no JSON: %s", file->path, key, problem.text);
    context_adopt(context, json, destroy_json);
    return json;
}

static Classes take_words(Context *context, const Safetensors *file, const char *key, const json_t *list)
{
    Classes words = {.count = json_array_size(list)};
    words.name = context_allocate(context, words.count, sizeof *words.name);
    for (size_t i = 0; i < words.count; i++) {
        const char *word = json_string_value(json_array_get(list, i));
        if (word == NULL)
            context_fail(context, "%s: error: metadata \"%s\" holds something that is no text", file->path, key);
        words.name[i] = context_format(context, "%s", word);
    }
    return words;
}

static void take_columns(Context *context, const Safetensors *file, Encoding *encoding)
{
    const json_t *columns = metadata_json(context, file, "columns");
    encoding->columns = json_array_size(columns);
    encoding->column = context_allocate(context, encoding->columns, sizeof *encoding->column);
    for (size_t c = 0; c < encoding->columns; c++) {
        const json_t *column = json_array_get(columns, c);
        const char *name = json_string_value(json_object_get(column, "name"));
        if (name == NULL)
            context_fail(context, "%s: error: metadata \"columns\": column %zu has no name", file->path, c + 1);
        encoding->column[c].name = context_format(context, "%s", name);
        encoding->column[c].words = take_words(context, file, "columns", json_object_get(column, "words"));
        encoding->column[c].ordinal = json_is_true(json_object_get(column, "ordinal"));
    }
}

static Encoding *take_encoding(Context *context, const Safetensors *file, const nnc_network *network)
{
    Encoding *encoding = context_allocate(context, 1, sizeof *encoding);
    encoding->classes = context_allocate(context, (size_t)network->targets, sizeof *encoding->classes);
    const json_t *classes = metadata_json(context, file, "classes");
    for (int t = 0; t < network->targets; t++)
        encoding->classes[t] = take_words(context, file, "classes", json_object_get(classes, network->target[t].name));
    take_columns(context, file, encoding);
    encoding->fill = take_vector(context, file, "fill.inputs", pool_input_width(network));
    encoding->inputs = take_scaling(context, file, "inputs", pool_input_width(network));
    encoding->targets = take_scaling(context, file, "targets", pool_target_width(network));
    return encoding;
}

/* ---- files ---- */

void weights_write(Context *context, const char *path, const nnc_network *network, const void *parameters,
                   const Encoding *encoding, uint64_t seed, uint64_t epochs)
{
    size_t mark = context->blocks;
    Safetensors file = {.path = path};
    safetensors_add_metadata(context, &file, "network", network->name);
    safetensors_add_metadata(context, &file, "spec_hash", network->spec_hash);
    safetensors_add_metadata(context, &file, "seed", context_format(context, "%llu", (unsigned long long)seed));
    safetensors_add_metadata(context, &file, "epochs", context_format(context, "%llu", (unsigned long long)epochs));
    for (int i = 0; i < network->tensors; i++) {
        if (network->tensor[i].parameter)
            safetensors_add(context, &file,
                            weights_tensor(network, &network->tensor[i], network->tensor[i].name, parameters));
    }
    weights_add_encoding(context, &file, network, encoding);
    safetensors_write(context, path, &file);
    context_release(context, mark);
}

/* A tensor that the network does not have says that the file is of another network. */
static void check_names(Context *context, const Safetensors *file, const nnc_network *network)
{
    for (size_t i = 0; i < file->count; i++) {
        const char *name = file->tensor[i].name;
        bool known = strncmp(name, "standardize.", 12) == 0 || strcmp(name, "fill.inputs") == 0;
        for (int k = 0; k < network->tensors && !known; k++)
            known = network->tensor[k].parameter && strcmp(network->tensor[k].name, name) == 0;
        if (!known)
            context_fail(context, "%s: error: tensor \"%.60s\" is not of network %s", file->path, name, network->name);
    }
}

Encoding *weights_read(Context *context, const char *path, const nnc_network *network, void *parameters)
{
    Safetensors *file = safetensors_read(context, path);
    for (int i = 0; i < network->tensors; i++) {
        if (network->tensor[i].parameter)
            weights_take(context, file, network, &network->tensor[i], network->tensor[i].name, parameters);
    }
    check_names(context, file, network);
    return take_encoding(context, file, network);
}
