/* trial.c - one form of a template, tried on the shapes that come in. */
#include "trial.h"
#include "forms.h"
#include "sizes.h"

#include <limits.h>
#include <string.h>

/* ---- unification of one array with one shape ---- */

static bool same_place(Span a, Span b)
{
    return a.line == b.line && a.column == b.column;
}

/* The input whose shape fixed a size, or NULL. */
static const Layer *source_at(const Trial *trial, Span span)
{
    for (int i = 0; trial->layer && i < trial->layer->inputs; i++)
        if (same_place(trial->layer->input[i]->span, span))
            return trial->layer->input[i];
    return NULL;
}

static void note_source(const Layer *source)
{
    note_at(source->span, "the %s '%s' has the shape %s", source->choice ? "value of" : "input", source->name,
            shape_text(&source->shape));
}

static void refuse_size(const Trial *trial, const char *name, const Binding *old, long long value, Span span)
{
    const Layer *other = trial->source ? source_at(trial, old->span) : NULL;
    if (other && other != trial->source) {
        error_at(span, "'%s' cannot join shapes that do not fit: %s is %s, but %s is %s", trial->name,
                 trial->source->name, shape_text(&trial->source->shape), other->name, shape_text(&other->shape));
        note_source(other);
        note_source(trial->source);
        return;
    }
    error_at(span, "'%s' needs %s = %lld here, but it is %lld", trial->name, name, old->value, value);
    note_at(old->span, "%s = %lld comes from here", name, old->value);
}

void bind_size(Trial *trial, const char *name, long long value, Span span)
{
    const Binding *old = binding_find(&trial->sizes, name);
    if (!old) {
        binding_add(&trial->sizes, name, value, trial->source ? trial->source->span : span);
    } else if (old->value != value) {
        if (!trial->quiet && !trial->failed)
            refuse_size(trial, name, old, value, span);
        trial->failed = true;
    }
}

static void bind_any(Trial *trial, const Template *template, const AnyTag *tag, const int *dims, int rank, Span span)
{
    long long product = 1;
    for (int i = 0; i < rank; i++)
        product *= dims[i];
    Any_dims *any = &trial->any[tag - template->any];
    if (!any->bound) {
        any->bound = true;
        any->rank = rank;
        memcpy(any->dims, dims, (size_t)rank * sizeof *dims);
    }
    bind_size(trial, tag->variable, product, span);
}

/* How many dimensions each of the array's stands for, in order; false if the shape cannot have them. */
static bool count_dimensions(const Trial *trial, const Template *template, const Array *array, const Shape *shape,
                             int *counts)
{
    int left = shape->rank, rest = 0;
    for (int i = 1; i < array->rank; i++) {
        const AnyTag *tag = any_tag(template, array->dims[i]);
        long long count = 1;
        if (tag && !tag->rank)
            rest = i;
        if (tag && tag->rank && (!size_value(tag->rank, &trial->sizes, &count) || count < 0 || count > shape->rank))
            return false;
        counts[i] = (int)count;
        left -= i == rest ? 0 : counts[i];
    }
    if (rest)
        counts[rest] = left;
    return rest ? left >= 0 : left == 0;
}

void unify(Trial *trial, const Template *template, const Array *array, const Shape *shape, Span span)
{
    int fixed = array->rank - 1, counts[RANK_MAX] = {0};
    for (int i = 1; i < array->rank; i++)
        fixed -= any_tag(template, array->dims[i]) != NULL;
    if (array->rank < 1 || !count_dimensions(trial, template, array, shape, counts)) {
        if (!trial->quiet && !trial->failed) {
            error_at(span, "'%s' takes %s%d dimension%s, but this has the shape %s", trial->name,
                     fixed < array->rank - 1 ? "at least " : "", fixed, fixed == 1 ? "" : "s", shape_text(shape));
            if (trial->source)
                note_source(trial->source);
        }
        trial->failed = true;
        return;
    }
    int at = 0;
    for (int i = 1; i < array->rank; at += counts[i++]) {
        const Expr *dim = array->dims[i];
        const AnyTag *tag = any_tag(template, dim);
        if (tag)
            bind_any(trial, template, tag, shape->dims + at, counts[i], span);
        else if (dim->kind == EX_NAME)
            bind_size(trial, dim->symbol->name, shape->dims[at], span);
    }
}

void check_computed(Trial *trial, const Template *template, const Array *array, const Shape *shape, Span span)
{
    if (trial->failed || (template->anys && array->rank - 1 != shape->rank))
        return;
    for (int i = 1; i < array->rank; i++) {
        long long value;
        if (array->dims[i]->kind != EX_NAME && size_value(array->dims[i], &trial->sizes, &value) &&
            value != shape->dims[i - 1]) {
            if (!trial->quiet)
                error_at(span, "'%s' needs %lld here, but it is %d", trial->name, value, shape->dims[i - 1]);
            trial->failed = true;
        }
    }
}

/* ---- attributes ---- */

static void bind_list(Trial *trial, const Form *form, const Attribute *attribute, const Value *value, Span span)
{
    for (int k = 0; k < form->kernels; k++) {
        const Array *array = array_named(form->kernel[k], attribute->variable[0]);
        if (array && array->dims[0]->kind == EX_NAME && value->given)
            bind_size(trial, array->dims[0]->symbol->name, value->count, span);
    }
    bind_size(trial, format("length(%s)", attribute->name), value->given ? value->count : 0, span);
    for (int i = 0; attribute->list_of_ints && value->given && i < value->count; i++)
        bind_size(trial, format("%s[%d]", attribute->name, i), (long long)value->numbers[i], span);
}

void bind_attributes(Trial *trial, const Form *form, const Choice *choice)
{
    const Template *template = choice->template;
    for (int i = 0; i < template->attributes; i++) {
        const Attribute *attribute = &template->attribute[i];
        const Value *value = &choice->values[i];
        Span span = value->span.line ? value->span : choice->span;
        if (attribute->type == ATTR_LIST)
            bind_list(trial, form, attribute, value, span);
        if (attribute->type == ATTR_BOOL && value->numbers)
            bind_size(trial, attribute->name, value->numbers[0] != 0, span);
        if (attribute->type == ATTR_INT)
            for (int v = 0; v < attribute->variables && v < value->count; v++)
                bind_size(trial, attribute->variable[v], (long long)value->numbers[v], span);
        if (attribute->type == ATTR_PADDING && !(value->word && strcmp(value->word, "same") == 0))
            for (int v = 0; v < attribute->variables; v++)
                bind_size(trial, attribute->variable[v], v < value->count ? (long long)value->numbers[v] : 0, span);
    }
}

void check_lists(Trial *trial, const Form *form, const Choice *choice)
{
    for (int i = 0; i < choice->template->attributes; i++) {
        const Attribute *attribute = &choice->template->attribute[i];
        const Value *value = &choice->values[i];
        const Array *array = attribute->type == ATTR_LIST ? form_array(form, attribute->variable[0]) : NULL;
        if (!array || array->dims[0]->kind != EX_INT || !value->given || value->count == array->dims[0]->number)
            continue;
        if (!trial->quiet && !trial->failed)
            error_at(value->span, "'%s' takes a list of %lld, not of %d", attribute->name, array->dims[0]->number,
                     value->count);
        trial->failed = true;
    }
}

void bind_defaults(Trial *trial, const Choice *choice)
{
    for (int i = 0; i < choice->template->attributes; i++) {
        const Attribute *attribute = &choice->template->attribute[i];
        const Value *value = &choice->values[i];
        const Binding *size =
            attribute->type == ATTR_INT && !value->count ? binding_find(&trial->sizes, attribute->word) : NULL;
        for (int v = 0; size && v < attribute->variables; v++)
            bind_size(trial, attribute->variable[v], size->value, size->span);
    }
}

static long long size_or(const Trial *trial, const char *name, long long otherwise)
{
    const Binding *binding = binding_find(&trial->sizes, name);
    return binding ? binding->value : otherwise;
}

/* TensorFlow's `same`: ceil(size / stride) outputs; of an odd total the larger half behind. The axis' sizes are named
 * by convention: H with KH, SH, DH; W with KW, SW, DW; a padding of two variables is that of W. */
static void bind_same(Trial *trial, const Attribute *attribute, int first, const char *axis, Span span)
{
    long long size = size_or(trial, axis, 1);
    long long kernel = size_or(trial, format("K%s", axis), 1);
    long long stride = size_or(trial, format("S%s", axis), 1);
    long long dilation = size_or(trial, format("D%s", axis), 1);
    long long outputs = (size + stride - 1) / stride;
    long long total = (outputs - 1) * stride + dilation * (kernel - 1) + 1 - size;
    if (total < 0)
        total = 0;
    bind_size(trial, attribute->variable[first], total / 2, span);
    bind_size(trial, attribute->variable[first + 1], total - total / 2, span);
}

void bind_padding(Trial *trial, const Choice *choice)
{
    for (int i = 0; i < choice->template->attributes; i++) {
        const Attribute *attribute = &choice->template->attribute[i];
        const Value *value = &choice->values[i];
        if (attribute->type != ATTR_PADDING || !value->word || strcmp(value->word, "same") != 0)
            continue;
        if (attribute->variables == 4)
            bind_same(trial, attribute, 0, "H", value->span);
        bind_same(trial, attribute, attribute->variables - 2, "W", value->span);
    }
}

/* ---- sizes, requirements, form ---- */

static bool form_has_size(const Form *form, const char *name)
{
    for (int k = 0; k < form->kernels; k++)
        for (int i = 0; i < form->kernel[k]->count; i++) {
            const Symbol *symbol = form->kernel[k]->parameters[i].symbol;
            if (symbol && strcmp(symbol->name, name) == 0)
                return true;
        }
    return false;
}

static bool any_form_has(const Template *template, int size)
{
    for (int i = 0; i < template->forms; i++)
        if (form_has_size(&template->form[i], template->size[size].variable))
            return true;
    return false;
}

void compute_sizes(Trial *trial, const Template *template, const Form *form)
{
    for (int i = 0; i < template->sizes && !trial->failed; i++) {
        long long value;
        if (template->size[i].rule != SIZE_EXPRESSION)
            continue;
        if (size_value(template->size[i].value, &trial->sizes, &value)) {
            bind_size(trial, template->size[i].variable, value, trial->span);
        } else if (form_has_size(form, template->size[i].variable) || !any_form_has(template, i)) {
            if (!trial->quiet)
                error_at(template->size[i].span, "a size in this line is not known");
            trial->failed = true;
        }
    }
}

/* The message with every {NAME} replaced by its size. */
static const char *filled_in(const char *message, const Application *sizes)
{
    Text text = {0};
    while (*message) {
        size_t plain = strcspn(message, "{");
        text_add(&text, "%.*s", (int)plain, message);
        message += plain;
        if (*message) {
            size_t length = strcspn(message, "}");
            const Binding *binding = binding_find(sizes, format("%.*s", (int)length - 1, message + 1));
            text_add(&text, "%lld", binding ? binding->value : 0);
            message += length + (message[length] == '}');
        }
    }
    return text.bytes ? text.bytes : "";
}

/* The places of the sizes in a condition: of attributes, or of the layers whose shapes fixed them. The first
 * attribute's is where the message points, the others are notes. */
static void collect_places(const Expr *expr, const Trial *trial, const Application *sizes, bool shapes, Span *places,
                           int *count)
{
    const Binding *binding = expr->kind == EX_NAME ? binding_find(sizes, expr->symbol->name) : NULL;
    bool known = !binding || same_place(binding->span, trial->span) || !binding->span.line ||
                 (source_at(trial, binding->span) != NULL) != shapes;
    for (int i = 0; i < *count && !known; i++)
        known = same_place(places[i], binding->span);
    if (!known && *count < RANK_MAX)
        places[(*count)++] = binding->span;
    for (int i = 0; i < expr->count; i++)
        collect_places(expr->args[i], trial, sizes, shapes, places, count);
}

static void refuse_requirement(const Trial *trial, const RequireTag *require, const Application *sizes)
{
    Span places[RANK_MAX];
    int count = 0;
    collect_places(require->condition, trial, sizes, false, places, &count);
    error_at(count ? places[0] : trial->span, "%s", filled_in(require->message, sizes));
    for (int p = 1; p < count; p++)
        note_at(places[p], "a size comes from here");
    count = 0;
    collect_places(require->condition, trial, sizes, true, places, &count);
    for (int p = 0; p < count; p++)
        note_source(source_at(trial, places[p]));
}

void check_requirements(Trial *trial, const Template *template)
{
    Application sizes = {0};
    for (int i = 0; i < trial->sizes.bindings; i++)
        binding_add(&sizes, trial->sizes.binding[i].name, trial->sizes.binding[i].value, trial->sizes.binding[i].span);
    if (trial->train)
        binding_add(&sizes, "N", trial->train->batch,
                    trial->train->batch_span.line ? trial->train->batch_span : trial->span);
    for (int i = 0; i < template->requires && !trial->failed; i++) {
        long long holds = 1;
        const RequireTag *require = &template->require[i];
        if (!size_value(require->condition, &sizes, &holds) || holds)
            continue;
        trial->failed = true;
        if (!trial->quiet)
            refuse_requirement(trial, require, &sizes);
    }
}

void shape_of_array(const Trial *trial, const Template *template, const Array *array, int first, Shape *shape)
{
    shape->rank = 0;
    for (int i = first; i < array->rank; i++) {
        const AnyTag *tag = any_tag(template, array->dims[i]);
        if (tag) {
            const Any_dims *any = &trial->any[tag - template->any];
            for (int a = 0; a < any->rank && shape->rank < RANK_MAX; a++)
                shape->dims[shape->rank++] = any->dims[a];
            continue;
        }
        long long value = 0;
        size_value(array->dims[i], &trial->sizes, &value);
        if (shape->rank < RANK_MAX)
            shape->dims[shape->rank++] = value > INT_MAX ? INT_MAX : (int)value; /* refused by check_elements() */
    }
}

void check_complete(Trial *trial, const Form *form)
{
    for (int k = 0; k < form->kernels && !trial->failed; k++)
        for (int i = 0; i < form->kernel[k]->count && !trial->failed; i++) {
            const Parameter *parameter = &form->kernel[k]->parameters[i];
            if (parameter->symbol) {
                const Symbol *symbol = parameter->symbol;
                if (symbol->kind == SYM_SIZE && strcmp(symbol->name, "N") &&
                    !binding_find(&trial->sizes, symbol->name)) {
                    if (!trial->quiet)
                        error_at(symbol->span, "nothing fixes the size '%s'", symbol->name);
                    trial->failed = true;
                }
                continue;
            }
            for (int d = 0; d < parameter->array->rank && !trial->failed; d++) {
                long long value = 1;
                if (size_value(parameter->array->dims[d], &trial->sizes, &value) && value < 1) {
                    if (!trial->quiet)
                        error_at(trial->span, "dimension %d of '%s' in '%s' would be %lld", d, parameter->array->name,
                                 trial->name, value);
                    trial->failed = true;
                }
            }
        }
}
