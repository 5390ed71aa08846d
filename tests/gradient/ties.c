/* ties.c - a tie becomes a network with one weight, X, and the input 1: what is tested reads exactly X, and the
 * gradient of the weight is its slope times what it was handed. */
#include "ties.h"
#include "sizes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *spec_of(const Template *template, const char *attributes)
{
    const char *comma = *attributes ? ", " : "";
    Text text = {0};
    text_add(&text, "network: tie\ninput: 1\nlayers:\n  - dense: {units: 1, bias: false, name: before}\n");
    if (template->category == LAYER)
        text_add(&text, "  - %s: {name: tested%s%s}\nloss: {functional: {input: tested}}\n", template->name, comma,
                 attributes);
    else if (template->category == LOSS)
        text_add(&text, "loss: {%s: {input: before%s%s}}\n", template->name, comma, attributes);
    else
        text_add(&text, "loss: functional\nregularizer: {%s: {%s}}\n", template->name, attributes);
    text_add(&text, "train: {batch: 1}\n");
    return text.bytes;
}

static bool find_template(Library *library, const char *category, const char *name, const Template **found)
{
    for (int c = 0; c < CATEGORIES; c++)
        if (strcmp(category_names[c], category) == 0)
            *found = library_find(library, (Category)c, name);
    return *found != NULL;
}

static bool read_tie(Library *library, const char *line, Tie *tie)
{
    char category[32], name[64], attributes[128] = "";
    double x, target = 0;
    *tie = (Tie){.line = line};
    const char *rest = strchr(line, '}');
    if (sscanf(line, "%31s %63s {%127[^}]", category, name, attributes) < 2 || !rest)
        return false;
    if (sscanf(rest + 1, "%lf -> %lf", &x, &tie->expected) != 2 &&
        sscanf(rest + 1, "%lf %lf -> %lf", &x, &target, &tie->expected) != 3)
        return false;
    if (!find_template(library, category, name, &tie->template))
        return false;
    Sample_network network;
    if (!generate_from(library, (Template *)tie->template, spec_of(tie->template, attributes), &network))
        return false;
    trial_begin(&tie->trial, &network, tie->template->category);
    Interpreter *in = tie->trial.in;
    in->input[0][0] = 1;
    in->parameter[0] = x;
    if (in->model->targets && in->target[0])
        in->target[0][0] = target;
    trial_forward(&tie->trial);
    return true;
}

/* What the tested layer's backward function reads as dy; 1 for all others. */
static double handed_down(const Tie *tie)
{
    const Phase *phase = tie->trial.in->model->phase[PHASE_GRADIENT];
    for (int i = 0; i < phase->tensors; i++)
        if (strcmp(phase->tensor[i]->name, "d_tested") == 0)
            return interpret_reals(tie->trial.in, PHASE_GRADIENT, phase->tensor[i])[0];
    return 1;
}

bool tie_holds(Tie *tie)
{
    trial_backward(&tie->trial);
    double slope = tie->trial.claim[0].gradient[0] / handed_down(tie);
    return fabs(slope - tie->expected) <= 1e-6 * fmax(1, fabs(tie->expected));
}

int ties_read(Library *library, const char *path, Tie **ties, int *failed)
{
    const Source *source = source_open(path, library->report);
    const char *line = source ? source->text : "";
    int count = 0;
    *ties = NULL;
    for (; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        if (*line == '#' || *line == '\n')
            continue;
        const char *text = format("%.*s", (int)strcspn(line, "\n"), line);
        *ties = push_grow(*ties, count, sizeof(Tie));
        if (read_tie(library, text, &(*ties)[count])) {
            count++;
        } else {
            printf("FAILED %s: cannot be read: %s\n", path, text);
            ++*failed;
        }
    }
    return count;
}
