/* template.c - reads one file of templates/: tags, functions, and which functions make a form. */
#include "template.h"
#include "forms.h"
#include "tags.h"

#include <string.h>

/* What a function of each category may end in; "" stands for the bare name. */
static const char *const suffixes[CATEGORIES][4] = {
    [LAYER] = {"_forward", "_inference_backward", "_backward", "_inference"}, /* the longer before its own end */
    [LOSS] = {"_forward", "_backward"},
    [OPTIMIZER] = {"_update", "_step"},
    [INITIALIZER] = {""},
    [SCHEDULE] = {""},
    [REGULARIZER] = {"_penalty", "_gradient"},
    [CLIP] = {"_measure", "_step", "_apply"},
};

static Form *form_named(Template *template, const char *name)
{
    for (int i = 0; i < template->forms; i++)
        if (strcmp(template->form[i].name, name) == 0)
            return &template->form[i];
    template->form = push_grow(template->form, template->forms, sizeof(Form));
    template->form[template->forms] = (Form){.name = name};
    return &template->form[template->forms++];
}

/* The form in NAME_FORM_SUFFIX; NULL if the name does not follow that pattern. */
static const char *form_of(const Template *template, const char *kernel)
{
    size_t prefix = strlen(template->name), length = strlen(kernel);
    if (strncmp(kernel, template->name, prefix) != 0)
        return NULL;
    for (int i = 0; i < 4; i++) {
        const char *suffix = suffixes[template->category][i];
        if (!suffix)
            break;
        size_t tail = strlen(suffix);
        if (length < prefix + tail || strcmp(kernel + length - tail, suffix) != 0)
            continue;
        if (length == prefix + tail)
            return "";
        if (kernel[prefix] == '_')
            return format("%.*s", (int)(length - tail - prefix - 1), kernel + prefix + 1);
    }
    return NULL;
}

/* Every kernel goes to its form: those with a condition first, the plain one last. */
static void sort_forms(Template *template)
{
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < template->kernels; k++) {
            Kernel *kernel = template->kernel[k];
            const char *name = form_of(template, kernel->name);
            if (!name && pass == 0)
                error_at(kernel->span, "'%s' is no name of a function of %s '%s'", kernel->name,
                         category_names[template->category], template->name);
            if (!name || (*name == 0) != (pass == 1))
                continue;
            Form *form = form_named(template, name);
            PUSH(form->kernel, form->kernels, kernel);
        }
    for (int i = 0; i < template->forms; i++)
        if (!template->form[i].kernels)
            error_at(template->span, "form '%s' has no functions", template->form[i].name);
}

/* What no form can do without. */
static const char *const needed[CATEGORIES][2] = {
    [LAYER] = {"_forward"}, [LOSS] = {"_forward", "_backward"},        [OPTIMIZER] = {"_update"}, [INITIALIZER] = {""},
    [SCHEDULE] = {""},      [REGULARIZER] = {"_penalty", "_gradient"}, [CLIP] = {"_apply"},
};

/* The same sizes by name: each function has symbols of its own. */
static bool same_size(const Expr *left, const Expr *right)
{
    if (left->kind != right->kind || left->count != right->count)
        return false;
    for (int i = 0; i < left->count; i++)
        if (!same_size(left->args[i], right->args[i]))
            return false;
    return left->kind == EX_NAME  ? strcmp(left->symbol->name, right->symbol->name) == 0
           : left->kind == EX_INT ? left->number == right->number
                                  : true;
}

static bool same_dimensions(const Array *left, const Array *right)
{
    bool same = left->rank == right->rank;
    for (int i = 0; same && i < left->rank; i++)
        same = same_size(left->dims[i], right->dims[i]);
    return same;
}

/* An array that several functions of a form name is one tensor. */
static void check_arrays(const Form *form)
{
    for (int k = 1; k < form->kernels; k++)
        for (int i = 0; i < form->kernel[k]->count; i++) {
            const Array *array = form->kernel[k]->parameters[i].array;
            const Array *other = array ? array_named(form->kernel[0], array->name) : NULL;
            if (!other || same_dimensions(array, other))
                continue;
            error_at(array->span, "'%s' has other dimensions in '%s'", array->name, form->kernel[0]->name);
            note_at(other->span, "they are declared here");
            return;
        }
}

static void check_functions(const Template *template)
{
    bool always = template->category == LAYER || template->category == LOSS; /* their forms are chosen by shape, too */
    for (int i = 0; i < template->forms; i++) {
        const Form *form = &template->form[i];
        always |= !form->attribute;
        check_arrays(form);
        if (strcmp(form->name, "inference") == 0)
            error_at(template->span, "a form may not be called 'inference': its functions would have others' names");
        if (form_kernel(form, "_inference_backward") && !form_kernel(form, "_inference"))
            error_at(template->span, "the function '%s%s%s_inference' is missing", template->name,
                     *form->name ? "_" : "", form->name);
        for (int k = 0; k < 2 && needed[template->category][k]; k++)
            if (form->kernels && !form_kernel(form, needed[template->category][k]))
                error_at(template->span, "the function '%s%s%s%s' is missing", template->name, *form->name ? "_" : "",
                         form->name, needed[template->category][k]);
    }
    if (!template->forms || !always)
        error_at(template->span, "the function '%s%s' is missing", template->name, needed[template->category][0]);
}

Kernel *form_kernel(const Form *form, const char *suffix)
{
    for (int i = 0; i < form->kernels; i++) {
        const Kernel *kernel = form->kernel[i];
        size_t own = strlen(kernel->template->name) + (*form->name ? strlen(form->name) + 1 : 0);
        if (!*suffix || strcmp(kernel->name + own, suffix) == 0)
            return form->kernel[i];
    }
    return NULL;
}

Kernel *prediction_kernel(const Form *form)
{
    Kernel *inference = form_kernel(form, "_inference");
    return inference ? inference : form_kernel(form, "_forward");
}

Template *read_template(Category category, const char *name, Source *source)
{
    Template *template = NEW(Template);
    template->category = category;
    template->name = format("%s", name);
    template->source = source;
    template->summary = "";
    template->span = (Span){source, 1, 1, 2};
    const char *end = strstr(source->text, "*/");
    template->page = end ? format("%.*s", (int)(end + 2 - source->text), source->text) : "";
    read_tags(template, true);
    int errors = source->report->errors;
    parse_kernels(template);
    if (source->report->errors > errors)
        return template;
    read_tags(template, false);
    sort_forms(template);
    check_functions(template);
    check_opening(template);
    return template;
}
