/* ties.c - a tie becomes a network with a weight for each sample, its X, and the input that is 1 there and 0 elsewhere:
 * what is tested reads exactly X, and the gradient of the weight is its slope times what it was handed. */
#include "ties.h"
#include "sizes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *spec_of(const Template *template, const char *attributes, int samples)
{
    const char *comma = *attributes ? ", " : "";
    Text text = {0};
    text_add(&text, "network: tie\ninput: %d\nlayers:\n  - dense: {units: 1, bias: false, name: before}\n", samples);
    if (template->category == LAYER)
        text_add(&text, "  - %s: {name: tested%s%s}\nloss: {functional: {input: tested}}\n", template->name, comma,
                 attributes);
    else if (template->category == LOSS)
        text_add(&text, "loss: {%s: {input: before%s%s}}\n", template->name, comma, attributes);
    else
        text_add(&text, "loss: functional\nregularizer: {%s: {%s}}\n", template->name, attributes);
    text_add(&text, "train: {batch: %d}\n", samples);
    return text.bytes;
}

static bool find_template(Library *library, const char *category, const char *name, const Template **found)
{
    for (int c = 0; c < CATEGORIES; c++)
        if (strcmp(category_names[c], category) == 0)
            *found = library_find(library, (Category)c, name);
    return *found != NULL;
}

/* A number, or as many as stand in brackets; their count, or 0. */
static int read_row(const char **at, double row[TIE_SAMPLES_MAX])
{
    int count = 0;
    *at += strspn(*at, " ");
    bool list = **at == '[';
    for (*at += list; count < TIE_SAMPLES_MAX; (*at)++) {
        char *end;
        row[count] = strtod(*at, &end);
        if (end == *at)
            return 0;
        count++;
        *at = end;
        if (!list || *end != ',')
            break;
    }
    if (list && **at != ']')
        return 0;
    *at += list;
    *at += strspn(*at, " ");
    return count;
}

/* X [TARGET] -> SLOPE, each a row of equal length; the number of samples, or 0. */
static int read_rows(const char *at, double *x, double *target, double *slope)
{
    int samples = read_row(&at, x);
    bool good = samples > 0 && (*at == '-' || read_row(&at, target) == samples);
    if (!good || strncmp(at, "->", 2) != 0)
        return 0;
    at += 2;
    return read_row(&at, slope) == samples && !*at ? samples : 0;
}

static void fill_in(Interpreter *in, int samples, const double *x, const double *target)
{
    for (int n = 0; n < samples; n++) {
        for (int i = 0; i < samples; i++)
            in->input[0][n * samples + i] = i == n;
        in->parameter[n] = x[n];
        if (in->model->targets && in->model->target[0]->is_class)
            in->classes[0][n] = (int)target[n];
        else if (in->model->targets && in->target[0])
            in->target[0][n] = target[n];
    }
}

static bool read_tie(Library *library, const char *line, Tie *tie)
{
    char category[32], name[64], attributes[128] = "";
    double x[TIE_SAMPLES_MAX], target[TIE_SAMPLES_MAX] = {0};
    *tie = (Tie){.line = line};
    const char *rest = strchr(line, '}');
    if (sscanf(line, "%31s %63s {%127[^}]", category, name, attributes) < 2 || !rest)
        return false;
    tie->samples = read_rows(rest + 1, x, target, tie->expected);
    if (!tie->samples || !find_template(library, category, name, &tie->template))
        return false;
    const char *spec = spec_of(tie->template, attributes, tie->samples);
    Sample_network network;
    if (!generate_from(library, (Template *)tie->template, spec, &network))
        return false;
    trial_begin(&tie->trial, &network, tie->template->category);
    fill_in(tie->trial.in, tie->samples, x, target);
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
    bool holds = true;
    for (int n = 0; n < tie->samples; n++) {
        double slope = tie->trial.claim[0].gradient[n] / handed_down(tie);
        holds = holds && fabs(slope - tie->expected[n]) <= 1e-6 * fmax(1, fabs(tie->expected[n]));
    }
    return holds;
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
