/* derive_update.c - from gradients to new weights: learning rate, clips, regularizers and the optimizer's sweep. */
#include "deriver.h"
#include "forms.h"

/* ---- weights that are treated alike ---- */

/* A run of trained weights that are treated alike: they lie side by side in the parameters struct. */
typedef struct Run {
    const Weight *first;
    long long start, elements;
    bool regularized;
} Run;

static int weight_runs(const Model *model, Run **runs)
{
    int count = 0;
    long long start = 0;
    *runs = NULL;
    for (int i = 0; i < model->weights && model->weight[i]->trained; i++) {
        const Weight *weight = model->weight[i];
        long long elements = shape_elements(&weight->shape);
        bool regularized = weight->regularized && model->regularizers;
        if (count && (*runs)[count - 1].regularized == regularized) {
            (*runs)[count - 1].elements += elements;
        } else {
            *runs = push_grow(*runs, count, sizeof(Run));
            (*runs)[count++] = (Run){weight, start, elements, regularized};
        }
        start += elements;
    }
    return count;
}

static Tensor *run_tensor(Phase *phase, const Run *run, Role role)
{
    Tensor *tensor = new_tensor(phase, run->first->c_name, role, TYPE_REAL);
    tensor->weight = run->first;
    add_dimension(tensor, run->elements);
    return tensor;
}

/* ---- steps of an optimizer, schedule, clip or regularizer ---- */

static Application *sizes_of(const Choice *choice, long long elements)
{
    Application *sizes = NEW(Application);
    choice_sizes(choice, sizes);
    binding_add(sizes, "P", elements, choice->span);
    return sizes;
}

/* One step of an optimizer, schedule, clip or regularizer; nothing if the form has no such function. */
static void add_plain_step(Deriver *d, Frame *frame, const Choice *choice, const char *suffix, long long elements)
{
    const Kernel *kernel = form_kernel(simple_form(choice), suffix);
    if (kernel)
        new_step(d, frame, kernel, choice->template->name, choice->span, sizes_of(choice, elements));
}

/* An int may have 16 bits; and what has decayed for so long stays decayed. */
static void put_steps_made(Frame *frame)
{
    frame_put(frame, "step", (Argument){.text = "net->step < INT32_MAX ? (int32_t)net->step : INT32_MAX - 1"});
}

static void derive_rate(Deriver *d, Tensor *rate)
{
    const Choice *choice = d->model->learning_rate;
    Frame frame = {0};
    put_attributes(&frame, d->phase, choice);
    put_steps_made(&frame);
    frame_tensor(&frame, "rate", rate);
    add_plain_step(d, &frame, choice, "", 1);
    if (d->model->warm_up_steps == 0)
        return;
    const char *steps = format("%lld", (long long)d->model->warm_up_steps);
    const Choice *warm_up = choice_made(d->model->library, SCHEDULE, "warm_up", steps, choice->span);
    if (warm_up)
        add_plain_step(d, &frame, warm_up, "", 1);
}

/* The sum of squares (or whatever a clip measures) over all gradients, and what follows from it. */
static void measure_gradients(Deriver *d, const Choice *clip, Frame *frame, const Run *runs, int count)
{
    const Form *form = simple_form(clip);
    if (!form_kernel(form, "_measure"))
        return;
    frame_tensor(frame, "sum", scalar_tensor(d->phase, "clip_sum"));
    frame_tensor(frame, "factor", scalar_tensor(d->phase, "clip_factor"));
    for (int r = 0; r < count; r++) {
        frame_tensor(frame, "g", run_tensor(d->phase, &runs[r], ROLE_GRADIENT));
        add_plain_step(d, frame, clip, "_measure", runs[r].elements);
    }
    add_plain_step(d, frame, clip, "_step", 1);
}

/* A step that makes gradient h of w and g; h is the next step's g. */
static Tensor *transform_gradient(Deriver *d, Frame frame, const Choice *choice, const char *suffix, Tensor *w,
                                  Tensor *g)
{
    Tensor *h = new_tensor(d->phase, format("%s_%s", choice->template->name, w->name), ROLE_VALUE, TYPE_REAL);
    add_dimension(h, g->elements);
    frame_tensor(&frame, "w", w);
    frame_tensor(&frame, "g", g);
    frame_tensor(&frame, "h", h);
    add_plain_step(d, &frame, choice, suffix, g->elements);
    return h;
}

/* A part of an optimizer's state: `elements` from `start` on. */
static Tensor *state_part(Phase *phase, const State *state, const Run *run)
{
    Tensor *tensor = new_tensor(phase, state->c_name, ROLE_STATE, TYPE_REAL);
    tensor->state = state;
    tensor->offset = run->start;
    add_dimension(tensor, run->elements);
    return tensor;
}

static void put_optimizer_state(Deriver *d, Frame *frame, const Run *run)
{
    const Template *template = d->model->optimizer->template;
    for (int i = 0; i < template->states; i++) {
        int state = find_state(d->model, format("optimizer_%s", template->state[i].variable));
        if (state < 0)
            continue;
        bool fixed = state_is_fixed(simple_form(d->model->optimizer), template->state[i].variable);
        if (fixed)
            frame_tensor(frame, template->state[i].variable, state_tensor(d, state));
        else if (run)
            frame_tensor(frame, template->state[i].variable, state_part(d->phase, d->model->state[state], run));
    }
    for (int i = 0; i < d->figures.count; i++)
        frame_put(frame, d->figures.slots[i].name, d->figures.slots[i].argument);
}

/* What runs once before the sweeps. An array that it fills and that is no state lies on the stack. */
static void derive_optimizer_step(Deriver *d)
{
    const Choice *choice = d->model->optimizer;
    const Kernel *kernel = form_kernel(simple_form(choice), "_step");
    Frame frame = {0};
    put_attributes(&frame, d->phase, choice);
    put_optimizer_state(d, &frame, NULL);
    put_steps_made(&frame);
    for (int i = 0; kernel && i < kernel->count; i++) {
        const Array *array = kernel->parameters[i].array;
        if (!array || array->constant || frame_get(&frame, array->name))
            continue;
        Tensor *figure = array_tensor(d->phase, format("%s_%s", choice->template->name, array->name), ROLE_SCALAR,
                                      array, sizes_of(choice, 1));
        frame_tensor(&d->figures, array->name, figure);
        frame_tensor(&frame, array->name, figure);
    }
    add_plain_step(d, &frame, choice, "_step", 1);
}

/* Clips, regularizers and the optimizer's sweep over one run of weights, whose gradient is g. */
static void update_run(Deriver *d, const Run *run, Tensor *g, const Frame *clips)
{
    Model *model = d->model;
    Tensor *w = run_tensor(d->phase, run, ROLE_WEIGHT);
    for (int i = 0; i < model->clips; i++)
        g = transform_gradient(d, clips[i], model->clip[i], "_apply", w, g);
    for (int i = 0; i < model->regularizers && run->regularized; i++) {
        Frame frame = {0};
        put_attributes(&frame, d->phase, model->regularizer[i]);
        g = transform_gradient(d, frame, model->regularizer[i], "_gradient", w, g);
    }
    Frame frame = {0};
    put_attributes(&frame, d->phase, model->optimizer);
    put_optimizer_state(d, &frame, run);
    frame_put(&frame, "rate", (Argument){.text = "rate[0]"});
    frame_tensor(&frame, "w", w);
    frame_tensor(&frame, "g", g);
    add_plain_step(d, &frame, model->optimizer, "_update", run->elements);
}

/* ---- update ---- */

void derive_update(Model *model)
{
    Deriver d = new_deriver(model, PHASE_UPDATE, 1);
    Run *runs;
    int count = weight_runs(model, &runs);
    derive_rate(&d, scalar_tensor(d.phase, "rate"));
    Frame *clips = NEW_ARRAY(model->clips, Frame);
    for (int i = 0; i < model->clips; i++) {
        put_attributes(&clips[i], d.phase, model->clip[i]);
        measure_gradients(&d, model->clip[i], &clips[i], runs, count);
    }
    derive_optimizer_step(&d);
    for (int r = 0; r < count; r++)
        update_run(&d, &runs[r], run_tensor(d.phase, &runs[r], ROLE_GRADIENT), clips);
}

/* ---- gradient and update in one ---- */

static void update_weights(Deriver *d, Weight *const *weights, int count)
{
    Model *model = d->model;
    Frame *clips = NEW_ARRAY(model->clips, Frame);
    for (int i = 0; i < model->clips; i++)
        put_attributes(&clips[i], d->phase, model->clip[i]);
    for (int i = 0; i < count; i++) {
        const Weight *weight = weights[i];
        const WeightState *state = &d->weights[weight->index];
        if (!state->begun)
            continue;
        Run run = {weight, state->start, shape_elements(&weight->shape), weight->regularized && model->regularizers};
        update_run(d, &run, state->gradient, clips);
    }
}

/* Each gradient is consumed as soon as it is complete: legal because a weight is updated after the last backward step
 * that reads it, whole (fuse moves the update into the store of dw only where nothing behind reads the weight), and
 * nothing asks for all gradients at once. */
void derive_train(Model *model)
{
    for (int i = 0; i < model->clips; i++)
        if (form_kernel(simple_form(model->clip[i]), "_measure")) {
            error_at(model->clip[i]->span, "'%s' needs all gradients at once, but `update: fused` keeps none",
                     model->clip[i]->template->name);
            return;
        }
    Deriver d = new_deriver(model, PHASE_TRAIN, model->train.batch);
    derive_rate(&d, scalar_tensor(d.phase, "rate"));
    derive_optimizer_step(&d);
    gradient_steps(&d, update_weights);
}

/* ---- penalty ---- */

void derive_penalty(Model *model)
{
    Deriver d = new_deriver(model, PHASE_PENALTY, 1);
    Run *runs;
    int count = weight_runs(model, &runs);
    for (int i = 0; i < model->regularizers; i++)
        for (int r = 0; r < count; r++) {
            if (!runs[r].regularized)
                continue;
            Frame frame = {0};
            Tensor *penalty = scalar_tensor(d.phase, format("penalty_%d", d.phase->results + 1));
            put_attributes(&frame, d.phase, model->regularizer[i]);
            frame_tensor(&frame, "w", run_tensor(d.phase, &runs[r], ROLE_WEIGHT));
            frame_tensor(&frame, "penalty", penalty);
            add_plain_step(&d, &frame, model->regularizer[i], "_penalty", runs[r].elements);
            add_result(d.phase, penalty, 1);
        }
}
