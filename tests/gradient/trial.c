/* trial.c - see trial.h. For a layer or a loss the claims are the gradients of all trained weights of the network,
 * those in front of the layer included; for a regularizer it is what it adds to the gradient. */
#include "trial.h"
#include "forms.h"
#include "sizes.h"

#include <math.h>
#include <string.h>

static bool is_regularizer(const Trial *trial)
{
    return trial->category == REGULARIZER;
}

/* ---- a regularizer's step: h = g + d(penalty)/dw ---- */

static double *argument_reals(const Trial *trial, const char *name, long long *elements)
{
    const Step *step = trial->in->model->phase[PHASE_UPDATE]->step[trial->first];
    for (int i = 0; i < step->count; i++)
        if (step->source->parameters[i].array && strcmp(step->source->parameters[i].array->name, name) == 0) {
            *elements = step->arguments[i].tensor->elements;
            return interpret_reals(trial->in, PHASE_UPDATE, step->arguments[i].tensor);
        }
    return NULL;
}

static void find_regularizer(Trial *trial)
{
    const Phase *phase = trial->in->model->phase[PHASE_UPDATE];
    trial->phase = PHASE_UPDATE;
    while (trial->first < phase->steps && phase->step[trial->first]->source->template->category != REGULARIZER)
        trial->first++;
    trial->last = trial->first + 1;
    long long elements = 0;
    double *weight = argument_reals(trial, "w", &elements), *gradient = NEW_ARRAY(elements, double);
    trial->claims = 1;
    trial->claim = NEW(Claim);
    *trial->claim = (Claim){"penalty", elements, weight, gradient};
}

static void regularizer_backward(Trial *trial)
{
    long long elements = 0;
    double *g = argument_reals(trial, "g", &elements), *h = argument_reals(trial, "h", &elements);
    interpret_forget(trial->in, PHASE_UPDATE);
    for (long long i = 0; i < elements; i++)
        g[i] = 0.25 + (double)(i % 7);
    interpret_steps(trial->in, PHASE_UPDATE, trial->first, trial->last);
    double *gradient = (double *)trial->claim->gradient;
    for (long long i = 0; i < elements; i++)
        gradient[i] = h[i] - g[i];
}

/* ---- layers and losses ---- */

static void find_weights(Trial *trial)
{
    const Model *model = trial->in->model;
    trial->phase = PHASE_GRADIENT;
    trial->first = interpret_forward_steps(trial->in);
    trial->last = model->phase[PHASE_GRADIENT]->steps;
    double *gradients = NEW_ARRAY(trial->in->parameters, double);
    trial->claim = NEW_ARRAY(model->weights, Claim);
    long long start = 0;
    for (int i = 0; i < model->weights; i++) {
        const Weight *weight = model->weight[i];
        long long elements = shape_elements(&weight->shape);
        if (weight->trained)
            trial->claim[trial->claims++] =
                (Claim){weight->name, elements, trial->in->parameter + start, gradients + start};
        start += elements;
    }
}

static void network_backward(Trial *trial)
{
    Interpreter *in = trial->in;
    interpret_restore(in, PHASE_GRADIENT);
    for (long long i = 0; i < in->parameters; i++)
        in->gradient[i] = NAN;
    interpret_steps(in, PHASE_GRADIENT, trial->first, trial->last);
    memcpy((double *)trial->claim[0].gradient - (trial->claim[0].value - in->parameter), in->gradient,
           (size_t)in->parameters * sizeof(double));
}

void trial_backward(Trial *trial)
{
    if (is_regularizer(trial))
        regularizer_backward(trial);
    else
        network_backward(trial);
}

/* ---- as a subject of differences ---- */

static double loss(void *context, uint64_t *branches)
{
    Trial *trial = context;
    Interpreter *in = trial->in;
    in->branches = 14695981039346656037u;
    double value = is_regularizer(trial) ? interpret_phase(in, PHASE_PENALTY)
                                         : interpret_steps(in, PHASE_GRADIENT, 0, trial->first);
    *branches = in->branches;
    return value;
}

void trial_forward(Trial *trial)
{
    uint64_t branches;
    interpret_forget(trial->in, PHASE_GRADIENT);
    trial->loss = loss(trial, &branches);
    interpret_save(trial->in, PHASE_GRADIENT);
}

static void redraw(void *context, int number)
{
    Trial *trial = context;
    (void)number;
    generate_data(&trial->random, trial->in);
    trial_forward(trial);
    trial_backward(trial);
}

void trial_begin(Trial *trial, const Sample_network *network, Category category)
{
    *trial = (Trial){.category = category, .network = *network, .in = interpret_new(network->model, true)};
    if (is_regularizer(trial))
        find_regularizer(trial);
    else
        find_weights(trial);
}

bool trial_new(Random *random, Library *library, Template *template, const Kernel *backward, const char *name,
               Trial *trial)
{
    Sample_network network;
    if (!generate_network(random, library, template, backward, name, &network))
        return false;
    trial_begin(trial, &network, template->category);
    generate_parameters(random, trial->in);
    trial->random = *random;
    redraw(trial, 0);
    return true;
}

const char *trial_check(Trial *trial, long long *elements, long long *redrawn, double *worst)
{
    Subject subject = {
        .context = trial, .loss = loss, .redraw = redraw, .seed = 1, .claims = trial->claims, .claim = trial->claim};
    Sample sample = {.elements = ELEMENTS_MAX};
    if (trial->in->strays || trial->in->trapped)
        return trial->in->strays ? "a subscript is out of range" : "an integer is divided by 0";
    const char *wrong = NULL;
    trial->floor = NEW_ARRAY(trial->claims, double);
    for (int i = 0; i < trial->claims; i++) {
        const Claim *claim = &trial->claim[i];
        Finding finding = check_claim(&subject, claim, &sample);
        *worst = fmax(*worst, finding.worst);
        trial->floor[i] = finding.floor;
        *elements += finding.elements;
        *redrawn += finding.redrawn;
        if (!finding.good)
            wrong = format("the gradient of %s[%lld] is %.10g, differences say %.10g", claim->name, finding.where,
                           finding.analytic, finding.numeric);
    }
    return wrong;
}
