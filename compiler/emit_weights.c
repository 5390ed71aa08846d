/* emit_weights.c - trained parameters as a const struct (--weights). */
#include "emit.h"
#include "safetensors.h"
#include "sizes.h"

#include <string.h>

static void print_numbers(const Emitter *emitter, const double *numbers, const Shape *shape, int dimension,
                          long long *at)
{
    Text *text = emitter->text;
    if (dimension == shape->rank) {
        text_add(text, emitter->model->options->float64 ? "%.17g" : "%.9g", numbers[(*at)++]);
        const char *last = text->bytes + text->length;
        while (last > text->bytes && !strchr("{ \n,", last[-1]))
            last--;
        text_add(text, "%s%s", strpbrk(last, ".en") ? "" : ".0", emitter->model->options->float64 ? "" : "f");
        return;
    }
    text_add(text, "{");
    for (int i = 0; i < shape->dims[dimension]; i++) {
        bool innermost = dimension + 1 == shape->rank;
        text_add(text, !i ? "" : innermost && i % 8 ? ", " : ",\n     ");
        print_numbers(emitter, numbers, shape, dimension + 1, at);
    }
    text_add(text, "}");
}

/* The tensor of one weight as doubles; NULL after a message. */
static const double *read_weight(const Emitter *emitter, const Safetensors *file, const Weight *weight)
{
    const char *path = emitter->model->options->weights;
    const Safetensor *tensor = safetensors_find(file, weight->name);
    if (!tensor) {
        fprintf(stderr, "%s: error: there is no tensor '%s', which network '%s' needs\n", path, weight->name,
                emitter->name);
        return NULL;
    }
    long long elements = shape_elements(&weight->shape);
    bool fits = tensor->rank == weight->shape.rank && (long long)tensor->elements == elements;
    for (int i = 0; fits && i < tensor->rank; i++)
        fits = (long long)tensor->shape[i] == weight->shape.dims[i];
    bool wide = strcmp(tensor->dtype, "F64") == 0;
    if (!fits || (!wide && strcmp(tensor->dtype, "F32") != 0)) {
        fprintf(stderr, "%s: error: tensor '%s' is not F32 or F64 of the shape %s\n", path, weight->name,
                shape_text(&weight->shape));
        return NULL;
    }
    double *numbers = NEW_ARRAY(elements, double);
    float *narrow = NEW_ARRAY(elements, float);
    safetensors_decode(tensor, wide ? (void *)numbers : (void *)narrow);
    for (long long i = 0; !wide && i < elements; i++)
        numbers[i] = (double)narrow[i];
    return numbers;
}

static bool print_weights(Emitter *emitter, const Safetensors *file)
{
    const Model *model = emitter->model;
    Text *text = emitter->text;
    text_add(text, "const %s_parameters %s_weights = {\n", emitter->name, emitter->name);
    for (int i = 0; i < model->weights; i++) {
        const Weight *weight = model->weight[i];
        const double *numbers = read_weight(emitter, file, weight);
        if (!numbers)
            return false;
        long long at = 0;
        text_add(text, "    /* %s */\n    ", weight->name);
        print_numbers(emitter, numbers, &weight->shape, 0, &at);
        text_add(text, i + 1 < model->weights ? ",\n" : "\n");
    }
    text_add(text, "};\n");
    return true;
}

static void open_file(Context *context, void *argument)
{
    const Safetensors **file = argument;
    *file = safetensors_read(context, (*file)->path);
}

bool emit_weights(Emitter *emitter)
{
    Context context = {0};
    const Safetensors request = {.path = emitter->model->options->weights}, *file = &request;
    if (!context_attempt(&context, open_file, &file)) {
        fprintf(stderr, "%s\n", context.error.message);
        return false;
    }
    bool good = print_weights(emitter, file);
    context_release(&context, 0);
    return good;
}
