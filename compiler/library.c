/* library.c - finds templates by name, in --templates DIR and among those built into the program, and reads what
 * their doc comments declare. A template is known by its file alone: no list of names exists anywhere. */
#include "embedded.h"
#include "expr.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const category_names[CATEGORIES] = {"layer",    "loss",        "optimizer", "initializer",
                                                "schedule", "regularizer", "clip"};
const char *const category_folders[CATEGORIES] = {"layers",    "losses",       "optimizers", "initializers",
                                                  "schedules", "regularizers", "clips"};
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

/* ---- words of a tag's line ---- */

typedef struct Line {
    Template *template;
    Span span; /* of the tag's text */
    char **word;
    int words, at;
} Line;

/* Cuts at spaces; `(…)`, `{…}` stay whole; everything from " -- " on is one last word. */
static Line cut_line(Template *template, Span span, const char *text, const char **description)
{
    Line line = {.template = template, .span = span};
    const char *dashes = strstr(text, " -- ");
    *description = dashes ? format("%s", dashes + 4) : "";
    const char *end = dashes ? dashes : text + strlen(text);
    for (const char *at = text; at < end;) {
        while (at < end && isspace((unsigned char)*at))
            at++;
        const char *from = at;
        char close = 0;
        if (at < end && (*at == '{' || *at == '('))
            close = *at == '{' ? '}' : ')';
        while (at < end && (close ? at[-(at > from)] != close || at == from : !isspace((unsigned char)*at)))
            at++;
        if (at > from)
            PUSH(line.word, line.words, format("%.*s", (int)(at - from), from));
    }
    return line;
}

static const char *peek(const Line *line)
{
    return line->at < line->words ? line->word[line->at] : "";
}

static const char *take(Line *line)
{
    return line->at < line->words ? line->word[line->at++] : "";
}

static bool take_if(Line *line, const char *word)
{
    if (strcmp(peek(line), word) != 0)
        return false;
    line->at++;
    return true;
}

/* ---- what the signatures say of a name ---- */

static const Parameter *parameter_of(const Template *template, const char *name)
{
    for (int k = 0; k < template->kernels; k++)
        for (int i = 0; i < template->kernel[k]->count; i++) {
            const Parameter *parameter = &template->kernel[k]->parameters[i];
            const char *own = parameter->array ? parameter->array->name : parameter->symbol->name;
            if (strcmp(own, name) == 0)
                return parameter;
        }
    return NULL;
}

/* The rows and columns around an image, or what stands around a row, which then says so by its default. */
static bool is_padding(const Attribute *attribute)
{
    const char *word = attribute->word ? attribute->word : "";
    return attribute->variables == 4 ||
           (attribute->variables == 2 && (strcmp(word, "valid") == 0 || strcmp(word, "same") == 0));
}

static AttributeType type_from_signature(const Attribute *attribute, const Parameter *parameter)
{
    if (is_padding(attribute))
        return ATTR_PADDING;
    if (parameter && parameter->array)
        return ATTR_LIST;
    return parameter && parameter->symbol->type == TYPE_REAL ? ATTR_REAL : ATTR_INT;
}

/* ---- Attr ---- */

static void read_words(Attribute *attribute, const char *braces)
{
    const char *at = braces + strspn(braces, "{");
    while (*at && *at != '}') {
        size_t length = strcspn(at, ",} ");
        if (length)
            PUSH(attribute->word_list, attribute->words, format("%.*s", (int)length, at));
        at += length;
        at += strspn(at, ", ");
    }
}

static ExprKind relation_of(const char *sign)
{
    static const struct {
        const char *sign;
        ExprKind kind;
    } relations[] = {{"=", EX_EQ},  {"==", EX_EQ}, {"!=", EX_NE}, {">", EX_GT},
                     {">=", EX_GE}, {"<", EX_LT},  {"<=", EX_LE}};
    for (size_t i = 0; i < sizeof relations / sizeof *relations; i++)
        if (strcmp(relations[i].sign, sign) == 0)
            return relations[i].kind;
    return EX_NOT;
}

/* `>= n`, `< n`, ... */
static bool read_limit(Line *line, Attribute *attribute)
{
    ExprKind relation = relation_of(peek(line));
    if (relation < EX_LT || relation > EX_GE)
        return false;
    line->at++;
    double limit = strtod(take(line), NULL);
    if (relation == EX_GT || relation == EX_GE) {
        attribute->has_low = true;
        attribute->low = limit;
        attribute->low_open = relation == EX_GT;
    } else {
        attribute->has_high = true;
        attribute->high = limit;
        attribute->high_open = relation == EX_LT;
    }
    return true;
}

static void read_default(Line *line, Attribute *attribute)
{
    attribute->optional = true;
    attribute->word = take(line);
    attribute->number = strtod(attribute->word, NULL);
}

static void read_attribute(Template *template, Span span, const char *text)
{
    Attribute attribute = {.span = span};
    Line line = cut_line(template, span, text, &attribute.description);
    attribute.name = take(&line);
    bool word = false, boolean = false, list = false, whole = false;
    while (line.at < line.words) {
        const char *next = peek(&line);
        if (read_limit(&line, &attribute))
            continue;
        if (take_if(&line, "="))
            read_default(&line, &attribute);
        else if (take_if(&line, "(main)"))
            attribute.main = true;
        else if (take_if(&line, "(optional)"))
            attribute.optional = true;
        else if (take_if(&line, "bool"))
            boolean = true;
        else if (take_if(&line, "list"))
            list = true;
        else if (take_if(&line, "int"))
            whole = true;
        else if (*next == '{') {
            word = true;
            read_words(&attribute, take(&line));
        } else if ((isalpha((unsigned char)*next) || *next == '_') && attribute.variables < 4)
            attribute.variable[attribute.variables++] = take(&line);
        else {
            error_at(span, "'%s' is not understood in an Attr line", next);
            return;
        }
    }
    if (!attribute.variables)
        attribute.variable[attribute.variables++] = attribute.name;
    const Parameter *parameter = parameter_of(template, attribute.variable[0]);
    attribute.type = word      ? ATTR_WORD
                     : boolean ? ATTR_BOOL
                     : list    ? ATTR_LIST
                               : type_from_signature(&attribute, parameter);
    if (boolean)
        attribute.number = strcmp(attribute.word ? attribute.word : "", "true") == 0;
    attribute.list_of_ints = attribute.type == ATTR_LIST && (!parameter || parameter->array->type == TYPE_INT);
    if (!parameter && !word && !boolean && !list && !whole)
        error_at(span, "'%s' is in no signature of this template", attribute.variable[0]);
    template->attribute = push_grow(template->attribute, template->attributes, sizeof attribute);
    template->attribute[template->attributes++] = attribute;
}

/* ---- Param, State, Size, Form ---- */

/* The text of `word` up to the next comma or the end, as an expression. */
static Expr *fan(Span span, const char *text, const char *word)
{
    const char *at = strstr(text, word);
    if (!at)
        return NULL;
    at += strlen(word);
    const char *end = strstr(at, ", fan_");
    const char *option = strstr(at, "Option:");
    if (!end || (option && option < end))
        end = option ? option : at + strlen(at);
    return parse_expression(span, format("%.*s", (int)(end - at), at));
}

static void read_param(Template *template, Span span, const char *text)
{
    ParamTag param = {0};
    const char *description;
    Line line = cut_line(template, span, text, &description);
    param.name = take(&line);
    param.variable = take(&line);
    param.fan_in = fan(span, text, "fan_in ");
    param.fan_out = fan(span, text, "fan_out ");
    if (!param.fan_in) {
        param.initializer = take(&line);
        if (*peek(&line) && strcmp(peek(&line), "Option:") != 0)
            param.initializer_value = take(&line);
    }
    const char *option = strstr(text, "Option:");
    if (option) {
        option += strlen("Option:");
        option += strspn(option, " ");
        param.option = format("%.*s", (int)strcspn(option, " "), option);
    }
    if (!parameter_of(template, param.variable))
        error_at(span, "'%s' is in no signature of this template", param.variable);
    template->param = push_grow(template->param, template->params, sizeof param);
    template->param[template->params++] = param;
}

static void read_state(Template *template, Span span, const char *text)
{
    const char *description;
    Line line = cut_line(template, span, text, &description);
    StateTag state = {.variable = take(&line)};
    if (take_if(&line, "="))
        state.value = strtod(take(&line), NULL);
    if (!parameter_of(template, state.variable))
        error_at(span, "'%s' is in no signature of this template", state.variable);
    template->state = push_grow(template->state, template->states, sizeof state);
    template->state[template->states++] = state;
}

static void read_size(Template *template, Span span, const char *text)
{
    const char *equals = strchr(text, '=');
    if (!equals) {
        error_at(span, "a Size line reads: NAME = expression");
        return;
    }
    SizeTag size = {.span = span};
    size.variable = format("%.*s", (int)strcspn(text, " ="), text);
    static const char *const sums[] = {[SIZE_EARLIER] = "earlier(", [SIZE_TOTAL] = "total("};
    const char *value = equals + 1 + strspn(equals + 1, " ");
    for (int rule = SIZE_EARLIER; rule <= SIZE_TOTAL; rule++)
        if (strncmp(value, sums[rule], strlen(sums[rule])) == 0) {
            size.rule = (SizeRule)rule;
            value += strlen(sums[rule]);
            value = format("%.*s", (int)strcspn(value, ")"), value);
        }
    size.value = parse_expression(span, value);
    template->size = push_grow(template->size, template->sizes, sizeof size);
    template->size[template->sizes++] = size;
}

/* `Any: M`, or `Any: P = expression`. */
static void read_any(Template *template, Span span, const char *text)
{
    const char *equals = strchr(text, '=');
    AnyTag any = {.variable = format("%.*s", (int)strcspn(text, " ="), text)};
    if (equals)
        any.rank = parse_expression(span, equals + 1);
    for (int i = 0; i < template->anys && !equals; i++)
        if (!template->any[i].rank)
            error_at(span, "'%s' and '%s' cannot both be what is left: one needs '= NUMBER OF DIMENSIONS'",
                     template->any[i].variable, any.variable);
    template->any = push_grow(template->any, template->anys, sizeof any);
    template->any[template->anys++] = any;
}

static void read_require(Template *template, Span span, const char *text)
{
    const char *dashes = strstr(text, " -- ");
    RequireTag require = {.message = dashes ? dashes + 4 : format("'%s' needs %s", template->name, text)};
    require.condition =
        parse_expression(span, format("%.*s", (int)(dashes ? dashes - text : (ptrdiff_t)strlen(text)), text));
    template->require = push_grow(template->require, template->requires, sizeof require);
    template->require[template->requires ++] = require;
}

/* What stands in the next pair of brackets, or NULL; moves behind it. */
static const char *take_bracket(const char **at)
{
    const char *from = *at + strspn(*at, " ");
    if (*from != '[')
        return NULL;
    int depth = 0;
    const char *to = from;
    do
        depth += (*to == '[') - (*to == ']');
    while (*to++ && depth);
    if (depth)
        return NULL;
    *at = to;
    return format("%.*s", (int)(to - from - 2), from + 1);
}

/* Forms may give an array different ranks. */
static bool has_array(const Template *template, const char *name, int rank)
{
    for (int k = 0; k < template->kernels; k++)
        for (int i = 0; i < template->kernel[k]->count; i++) {
            const Array *array = template->kernel[k]->parameters[i].array;
            if (array && array->rank == rank && strcmp(array->name, name) == 0)
                return true;
        }
    return false;
}

static int subscript_of(const TorchTag *torch, const char *name)
{
    for (int i = 0; i < torch->subscripts; i++)
        if (strcmp(torch->subscript[i], name) == 0)
            return i;
    return -1;
}

typedef struct Mentioned {
    const Template *template;
    const TorchTag *torch;
    int subscript; /* -1: none so far; -2: two of them */
    const char *unknown;
} Mentioned;

static void note_mentioned(void *context, Expr *expr, bool write)
{
    Mentioned *mentioned = context;
    (void)write;
    if (expr->kind != EX_NAME)
        return;
    int subscript = subscript_of(mentioned->torch, expr->symbol->name);
    if (subscript < 0) {
        const Parameter *size = parameter_of(mentioned->template, expr->symbol->name);
        if (!size || !size->symbol)
            mentioned->unknown = expr->symbol->name;
    } else if (mentioned->subscript == -1 || mentioned->subscript == subscript) {
        mentioned->subscript = subscript;
    } else {
        mentioned->subscript = -2;
    }
}

/* Each term of the sum may depend on one subscript, so that a tensor's place is a sum of one table for each. */
static bool check_place(const Template *template, const TorchTag *torch, Expr *place)
{
    if (place->kind == EX_ADD)
        return check_place(template, torch, place->args[0]) && check_place(template, torch, place->args[1]);
    Mentioned mentioned = {.template = template, .torch = torch, .subscript = -1};
    visit_expr(place, note_mentioned, &mentioned);
    if (mentioned.unknown)
        error_at(torch->span, "'%s' is neither a subscript of '%s' nor a size", mentioned.unknown, torch->variable);
    else if (mentioned.subscript == -2)
        error_at(torch->span, "each term of a place in '%s' knows one subscript at most", torch->name);
    return !mentioned.unknown && mentioned.subscript != -2;
}

static bool read_torch_sides(Template *template, TorchTag *torch, const char *left, const char *right)
{
    const char *part;
    torch->variable = format("%.*s", (int)strcspn(left, "[ ="), left);
    left += strlen(torch->variable);
    while (torch->subscripts < RANK_MAX && (part = take_bracket(&left)))
        torch->subscript[torch->subscripts++] = part;
    torch->name = format("%.*s", (int)strcspn(right, "[ "), right);
    right += strlen(torch->name);
    bool good = true;
    int errors = template->source->report->errors;
    while (good && torch->rank < RANK_MAX && (part = take_bracket(&right))) {
        Expr *place = parse_expression(torch->span, part);
        good = template->source->report->errors == errors && check_place(template, torch, place);
        torch->place[torch->rank++] = place;
    }
    if (good && (*(left + strspn(left, " ")) != '=' || *(right + strspn(right, " ")) || !*torch->name)) {
        error_at(torch->span, "a Torch line reads: w[i][o] = weight[o][i]");
        good = false;
    }
    return good;
}

static void read_torch(Template *template, Span span, const char *text)
{
    TorchTag torch = {.span = span};
    const char *equals = strchr(text, '=');
    if (!equals) {
        torch.name = text;
    } else {
        const char *right = equals + 1 + strspn(equals + 1, " ");
        if (!read_torch_sides(template, &torch, text, right))
            return;
        if (!has_array(template, torch.variable, torch.subscripts)) {
            error_at(span, "'%s' is in no signature of this template with %d dimension%s", torch.variable,
                     torch.subscripts, torch.subscripts == 1 ? "" : "s");
            return;
        }
    }
    template->torch = push_grow(template->torch, template->torches, sizeof torch);
    template->torch[template->torches++] = torch;
}

static void read_form(Template *template, Span span, const char *text)
{
    const char *description;
    Line line = cut_line(template, span, text, &description);
    Form form = {.name = take(&line)};
    if (*peek(&line)) {
        form.attribute = take(&line);
        form.relation = relation_of(take(&line));
        form.word = take(&line);
        form.number = strcmp(form.word, "true") == 0 ? 1 : strtod(form.word, NULL);
        if (!*form.word || form.relation == EX_NOT)
            error_at(span, "a Form line reads: NAME, or NAME ATTRIBUTE == VALUE");
    }
    template->form = push_grow(template->form, template->forms, sizeof form);
    template->form[template->forms++] = form;
}

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

static const Array *array_named(const Kernel *kernel, const char *name)
{
    for (int i = 0; i < kernel->count; i++)
        if (kernel->parameters[i].array && strcmp(kernel->parameters[i].array->name, name) == 0)
            return kernel->parameters[i].array;
    return NULL;
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

/* ---- Metric, Target ---- */

/* `class`, or `class ARRAY`. */
static void read_metric(Template *template, Span span, const char *text)
{
    const char *description;
    Line line = cut_line(template, span, text, &description);
    template->metric = take(&line);
    if (!*peek(&line))
        return;
    template->scored = take(&line);
    const Parameter *scored = parameter_of(template, template->scored);
    if (!scored || !scored->array || scored->array->type != TYPE_REAL)
        error_at(span, "'%s' is no array of this template that could be counted", template->scored);
}

/* `class`, `vector`, or `class SIZE`. */
static void read_target(Template *template, Span span, const char *text)
{
    const char *description;
    Line line = cut_line(template, span, text, &description);
    template->target = take(&line);
    if (*peek(&line))
        template->classes = take(&line);
    bool known = !template->classes;
    for (int i = 0; i < template->attributes && !known; i++)
        known = strcmp(template->attribute[i].variable[0], template->classes) == 0;
    if (!known)
        error_at(span, "'%s' is the variable of no attribute above", template->classes);
}

/* ---- the doc comment ---- */

static void read_tag(Template *template, Span span, const char *tag, const char *text)
{
    if (strcmp(tag, "Summary") == 0)
        template->summary = text;
    else if (strcmp(tag, "Note") == 0)
        PUSH(template->notes, template->note_count, text);
    else if (strcmp(tag, "Attr") == 0)
        read_attribute(template, span, text);
    else if (strcmp(tag, "Param") == 0)
        read_param(template, span, text);
    else if (strcmp(tag, "State") == 0)
        read_state(template, span, text);
    else if (strcmp(tag, "Size") == 0)
        read_size(template, span, text);
    else if (strcmp(tag, "Require") == 0)
        read_require(template, span, text);
    else if (strcmp(tag, "Torch") == 0)
        read_torch(template, span, text);
    else if (strcmp(tag, "Form") == 0)
        read_form(template, span, text);
    else if (strcmp(tag, "Any") == 0)
        read_any(template, span, text);
    else if (strcmp(tag, "View") == 0)
        template->view = text;
    else if (strcmp(tag, "Metric") == 0)
        read_metric(template, span, text);
    else if (strcmp(tag, "Inference") == 0)
        template->inference_view = true;
    else if (strcmp(tag, "Scratch") == 0)
        PUSH(template->scratch, template->scratches, text);
    else if (strcmp(tag, "Inputs") == 0)
        template->inputs = strcmp(text, "each") == 0 ? INPUTS_EACH : INPUTS_FOLD;
    else if (strcmp(tag, "Target") == 0)
        read_target(template, span, text);
    else
        error_at(span, "'%s:' is not a tag", tag);
}

/* Calls read_tag for each `Tag: text` line up to the first empty one; a line that is indented deeper continues. */
static void read_tags(Template *template, bool summary_only)
{
    const char *at = template->source->text;
    int line = 1;
    const char *tag = NULL;
    char *text = NULL;
    Span span = {0};
    for (; *at; line++) {
        const char *end = at + strcspn(at, "\n");
        const char *from = at;
        from += strspn(from, " \t");
        if (strncmp(from, "/*", 2) == 0)
            from += 2;
        else if (*from == '*')
            from++;
        size_t indent = strspn(from, " \t");
        from += indent;
        const char *to = end;
        while (to > from && isspace((unsigned char)to[-1]))
            to--;
        size_t word = strspn(from, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
        bool is_tag = indent <= 2 && word && from[word] == ':' && isupper((unsigned char)*from);
        bool over = from >= to || (to - from == 1 && *from == '/');
        if ((is_tag || over) && tag && (!summary_only || strcmp(tag, "Summary") == 0))
            read_tag(template, span, tag, text);
        if (over)
            break;
        if (is_tag) {
            tag = format("%.*s", (int)word, from);
            from += word + 1;
            from += strspn(from, " \t");
            text = format("%.*s", (int)(to - from), from);
            span = (Span){template->source, line, (int)(from - at) + 1, (int)(to - from)};
            if (line == 1)
                tag = NULL;
        } else if (tag) {
            text = format("%s %.*s", text, (int)(to - from), from);
        }
        at = *end ? end + 1 : end;
    }
}

/* The first line names what the file's place says: the page is about this template, not about the one it began as. */
static void check_opening(const Template *template)
{
    const char *text = template->source->text, *category = category_names[template->category];
    size_t length = strlen(category);
    if (strncmp(text, "/*", 2) != 0 || !strstr(text, "*/")) {
        error_at(template->span, "a template opens with its doc comment");
        return;
    }
    text += 2 + strspn(text + 2, " ");
    bool good = tolower((unsigned char)text[0]) == category[0] && strncmp(text + 1, category + 1, length - 1) == 0 &&
                text[length] == ':';
    if (good) {
        size_t named = strlen(template->name);
        text += length + 1 + strspn(text + length + 1, " ");
        good = strncmp(text, template->name, named) == 0 && isspace((unsigned char)text[named]);
    }
    if (!good)
        error_at(template->span, "the doc comment begins with '%c%s: %s'", toupper((unsigned char)category[0]),
                 category + 1, template->name);
}

static Template *read_template(Category category, const char *name, Source *source)
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

/* ---- finding ---- */

Source *library_source(const Library *library, const char *path)
{
    if (library->directory) {
        const char *file = format("%s/%s", library->directory, path);
        if (access(file, R_OK) == 0)
            return source_open(file, library->report);
    }
    const char *inside = format("templates/%s", path);
    for (int i = 0; i < embedded_file_count; i++)
        if (strcmp(embedded_files[i].path, inside) == 0)
            return source_of_text(inside, (const char *)embedded_files[i].text, library->report);
    return NULL;
}

Template *library_find(Library *library, Category category, const char *name)
{
    for (int i = 0; i < library->count; i++)
        if (library->templates[i]->category == category && strcmp(library->templates[i]->name, name) == 0)
            return library->templates[i];
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name))
        return NULL;
    Source *source = library_source(library, format("%s/%s.c", category_folders[category], name));
    if (!source)
        return NULL;
    int before = library->report->errors;
    Template *template = read_template(category, name, source);
    template->broken = library->report->errors > before;
    PUSH(library->templates, library->count, template);
    return template;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void add_name(const char ***names, int *count, const char *file, const char *extension)
{
    size_t length = strlen(file), tail = strlen(extension);
    if (length <= tail || strcmp(file + length - tail, extension) != 0)
        return;
    const char *name = format("%.*s", (int)(length - tail), file);
    for (int i = 0; i < *count; i++)
        if (strcmp((*names)[i], name) == 0)
            return;
    PUSH(*names, *count, name);
}

int library_files(const Library *library, const char *folder, const char *extension, const char ***names)
{
    int count = 0;
    *names = NULL;
    const char *inside = format("templates/%s/", folder);
    for (int i = 0; i < embedded_file_count; i++)
        if (strncmp(embedded_files[i].path, inside, strlen(inside)) == 0)
            add_name(names, &count, embedded_files[i].path + strlen(inside), extension);
    DIR *directory = NULL;
    if (library->directory)
        directory = opendir(format("%s/%s", library->directory, folder));
    for (const struct dirent *entry; directory && (entry = readdir(directory));)
        add_name(names, &count, entry->d_name, extension);
    if (directory)
        closedir(directory);
    if (count)
        qsort(*names, (size_t)count, sizeof **names, compare_names);
    return count;
}

int library_names(Library *library, Category category, const char ***names)
{
    return library_files(library, category_folders[category], ".c", names);
}
