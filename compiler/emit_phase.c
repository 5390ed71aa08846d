/* emit_phase.c - the functions of the network, and the kernels that they call. */
#include "emit.h"
#include "expr.h"
#include "forms.h"
#include "lives.h"
#include "print.h"
#include "sizes.h"
#include "steps.h"

#include <string.h>

/* ---- kernels ---- */

/* The spec's line as the user wrote it, without the indent. */
static const char *spec_line(Span span)
{
    if (!span.source || !span.line)
        return "";
    const char *at = span.source->text;
    for (int line = 1; line < span.line && at; line++) {
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    if (!at)
        return "";
    at += strspn(at, " \t");
    return format("%.*s", (int)strcspn(at, "\r\n"), at);
}

/* Text of the user's in a comment of the print: it neither closes nor opens one, and is plain ASCII, so that no
 * compiler reads it otherwise than a person does. */
static const char *comment_safe(const char *line)
{
    char *safe = format("%s", line);
    for (char *c = safe; *c; c++) {
        if ((c[0] == '*' && c[1] == '/') || (c[0] == '/' && c[1] == '*'))
            c[c[0] == '/'] = '+';
        if (*c < ' ' || *c > '~')
            *c = '?';
    }
    return safe;
}

/* What the spec left out is asked for by no line of it: such a choice carries the place of the network's name. */
static void kernel_comment(Text *text, const Step *step, int network_line)
{
    const char *line = comment_safe(spec_line(step->span));
    Text words = {0};
    const char *name = step->source->name;
    bool backward = strlen(name) > 9 && strcmp(name + strlen(name) - 9, "_backward") == 0;
    text_add(&words, backward ? "%s, backward: %s." : "%s: %s.", step->title, step->kernel->summary);
    if (*line && step->span.line != network_line)
        text_add(&words, " Line %d: %s", step->span.line, line);
    if (step->kernel->schedule)
        text_add(&words, " [%s]", step->kernel->schedule);
    emit_comment(text, "", words.bytes);
}

/* The printed name of a step's kernel; prints the kernel if that has not been done. */
static const char *printed_kernel(Emitter *emitter, const Step *step)
{
    const Options *options = emitter->model->options;
    const int printed = emitter->names.count;
    const char *name = format("%s_%s", emitter->name, kernel_name(&emitter->names, step->kernel));
    if (emitter->names.count == printed)
        return name;
    Text signature = {0};
    Printer printer = print_parameters(&signature, step->kernel, options->float64, options->branches);
    kernel_comment(emitter->text, step, emitter->model->name_span.line);
    emit_list(emitter->text, format("static void %s(", name), signature.bytes, ")\n");
    print_function_body(&printer, emitter->text, step->kernel);
    text_add_word(emitter->text, "\n");
    return name;
}

/* ---- arguments ---- */

static const char *const reserved[] = {"net",  "input",  "output", "target", "scratch", "parameters",
                                       "seed", "scored", "arena",  "places", "block",   "i"};

static bool is_argument_name(const Model *model, const char *name)
{
    bool clash = false;
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        clash |= strcmp(name, reserved[i]) == 0;
    for (int i = 0; i < model->inputs; i++)
        clash |= strcmp(name, model->input[i]->name) == 0;
    for (int i = 0; i < model->targets; i++)
        clash |= strcmp(name, model->target[i]->name) == 0;
    return clash;
}

/* The name of an arena tensor's pointer in its function: its own, unless an argument has that or a function may. */
static const char *local_name(const Model *model, const Phase *phase, const Tensor *tensor)
{
    size_t prefix = strlen(model->name);
    bool file_scope = strncmp(tensor->name, model->name, prefix) == 0 && tensor->name[prefix] == '_';
    if (!file_scope && !is_argument_name(model, tensor->name))
        return tensor->name;
    const char *name = format("%s_value", tensor->name);
    while (is_argument_name(model, name) || is_tensor_name(phase, name))
        name = format("%s_value", name);
    return name;
}

static bool through_net(PhaseKind kind)
{
    return kind == PHASE_INITIALIZE || kind == PHASE_GRADIENT || kind == PHASE_UPDATE || kind == PHASE_TRAIN;
}

/* Where a weight, or a run of several, begins. */
static const char *weight_place(const Emitter *emitter, const Phase *phase, const Tensor *tensor)
{
    const char *member = tensor->role == ROLE_GRADIENT ? "gradients" : "parameters";
    bool net = through_net(phase->kind);
    if (tensor->weight->constant)
        return format("%s_frozen.%s", emitter->name, tensor->weight->c_name);
    if (tensor->elements == shape_elements(&tensor->weight->shape))
        return net ? format("net->%s.%s", member, tensor->weight->c_name)
                   : format("parameters->%s", tensor->weight->c_name);
    long long start = 0;
    for (int i = 0; emitter->model->weight[i] != tensor->weight; i++)
        start += shape_elements(&emitter->model->weight[i]->shape);
    const char *base =
        net ? format("(%s *)&net->%s", emitter->real, member) : format("(const %s *)parameters", emitter->real);
    return start ? format("(%s + %lld)", base, start) : format("(%s)", base);
}

static const char *tensor_place(const Emitter *emitter, const Phase *phase, const Tensor *tensor)
{
    const Tensor *root = root_tensor(tensor);
    const Model *model = emitter->model;
    switch (root->role) {
    case ROLE_INPUT:
        return model->inputs == 1 ? "input" : model->input[root->port]->name;
    case ROLE_TARGET:
        return model->target[root->port]->name;
    case ROLE_OUTPUT:
        return "output";
    case ROLE_SCORED:
        return "scored";
    case ROLE_WEIGHT:
    case ROLE_GRADIENT:
        return weight_place(emitter, phase, root);
    case ROLE_STATE:
        if (!through_net(phase->kind))
            return format("state->%s", root->state->c_name);
        return root->offset ? format("net->%s + %lld", root->state->c_name, root->offset)
                            : format("net->%s", root->state->c_name);
    case ROLE_CONSTANT:
        return format("%s_%s", emitter->name, root->name);
    default:
        return local_name(model, phase, root);
    }
}

/* A pointer of the kernel's parameter type: `(const float (*)[784])input`; one dimension needs no brackets. */
static const char *argument_text(const Emitter *emitter, const Phase *phase, const Step *step, int index)
{
    const Argument *argument = &step->arguments[index];
    const Array *array = step->kernel->parameters[index].array;
    if (!array)
        return argument->text;
    const char *place = tensor_place(emitter, phase, argument->tensor);
    Text text = {0};
    const char *type = array->type == TYPE_INT ? "int32_t" : array->half ? "uint16_t" : emitter->real;
    text_add(&text, "(%s%s ", array->constant ? "const " : "", type);
    text_add(&text, array->rank > 1 ? "(*)" : "*");
    for (int i = 1; i < array->rank; i++)
        text_add(&text, "[%lld]", array->dims[i]->number);
    bool sum = strchr(place, '+') && place[0] != '(';
    text_add(&text, sum ? ")(%s)" : ")%s", place);
    return text.bytes;
}

/* A plain pointer that needs no cast is left plain. */
static bool needs_cast(const Tensor *tensor, const Array *array)
{
    const Tensor *root = root_tensor(tensor);
    if (array->rank > 1)
        return true;
    if (root->role == ROLE_WEIGHT || root->role == ROLE_GRADIENT)
        return root->weight->shape.rank != 1 || root->elements != shape_elements(&root->weight->shape);
    return root->role == ROLE_STATE && root->state->shape.rank != 1;
}

static void emit_call(Emitter *emitter, const Phase *phase, const Step *step, const char *name, const char *indent)
{
    Text arguments = {0};
    for (int i = 0; i < step->count; i++) {
        const Tensor *tensor = step->arguments[i].tensor;
        bool plain = tensor && !needs_cast(tensor, step->kernel->parameters[i].array);
        text_add(&arguments, "%s%s", i ? "\n" : "",
                 plain ? tensor_place(emitter, phase, tensor) : argument_text(emitter, phase, step, i));
    }
    emit_list(emitter->text, format("%s%s(", indent, name), arguments.bytes ? arguments.bytes : "", ");\n");
}

/* ---- locals of a phase ---- */

/* By a step of its phase, itself or through a view. */
static bool used(const Tensor *tensor)
{
    return tensor->born >= 0;
}

static bool written(const Phase *phase, const Tensor *tensor)
{
    for (int i = 0; i < phase->steps; i++)
        for (int a = 0; a < phase->step[i]->count; a++) {
            const Tensor *own = phase->step[i]->arguments[a].tensor;
            if (own && root_tensor(own) == tensor && phase->step[i]->kernel->parameters[a].array->written)
                return true;
        }
    return false;
}

static bool uses_type(const Phase *phase, Type type)
{
    bool found = false;
    for (int i = 0; i < phase->tensors; i++)
        found |= in_arena(phase->tensor[i]) && phase->tensor[i]->type == type && used(phase->tensor[i]);
    return found;
}

/* Where places count from: with lanes, the first whole vector of the memory. */
static const char *base_of_places(const Emitter *emitter, const char *owner, Type type)
{
    const char *member = type == TYPE_INT ? "places" : "arena";
    return emitter->model->options->lanes > 1 ? member : format("%s->%s", owner, member);
}

static void emit_bases(Emitter *emitter, const Phase *phase, const char *owner)
{
    if (emitter->model->options->lanes < 2)
        return;
    if (uses_type(phase, TYPE_REAL))
        text_add(emitter->text, "    %s *const arena = nnc_align(%s->arena);\n", emitter->real, owner);
    if (uses_type(phase, TYPE_INT))
        text_add(emitter->text, "    int32_t *const places = nnc_ialign(%s->places);\n", owner);
}

static void emit_locals(Emitter *emitter, const Phase *phase, const char *owner)
{
    Text *text = emitter->text;
    emit_bases(emitter, phase, owner);
    for (int i = 0; i < phase->tensors; i++) {
        const Tensor *tensor = phase->tensor[i];
        if (tensor->view || !used(tensor))
            continue;
        if (tensor->role == ROLE_SCALAR) {
            text_add(text, "    %s %s[%lld] = {0};\n", emitter->real, local_name(emitter->model, phase, tensor),
                     tensor->elements);
        } else if (tensor->role == ROLE_VALUE || tensor->role == ROLE_SCRATCH) {
            bool ints = tensor->type == TYPE_INT;
            text_add(text, "    %s *const %s = %s + %lld; /* ", ints ? "int32_t" : emitter->real,
                     local_name(emitter->model, phase, tensor), base_of_places(emitter, owner, tensor->type),
                     tensor->offset);
            for (int d = 0; d < tensor->rank; d++)
                text_add(text, "[%d]", tensor->dims[d]);
            text_add(text, " */\n");
        }
    }
}

static void emit_constants(Emitter *emitter, const Phase *phase)
{
    Text *text = emitter->text;
    for (int i = 0; i < phase->tensors; i++) {
        const Tensor *tensor = phase->tensor[i];
        if (tensor->role != ROLE_CONSTANT || !used(tensor))
            continue;
        bool known = false;
        for (int k = 0; k < emitter->constants; k++)
            known |= strcmp(emitter->constant[k], tensor->name) == 0;
        if (known)
            continue;
        PUSH(emitter->constant, emitter->constants, tensor->name);
        bool ints = tensor->type == TYPE_INT;
        text_add(text, "static const %s %s_%s[%lld] = {", ints ? "int32_t" : emitter->real, emitter->name, tensor->name,
                 tensor->elements);
        for (long long n = 0; n < tensor->elements; n++) {
            text_add(text, n ? ", " : "");
            if (ints)
                text_add(text, "%.0f", tensor->numbers[n]);
            else
                text_add(text, "%s%s", number_text(tensor->numbers[n]), emitter->model->options->float64 ? "" : "f");
        }
        text_add(text, "};\n\n");
    }
}

static bool uses_seed(const Phase *phase)
{
    for (int i = 0; i < phase->steps; i++)
        for (int a = 0; a < phase->step[i]->count; a++)
            if (phase->step[i]->arguments[a].text && strstr(phase->step[i]->arguments[a].text, "seed"))
                return true;
    return false;
}

/* ---- the functions ---- */

/* What step number `step` is one of; NULL: it makes no rounds. */
static const Rounds *rounds_of(const Phase *phase, int step)
{
    return step >= 0 && step < phase->steps ? phase->step[step]->rounds : NULL;
}

static void emit_step(Emitter *emitter, const Phase *phase, int step, const char *name)
{
    const Rounds *rounds = rounds_of(phase, step);
    const char *indent = rounds ? "        " : "    ";
    if (rounds && rounds != rounds_of(phase, step - 1))
        text_add(emitter->text,
                 "    /* A block of samples at a time: what goes from function to function stays in the caches. */\n"
                 "    for (int32_t block = 0; block < %d; block++) {\n",
                 rounds->count);
    emit_call(emitter, phase, phase->step[step], name, indent);
    bool measured = phase->kind != PHASE_INITIALIZE && phase->kind != PHASE_PENALTY && phase->kind != PHASE_EVALUATE;
    if (emitter->model->options->timed && measured)
        text_add(emitter->text, "%s%s_tick(%s_tick_context, %d, %d);\n", indent, emitter->name, emitter->name,
                 phase->kind, step);
    if (rounds && rounds != rounds_of(phase, step + 1))
        text_add(emitter->text, "    }\n");
}

static void emit_steps(Emitter *emitter, const Phase *phase, const char **names)
{
    for (int i = 0; i < phase->steps; i++)
        emit_step(emitter, phase, i, names[i]);
}

static void emit_result(Emitter *emitter, const Phase *phase)
{
    Text *text = emitter->text;
    text_add(text, "    return ");
    for (int i = 0; i < phase->results; i++) {
        text_add(text, i ? " + " : "");
        if (phase->result_weight[i] != 1)
            text_add(text, "%s%s * ", number_text(phase->result_weight[i]),
                     emitter->model->options->float64 ? "" : "f");
        text_add(text, "%s[0]", local_name(emitter->model, phase, phase->result[i]));
    }
    if (!phase->results)
        text_add(text, emitter->model->options->float64 ? "0.0" : "0.0f");
    text_add(text, ";\n");
}

static void emit_fill(Emitter *emitter, const char *place, long long elements, double value)
{
    text_add(emitter->text, "    for (size_t i = 0; i < %lld; i++)\n        ((%s *)%s)[i] = %s%s;\n", elements,
             emitter->real, place, number_text(value), emitter->model->options->float64 ? "" : "f");
}

static void emit_initialize(Emitter *emitter, const Phase *phase, const char **names)
{
    const Model *model = emitter->model;
    Text *text = emitter->text;
    text_add(text, "void %s_initialize(%s_training *net, uint64_t seed)\n{\n", emitter->name, emitter->name);
    emit_locals(emitter, phase, "net");
    if (!emitter->fused)
        emit_fill(emitter, "&net->gradients", parameters_elements(model) ? parameters_elements(model) : 1, 0);
    for (int i = 0; i < model->states; i++)
        emit_fill(emitter, format("net->%s", model->state[i]->c_name), shape_elements(&model->state[i]->shape),
                  model->state[i]->initial);
    for (int i = 0; i < model->weights; i++)
        if (model->weight[i]->statistic)
            emit_fill(emitter, format("net->parameters.%s", model->weight[i]->c_name),
                      shape_elements(&model->weight[i]->shape), model->weight[i]->state_value);
    emit_steps(emitter, phase, names);
    text_add(
        text,
        "    net->step = 0;\n    net->seed[0] = (uint32_t)seed;\n    net->seed[1] = (uint32_t)(seed >> 32);\n}\n\n");
}

static bool reads_port(const Phase *phase, Role role, int port)
{
    for (int i = 0; i < phase->tensors; i++)
        if (phase->tensor[i]->role == role && phase->tensor[i]->port == port && used(phase->tensor[i]))
            return true;
    return false;
}

/* Arguments that every function has, but not every one reads: inputs of other outputs, targets of losses that
 * evaluation leaves out. */
static void emit_unread_arguments(Emitter *emitter, const Phase *phase)
{
    const Model *model = emitter->model;
    for (int i = 0; i < model->inputs; i++)
        if (!reads_port(phase, ROLE_INPUT, i))
            text_add(emitter->text, "    (void)%s;\n", model->inputs == 1 ? "input" : model->input[i]->name);
    bool predicts = phase->kind == PHASE_PREDICT || phase->kind == PHASE_PREDICT_BATCH;
    for (int i = 0; i < model->targets && !predicts; i++)
        if (!model->target[i]->input && !reads_port(phase, ROLE_TARGET, i))
            text_add(emitter->text, "    (void)%s;\n", model->target[i]->name);
}

static void emit_opening_of_step(Emitter *emitter, const Phase *phase, const char *function)
{
    Text *text = emitter->text;
    emit_step_prototype(emitter, text, function);
    text_add(text, "\n{\n");
    emit_locals(emitter, phase, "net");
    if (uses_seed(phase))
        text_add(text, "    const uint64_t seed = ((uint64_t)net->seed[1] << 32) | net->seed[0];\n");
    emit_unread_arguments(emitter, phase);
    text_add(text, "\n");
}

/* The step behind which every loss is known. */
static int last_loss(const Phase *phase)
{
    int last = -1;
    for (int i = 0; i < phase->steps; i++)
        for (int a = 0; a < phase->step[i]->count; a++)
            for (int r = 0; r < phase->results; r++)
                if (phase->step[i]->arguments[a].tensor == phase->result[r])
                    last = i;
    return last;
}

static void emit_gradient(Emitter *emitter, const Phase *phase, const char **names)
{
    int last = emitter->model->options->branches ? last_loss(phase) : -1;
    emit_opening_of_step(emitter, phase, "gradient");
    for (int i = 0; i < phase->steps; i++) {
        emit_step(emitter, phase, i, names[i]);
        if (i != last)
            continue;
        text_add(emitter->text, "    if (%s_loss_only)\n    ", emitter->name);
        emit_result(emitter, phase);
    }
    emit_result(emitter, phase);
    text_add(emitter->text, "}\n\n");
}

/* What a pass renewed is committed here: running statistics, centers. */
static void emit_commits(Emitter *emitter)
{
    const Model *model = emitter->model;
    for (int i = 0; i < model->states; i++) {
        const State *state = model->state[i];
        const char *to = state->next_of   ? format("net->parameters.%s", state->next_of->c_name)
                         : state->next_to ? format("net->%s", state->next_to->c_name)
                                          : NULL;
        if (to)
            text_add(emitter->text,
                     "    for (size_t i = 0; i < %lld; i++)\n        ((%s *)%s)[i] = ((const %s *)net->%s)[i];\n",
                     shape_elements(&state->shape), emitter->real, to, emitter->real, state->c_name);
    }
}

static void emit_update(Emitter *emitter, const Phase *phase, const char **names)
{
    Text *text = emitter->text;
    text_add(text, "void %s_update(%s_training *net)\n{\n", emitter->name, emitter->name);
    emit_locals(emitter, phase, "net");
    text_add(text, "\n");
    emit_steps(emitter, phase, names);
    emit_commits(emitter);
    text_add(text, "    net->step++;\n}\n\n");
}

static void emit_fused_train(Emitter *emitter, const Phase *phase, const char **names)
{
    emit_opening_of_step(emitter, phase, "train");
    emit_steps(emitter, phase, names);
    emit_commits(emitter);
    text_add(emitter->text, "    net->step++;\n");
    emit_result(emitter, phase);
    text_add(emitter->text, "}\n\n");
}

static void emit_train(Emitter *emitter)
{
    Text *text = emitter->text;
    const Model *model = emitter->model;
    emit_step_prototype(emitter, text, "train");
    text_add(text, "\n{\n    const %s loss = %s_gradient(net", emitter->real, emitter->name);
    for (int i = 0; i < model->inputs; i++)
        text_add(text, ", %s", model->inputs == 1 ? "input" : model->input[i]->name);
    for (int i = 0; i < model->targets; i++)
        if (!model->target[i]->input)
            text_add(text, ", %s", model->target[i]->name);
    text_add(text, ");\n    %s_update(net);\n    return loss;\n}\n\n", emitter->name);
}

static void emit_penalty(Emitter *emitter, const Phase *phase, const char **names)
{
    Text *text = emitter->text;
    text_add(text, "%s %s_penalty(const %s_parameters *parameters)\n{\n", emitter->real, emitter->name, emitter->name);
    for (int i = 0; i < phase->tensors; i++) {
        const Tensor *tensor = phase->tensor[i];
        if (tensor->view || !used(tensor) || (tensor->role != ROLE_SCALAR && tensor->role != ROLE_SCRATCH))
            continue;
        text_add(text, "    %s %s[%lld]%s;\n", emitter->real, local_name(emitter->model, phase, tensor),
                 tensor->elements, written(phase, tensor) ? "" : " = {0}");
    }
    if (!phase->steps)
        text_add(text, "    (void)parameters;\n");
    emit_steps(emitter, phase, names);
    emit_result(emitter, phase);
    text_add(text, "}\n\n");
}

static bool uses_arena(const Phase *phase)
{
    return phase->arena_reals || phase->arena_ints;
}

static void emit_predict(Emitter *emitter, const Phase *phase, const char **names)
{
    Text *text = emitter->text;
    bool evaluate = phase->kind == PHASE_EVALUATE;
    bool weights = false;
    for (int i = 0; i < phase->tensors; i++)
        weights |=
            phase->tensor[i]->role == ROLE_WEIGHT && used(phase->tensor[i]) && !phase->tensor[i]->weight->constant;
    if (evaluate) {
        text_add(text, "static %s %s_evaluate(const %s_parameters *parameters, %s_inference *scratch", emitter->real,
                 emitter->name, emitter->name, emitter->name);
        emit_input_arguments(emitter, text);
        emit_target_arguments(emitter, text);
        text_add(text, ", %s *scored)", emitter->real);
    } else {
        emit_predict_prototype(emitter, text, phase->kind == PHASE_PREDICT ? "" : "_batch");
    }
    text_add(text, "\n{\n");
    emit_locals(emitter, phase, "scratch");
    if (!weights)
        text_add(text, "    (void)parameters;\n");
    if (!uses_arena(phase))
        text_add(text, "    (void)scratch;\n");
    emit_unread_arguments(emitter, phase);
    emit_steps(emitter, phase, names);
    if (evaluate)
        emit_result(emitter, phase);
    text_add(text, "}\n\n");
}

void emit_phase(Emitter *emitter, const Phase *phase)
{
    emit_constants(emitter, phase);
    const char **names = NEW_ARRAY(phase->steps, const char *);
    for (int i = 0; i < phase->steps; i++)
        names[i] = printed_kernel(emitter, phase->step[i]);
    switch (phase->kind) {
    case PHASE_INITIALIZE:
        emit_initialize(emitter, phase, names);
        break;
    case PHASE_GRADIENT:
        emit_gradient(emitter, phase, names);
        break;
    case PHASE_UPDATE:
        emit_update(emitter, phase, names);
        emit_train(emitter);
        break;
    case PHASE_TRAIN:
        emit_fused_train(emitter, phase, names);
        break;
    case PHASE_PENALTY:
        emit_penalty(emitter, phase, names);
        break;
    default:
        emit_predict(emitter, phase, names);
        break;
    }
}

void emit_rate(Emitter *emitter, const Phase *phase)
{
    Text *text = emitter->text;
    text_add(text, "static double %s_rate(const void *training)\n{\n", emitter->name);
    text_add(
        text,
        "    const %s_training *const net = (const %s_training *)training;\n    %s rate[1] = {0};\n    (void)net;\n",
        emitter->name, emitter->name, emitter->real);
    for (int i = 0; i < phase->steps; i++)
        if (phase->step[i]->kernel->template->category == SCHEDULE)
            emit_call(emitter, phase, phase->step[i], printed_kernel(emitter, phase->step[i]), "    ");
    text_add(text, "    return (double)rate[0];\n}\n\n");
}
