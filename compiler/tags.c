/* tags.c - reads the lines of a template's doc comment: Attr, Param, Size, ... */
#include "tags.h"
#include "expr.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

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

const Parameter *parameter_of(const Template *template, const char *name)
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

void read_tags(Template *template, bool summary_only)
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

void check_opening(const Template *template)
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
