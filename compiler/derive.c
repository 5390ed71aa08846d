/* derive.c - turns the network into phases of steps: what each generated function does, in order.
 *
 * A step is a kernel of a template with a tensor for every array: derive_layers.c makes those of layers and losses,
 * derive_update.c those that change the parameters. */
#include "deriver.h"
#include "forms.h"

#include <string.h>

/* ---- initialization ---- */

static void derive_initialize(Model *model)
{
    Deriver d = new_deriver(model, PHASE_INITIALIZE, 1);
    for (int i = 0; i < model->weights; i++) {
        const Weight *weight = model->weight[i];
        if (weight->statistic)
            continue;
        const Choice *choice = weight->initializer;
        Frame frame = {0};
        put_attributes(&frame, d.phase, choice);
        frame_tensor(&frame, "w", weight_tensor(&d, weight));
        frame_put(&frame, "fan_in", (Argument){.literal = number_text(weight->fan_in)});
        frame_put(&frame, "fan_out", (Argument){.literal = number_text(weight->fan_out)});
        frame_put(&frame, "key", (Argument){.text = format("nnc_random_key(seed, 0, %d)", i + 1)});
        Application *sizes = NEW(Application);
        const Form *form = simple_form(choice);
        initializer_sizes(form->kernel[0], choice, weight, sizes);
        new_step(&d, &frame, form->kernel[0], weight->name, choice->span, sizes);
    }
}

/* ---- training ---- */

static void derive_gradient(Model *model)
{
    Deriver d = new_deriver(model, PHASE_GRADIENT, model->train.batch);
    gradient_steps(&d, NULL);
}

/* ---- prediction and evaluation ---- */

/* The tensor that a phase hands out takes the place of the arena's, unless it is an argument itself. */
static void hand_out(Deriver *d, const Layer *layer, Role role)
{
    Tensor *value = state_of(d, layer)->value;
    Tensor *root = root_tensor(value);
    if (root->role != ROLE_VALUE) {
        error_at(layer->span, "the output of '%s' is the network's input itself", layer->name);
        return;
    }
    root->role = role;
    value->role = role;
    for (int i = 0; i < d->phase->tensors; i++)
        if (d->phase->tensor[i]->view == root)
            d->phase->tensor[i]->role = role;
}

static void derive_predict(Model *model)
{
    Deriver d = new_deriver(model, PHASE_PREDICT, 1);
    forward_steps(&d, false, true);
    hand_out(&d, model->output, ROLE_OUTPUT);
}

static bool draws_numbers(const Kernel *kernel)
{
    for (int i = 0; i < kernel->count; i++)
        if (kernel->parameters[i].symbol && strcmp(kernel->parameters[i].symbol->name, "key") == 0)
            return true;
    return false;
}

/* Each sample is to have the bits of a prediction of its own, which random numbers by index would not give it. */
static void derive_predict_batch(Model *model)
{
    Deriver d = new_deriver(model, PHASE_PREDICT_BATCH, model->options->predict_batch);
    forward_steps(&d, false, true);
    for (int i = 0; i < d.phase->steps; i++) {
        const Step *step = d.phase->step[i];
        if (draws_numbers(step->source))
            error_at(step->span, "'%s' draws random numbers in a prediction, other ones for each sample of a batch",
                     step->title);
    }
    hand_out(&d, model->output, ROLE_OUTPUT);
}

/* What a template requires of the batch does not hold for one sample. */
static bool compares_samples(const Loss *loss)
{
    const Template *template = loss->choice->template;
    Application sizes = {0};
    for (int i = 0; i < loss->application.bindings; i++)
        binding_add(&sizes, loss->application.binding[i].name, loss->application.binding[i].value, loss->span);
    binding_add(&sizes, "N", 1, loss->span);
    long long holds = 1;
    for (int i = 0; i < template->requires && holds; i++)
        if (!size_value(template->require[i].condition, &sizes, &holds))
            holds = 1;
    return !holds;
}

bool loss_measures_samples(const Loss *loss)
{
    return loss->states == 0 && !draws_numbers(form_kernel(loss->form, "_forward")) && !compares_samples(loss);
}

static void derive_evaluate(Model *model)
{
    Deriver d = new_deriver(model, PHASE_EVALUATE, 1);
    forward_steps(&d, true, false);
    Frame first = {0};
    for (int i = 0; i < model->losses; i++)
        if (loss_measures_samples(model->loss[i]))
            forward_loss(&d, model->loss[i], i == 0 ? &first : &(Frame){0});
    const char *scored = model->loss[0]->choice->template->scored;
    const Argument *counted = scored ? frame_get(&first, scored) : NULL;
    if (counted)
        counted->tensor->role = ROLE_SCORED;
    else
        hand_out(&d, model->loss[0]->input, ROLE_SCORED);
}

/* ---- what the training struct keeps ---- */

static State *add_state(Model *model, const char *name, const char *c_name, Shape shape, double initial)
{
    State *state = NEW(State);
    *state = (State){.name = name, .c_name = c_name, .shape = shape, .initial = initial};
    PUSH(model->state, model->states, state);
    *names_at(&model->state_names, c_name) = model->states;
    return state;
}

static void add_states(Model *model)
{
    for (int i = 0; i < model->weights; i++)
        if (model->weight[i]->statistic && !model->weight[i]->fixed) {
            const Weight *weight = model->weight[i];
            State *next = add_state(model, format("next.%s", weight->name), format("%s_next", weight->c_name),
                                    weight->shape, weight->state_value);
            next->next_of = weight;
        }
    for (int i = 0; i < model->losses; i++)
        for (int w = 0; w < model->loss[i]->states; w++) {
            const Weight *weight = model->loss[i]->state[w];
            State *state = add_state(model, weight->name, weight->c_name, weight->shape, weight->state_value);
            State *next = add_state(model, format("next.%s", weight->name), format("%s_next", weight->c_name),
                                    weight->shape, weight->state_value);
            next->next_to = state;
        }
    long long parameters = 0;
    for (int i = 0; i < model->weights; i++)
        if (model->weight[i]->trained)
            parameters += shape_elements(&model->weight[i]->shape);
    const Template *optimizer = model->optimizer->template;
    for (int i = 0; i < optimizer->states; i++) {
        const char *variable = optimizer->state[i].variable;
        const Array *array = form_array(simple_form(model->optimizer), variable);
        if (!array)
            continue;
        Shape shape = {.rank = 1, .dims = {(int)parameters}};
        if (state_is_fixed(simple_form(model->optimizer), variable))
            shape.dims[0] = (int)array->dims[0]->number;
        if (!shape.dims[0])
            continue;
        add_state(model, format("optimizer.%s", variable), format("optimizer_%s", variable), shape,
                  optimizer->state[i].value);
    }
}

/* ---- the pass ---- */

/* What lies within a step has no shape of its own in the spec: a scratch of [N][K][K], say. */
static void check_sizes(const Model *model)
{
    for (int p = 0; p < PHASES; p++)
        for (int i = 0; model->phase[p] && i < model->phase[p]->steps && !model->report->errors; i++) {
            const Step *step = model->phase[p]->step[i];
            for (int a = 0; a < step->count; a++) {
                const Tensor *tensor = step->arguments[a].tensor;
                if (!tensor || tensor->elements <= ELEMENTS_MAX)
                    continue;
                error_at(step->span, "'%s' would take more than %lld numbers, which is the most", tensor->name,
                         ELEMENTS_MAX);
                return;
            }
        }
}

void derive(Model *model)
{
    if (!model->options->inference && model->losses) {
        add_states(model);
        derive_initialize(model);
        if (model->train.fused_update && !model->options->branches) {
            derive_train(model);
        } else {
            derive_gradient(model);
            derive_update(model);
        }
        derive_penalty(model);
    }
    derive_predict(model);
    if (model->options->predict_batch && !model->report->errors)
        derive_predict_batch(model);
    if (model->options->describe && model->losses)
        derive_evaluate(model);
    check_sizes(model);
}
