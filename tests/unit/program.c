/* program.c - kernels and networks from text. */
#include "program.h"
#include "expr.h"
#include "machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static Report report;
static char *said;
static size_t said_length;
static uint32_t random_state = 1;

const char *program_messages(void)
{
    fflush(report.stream);
    return said;
}

int program_start(void **state)
{
    (void)state;
    report = (Report){.stream = open_memstream(&said, &said_length)};
    return report.stream ? 0 : -1;
}

int program_stop(void **state)
{
    (void)state;
    fclose(report.stream);
    free(said);
    return 0;
}

void program_seed(unsigned seed)
{
    random_state = seed * 2654435761u + 1;
}

void program_merge(Model *model)
{
    copies(model);
    split(model);
    fuse(model);
    slices(model);
    order(model);
    merge(model);
}

int program_random(int limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return (int)(random_state % (unsigned)limit);
}

/* ---- kernels ---- */

static Template *parse(const char *text)
{
    Template *template = NEW(Template);
    *template = (Template){.name = "t", .summary = "", .source = source_of_text("t.c", text, &report)};
    parse_kernels(template);
    if (report.errors)
        fail_msg("refused: %s", program_messages());
    return template;
}

static void fold_dimensions(Kernel *kernel)
{
    for (int i = 0; i < kernel->count; i++) {
        Array *array = kernel->parameters[i].array;
        for (int d = 0; array && d < array->rank; d++)
            array->dims[d] = expr_copy(&(Changes){0}, array->dims[d]);
    }
}

Kernel **program_kernels(const char *text)
{
    Template *template = parse(text);
    for (int i = 0; i < template->kernels; i++)
        fold_dimensions(template->kernel[i]);
    return template->kernel;
}

Kernel *program_kernel(const char *text)
{
    return program_kernels(text)[0];
}

/* ---- phases of kernels ---- */

static Tensor *tensor_named(Phase *phase, const char *name, const Array *array)
{
    for (int i = 0; i < phase->tensors; i++)
        if (strcmp(phase->tensor[i]->name, name) == 0)
            return phase->tensor[i];
    Tensor *tensor = NEW(Tensor);
    *tensor = (Tensor){.name = name, .role = ROLE_VALUE, .type = array->type, .elements = 1, .born = -1, .dies = -1};
    if (strncmp(name, "in", 2) == 0)
        tensor->role = ROLE_INPUT;
    if (strncmp(name, "out", 3) == 0)
        tensor->role = ROLE_OUTPUT;
    tensor->rank = array->rank;
    for (int i = 0; i < array->rank; i++) {
        tensor->dims[i] = (int)array->dims[i]->number;
        tensor->elements *= tensor->dims[i];
    }
    PUSH(phase->tensor, phase->tensors, tensor);
    return tensor;
}

static Kernel *kernel_named(const Template *template, const char *name, size_t length)
{
    for (int i = 0; i < template->kernels; i++)
        if (strlen(template->kernel[i]->name) == length && strncmp(template->kernel[i]->name, name, length) == 0)
            return template->kernel[i];
    fail_msg("no kernel '%s'", name);
    return NULL;
}

/* Each step has a tree of its own: passes change it. */
static Kernel *own_copy(const Kernel *kernel)
{
    Kernel *copy = NEW(Kernel);
    *copy = *kernel;
    copy->parameters = NULL;
    Changes changes = {0};
    for (int i = 0, count = 0; i < kernel->count; i++) {
        copy->parameters = push_grow(copy->parameters, count, sizeof(Parameter));
        copy->parameters[count++] = kernel->parameters[i];
    }
    copy->body = stmt_copy(&changes, kernel->body);
    return copy;
}

static Step *read_call(Phase *phase, const Template *template, const char *call)
{
    size_t length = strcspn(call, "(");
    const Kernel *source = kernel_named(template, call, length);
    Step *step = NEW(Step);
    *step = (Step){.title = call, .source = source, .kernel = own_copy(source)};
    step->kernel->owner = step;
    note_uses(step->kernel);
    const char *at = call + length + 1;
    for (int i = 0; i < source->count; i++) {
        size_t word = strcspn(at, ",) ");
        step->arguments = push_grow(step->arguments, step->count, sizeof(Argument));
        Tensor *tensor = tensor_named(phase, format("%.*s", (int)word, at), source->parameters[i].array);
        step->arguments[step->count++] = (Argument){.tensor = tensor};
        at += word;
        at += strspn(at, ", ");
    }
    return step;
}

Phase *program_phase(const char *kernels, const char *const *calls, int count)
{
    Template *template = parse(kernels);
    for (int i = 0; i < template->kernels; i++)
        fold_dimensions(template->kernel[i]);
    Phase *phase = NEW(Phase);
    phase->kind = PHASE_PREDICT;
    for (int i = 0; i < count; i++) {
        Step *step = read_call(phase, template, calls[i]);
        PUSH(phase->step, phase->steps, step);
    }
    return phase;
}

Model *program_model(Phase *phase)
{
    Model *model = NEW(Model);
    *model = (Model){.options = program_options("c", 1), .report = &report, .name = "t"};
    model->phase[phase->kind] = phase;
    return model;
}

/* ---- networks ---- */

Options *program_options(const char *machine, int lanes)
{
    Options *options = NEW(Options);
    options->machine = machine_find(machine);
    options->lanes = lanes;
    return options;
}

Model *program_read(const char *spec, Options *options)
{
    Library *library = NEW(Library);
    library->report = &report;
    if (!options->machine)
        options->machine = machine_find("c");
    if (!options->lanes)
        options->lanes = 1;
    Model *model = spec_read(source_of_text("t.yaml", spec, &report), options, library);
    return report.errors ? NULL : model;
}

Model *program_bound(const char *spec, Options *options)
{
    Model *model = program_read(spec, options);
    if (model)
        infer(model);
    if (!model || report.errors)
        return NULL;
    derive(model);
    if (report.errors)
        return NULL;
    bind(model);
    return model;
}
