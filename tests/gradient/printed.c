/* printed.c - a folder of specs is printed by nnc, compiled as one file and loaded; then each network and the
 * interpreter, from the same seed, train a few steps side by side. Every number must be equal. */
#include "printed.h"
#include "compile.h"
#include "forms.h"
#include "generate.h"
#include "machine.h"
#include "sizes.h"

#include "nnc/network.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GROUP = 14, STEPS = 3 };

static bool same(const double *left, const double *right, long long count)
{
    for (long long i = 0; i < count; i++)
        if (left[i] != right[i] && (left[i] == left[i] || right[i] == right[i]))
            return false;
    return true;
}

/* ---- side by side ---- */

typedef struct Pair {
    const nnc_network *network;
    Interpreter *in;
    void *training;
    const void *target[8];
} Pair;

static double *reals_at(const Pair *pair, size_t offset)
{
    return (double *)(void *)((char *)pair->training + offset);
}

/* The states stand behind the parameters in the table of tensors. */
static double *state_reals(const Pair *pair, int state)
{
    return reals_at(pair, pair->network->tensor[pair->in->model->weights + state].offset);
}

static void copy_into_network(const Pair *pair)
{
    const Model *model = pair->in->model;
    memcpy(pair->training, pair->in->parameter, pair->network->parameters_bytes);
    for (int i = 0; i < model->states; i++)
        memcpy(state_reals(pair, i), pair->in->state[i],
               (size_t)shape_elements(&model->state[i]->shape) * sizeof(double));
}

static const char *compare_training(const Pair *pair)
{
    const Model *model = pair->in->model;
    if (!same(pair->training, pair->in->parameter, pair->in->parameters))
        return "the parameters differ";
    for (int i = 0; i < model->states; i++)
        if (!same(state_reals(pair, i), pair->in->state[i], shape_elements(&model->state[i]->shape)))
            return format("the state %s differs", model->state[i]->name);
    return NULL;
}

static const char *compare_step(const Pair *pair, Random *random)
{
    generate_data(random, pair->in);
    double expected = interpret_phase(pair->in, PHASE_GRADIENT);
    double loss = pair->network->gradient(pair->training, (const void *const *)pair->in->input, pair->target);
    if (!same(&loss, &expected, 1))
        return format("the loss is %.17g instead of %.17g", loss, expected);
    if (!same(reals_at(pair, pair->network->parameters_bytes), pair->in->gradient, pair->in->parameters))
        return "the gradients differ";
    double penalty = pair->network->penalty(pair->training),
           expected_penalty = interpret_phase(pair->in, PHASE_PENALTY);
    if (!same(&penalty, &expected_penalty, 1))
        return "the penalties differ";
    pair->network->update(pair->training);
    interpret_update(pair->in);
    return compare_training(pair);
}

static const char *compare_network(const nnc_network *network, const Model *model, bool fused)
{
    Random random = {.state = 7};
    Pair pair = {.network = network, .in = interpret_new(model, fused), .training = allocate(network->training_bytes)};
    for (int i = 0; i < model->targets; i++)
        pair.target[i] = pair.in->target[i] ? (const void *)pair.in->target[i] : pair.in->classes[i];
    network->initialize(pair.training, 5);
    interpret_initialize(pair.in, 5);
    const char *wrong = compare_training(&pair);
    if (wrong)
        return format("after initialize %s", wrong);
    generate_parameters(&random, pair.in);
    interpret_initialize(pair.in, 5);
    copy_into_network(&pair);
    for (int i = 0; i < STEPS && !wrong; i++)
        wrong = compare_step(&pair, &random);
    return wrong;
}

/* ---- printing and compiling ---- */

static bool write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    return file && fputs(text, file) >= 0 && fclose(file) == 0;
}

/* How a group is printed: groups take turns. */
typedef struct Style {
    bool fused;
    int lanes;
} Style;

static Style style_of(const Printed_group *group)
{
    static const Style styles[] = {{true, 1}, {false, 4}, {true, 8}, {true, 2}, {false, 1}, {true, 4}};
    return styles[group->networks / GROUP % (int)(sizeof styles / sizeof *styles)];
}

static Options *options_of(const Printed_group *group, const char *spec, const char *output)
{
    Style style = style_of(group);
    Options *options = NEW(Options);
    *options = (Options){.spec_path = spec, .output = output, .templates = group->templates, .lanes = style.lanes};
    options->lanes_asked = true; /* all of a group are one translation unit */
    options->float64 = true;
    options->describe = true;
    options->machine = machine_find(style.lanes > 1 ? "native" : "c");
    options->numerics = style.fused ? NUMERICS_FUSED : NUMERICS_SEPARATE;
    return options;
}

/* The model as the interpreter needs it: without the later passes. */
static Model *model_of(const char *text, const Options *options)
{
    Report *report = NEW(Report);
    report->stream = stderr;
    Library *library = NEW(Library);
    *library = (Library){.directory = options->templates, .report = report};
    Model *model = spec_read(source_of_text("printed.yaml", text, report), (Options *)options, library);
    infer(model);
    derive(model);
    return report->errors ? NULL : model;
}

static void *load_group(const Printed_group *group, const char *folder)
{
    Text all = {0};
    for (int i = 0; i < group->count; i++) {
        const char *spec = format("%s/%s.yaml", folder, group->name[i]);
        const char *output = format("%s/%s.c", folder, group->name[i]);
        if (!write_file(spec, group->text[i]) || compile_and_emit(options_of(group, spec, output)))
            return NULL;
        text_add(&all, "#include \"%s.c\"\n", group->name[i]);
    }
    const char *compiler = getenv("CC");
    const char *command = format("%s -std=c11 -O0 -w -fPIC -shared -Iruntime %s -o %s/all.so %s/all.c",
                                 compiler ? compiler : "cc", options_of(group, "", "")->machine->flags, folder, folder);
    if (!write_file(format("%s/all.c", folder), all.bytes) || system(command))
        return NULL;
    void *library = dlopen(format("%s/all.so", folder), RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fprintf(stderr, "%s\n", dlerror());
    return library;
}

static void compare_group(Printed_group *group, void *library)
{
    Style style = style_of(group);
    for (int i = 0; i < group->count; i++) {
        const nnc_network *(*describe)(void) = NULL;
        void *symbol = dlsym(library, format("%s_network", group->name[i]));
        memcpy(&describe, &symbol, sizeof describe);
        const Model *model = model_of(group->text[i], options_of(group, "", ""));
        const char *wrong = describe && model ? compare_network(describe(), model, style.fused) : "it cannot be loaded";
        if (wrong)
            printf("FAILED generated C (%s, %d lanes) against the interpreter: %s\n%s",
                   style.fused ? "fused" : "separate", style.lanes, wrong, group->text[i]);
        group->failed += wrong != NULL;
        group->passed += wrong == NULL;
    }
}

static void remove_folder(const Printed_group *group, const char *folder)
{
    static const char *const endings[] = {"yaml", "c", "h"};
    for (int i = 0; i < group->count; i++)
        for (int e = 0; e < 3; e++)
            unlink(format("%s/%s.%s", folder, group->name[i], endings[e]));
    unlink(format("%s/all.c", folder));
    unlink(format("%s/all.so", folder));
    rmdir(folder);
}

void printed_finish(Printed_group *group)
{
    const char *temporary = getenv("TMPDIR");
    char *folder = format("%s/nnc-gradient-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    if (!group->count || !mkdtemp(folder)) {
        group->failed += group->count;
        return;
    }
    void *library = load_group(group, folder);
    if (library) {
        compare_group(group, library);
        dlclose(library);
    } else {
        printf("FAILED a group of networks does not compile\n");
        group->failed += group->count;
    }
    remove_folder(group, folder);
    group->networks += group->count;
    group->count = 0;
}

void printed_add(Printed_group *group, const char *name, const char *text)
{
    int count = group->count;
    PUSH(group->name, count, name);
    PUSH(group->text, group->count, text);
    if (group->count == GROUP)
        printed_finish(group);
}
