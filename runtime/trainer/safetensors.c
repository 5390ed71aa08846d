/* safetensors.c - files of named tensors. A header is believed only after all of it was compared with the file. */
#include "safetensors.h"

#include "file.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 8, ALIGNMENT = 8 };

static const uint64_t header_bytes_max = 100000000; /* the limit of the format's reference reader */
static const char metadata_key[] = "__metadata__";

size_t safetensors_item_bytes(const char *dtype)
{
    static const struct {
        const char *dtype;
        size_t bytes;
    } known[] = {{"F64", 8}, {"I64", 8}, {"U64", 8},  {"F32", 4},     {"I32", 4},
                 {"U32", 4}, {"F16", 2}, {"BF16", 2}, {"I16", 2},     {"U16", 2},
                 {"I8", 1},  {"U8", 1},  {"BOOL", 1}, {"F8_E4M3", 1}, {"F8_E5M2", 1}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].dtype, dtype) == 0)
            return known[i].bytes;
    }
    return 0;
}

const char *safetensors_describe(Context *context, const Safetensor *tensor)
{
    char *text = context_format(context, "%s [", tensor->dtype);
    for (int i = 0; i < tensor->rank; i++)
        text = context_format(context, "%s%s%llu", text, i == 0 ? "" : ", ", (unsigned long long)tensor->shape[i]);
    return context_format(context, "%s]", text);
}

const Safetensor *safetensors_find(const Safetensors *file, const char *name)
{
    for (size_t i = 0; i < file->count; i++) {
        if (strcmp(file->tensor[i].name, name) == 0)
            return &file->tensor[i];
    }
    return NULL;
}

const char *safetensors_metadata(const Safetensors *file, const char *key)
{
    for (size_t i = 0; i < file->metadata; i++) {
        if (strcmp(file->key[i], key) == 0)
            return file->text[i];
    }
    return NULL;
}

static bool is_little_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 1;
}

/* Between the file's order and the machine's, either way. */
static void copy_in_order(unsigned char *to, const unsigned char *from, size_t elements, size_t item)
{
    if (elements == 0)
        return;
    memcpy(to, from, elements * item);
    if (is_little_endian())
        return;
    for (size_t i = 0; i < elements; i++) {
        for (size_t k = 0; k < item; k++)
            to[i * item + k] = from[i * item + item - 1 - k];
    }
}

static inline uint64_t little_endian(const unsigned char *bytes, size_t count)
{
    uint64_t number = 0;
    while (count-- > 0)
        number = number << 8 | bytes[count];
    return number;
}

void safetensors_decode(const Safetensor *tensor, void *values)
{
    copy_in_order(values, tensor->values, (size_t)tensor->elements, safetensors_item_bytes(tensor->dtype));
}

/* ---- real numbers ---- */

bool safetensors_is_real(const Safetensor *tensor)
{
    static const char *const reals[] = {"F64", "F32", "F16", "BF16"};
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        if (strcmp(reals[i], tensor->dtype) == 0)
            return true;
    }
    return false;
}

static double real_of_float_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

/* Sign, 5 bits of exponent, 10 of fraction. */
static double real_of_half_bits(uint32_t bits)
{
    uint32_t sign = (bits & 0x8000) << 16, exponent = bits >> 10 & 31, fraction = bits & 1023;
    if (exponent == 31)
        return real_of_float_bits(sign | 0x7f800000 | fraction << 13);
    if (exponent > 0)
        return real_of_float_bits(sign | (exponent + 112) << 23 | fraction << 13);
    double value = (double)fraction / (1 << 24);
    return sign ? -value : value;
}

/* Called for each number: the second letter tells the four types apart. */
double safetensors_real(const Safetensor *tensor, uint64_t index)
{
    const unsigned char *bytes = tensor->values;
    switch (tensor->dtype[1]) {
    case '6': {
        uint64_t bits = little_endian(bytes + 8 * index, 8);
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    case '3':
        return real_of_float_bits((uint32_t)little_endian(bytes + 4 * index, 4));
    case '1':
        return real_of_half_bits((uint32_t)little_endian(bytes + 2 * index, 2));
    default:
        return real_of_float_bits((uint32_t)little_endian(bytes + 2 * index, 2) << 16);
    }
}

/* ---- reading ---- */

static void destroy_json(void *json)
{
    json_decref(json);
}

static size_t bytes_max(const unsigned char *head, size_t length)
{
    (void)head;
    (void)length;
    return (size_t)1 << 40;
}

static json_t *read_header(Context *context, const char *path, File_bytes file, uint64_t *data_start)
{
    if (file.length < LENGTH_BYTES + 2)
        context_fail(context, "%s: error: %zu bytes are no safetensors file", path, file.length);
    uint64_t length = little_endian(file.bytes, LENGTH_BYTES);
    if (length > header_bytes_max)
        context_fail(context, "%s: byte 0: error: a header of %llu bytes; at most %llu are read", path,
                     (unsigned long long)length, (unsigned long long)header_bytes_max);
    if (length > file.length - LENGTH_BYTES)
        context_fail(context, "%s: byte 0: error: a header of %llu bytes in a file of %zu", path,
                     (unsigned long long)length, file.length);
    json_error_t problem;
    json_t *root =
        json_loadb((const char *)file.bytes + LENGTH_BYTES, (size_t)length, JSON_REJECT_DUPLICATES, &problem);
    if (root == NULL)
        context_fail(context, "%s: byte %d: error: the header is not the JSON of a safetensors file: %s", path,
                     LENGTH_BYTES + problem.position, problem.text);
    context_adopt(context, root, destroy_json);
    if (!json_is_object(root))
        context_fail(context, "%s: byte 8: error: the header is no JSON object", path);
    *data_start = LENGTH_BYTES + length;
    return root;
}

static void read_metadata(Context *context, Safetensors *file, const json_t *metadata)
{
    const char *key;
    json_t *value;
    if (!json_is_object(metadata))
        context_fail(context, "%s: error: %s is no JSON object", file->path, metadata_key);
    json_object_foreach((json_t *)(uintptr_t)metadata, key, value)
    {
        if (!json_is_string(value))
            context_fail(context, "%s: error: %s: \"%.60s\" is no text", file->path, metadata_key, key);
        safetensors_add_metadata(context, file, context_format(context, "%s", key),
                                 context_format(context, "%s", json_string_value(value)));
    }
}

static uint64_t read_size(Context *context, const Safetensors *file, const char *name, const char *what,
                          const json_t *value)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        context_fail(context, "%s: error: tensor \"%.60s\": %s holds something that is no whole number from 0 on",
                     file->path, name, what);
    return (uint64_t)json_integer_value(value);
}

/* Where a tensor lies; sorted by it, the tensors must follow each other. */
typedef struct Stretch {
    uint64_t begin, end;
    const char *name;
} Stretch;

static Safetensor read_shape(Context *context, const Safetensors *file, const char *name, const json_t *entry)
{
    Safetensor tensor = {.name = context_format(context, "%s", name), .elements = 1};
    const json_t *dtype = json_object_get(entry, "dtype"), *shape = json_object_get(entry, "shape");
    if (!json_is_string(dtype) || !json_is_array(shape))
        context_fail(context, "%s: error: tensor \"%.60s\" has no dtype or no shape", file->path, name);
    tensor.dtype = context_format(context, "%s", json_string_value(dtype));
    if (safetensors_item_bytes(tensor.dtype) == 0)
        context_fail(context, "%s: error: tensor \"%.60s\": dtype \"%.20s\" is unknown", file->path, name,
                     tensor.dtype);
    if (json_array_size(shape) > SAFETENSORS_RANK_MAX)
        context_fail(context, "%s: error: tensor \"%.60s\": rank %zu; at most %d is read", file->path, name,
                     json_array_size(shape), SAFETENSORS_RANK_MAX);
    tensor.rank = (int)json_array_size(shape);
    for (int i = 0; i < tensor.rank; i++) {
        uint64_t size = read_size(context, file, name, "shape", json_array_get(shape, (size_t)i));
        tensor.shape[i] = size;
        if (size != 0 && tensor.elements > UINT64_MAX / 16 / size)
            context_fail(context, "%s: error: tensor \"%.60s\": the shape has more elements than any file", file->path,
                         name);
        tensor.elements *= size;
    }
    return tensor;
}

static Stretch read_stretch(Context *context, const Safetensors *file, const Safetensor *tensor, const json_t *entry,
                            uint64_t data_bytes)
{
    const json_t *offsets = json_object_get(entry, "data_offsets");
    if (!json_is_array(offsets) || json_array_size(offsets) != 2)
        context_fail(context, "%s: error: tensor \"%.60s\" has no data_offsets [begin, end]", file->path, tensor->name);
    Stretch stretch = {read_size(context, file, tensor->name, "data_offsets", json_array_get(offsets, 0)),
                       read_size(context, file, tensor->name, "data_offsets", json_array_get(offsets, 1)),
                       tensor->name};
    if (stretch.begin > stretch.end || stretch.end > data_bytes)
        context_fail(context,
                     "%s: error: tensor \"%.60s\" lies from byte %llu to %llu; the file has %llu bytes of data",
                     file->path, tensor->name, (unsigned long long)stretch.begin, (unsigned long long)stretch.end,
                     (unsigned long long)data_bytes);
    uint64_t wanted = tensor->elements * safetensors_item_bytes(tensor->dtype);
    if (stretch.end - stretch.begin != wanted)
        context_fail(context, "%s: error: tensor \"%.60s\" has %llu bytes, its shape %s takes %llu", file->path,
                     tensor->name, (unsigned long long)(stretch.end - stretch.begin),
                     safetensors_describe(context, tensor), (unsigned long long)wanted);
    return stretch;
}

static int compare_stretches(const void *one, const void *other)
{
    const Stretch *a = one, *b = other;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return (a->end > b->end) - (a->end < b->end);
}

static void check_stretches(Context *context, const Safetensors *file, Stretch *stretch, uint64_t data_bytes)
{
    uint64_t end = 0;
    qsort(stretch, file->count, sizeof *stretch, compare_stretches);
    for (size_t i = 0; i < file->count; i++) {
        if (stretch[i].begin < end)
            context_fail(context, "%s: error: tensor \"%.60s\" overlaps \"%.60s\"", file->path, stretch[i].name,
                         stretch[i - 1].name);
        if (stretch[i].begin > end)
            context_fail(context, "%s: error: %llu bytes before tensor \"%.60s\" belong to none", file->path,
                         (unsigned long long)(stretch[i].begin - end), stretch[i].name);
        end = stretch[i].end;
    }
    if (end != data_bytes)
        context_fail(context, "%s: error: the file goes on %llu bytes after its last tensor", file->path,
                     (unsigned long long)(data_bytes - end));
}

Safetensors *safetensors_read(Context *context, const char *path)
{
    Safetensors *file = context_allocate(context, 1, sizeof *file);
    file->path = path;
    File_bytes bytes = file_read(context, path, bytes_max);
    file->bytes = bytes.bytes;
    file->compressed = bytes.compressed;
    uint64_t data_start = 0;
    json_t *root = read_header(context, path, bytes, &data_start);
    uint64_t data_bytes = bytes.length - data_start;
    Stretch *stretch = context_allocate(context, json_object_size(root), sizeof *stretch);
    const char *name;
    json_t *entry;
    json_object_foreach(root, name, entry)
    {
        if (strcmp(name, metadata_key) == 0) {
            read_metadata(context, file, entry);
            continue;
        }
        Safetensor tensor = read_shape(context, file, name, entry);
        Stretch place = read_stretch(context, file, &tensor, entry, data_bytes);
        tensor.values = bytes.bytes + data_start + place.begin;
        stretch[file->count] = place;
        safetensors_add(context, file, tensor);
    }
    check_stretches(context, file, stretch, data_bytes);
    context_discard(context, stretch);
    context_discard(context, root);
    return file;
}

/* ---- writing ---- */

void safetensors_add(Context *context, Safetensors *file, Safetensor tensor)
{
    if (file->count == file->capacity) {
        file->capacity = file->capacity == 0 ? 32 : 2 * file->capacity;
        file->tensor = context_grow(context, file->tensor, file->capacity, sizeof *file->tensor);
    }
    file->tensor[file->count++] = tensor;
}

void safetensors_add_metadata(Context *context, Safetensors *file, const char *key, const char *text)
{
    if (file->metadata == file->metadata_capacity) {
        file->metadata_capacity = file->metadata_capacity == 0 ? 16 : 2 * file->metadata_capacity;
        file->key = context_grow(context, file->key, file->metadata_capacity, sizeof *file->key);
        file->text = context_grow(context, file->text, file->metadata_capacity, sizeof *file->text);
    }
    file->key[file->metadata] = key;
    file->text[file->metadata++] = text;
}

/* Longest elements first. */
static const Safetensor **in_file_order(Context *context, const Safetensors *file)
{
    const Safetensor **order = context_allocate(context, file->count, sizeof *order);
    size_t placed = 0;
    for (size_t item = 8; item > 0; item /= 2) {
        for (size_t i = 0; i < file->count; i++) {
            if (safetensors_item_bytes(file->tensor[i].dtype) == item)
                order[placed++] = &file->tensor[i];
        }
    }
    return order;
}

static json_t *entry_of(const Safetensor *tensor, uint64_t begin, uint64_t end)
{
    json_t *shape = json_array();
    for (int i = 0; i < tensor->rank; i++)
        json_array_append_new(shape, json_integer((json_int_t)tensor->shape[i]));
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", tensor->dtype, "shape", shape, "data_offsets", (json_int_t)begin,
                     (json_int_t)end);
}

static json_t *header_of(Context *context, const Safetensors *file, const Safetensor **order, uint64_t *data_bytes)
{
    json_t *root = json_object(), *metadata = json_object();
    context_adopt(context, root, destroy_json);
    int failed = json_object_set_new(root, metadata_key, metadata);
    for (size_t i = 0; i < file->metadata; i++)
        failed |= json_object_set_new(metadata, file->key[i], json_string(file->text[i]));
    uint64_t at = 0;
    for (size_t i = 0; i < file->count; i++) {
        uint64_t end = at + order[i]->elements * safetensors_item_bytes(order[i]->dtype);
        failed |= json_object_set_new(root, order[i]->name, entry_of(order[i], at, end));
        at = end;
    }
    if (failed)
        context_fail(context, "%s: error: a name in it is not UTF-8", file->path);
    *data_bytes = at;
    return root;
}

void safetensors_write(Context *context, const char *path, const Safetensors *file)
{
    size_t mark = context->blocks;
    const Safetensor **order = in_file_order(context, file);
    uint64_t data_bytes = 0;
    json_t *root = header_of(context, file, order, &data_bytes);
    char *text = json_dumps(root, JSON_COMPACT);
    if (text == NULL)
        context_fail(context, "%s: error: out of memory", path);
    context_adopt(context, text, free);
    size_t length = strlen(text), padded = (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    unsigned char *bytes = context_allocate(context, LENGTH_BYTES + padded + (size_t)data_bytes, 1);
    for (int i = 0; i < LENGTH_BYTES; i++)
        bytes[i] = (unsigned char)((uint64_t)padded >> (8 * i));
    memset(bytes + LENGTH_BYTES, ' ', padded);
    memcpy(bytes + LENGTH_BYTES, text, length);
    unsigned char *at = bytes + LENGTH_BYTES + padded;
    for (size_t i = 0; i < file->count; i++) {
        size_t item = safetensors_item_bytes(order[i]->dtype);
        copy_in_order(at, order[i]->values, (size_t)order[i]->elements, item);
        at += order[i]->elements * item;
    }
    file_write(context, path, bytes, (size_t)(at - bytes));
    context_release(context, mark);
}
