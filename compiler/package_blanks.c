/* package_blanks.c - what a network puts in the blanks of a package's files; packages/README.md lists them. */
#include "package_blanks.h"
#include "emit.h"
#include "footprint.h"
#include "sizes.h"

#include <string.h>

static bool trains(const Model *model)
{
    return model->phase[PHASE_TRAIN] || model->phase[PHASE_GRADIENT];
}

static const char *real_name(const Model *model)
{
    return model->options->float64 ? "double" : "float";
}

/* ---- arguments of the functions, as an example passes them ---- */

/* input, or input_left where there are several. */
static const char *input_name(const Model *model, int i)
{
    return model->inputs == 1 ? "input" : format("input_%s", model->input[i]->name);
}

static const char *target_name(const Model *model, int i)
{
    return strcmp(model->target[i]->name, "target") == 0 ? "target" : format("target_%s", model->target[i]->name);
}

static const char *input_arguments(const Model *model)
{
    Text text = {0};
    for (int i = 0; i < model->inputs; i++)
        text_add(&text, ", %s", input_name(model, i));
    return text.bytes;
}

static const char *target_arguments(const Model *model)
{
    Text text = {0};
    for (int i = 0; i < model->targets; i++)
        if (!model->target[i]->input)
            text_add(&text, ", %s", target_name(model, i));
    return text.bytes;
}

/* The size of an array of targets for one batch. */
static const char *target_size(const Model *model, int i)
{
    const long long elements = shape_elements(&model->target[i]->shape);
    return format("%s_BATCH%s", upper_case(model->name), elements == 1 ? "" : format(" * %lld", elements));
}

/* Arrays of one batch where there is training, else of one sample. */
static const char *arrays(const Model *model)
{
    Text text = {0};
    const char *upper = upper_case(model->name), *real = real_name(model);
    const char *batch = trains(model) ? format("%s_BATCH * ", upper) : "";
    for (int i = 0; i < model->inputs; i++)
        text_add(&text, "static %s %s[%s%s_INPUT%s];\n", real, input_name(model, i), batch, upper,
                 model->inputs == 1 ? "" : format("_%s", upper_case(model->input[i]->name)));
    for (int i = 0; trains(model) && i < model->targets; i++)
        if (!model->target[i]->input)
            text_add(&text, "static %s %s[%s];\n", model->target[i]->is_class ? "int32_t" : real, target_name(model, i),
                     target_size(model, i));
    text_add(&text, "static %s output[%s_OUTPUT];\n", real, upper);
    return text.bytes;
}

/* ---- memory ---- */

static void add_row(Text *text, const char *what, long long bytes, const char *remark)
{
    text_add(text, "| %s | %lld | %s |\n", what, bytes, remark);
}

static const char *memory_table(const Model *model)
{
    Text text = {0};
    const Footprint all = footprint_of(model);
    const char *name = model->name;
    const long long lists = all.constants - all.frozen - (model->options->weights ? all.parameters : 0);
    text_add(&text, "| memory | bytes | |\n|---|---:|---|\n");
    if (all.training)
        add_row(&text, format("`%s_training`", name), all.training_total,
                "all that training needs: parameters, gradients, optimizer, intermediate values");
    if (model->options->weights)
        add_row(&text, format("`%s_weights`", name), all.parameters, "the trained parameters, which are constants");
    else if (!all.training)
        add_row(&text, format("`%s_parameters`", name), all.parameters, "the parameters, which your program provides");
    add_row(&text, format("`%s_inference`", name), all.inference, "scratch of a prediction");
    if (all.batch)
        add_row(&text, format("`%s_inference_batch`", name), all.batch,
                format("scratch of a prediction of %d samples", model->options->predict_batch));
    if (lists)
        add_row(&text, "lists", lists, "constants of the description");
    return text.bytes;
}

/* ---- all of them ---- */

static void add_options(Blanks *blanks, const Model *model)
{
    static const char *const numerics[] = {
        [NUMERICS_FUSED] = "fused", [NUMERICS_SEPARATE] = "separate", [NUMERICS_FAST] = "fast"};
    blank_add(blanks, "nnc", NNC_VERSION);
    blank_add(blanks, "spec", base_name(model->source->name));
    blank_add(blanks, "target", model->options->machine->name);
    blank_add(blanks, "numerics", numerics[model->options->numerics]);
    blank_add(blanks, "flags", model->options->machine->flags);
}

Blanks package_blanks(const Model *model, const Imprint *imprint)
{
    Blanks blanks = {0};
    const bool training = trains(model), weights = model->options->weights != NULL;
    blank_add(&blanks, "name", model->name);
    blank_add(&blanks, "NAME", upper_case(model->name));
    blank_add(&blanks, "short", format("%.32s", model->name));
    blank_add(&blanks, "release", imprint->release);
    blank_add(&blanks, "author", imprint->author);
    blank_add(&blanks, "url", imprint->url);
    blank_add(&blanks, "vendor", imprint->vendor);
    add_options(&blanks, model);
    blank_add(&blanks, "training", training ? "trains and " : "");
    blank_add(&blanks, "weights", weights ? "weights" : "");
    blank_add(&blanks, "batch", model->options->predict_batch ? format("%d", model->options->predict_batch) : "");
    blank_add(&blanks, "parameters",
              training  ? "net.parameters"
              : weights ? format("%s_weights", model->name)
                        : "parameters");
    blank_add(&blanks, "arrays", arrays(model));
    blank_add(&blanks, "inputs", input_arguments(model));
    blank_add(&blanks, "targets", target_arguments(model));
    blank_add(&blanks, "memory", memory_table(model));
    return blanks;
}
