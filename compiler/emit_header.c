/* emit_header.c - net.h: sizes, structs, functions. */
#include "emit.h"
#include "print.h"
#include "sizes.h"

#include <ctype.h>
#include <string.h>

const char *upper_case(const char *text)
{
    char *upper = format("%s", text);
    for (char *c = upper; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return upper;
}

void emit_comment(Text *text, const char *indent, const char *words)
{
    size_t width = 112 - strlen(indent), column = 0;
    text_add(text, "%s/*", indent);
    for (const char *at = words; *at;) {
        size_t length = strcspn(at, " ");
        if (column && column + 1 + length > width) {
            text_add(text, "\n%s *", indent);
            column = 0;
        }
        text_add(text, " ");
        text_add_bytes(text, at, length);
        column += length + 1;
        at += length;
        at += strspn(at, " ");
    }
    text_add(text, " */\n");
}

void emit_list(Text *text, const char *opening, const char *items, const char *closing)
{
    size_t hang = strlen(opening), column = hang;
    text_add(text, "%s", opening);
    for (const char *at = items; *at;) {
        size_t length = strcspn(at, "\n");
        bool last = !at[length];
        size_t width = length + (last ? strcspn(closing, "\n") : 1);
        if (at > items && column + 1 + width > 120) {
            text_add(text, "\n%*s", (int)hang, "");
            column = hang;
        } else if (at > items) {
            text_add(text, " ");
            column++;
        }
        text_add_bytes(text, at, length);
        text_add(text, last ? "" : ",");
        column += length + 1;
        at += length + !last;
    }
    text_add(text, "%s", closing);
}

/* ---- sizes ---- */

/* Elements of a struct for predictions. */
typedef struct Scratch {
    long long reals, ints;
} Scratch;

long long parameters_elements(const Model *model)
{
    long long elements = 0;
    for (int i = 0; i < model->weights; i++)
        elements += shape_elements(&model->weight[i]->shape);
    return elements;
}

long long half_elements(const Model *model)
{
    long long elements = 0;
    for (int i = 0; i < model->weights; i++)
        if (model->weight[i]->half)
            elements += shape_elements(&model->weight[i]->shape);
    return elements;
}

bool pads_halves(const Model *model)
{
    long long halves = half_elements(model);
    return halves % 2 && halves < parameters_elements(model);
}

long long weight_bytes(const Model *model, const Weight *weight)
{
    return shape_elements(&weight->shape) * (weight->half ? 2 : model->options->float64 ? 8 : 4);
}

long long parameters_bytes(const Model *model)
{
    long long bytes = pads_halves(model) ? 2 : 0;
    for (int i = 0; i < model->weights; i++)
        bytes += weight_bytes(model, model->weight[i]);
    return bytes;
}

int next_weight(const Model *model, int index)
{
    bool half = index >= 0 && model->weight[index]->half;
    for (int i = index + 1; i < model->weights; i++)
        if (model->weight[i]->half == half)
            return i;
    for (int i = 0; i < model->weights && !half; i++)
        if (model->weight[i]->half)
            return i;
    return model->weights;
}

static long long largest(const Model *model, const PhaseKind *kinds, int count, bool ints)
{
    long long size = 0;
    for (int i = 0; i < count; i++) {
        const Phase *phase = model->phase[kinds[i]];
        long long own = !phase ? 0 : ints ? phase->arena_ints : phase->arena_reals;
        size = own > size ? own : size;
    }
    return size;
}

static const PhaseKind inference_phases[] = {PHASE_PREDICT, PHASE_EVALUATE};
static const PhaseKind batch_phases[] = {PHASE_PREDICT_BATCH};
/* The penalty is a function of the parameters alone: it has no arena but its own stack. */
static const PhaseKind training_phases[] = {PHASE_INITIALIZE, PHASE_GRADIENT, PHASE_UPDATE, PHASE_TRAIN};

static long long training_reals(const Model *model)
{
    return largest(model, training_phases, 4, false);
}

static long long training_ints(const Model *model)
{
    return largest(model, training_phases, 4, true);
}

static long long state_elements(const Model *model)
{
    long long elements = 0;
    for (int i = 0; i < model->states; i++)
        elements += shape_elements(&model->state[i]->shape);
    return elements;
}

static int real_bytes(const Emitter *emitter)
{
    return emitter->model->options->float64 ? 8 : 4;
}

/* Three words of uint32_t at the end; with doubles a fourth keeps the struct free of padding. */
static long long training_words(const Emitter *emitter)
{
    long long words = training_ints(emitter->model) + 3;
    return real_bytes(emitter) == 8 && words % 2 ? words + 1 : words;
}

long long training_bytes(const Emitter *emitter)
{
    const Model *model = emitter->model;
    long long parameters = parameters_elements(model);
    long long reals =
        (emitter->fused ? 1 : 2) * (parameters ? parameters : 1) + state_elements(model) + training_reals(model);
    return reals * real_bytes(emitter) + training_words(emitter) * 4;
}

/* A struct without members is not C: one element at least. With doubles an even number of ints leaves no padding. */
static Scratch scratch_of(const Emitter *emitter, const PhaseKind *kinds, int count)
{
    Scratch scratch = {largest(emitter->model, kinds, count, false), largest(emitter->model, kinds, count, true)};
    scratch.reals += !scratch.reals;
    scratch.ints += real_bytes(emitter) == 8 && scratch.ints % 2;
    return scratch;
}

static long long scratch_bytes(const Emitter *emitter, Scratch scratch)
{
    return scratch.reals * real_bytes(emitter) + scratch.ints * 4;
}

long long inference_bytes(const Emitter *emitter)
{
    return scratch_bytes(emitter, scratch_of(emitter, inference_phases, 2));
}

long long inference_batch_bytes(const Emitter *emitter)
{
    return scratch_bytes(emitter, scratch_of(emitter, batch_phases, 1));
}

/* ---- arguments ---- */

void emit_input_arguments(const Emitter *emitter, Text *text)
{
    const Model *model = emitter->model;
    for (int i = 0; i < model->inputs; i++)
        text_add(text, ", const %s *%s", emitter->real, model->inputs == 1 ? "input" : model->input[i]->name);
}

void emit_predict_prototype(const Emitter *emitter, Text *text, const char *suffix)
{
    text_add(text, "void %s_predict%s(const %s_parameters *parameters, %s_inference%s *scratch", emitter->name, suffix,
             emitter->name, emitter->name, suffix);
    emit_input_arguments(emitter, text);
    text_add(text, ", %s *output)", emitter->real);
}

void emit_target_arguments(const Emitter *emitter, Text *text)
{
    const Model *model = emitter->model;
    for (int i = 0; i < model->targets; i++)
        if (!model->target[i]->input)
            text_add(text, ", const %s *%s", model->target[i]->is_class ? "int32_t" : emitter->real,
                     model->target[i]->name);
}

/* ---- the file ---- */

static void define(Emitter *emitter, const char *name, long long value, const char *comment)
{
    text_add(emitter->text, "#define %s_%s %lld", emitter->upper, name, value);
    text_add(emitter->text, *comment ? " /* %s */\n" : "%s\n", comment);
}

static void emit_sizes(Emitter *emitter)
{
    const Model *model = emitter->model;
    const char *numbers = model->options->float64 ? "doubles of one sample" : "floats of one sample";
    if (emitter->training)
        define(emitter, "BATCH", model->train.batch, "samples of one training step");
    for (int i = 0; i < model->inputs; i++)
        define(emitter, model->inputs == 1 ? "INPUT" : format("INPUT_%s", upper_case(model->input[i]->name)),
               shape_elements(&model->input[i]->shape), numbers);
    define(emitter, "OUTPUT", shape_elements(&model->output->shape), numbers);
    define(emitter, "PARAMETERS", emitter->trained, "trained numbers");
    define(emitter, "PARAMETERS_BYTES", parameters_bytes(model), "");
    if (emitter->training) {
        define(emitter, "STATE_BYTES", state_elements(model) * real_bytes(emitter),
               "of the optimizer, and renewed statistics");
        define(emitter, "ARENA_BYTES", training_reals(model) * real_bytes(emitter) + training_ints(model) * 4,
               "what passes between the steps of training");
        define(emitter, "TRAINING_BYTES", training_bytes(emitter),
               model->shared_loops ? "all that training needs, with any number of threads" : "all that training needs");
    }
    if (model->options->checkpoint)
        text_add(emitter->text,
                 "#define %s_CHECKPOINT_BYTES(unit) NNC_FLASH_BYTES(%lld, unit) /* of a slot of flash, by its program "
                 "unit */\n",
                 emitter->upper, checkpoint_bytes(emitter));
    define(emitter, "INFERENCE_BYTES", inference_bytes(emitter), "scratch of one prediction");
    if (emitter->batch) {
        define(emitter, "PREDICT_BATCH", emitter->batch, "samples of one prediction of a batch");
        define(emitter, "INFERENCE_BATCH_BYTES", inference_batch_bytes(emitter), "its scratch");
    }
    text_add(emitter->text, "\n");
}

void emit_member(const Emitter *emitter, const char *type, const char *name, const Shape *shape)
{
    text_add(emitter->text, "    %s %s", type, name);
    for (int i = 0; i < shape->rank; i++)
        text_add(emitter->text, "[%d]", shape->dims[i]);
    text_add(emitter->text, ";\n");
}

static void emit_scratch(Emitter *emitter, const char *name, Scratch scratch)
{
    Text *text = emitter->text;
    text_add(text, "typedef struct %s_%s {\n    %s arena[%lld];\n", emitter->name, name, emitter->real, scratch.reals);
    if (scratch.ints)
        text_add(text, "    int32_t places[%lld];\n", scratch.ints);
    text_add(text, "} %s_%s;\n\n", emitter->name, name);
}

/* Floats come first, so that none needs a hole before it. */
static void emit_parameters(Emitter *emitter)
{
    const Model *model = emitter->model;
    const bool halves = half_elements(model) != 0;
    text_add(
        emitter->text,
        halves ? "/* Each uint16_t holds a number of 16 bits, IEEE 754's binary16: the weights that products are made "
                 "with.\n * What is added to sums, or scales them, is float, and so are statistics. */\n"
               : "/* Numbers without padding: a program may treat them as one array. */\n");
    text_add(emitter->text, "typedef struct %s_parameters {\n", emitter->name);
    for (int i = next_weight(model, -1); i < model->weights; i = next_weight(model, i)) {
        const Weight *weight = model->weight[i];
        emit_member(emitter, weight->half ? "uint16_t" : emitter->real, weight->c_name, &weight->shape);
    }
    if (pads_halves(model))
        text_add(emitter->text, "    uint16_t padding;\n");
    if (!model->weights)
        text_add(emitter->text, "    %s none;\n", emitter->real);
    text_add(emitter->text, "} %s_parameters;\n\n", emitter->name);
}

static void emit_structs(Emitter *emitter)
{
    const Model *model = emitter->model;
    Text *text = emitter->text;
    const char *name = emitter->name, *upper = emitter->upper;
    emit_parameters(emitter);
    if (emitter->training) {
        text_add(text, "/* All that training owns. */\ntypedef struct %s_training {\n    %s_parameters parameters%s;\n",
                 name, name, emitter->fused ? "" : ", gradients");
        for (int i = 0; i < model->states; i++)
            emit_member(emitter, emitter->real, model->state[i]->c_name, &model->state[i]->shape);
        if (training_reals(model))
            text_add(text, "    %s arena[%lld];\n", emitter->real, training_reals(model));
        if (training_ints(model))
            text_add(text, "    int32_t places[%lld];\n", training_ints(model));
        text_add(text, "    uint32_t step; /* updates made so far */\n    uint32_t seed[2];\n");
        if (training_words(emitter) > training_ints(model) + 3)
            text_add(text, "    uint32_t padding;\n");
        text_add(text, "} %s_training;\n\n", name);
    }
    text_add(text, "/* Scratch of one prediction. */\n");
    emit_scratch(emitter, "inference", scratch_of(emitter, inference_phases, 2));
    if (emitter->batch) {
        text_add(text, "/* Scratch of one prediction of %d samples. */\n", emitter->batch);
        emit_scratch(emitter, "inference_batch", scratch_of(emitter, batch_phases, 1));
    }
    text_add(text, "/* The sizes above are those of the structs. */\n");
    if (model->weights)
        text_add(text, "typedef char %s_parameters_size[sizeof(%s_parameters) == %s_PARAMETERS_BYTES ? 1 : -1];\n",
                 name, name, upper);
    if (emitter->training)
        text_add(text, "typedef char %s_training_size[sizeof(%s_training) == %s_TRAINING_BYTES ? 1 : -1];\n", name,
                 name, upper);
    text_add(text, "typedef char %s_inference_size[sizeof(%s_inference) == %s_INFERENCE_BYTES ? 1 : -1];\n", name, name,
             upper);
    if (emitter->batch)
        text_add(text,
                 "typedef char %s_inference_batch_size[sizeof(%s_inference_batch) == %s_INFERENCE_BATCH_BYTES ? 1 : "
                 "-1];\n",
                 name, name, upper);
    text_add(text, "\n");
}

void emit_step_prototype(const Emitter *emitter, Text *text, const char *function)
{
    text_add(text, "%s %s_%s(%s_training *net", emitter->real, emitter->name, function, emitter->name);
    emit_input_arguments(emitter, text);
    emit_target_arguments(emitter, text);
    text_add(text, ")");
}

static void emit_training_functions(Emitter *emitter)
{
    Text *text = emitter->text;
    const char *name = emitter->name, *real = emitter->real;
    text_add(text,
             "/* New parameters from a seed; step 0. */\nvoid %s_initialize(%s_training *net, uint64_t seed);\n\n",
             name, name);
    text_add(text, "/* One step of training on a batch%s. The mean loss over the data. */\n",
             emitter->fused ? "; each gradient is consumed as soon as it is complete" : ": gradient, then update");
    emit_step_prototype(emitter, text, "train");
    text_add(text, ";\n\n");
    if (!emitter->fused) {
        text_add(text, "/* net->gradients becomes the derivative of the mean loss, which is returned; nothing else "
                       "changes. */\n");
        emit_step_prototype(emitter, text, "gradient");
        text_add(text, ";\n\n/* Clips the gradients, adds the regularizer's part, takes the optimizer's step. */\n");
        text_add(text, "void %s_update(%s_training *net);\n\n", name, name);
    }
    text_add(text,
             "/* What the regularizer adds to the objective. */\n%s %s_penalty(const %s_parameters *parameters);\n\n",
             real, name, name);
}

static void emit_functions(Emitter *emitter)
{
    Text *text = emitter->text;
    const Model *model = emitter->model;
    const char *name = emitter->name;
    if (emitter->training)
        emit_training_functions(emitter);
    if (model->options->checkpoint)
        emit_checkpoint_prototypes(emitter, text);
    text_add(text, "/* The output for one sample. */\n");
    emit_predict_prototype(emitter, text, "");
    text_add(text, ";\n\n");
    if (emitter->batch) {
        text_add(text,
                 "/* The outputs for %d samples, one behind the other as the samples are; each has the bits that "
                 "%s_predict gives it. */\n",
                 emitter->batch, name);
        emit_predict_prototype(emitter, text, "_batch");
        text_add(text, ";\n\n");
    }
    if (model->options->weights)
        text_add(text, "/* The trained parameters. */\nextern const %s_parameters %s_weights;\n\n", name, name);
    if (model->options->describe)
        text_add(text,
                 "/* All of the above for a program that does not know this network. */\nconst nnc_network "
                 "*%s_network(void);\n\n",
                 name);
}

void emit_header(Emitter *emitter, Text *wrapped)
{
    const Model *model = emitter->model;
    Text lines = {0}, *text = &lines;
    emitter->text = text;
    text_add(text, "/* %s - generated by nnc %s from %s. What nnc prints belongs to whoever runs it. */\n",
             emitter->name, NNC_VERSION, base_name(model->source->name));
    text_add(text, "#ifndef %s_H\n#define %s_H\n\n#include <stddef.h>\n#include <stdint.h>\n\n", emitter->upper,
             emitter->upper);
    if (model->options->describe)
        text_add(text, "#include <nnc/network.h>\n\n");
    if (model->options->checkpoint)
        emit_flash_interface(emitter, text);
    text_add(text, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    emit_sizes(emitter);
    emit_structs(emitter);
    emit_functions(emitter);
    text_add(text, "#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
    print_wrapped(wrapped, lines.bytes);
}
