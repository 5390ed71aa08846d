/* convert.c - `nnc convert`: weights between PyTorch's names and layouts and nnc's, as safetensors files. Everything
 * that does not fit is told at once, at the layer or the name that asked for it; then nothing is written. */
#include "commands.h"
#include "compile.h"
#include "compiling.h"
#include "output.h"
#include "safetensors.h"
#include "sizes.h"
#include "spec.h"
#include "torch.h"

#include <string.h>

typedef struct Request {
    const char *from, *to, *names, *output;
    bool help;
} Request;

/* What is converted: read is from `in`, written is to `out`. */
typedef struct Conversion {
    Model *model;
    const Foreigns *foreigns;
    const char *path, *output;
    bool to_torch;
    const Safetensors *in;
    bool *taken; /* parallel to the tensors of `in` */
} Conversion;

/* ---- one tensor ---- */

static const char *read_name_of(const Conversion *conversion, const Foreign *foreign)
{
    return conversion->to_torch ? foreign->weight->name : foreign->name;
}

static const Shape *read_shape_of(const Conversion *conversion, const Foreign *foreign)
{
    return conversion->to_torch ? &foreign->weight->shape : &foreign->shape;
}

static bool has_shape(const Safetensor *tensor, const Shape *shape)
{
    bool same = tensor->rank == shape->rank;
    for (int i = 0; same && i < tensor->rank; i++)
        same = tensor->shape[i] == (uint64_t)shape->dims[i];
    return same;
}

static const char *tensor_text(const Safetensor *tensor)
{
    Text text = {0};
    text_add(&text, "%s [", tensor->dtype);
    for (int i = 0; i < tensor->rank; i++)
        text_add(&text, "%s%llu", i ? ", " : "", (unsigned long long)tensor->shape[i]);
    text_add(&text, "]");
    return text.bytes;
}

typedef struct Move {
    const Safetensor *from;
    bool to_torch, wide;
    void *values;
} Move;

static void move_run(void *context, long long ours, long long theirs, const long long *offset, int count)
{
    const Move *move = context;
    for (int i = 0; i < count; i++) {
        long long own = ours + i, other = theirs + offset[i];
        double value = safetensors_real(move->from, (uint64_t)(move->to_torch ? own : other));
        long long target = move->to_torch ? other : own;
        if (move->wide)
            ((double *)move->values)[target] = value;
        else
            ((float *)move->values)[target] = (float)value;
    }
}

/* ---- what does not fit ---- */

/* A tensor that nothing has taken, of the shape that is missing. NULL if there is none, or more than one. */
static const Safetensor *only_candidate(const Conversion *conversion, const Shape *shape)
{
    const Safetensor *found = NULL;
    for (size_t i = 0; i < conversion->in->count; i++) {
        const Safetensor *tensor = &conversion->in->tensor[i];
        if (conversion->taken[i] || !has_shape(tensor, shape))
            continue;
        if (found)
            return NULL;
        found = tensor;
    }
    return found;
}

static void refuse_missing(const Conversion *conversion, const Foreign *foreign)
{
    const char *name = read_name_of(conversion, foreign), **left = NULL;
    const Shape *shape = read_shape_of(conversion, foreign);
    int count = 0;
    error_at(foreign->span, "%s has no tensor '%s' %s%s", conversion->path, name, shape_text(shape),
             strcmp(name, foreign->weight->name) ? format(", which would be '%s'", foreign->weight->name) : "");
    for (size_t i = 0; i < conversion->in->count; i++)
        if (!conversion->taken[i])
            PUSH(left, count, conversion->in->tensor[i].name);
    const Safetensor *fitting = only_candidate(conversion, shape);
    const char *near = fitting ? fitting->name : nearest(name, left, count);
    if (near && fitting)
        hint(foreign->span, "only '%s' has this shape and is not taken; weights: {names: {LAYER: MODULE}} names it",
             near);
    else if (near)
        hint(foreign->span, "did you mean '%s'? weights: {names: {LAYER: MODULE}} names it", near);
}

static void refuse_shape(const Conversion *conversion, const Foreign *foreign, const Safetensor *tensor)
{
    const Weight *weight = foreign->weight;
    if (!safetensors_is_real(tensor)) {
        error_at(foreign->span, "%s: tensor '%s' is %s; weights are F64, F32, F16 or BF16", conversion->path,
                 tensor->name, tensor_text(tensor));
        return;
    }
    error_at(foreign->span, "%s: tensor '%s' is %s, but '%s' needs %s", conversion->path, tensor->name,
             tensor_text(tensor), weight->name, shape_text(read_shape_of(conversion, foreign)));
    if (!conversion->to_torch)
        note_at(foreign->layer->span, "'%s' is %s here", weight->name, shape_text(&weight->shape));
}

static bool is_ignored(const Conversion *conversion, const char *name)
{
    const Naming *naming = &conversion->model->naming;
    if (conversion->to_torch) /* what was learnt about the data stays behind */
        return is_within(name, "standardize") || is_within(name, "fill");
    bool ignored = torch_ignores(conversion->model, name);
    for (int i = 0; i < naming->ignored; i++)
        if (is_within(name, naming->ignore[i].other))
            ignored = naming->ignore[i].used = true;
    return ignored;
}

static void check_left_over(const Conversion *conversion)
{
    const Naming *naming = &conversion->model->naming;
    Span place = conversion->model->name_span;
    for (size_t i = 0; i < conversion->in->count; i++) {
        const Safetensor *tensor = &conversion->in->tensor[i];
        if (is_ignored(conversion, tensor->name) || conversion->taken[i])
            continue;
        error_at(place, "nothing takes tensor '%.120s', %s, of %s", tensor->name, tensor_text(tensor),
                 conversion->path);
        if (!conversion->to_torch)
            hint(place, "if the network is to do without it: weights: {ignore: [%.120s]}", tensor->name);
    }
    for (int i = 0; i < naming->ignored && !conversion->to_torch; i++)
        if (!naming->ignore[i].used)
            error_at(naming->ignore[i].span, "%s has nothing called '%s'", conversion->path, naming->ignore[i].other);
}

/* ---- a file ---- */

static size_t index_of(const Safetensors *file, const char *name)
{
    const Safetensor *found = safetensors_find(file, name);
    return found ? (size_t)(found - file->tensor) : file->count;
}

static void take_all(Conversion *conversion)
{
    for (int pass = 0; pass < 2; pass++) /* what is missing is told when it is known what is left */
        for (int i = 0; i < conversion->foreigns->count; i++) {
            const Foreign *foreign = &conversion->foreigns->item[i];
            size_t at = index_of(conversion->in, read_name_of(conversion, foreign));
            if (at == conversion->in->count) {
                if (pass == 1)
                    refuse_missing(conversion, foreign);
                continue;
            }
            const Safetensor *tensor = &conversion->in->tensor[at];
            conversion->taken[at] = true;
            bool fits = safetensors_is_real(tensor) && has_shape(tensor, read_shape_of(conversion, foreign));
            if (pass == 1 && !fits)
                refuse_shape(conversion, foreign, tensor);
        }
    check_left_over(conversion);
}

static Safetensor converted(Context *context, const Conversion *conversion, const Foreign *foreign)
{
    bool wide = conversion->model->options->float64;
    const Shape *shape = conversion->to_torch ? &foreign->shape : &foreign->weight->shape;
    Safetensor made = {.name = conversion->to_torch ? foreign->name : foreign->weight->name,
                       .dtype = wide ? "F64" : "F32",
                       .rank = shape->rank,
                       .elements = (uint64_t)shape_elements(shape)};
    for (int i = 0; i < shape->rank; i++)
        made.shape[i] = (uint64_t)shape->dims[i];
    void *values = context_allocate(context, (size_t)made.elements, wide ? sizeof(double) : sizeof(float));
    const Safetensor *from = safetensors_find(conversion->in, read_name_of(conversion, foreign));
    foreign_walk(foreign, move_run, &(Move){from, conversion->to_torch, wide, values});
    made.values = values;
    return made;
}

static void convert(Context *context, void *argument)
{
    Conversion *conversion = argument;
    conversion->in = safetensors_read(context, conversion->path);
    conversion->taken = NEW_ARRAY(conversion->in->count, bool);
    take_all(conversion);
    if (conversion->model->report->errors)
        return;
    Safetensors out = {.path = conversion->output};
    if (conversion->to_torch)
        safetensors_add_metadata(context, &out, "format", "pt");
    else
        safetensors_add_metadata(context, &out, "network", conversion->model->name);
    for (int i = 0; i < conversion->foreigns->count; i++)
        safetensors_add(context, &out, converted(context, conversion, &conversion->foreigns->item[i]));
    safetensors_write(context, conversion->output, &out);
}

static int run(Conversion *conversion)
{
    Context context = {0};
    bool good = context_attempt(&context, convert, conversion);
    if (!good)
        fprintf(stderr, "%s\n", context.error.message);
    context_release(&context, 0);
    return good && !conversion->model->report->errors ? 0 : 1;
}

/* ---- the command ---- */

static const Option table[] = {
    {"--from", NULL, OPTION_TEXT, offsetof(Request, from), SIZE_MAX, "torch", "IN is as PyTorch names and lays it out"},
    {"--to", NULL, OPTION_TEXT, offsetof(Request, to), SIZE_MAX, "torch", "OUT is to be so"},
    {"--names", NULL, OPTION_TEXT, offsetof(Request, names), SIZE_MAX, "FILE",
     "YAML, instead of the section `weights` of the spec"},
    {"--output", "-o", OPTION_TEXT, offsetof(Request, output), SIZE_MAX, "FILE", "the file to write, as safetensors"},
    {"--help", "-h", OPTION_HELP, offsetof(Request, help), SIZE_MAX, NULL, "this page"},
};
enum { ROWS = sizeof table / sizeof *table };

static int print_help(void)
{
    printf("nnc convert SPEC.yaml IN.safetensors --from torch -o OUT.safetensors   PyTorch's weights become nnc's\n"
           "nnc convert SPEC.yaml IN.safetensors --to torch -o OUT.safetensors     nnc's weights become PyTorch's\n\n");
    options_print(stdout, table, ROWS);
    compiling_print(stdout, "c");
    return 0;
}

/* What is wrong with the request, or NULL. */
static const char *complaint(const Request *request, const Options_words *words)
{
    const char *other = request->from ? request->from : request->to;
    if (!request->from == !request->to)
        return "convert takes one of --from torch and --to torch";
    if (strcmp(other, "torch") != 0)
        return format("'%s' is not a layout that convert knows: torch", other);
    if (words->count != 2)
        return words->count < 2 ? "convert needs SPEC.yaml and IN.safetensors"
                                : format("convert takes two files; '%s' is one word too many", words->item[2]);
    if (!request->output)
        return "no output is given: -o OUT.safetensors";
    if (output_is_file(request->output, words->item[0]) || output_is_file(request->output, words->item[1]))
        return format("the output '%s' would overwrite an input", request->output);
    return NULL;
}

/* The names of a file take the place of the spec's. */
static bool read_names_file(Model *model, const char *path)
{
    Source *source = source_open(path, model->report);
    const Node *root = source ? yaml_read(source) : NULL;
    if (!root)
        return false;
    model->naming = (Naming){0};
    return read_weights(&model->naming, root);
}

static int convert_with(Options *options, const Request *request, const char *path)
{
    Model *model = compile_shapes(options);
    Foreigns foreigns = {0};
    if (!model || (request->names && !read_names_file(model, request->names)) || !torch_weights(model, &foreigns))
        return 1;
    Conversion conversion = {.model = model,
                             .foreigns = &foreigns,
                             .path = path,
                             .output = request->output,
                             .to_torch = request->to != NULL};
    return run(&conversion);
}

int command_convert(int count, char **words)
{
    Options options = {0};
    Request request = {0};
    Options_words files = {0};
    int status = compiling_parse((Words){count, words}, "c", (Option_table){ROWS, table}, &options, &request, &files);
    if (status || request.help)
        return status ? status : print_help();
    const char *wrong = complaint(&request, &files);
    if (wrong)
        return wrong_usage(words[0], wrong);
    options.spec_path = files.item[0];
    finish_options(&options);
    return convert_with(&options, &request, files.item[1]);
}
