/* infer_loss.c - gives a loss its form and its sizes, and its target its shape. */
#include "infer_loss.h"
#include "expr.h"
#include "forms.h"
#include "parameters.h"
#include "sizes.h"
#include "trial.h"

#include <string.h>

/* What the loss compares with: as the spec says, or the template's natural kind (also for a target with a name). */
static bool target_fits(const Loss *loss, const Array *target)
{
    static const char *const reals[] = {"vector", "input"}, *const classes[] = {"class", "positions"};
    const char *given = loss->target_name, *natural = loss->choice->template->target;
    for (int i = 0; i < 2; i++) {
        if (given && strcmp(given, classes[i]) == 0)
            return target && target->type == TYPE_INT;
        if (given && strcmp(given, reals[i]) == 0)
            return target && target->type == TYPE_REAL;
    }
    if (!natural || !target)
        return true;
    return (strcmp(natural, "class") == 0) == (target->type == TYPE_INT);
}

static const char *target_name(const Loss *loss)
{
    const char *name = loss->target_name;
    bool natural = !name || strcmp(name, "class") == 0 || strcmp(name, "vector") == 0 || strcmp(name, "positions") == 0;
    return natural ? "target" : name;
}

/* The attribute that gives a size. */
static const char *attribute_of(const Template *template, const char *variable)
{
    for (int i = 0; i < template->attributes; i++)
        if (strcmp(template->attribute[i].variable[0], variable) == 0)
            return template->attribute[i].name;
    return variable;
}

static long long classes_elsewhere(const Model *model, const Loss *loss, Span *span);

/* As many classes as the spec says, or as another loss with the same target has. */
static void bind_classes(Trial *trial, const Model *model, const Loss *loss)
{
    const Template *template = loss->choice->template;
    if (!template->classes || binding_find(&trial->sizes, template->classes))
        return;
    Span span = loss->span;
    long long classes = classes_elsewhere(model, loss, &span);
    if (classes) {
        bind_size(trial, template->classes, classes, span);
        return;
    }
    trial->failed = true;
    if (trial->quiet)
        return;
    const char *attribute = attribute_of(template, template->classes);
    error_at(trial->span, "'%s' needs '%s': no other loss says how many there are of the target '%s'", template->name,
             attribute, target_name(loss));
    hint(trial->span, "write %s: {%s: NUMBER}", template->name, attribute);
}

static bool try_loss(const Model *model, Loss *loss, Form *form, Shape *target_shape, bool quiet)
{
    const Template *template = loss->choice->template;
    const Array *input = loss_input(form), *target = array_named(form_kernel(form, "_forward"), "t");
    if (!form_condition(form, loss->choice) || !target_fits(loss, target))
        return false;
    Trial trial = {.quiet = quiet, .span = loss->choice->span, .name = template->name, .train = &model->train};
    bind_attributes(&trial, form, loss->choice);
    check_lists(&trial, form, loss->choice);
    bind_classes(&trial, model, loss);
    trial.source = loss->input;
    unify(&trial, template, input, &loss->input->shape, loss->span);
    trial.source = NULL;
    compute_sizes(&trial, template, form);
    check_computed(&trial, template, input, &loss->input->shape, loss->span);
    if (!trial.failed)
        check_requirements(&trial, template);
    check_complete(&trial, form);
    if (trial.failed)
        return false;
    loss->form = form;
    loss->application = trial.sizes;
    if (target)
        shape_of_array(&trial, template, target, 1, target_shape);
    return true;
}

static TargetPort *find_target(Model *model, const Loss *loss, const TargetPort *wanted)
{
    for (int i = 0; i < model->targets; i++) {
        TargetPort *target = model->target[i];
        if (strcmp(target->name, wanted->name) != 0 || target->input != wanted->input)
            continue;
        bool same =
            target->is_class == wanted->is_class && shape_elements(&target->shape) == shape_elements(&wanted->shape);
        if (same && target->classes == wanted->classes)
            return target;
        Span place = loss->target_span.line ? loss->target_span : loss->span;
        if (same)
            error_at(place, "two losses read the target '%s', this one as one of %d classes, the other as one of %d",
                     target->name, wanted->classes, target->classes);
        else
            error_at(place, "two losses read the target '%s' as different things", target->name);
        note_at(target->span, "the other one is here");
        hint(target->span, "give one of them a target of its own: target: NAME");
        return target;
    }
    return NULL;
}

typedef struct Selected {
    const Array *target;
    const Application *sizes;
    long long classes; /* 0: none so far */
} Selected;

static void note_selected(void *context, Expr *expr, bool write)
{
    Selected *selected = context;
    (void)write;
    for (int i = 0; expr->kind == EX_LOAD && i < expr->count; i++) {
        long long size;
        if (expr->args[i]->kind == EX_LOAD && expr->args[i]->array == selected->target &&
            size_value(expr->array->dims[i], selected->sizes, &size) &&
            (!selected->classes || size < selected->classes))
            selected->classes = size;
    }
}

/* What the template says; or as many as there are where the target selects an element; where it selects none, the
 * outputs of a position. */
static int classes_of(const Loss *loss, const Array *target)
{
    Selected selected = {.target = target, .sizes = &loss->application};
    const Shape *measured = &loss->input->shape;
    const char *said = loss->choice->template->classes;
    if (said)
        return (int)binding_find(&loss->application, said)->value;
    visit_stmt(form_kernel(loss->form, "_forward")->body, note_selected, &selected);
    if (!selected.classes && measured->rank)
        selected.classes = measured->dims[measured->rank - 1];
    return (int)selected.classes;
}

static void attach_target(Model *model, Loss *loss, const Shape *shape)
{
    const Array *array = array_named(form_kernel(loss->form, "_forward"), "t");
    if (!array)
        return;
    TargetPort wanted = {.name = target_name(loss), .shape = *shape};
    wanted.span = loss->span;
    wanted.is_class = array->type == TYPE_INT;
    wanted.classes = wanted.is_class ? classes_of(loss, array) : 0;
    if (loss->target_name && strcmp(loss->target_name, "input") == 0) {
        wanted.input = model->input[0];
        if (shape_elements(&wanted.input->shape) != shape_elements(shape)) {
            error_at(loss->target_span, "the input has %lld elements, but '%s' compares %lld",
                     shape_elements(&wanted.input->shape), loss->choice->template->name, shape_elements(shape));
            note_at(wanted.input->span, "the input's shape comes from here");
        }
    }
    loss->target = find_target(model, loss, &wanted);
    if (loss->target)
        return;
    loss->target = NEW(TargetPort);
    *loss->target = wanted;
    PUSH(model->target, model->targets, loss->target);
}

/* The first form that fits; otherwise `candidate` is the last that could have. */
static bool find_loss_form(const Model *model, Loss *loss, Shape *target_shape, Form **candidate)
{
    const Template *template = loss->choice->template;
    for (int i = 0; i < template->forms; i++) {
        if (!form_condition(&template->form[i], loss->choice))
            continue;
        *candidate = &template->form[i];
        if (try_loss(model, loss, *candidate, target_shape, true))
            return true;
    }
    return false;
}

static bool says_classes(const Loss *loss)
{
    const char *size = loss->choice->template->classes;
    return !size || choice_value(loss->choice, attribute_of(loss->choice->template, size))->count;
}

/* How many classes another loss takes this one's target for; 0 if none does. A loss that would ask in its turn is not
 * asked. */
static long long classes_elsewhere(const Model *model, const Loss *loss, Span *span)
{
    for (int i = 0; i < model->losses; i++) {
        Loss *other = model->loss[i];
        Shape shape;
        Form *candidate;
        if (other == loss || !other->input->known || !says_classes(other) ||
            strcmp(target_name(other), target_name(loss)) != 0 || !find_loss_form(model, other, &shape, &candidate))
            continue;
        const Array *target = array_named(form_kernel(other->form, "_forward"), "t");
        if (!target || target->type != TYPE_INT)
            continue;
        *span = other->span;
        return classes_of(other, target);
    }
    return 0;
}

void infer_loss(Model *model, Loss *loss)
{
    if (!loss->input->known)
        return;
    const Template *template = loss->choice->template;
    Shape target_shape = {0};
    Form *candidate = NULL;
    if (!find_loss_form(model, loss, &target_shape, &candidate)) {
        int before = model->report->errors;
        if (candidate)
            try_loss(model, loss, candidate, &target_shape, false);
        if (model->report->errors == before)
            error_at(loss->choice->span, "no form of '%s' fits its input and target", template->name);
        return;
    }
    attach_target(model, loss, &target_shape);
    give_loss_weights(model, loss);
}
