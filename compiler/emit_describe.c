/* emit_describe.c - what --describe and --weights add: the network as data, and parameters as data. */
#include "emit.h"
#include "forms.h"
#include "sizes.h"

#include <string.h>

static void emit_shape(Text *text, const Shape *shape)
{
    text_add(text, "%d, {", shape->rank);
    for (int i = 0; i < shape->rank; i++)
        text_add(text, "%s%d", i ? ", " : "", shape->dims[i]);
    text_add(text, shape->rank ? "}, %lld" : "0}, %lld", shape_elements(shape));
}

static void emit_ports(Emitter *emitter)
{
    const Model *model = emitter->model;
    Text *text = emitter->text;
    text_add(text, "static const nnc_port %s_inputs[] = {\n", emitter->name);
    for (int i = 0; i < model->inputs; i++) {
        text_add(text, "    {\"%s\", NNC_REAL, ", model->input[i]->name);
        emit_shape(text, &model->input[i]->shape);
        text_add(text, ", 0, 0},\n");
    }
    text_add(text, "};\n\n");
    if (!model->targets)
        return;
    text_add(text, "static const nnc_port %s_targets[] = {\n", emitter->name);
    for (int i = 0; i < model->targets; i++) {
        const TargetPort *target = model->target[i];
        int copies = 0;
        for (int k = 0; k < model->inputs; k++)
            if (target->input == model->input[k])
                copies = k + 1;
        text_add(text, "    {\"%s\", %s, ", target->name, target->is_class ? "NNC_INT32" : "NNC_REAL");
        emit_shape(text, &target->shape);
        text_add(text, ", %d, %d},\n", target->classes, copies);
    }
    text_add(text, "};\n\n");
}

static void emit_tensor(Emitter *emitter, const char *name, const char *type, const Shape *shape, const char *member,
                        int parameter, int trained)
{
    text_add(emitter->text, "    {\"%s\", %s, ", name, type);
    emit_shape(emitter->text, shape);
    text_add(emitter->text, ", offsetof(%s_training, %s), %d, %d},\n", emitter->name, member, parameter, trained);
}

static int emit_tensors(Emitter *emitter)
{
    const Model *model = emitter->model;
    text_add(emitter->text, "static const nnc_tensor %s_tensors[] = {\n", emitter->name);
    for (int i = 0; i < model->weights; i++) {
        const Weight *weight = model->weight[i];
        emit_tensor(emitter, weight->name, "NNC_REAL", &weight->shape, format("parameters.%s", weight->c_name), 1,
                    weight->trained);
    }
    for (int i = 0; i < model->states; i++)
        emit_tensor(emitter, model->state[i]->name, "NNC_REAL", &model->state[i]->shape, model->state[i]->c_name, 0, 0);
    emit_tensor(emitter, "step", "NNC_UINT32", &(Shape){.rank = 1, .dims = {1}}, "step", 0, 0);
    emit_tensor(emitter, "seed", "NNC_UINT32", &(Shape){.rank = 1, .dims = {2}}, "seed", 0, 0);
    text_add(emitter->text, "};\n\n");
    return model->weights + model->states + 2;
}

/* ---- functions through void pointers ---- */

static void emit_pointers(Emitter *emitter, bool targets)
{
    const Model *model = emitter->model;
    for (int i = 0; i < model->inputs; i++)
        text_add(emitter->text, ", (const %s *)input[%d]", emitter->real, i);
    for (int i = 0; targets && i < model->targets; i++)
        if (!model->target[i]->input)
            text_add(emitter->text, ", (const %s *)target[%d]", model->target[i]->is_class ? "int32_t" : emitter->real,
                     i);
}

static void emit_step(Emitter *emitter, const char *function)
{
    Text *text = emitter->text;
    text_add(text, "static double %s_any_%s(void *training, const void *const *input, const void *const *target)\n{\n",
             emitter->name, function);
    text_add(text, "    (void)target;\n    return (double)%s_%s((%s_training *)training", emitter->name, function,
             emitter->name);
    emit_pointers(emitter, true);
    text_add(text, ");\n}\n\n");
}

static void emit_any_predict(Emitter *emitter, const char *suffix)
{
    Text *text = emitter->text;
    const char *name = emitter->name;
    text_add(text,
             "static void %s_any_predict%s(const void *parameters, void *inference%s, const void *const *input, void "
             "*output)\n{\n",
             name, suffix, suffix);
    text_add(text, "    %s_predict%s((const %s_parameters *)parameters, (%s_inference%s *)inference%s", name, suffix,
             name, name, suffix, suffix);
    emit_pointers(emitter, false);
    text_add(text, ", (%s *)output);\n}\n\n", emitter->real);
}

static void emit_wrappers(Emitter *emitter)
{
    Text *text = emitter->text;
    const char *name = emitter->name;
    text_add(text,
             "static void %s_any_initialize(void *training, uint64_t seed)\n{\n    %s_initialize((%s_training "
             "*)training, seed);\n}\n\n",
             name, name, name);
    emit_step(emitter, "train");
    if (!emitter->fused) {
        emit_step(emitter, "gradient");
        text_add(text, "static void %s_any_update(void *training)\n{\n    %s_update((%s_training *)training);\n}\n\n",
                 name, name, name);
    }
    text_add(text,
             "static double %s_any_penalty(const void *parameters)\n{\n    return (double)%s_penalty((const "
             "%s_parameters *)parameters);\n}\n\n",
             name, name, name);
    emit_any_predict(emitter, "");
    if (emitter->batch)
        emit_any_predict(emitter, "_batch");
    text_add(text,
             "static double %s_any_evaluate(const void *parameters, void *inference, const void *const *input,\n    "
             "const void *const *target, void *scored)\n{\n",
             name);
    text_add(text,
             "    (void)target;\n    return (double)%s_evaluate((const %s_parameters *)parameters, (%s_inference "
             "*)inference",
             name, name, name);
    emit_pointers(emitter, true);
    text_add(text, ", (%s *)scored);\n}\n\n", emitter->real);
}

/* ---- identity ---- */

static uint64_t mix(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return (hash ^ 0xff) * 1099511628211u;
}

uint64_t spec_hash(const Model *model)
{
    uint64_t hash = mix(14695981039346656037u, model->name);
    for (int i = 0; i < model->inputs; i++)
        hash = mix(hash, shape_text(&model->input[i]->shape));
    for (int i = 0; i < model->layers; i++)
        hash = mix(mix(hash, model->layer[i]->name), model->layer[i]->choice->template->name);
    for (int i = 0; i < model->weights; i++)
        hash = mix(mix(hash, model->weight[i]->name), shape_text(&model->weight[i]->shape));
    for (int i = 0; i < model->constants; i++)
        hash = mix(mix(mix(hash, "constant"), model->constant[i]->name), shape_text(&model->constant[i]->shape));
    for (int i = 0; i < model->states; i++)
        hash = mix(mix(hash, model->state[i]->name), shape_text(&model->state[i]->shape));
    for (int i = 0; i < model->losses; i++)
        hash = mix(hash, model->loss[i]->choice->template->name);
    hash = mix(hash, model->optimizer->template->name);
    return mix(hash, format("%d %d", model->train.batch, model->options->float64));
}

static const char *metric_of(const Model *model)
{
    const char *metric = model->losses ? model->loss[0]->choice->template->metric : NULL;
    if (metric && strcmp(metric, "class") == 0)
        return "NNC_METRIC_CLASS";
    if (metric && strcmp(metric, "binary") == 0)
        return "NNC_METRIC_BINARY";
    return metric && strcmp(metric, "sign") == 0 ? "NNC_METRIC_SIGN" : "NNC_METRIC_NONE";
}

static void emit_output_port(Emitter *emitter, const char *member, const char *name, const Shape *shape)
{
    text_add(emitter->text, "    {\"%s\", NNC_REAL, ", name);
    emit_shape(emitter->text, shape);
    text_add(emitter->text, ", 0, 0}, /* %s */\n", member);
}

/* What evaluate hands out: what the first loss reads, or an array of its own that it counts by. */
static void emit_scored_port(Emitter *emitter)
{
    const Loss *loss = emitter->model->loss[0];
    const char *own = loss->choice->template->scored;
    Shape shape = loss->input->shape;
    const Phase *phase = emitter->model->phase[PHASE_EVALUATE];
    for (int i = 0; own && i < phase->tensors; i++) {
        const Tensor *tensor = phase->tensor[i];
        if (tensor->role != ROLE_SCORED)
            continue;
        shape.rank = tensor->rank - 1; /* without the batch */
        memcpy(shape.dims, tensor->dims + 1, (size_t)shape.rank * sizeof *shape.dims);
    }
    emit_output_port(emitter, "scored", own ? own : loss->input->name, &shape);
}

/* The output is what is counted, or follows from it alone: a softmax of the logits. */
static bool output_is_counted(const Model *model)
{
    const Loss *loss = model->loss[0];
    const Layer *layer = model->output;
    while (layer != loss->input && layer->inputs == 1 && !layer->weights)
        layer = layer->input[0];
    return layer == loss->input && !loss->choice->template->scored;
}

static bool measures_samples(const Model *model)
{
    for (int i = 0; i < model->losses; i++)
        if (loss_measures_samples(model->loss[i]))
            return true;
    return false;
}

void emit_description(Emitter *emitter)
{
    const Model *model = emitter->model;
    Text *text = emitter->text;
    const char *name = emitter->name;
    emit_rate(emitter, model->phase[emitter->fused ? PHASE_TRAIN : PHASE_UPDATE]);
    emit_ports(emitter);
    int tensors = emit_tensors(emitter);
    emit_wrappers(emitter);
    text_add(text,
             "static const nnc_network %s_description = {\n    \"%s\",\n    \"%016llx\",\n    %d,\n    %s_BATCH,\n    "
             "%d,\n    %d,\n    %s_inputs,\n    %s%s,\n",
             name, name, (unsigned long long)spec_hash(model), model->options->float64 ? 8 : 4, emitter->upper,
             model->inputs, model->targets, name, model->targets ? name : "NULL", model->targets ? "_targets" : "");
    emit_output_port(emitter, "output", model->output->name, &model->output->shape);
    text_add(text, "    %s,\n", metric_of(model));
    emit_scored_port(emitter);
    text_add(text,
             "    %d,\n    %d,\n    %d,\n    %s_tensors,\n    %s_PARAMETERS,\n    sizeof(%s_parameters),\n    "
             "sizeof(%s_training),\n    "
             "sizeof(%s_inference),\n",
             !output_is_counted(model), !measures_samples(model), tensors, name, emitter->upper, name, name, name);
    static const char *const functions[] = {"any_initialize", "any_train", "any_gradient", "any_update",
                                            "any_penalty",    "rate",      "any_predict",  "any_evaluate"};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        bool absent = emitter->fused && (i == 2 || i == 3);
        text_add(text, absent ? "    NULL,\n" : "    %s_%s,\n", name, functions[i]);
    }
    if (emitter->batch)
        text_add(text, "    %d,\n    sizeof(%s_inference_batch),\n    %s_any_predict_batch,\n", emitter->batch, name,
                 name);
    else
        text_add(text, "    0,\n    0,\n    NULL,\n");
    text_add(text, "};\n\nconst nnc_network *%s_network(void)\n{\n    return &%s_description;\n}\n", name, name);
}
