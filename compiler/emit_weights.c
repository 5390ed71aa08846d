/* emit_weights.c - trained parameters as a const struct (--weights): as numbers in the source, or with --incbin by the
 * assembler, out of the safetensors file itself. A source of millions of numbers is 17 bytes for each, and compilers
 * take seconds and 200 MB for a million; so there is a limit. */
#include "emit.h"
#include "fold.h"
#include "half.h"
#include "safetensors.h"
#include "sizes.h"

#include <math.h>
#include <string.h>

enum { PRINTED_MAX = 4 << 20, BYTES_OF_ONE = 17 };

typedef struct Constants Constants;

struct Constants {
    Emitter *emitter;
    const char *path;
    const Safetensors *file;
    bool (*print)(const Constants *constants);
    bool good;
};

/* ---- numbers ---- */

/* Of one weight, with what was folded into it. */
typedef struct Elements {
    const Weight *weight;
    const Safetensor *tensor; /* NULL: they are 0 */
    const Scaling *scaling;   /* [channels]; NULL: nothing was */
} Elements;

/* Channels are the last dimension. */
static double element(const Elements *elements, uint64_t at)
{
    const Fold *fold = elements->weight->fold;
    double number = elements->tensor ? safetensors_real(elements->tensor, at) : 0;
    if (!elements->scaling)
        return number;
    const Scaling *scaling = &elements->scaling[at % (uint64_t)fold->channels];
    return number * scaling->scale + (elements->weight == fold->bias ? scaling->shift : 0);
}

static void print_number(const Emitter *emitter, bool half, double number)
{
    if (half) {
        text_add(emitter->text, "0x%04x", half_bits(number));
        return;
    }
    bool wide = emitter->model->options->float64;
    char digits[40];
    snprintf(digits, sizeof digits, wide ? "%.17g" : "%.9g", number);
    text_add(emitter->text, "%s%s%s", digits, strpbrk(digits, ".e") ? "" : ".0", wide ? "" : "f");
}

static void print_numbers(const Emitter *emitter, const Elements *elements, int dimension, uint64_t *at)
{
    const Shape *shape = &elements->weight->shape;
    if (dimension == shape->rank) {
        print_number(emitter, elements->weight->half, element(elements, (*at)++));
        return;
    }
    text_add(emitter->text, "{");
    for (int i = 0; i < shape->dims[dimension]; i++) {
        bool innermost = dimension + 1 == shape->rank;
        text_add(emitter->text, !i ? "" : innermost && i % 8 ? ", " : ",\n     ");
        print_numbers(emitter, elements, dimension + 1, at);
    }
    text_add(emitter->text, "}");
}

/* ---- its tensors ---- */

/* The tensor of one weight; NULL after a message. */
static const Safetensor *find_tensor(const Constants *constants, const Weight *weight)
{
    const Safetensor *tensor = safetensors_find(constants->file, weight->name);
    if (!tensor) {
        fprintf(stderr, "%s: error: there is no tensor '%s', which network '%s' needs\n", constants->path, weight->name,
                constants->emitter->name);
        fprintf(stderr, "hint: `nnc convert` reads files of PyTorch\n");
        return NULL;
    }
    bool fits = safetensors_is_real(tensor) && tensor->rank == weight->shape.rank;
    for (int i = 0; fits && i < tensor->rank; i++)
        fits = (long long)tensor->shape[i] == weight->shape.dims[i];
    if (fits)
        return tensor;
    fprintf(stderr, "%s: error: tensor '%s' is not F64, F32, F16 or BF16 of the shape %s\n", constants->path,
            weight->name, shape_text(&weight->shape));
    return NULL;
}

/* Infinite, once it is rounded: what is no number has no constant in C, and no half is as large. */
static bool is_finite(const Constants *constants, const Weight *weight, double number)
{
    if (weight->half)
        return isfinite(number) && (half_bits(number) & 0x7c00) != 0x7c00;
    return isfinite(constants->emitter->model->options->float64 ? number : (double)(float)number);
}

static bool are_finite(const Constants *constants, const Elements *elements)
{
    const Weight *weight = elements->weight;
    const uint64_t count = (uint64_t)shape_elements(&weight->shape);
    for (uint64_t i = 0; i < count; i++) {
        double number = element(elements, i);
        if (is_finite(constants, weight, number))
            continue;
        fprintf(stderr, "%s: error: element %llu of tensor '%s' is %g%s%s\n", constants->path, (unsigned long long)i,
                weight->name, isnan(number) ? (double)NAN : number, weight->fold ? " with what is folded into it" : "",
                weight->half && isfinite(number) ? ": the largest float16 is 65504" : "");
        return false;
    }
    return true;
}

static double channel_number(void *context, const Weight *weight, int channel)
{
    return safetensors_real(find_tensor(context, weight), (uint64_t)channel);
}

/* False after a message. */
static bool find_elements(const Constants *constants, const Weight *weight, Elements *elements)
{
    const Fold *fold = weight->fold;
    *elements = (Elements){.weight = weight, .tensor = weight->absent ? NULL : find_tensor(constants, weight)};
    bool found = elements->tensor || weight->absent;
    for (int i = 0; fold && i < fold->layers; i++)
        for (int w = 0; w < fold->layer[i]->weights && found; w++)
            found = find_tensor(constants, fold->layer[i]->weight[w]) != NULL;
    if (!found || !fold)
        return found;
    Scaling *scaling = NEW_ARRAY(fold->channels, Scaling);
    for (int i = 0; i < fold->channels; i++)
        scaling[i] = fold_scaling(fold, i, channel_number, (void *)constants);
    elements->scaling = scaling;
    return true;
}

/* A member of a constant struct, and what stands behind it. */
static bool print_member(const Constants *constants, const Weight *weight, const char *behind)
{
    Text *text = constants->emitter->text;
    Elements elements;
    if (!find_elements(constants, weight, &elements) || !are_finite(constants, &elements))
        return false;
    uint64_t at = 0;
    text_add(text, "    /* %s", weight->name);
    for (int i = 0; weight->fold && i < weight->fold->layers; i++)
        text_add(text, "%s%s", i ? ", " : ", with ", weight->fold->layer[i]->path);
    text_add(text, " */\n    ");
    print_numbers(constants->emitter, &elements, 0, &at);
    text_add(text, "%s", behind);
    return true;
}

static bool are_printable(const Model *model, Weight *const *weight, int count)
{
    long long elements = 0;
    for (int i = 0; i < count; i++)
        elements += shape_elements(&weight[i]->shape);
    if (elements <= PRINTED_MAX)
        return true;
    error_at(model->name_span, "%lld parameters would be about %lld MB of C; at most %d are printed", elements,
             elements * BYTES_OF_ONE / 1000000, PRINTED_MAX);
    hint(model->name_span, "with --incbin they are taken out of the file when net.c is compiled");
    return false;
}

static bool print_weights(const Constants *constants)
{
    const Emitter *emitter = constants->emitter;
    const Model *model = emitter->model;
    if (!are_printable(model, model->weight, model->weights))
        return false;
    text_add(emitter->text, "const %s_parameters %s_weights = {\n", emitter->name, emitter->name);
    for (int i = next_weight(model, -1); i < model->weights; i = next_weight(model, i)) {
        bool last = next_weight(model, i) >= model->weights;
        if (!print_member(constants, model->weight[i], !last ? ",\n" : pads_halves(model) ? ",\n    0\n" : "\n"))
            return false;
    }
    text_add(emitter->text, "};\n");
    return true;
}

/* What --const-frozen takes out of the parameters struct: a struct of its own, which nothing else sees. */
static bool print_frozen(const Constants *constants)
{
    const Emitter *emitter = constants->emitter;
    const Model *model = emitter->model;
    if (!are_printable(model, model->constant, model->constants))
        return false;
    text_add(emitter->text, "/* The parameters of frozen layers. */\nstatic const struct {\n");
    for (int i = 0; i < model->constants; i++)
        emit_member(emitter, emitter->real, model->constant[i]->c_name, &model->constant[i]->shape);
    text_add(emitter->text, "} %s_frozen = {\n", emitter->name);
    for (int i = 0; i < model->constants; i++)
        if (!print_member(constants, model->constant[i], i + 1 < model->constants ? ",\n" : "\n"))
            return false;
    text_add(emitter->text, "};\n\n");
    return true;
}

/* ---- --incbin ---- */

/* Where the parameters stand in the file, one behind the other as in the struct; -1 after a message. */
static long long offset_of_parameters(const Constants *constants)
{
    const Model *model = constants->emitter->model;
    const char *dtype = model->options->float64 ? "F64" : "F32";
    const unsigned char *start = NULL, *next = NULL;
    for (int i = 0; i < model->weights; i++) {
        const Safetensor *tensor = find_tensor(constants, model->weight[i]);
        if (!tensor)
            return -1;
        if (!start)
            start = next = tensor->values;
        if (strcmp(tensor->dtype, dtype) != 0 || tensor->values != next || constants->file->compressed) {
            fprintf(stderr, "%s: error: --incbin needs the parameters as %s in the order of the struct, uncompressed\n",
                    constants->path, dtype);
            fprintf(stderr, "hint: `nnc train` and `nnc convert` write them so\n");
            return -1;
        }
        next += tensor->elements * (model->options->float64 ? 8 : 4);
    }
    return start - constants->file->bytes;
}

static bool print_incbin(const Constants *constants)
{
    const Emitter *emitter = constants->emitter;
    const char *name = emitter->name, *file = base_name(constants->path);
    if (!emitter->model->weights || strpbrk(file, "\"\\\n\r")) {
        fprintf(stderr, "%s: error: --incbin needs parameters, and a name without quotes and backslashes\n",
                constants->path);
        return false;
    }
    long long offset = offset_of_parameters(constants);
    long long bytes = parameters_elements(emitter->model) * (emitter->model->options->float64 ? 8 : 4);
    if (offset < 0)
        return false;
    text_add(emitter->text,
             "/* The parameters: %lld bytes of %s, which the assembler looks for here and where -Wa,-IDIR says. */\n"
             "#if !defined(__ELF__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__\n"
             "#error \"--incbin is for ELF objects of little-endian machines\"\n"
             "#endif\n",
             bytes, file);
    text_add(emitter->text,
             "__asm__(\".pushsection .rodata\\n\"\n"
             "        \".balign 64\\n\"\n"
             "        \".globl %s_weights\\n\"\n"
             "        \".type %s_weights, %%object\\n\"\n"
             "        \".size %s_weights, %lld\\n\"\n"
             "        \"%s_weights:\\n\"\n"
             "        \".incbin \\\"%s\\\", %lld, %lld\\n\"\n"
             "        \".popsection\\n\");\n",
             name, name, name, bytes, name, file, offset, bytes);
    return true;
}

/* ---- the file ---- */

static void read_and_print(Context *context, void *argument)
{
    Constants *constants = argument;
    constants->file = safetensors_read(context, constants->path);
    constants->good = constants->print(constants);
}

static bool with_file(Emitter *emitter, bool (*print)(const Constants *constants))
{
    Context context = {0};
    Constants constants = {.emitter = emitter, .path = emitter->model->options->weights, .print = print};
    if (!context_attempt(&context, read_and_print, &constants))
        fprintf(stderr, "%s\n", context.error.message);
    context_release(&context, 0);
    return constants.good;
}

bool emit_weights(Emitter *emitter)
{
    return with_file(emitter, emitter->model->options->incbin ? print_incbin : print_weights);
}

bool emit_frozen(Emitter *emitter)
{
    return !emitter->model->constants || with_file(emitter, print_frozen);
}
