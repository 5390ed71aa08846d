/* forms.c - what a choice of the spec picks out of its template. */
#include "forms.h"
#include "sizes.h"

#include <stdlib.h>
#include <string.h>

static bool holds(ExprKind relation, double left, double right)
{
    switch (relation) {
    case EX_EQ:
        return left == right;
    case EX_NE:
        return left != right;
    case EX_GT:
        return left > right;
    case EX_GE:
        return left >= right;
    case EX_LT:
        return left < right;
    default:
        return left <= right;
    }
}

bool form_condition(const Form *form, const Choice *choice)
{
    const Value *value = form->attribute ? choice_value(choice, form->attribute) : NULL;
    if (!value) /* no condition, or one on a size */
        return true;
    if (value->word && !value->count)
        return (strcmp(value->word, form->word) == 0) == (form->relation == EX_EQ);
    return holds(form->relation, value->count ? value->numbers[0] : 0, form->number);
}

bool form_size_condition(const Form *form, const Application *sizes)
{
    const Binding *binding = form->attribute ? binding_find(sizes, form->attribute) : NULL;
    return !binding || holds(form->relation, (double)binding->value, form->number);
}

bool form_is_fixed(const Form *form, const Layer *layer)
{
    return layer->frozen && form_kernel(form, "_inference_backward");
}

Span input_place(const Layer *layer, int i)
{
    return layer->input_span && layer->input_span[i].line ? layer->input_span[i] : layer->span;
}

const Form *simple_form(const Choice *choice)
{
    const Template *template = choice->template;
    for (int i = 0; i < template->forms; i++)
        if (form_condition(&template->form[i], choice))
            return &template->form[i];
    return NULL;
}

const Array *array_named(const Kernel *kernel, const char *name)
{
    for (int i = 0; i < kernel->count; i++)
        if (kernel->parameters[i].array && strcmp(kernel->parameters[i].array->name, name) == 0)
            return kernel->parameters[i].array;
    return NULL;
}

const Array *form_array(const Form *form, const char *name)
{
    for (int k = 0; k < form->kernels; k++) {
        const Array *array = array_named(form->kernel[k], name);
        if (array)
            return array;
    }
    return NULL;
}

void choice_sizes(const Choice *choice, Application *sizes)
{
    const Template *template = choice->template;
    for (int i = 0; i < template->attributes; i++) {
        const Attribute *attribute = &template->attribute[i];
        const Value *value = &choice->values[i];
        Span span = value->span.line ? value->span : choice->span;
        if (attribute->type == ATTR_INT)
            for (int v = 0; v < attribute->variables && v < value->count; v++)
                binding_add(sizes, attribute->variable[v], (long long)value->numbers[v], span);
        const Array *list =
            attribute->type == ATTR_LIST ? form_array(simple_form(choice), attribute->variable[0]) : NULL;
        if (list && list->dims[0]->kind == EX_NAME)
            binding_add(sizes, list->dims[0]->symbol->name, value->count, span);
    }
}

void initializer_sizes(const Kernel *kernel, const Choice *choice, const Weight *weight, Application *sizes)
{
    choice_sizes(choice, sizes);
    const Array *w = array_named(kernel, "w");
    const Shape *shape = &weight->shape;
    if (w->rank == 1 && is_size(w->dims[0], "P")) {
        binding_add(sizes, "P", shape_elements(shape), choice->span);
        return;
    }
    int missing = shape->rank - w->rank, at = 0; /* `Any:` takes these besides its own place */
    for (int i = 0; i < w->rank; i++) {
        bool any = any_tag(choice->template, w->dims[i]) != NULL;
        long long size = 1;
        for (int taken = any ? missing + 1 : 1; taken > 0 && at < shape->rank; taken--)
            size *= shape->dims[at++];
        binding_add(sizes, w->dims[i]->symbol->name, size, choice->span);
    }
}

const AnyTag *any_tag(const Template *template, const Expr *dim)
{
    for (int i = 0; i < template->anys; i++)
        if (is_size(dim, template->any[i].variable))
            return &template->any[i];
    return NULL;
}

bool state_is_fixed(const Form *form, const char *variable)
{
    const Array *array = form_array(form, variable);
    return array && array->dims[0]->kind == EX_INT;
}

const Array *loss_input(const Form *form)
{
    const Kernel *forward = form_kernel(form, "_forward");
    for (int i = 0; forward && i < forward->count; i++)
        if (forward->parameters[i].array)
            return forward->parameters[i].array;
    return NULL;
}

static Node *scalar_node(const char *text, Span span)
{
    Node *node = NEW(Node);
    *node = (Node){.kind = NODE_SCALAR, .text = text, .span = span};
    return node;
}

Choice *choice_made(Library *library, Category category, const char *name, const char *value, Span span)
{
    Node *node = scalar_node(name, span);
    if (!value)
        return choice_of_node(library, category, node);
    Node *map = NEW(Node);
    *map = (Node){.kind = NODE_MAP, .span = span};
    int keys = 0;
    PUSH(map->keys, keys, node);
    PUSH(map->items, map->count, scalar_node(value, span));
    return choice_of_node(library, category, map);
}

const char *number_text(double number)
{
    const char *text = "";
    for (int digits = 6; digits <= 17; digits++) {
        text = format("%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    return strpbrk(text, ".en") ? text : format("%s.0", text);
}
