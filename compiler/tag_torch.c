/* tag_torch.c - reads a Torch line: which tensor of PyTorch a parameter is, and in which order. */
#include "expr.h"
#include "tags.h"

#include <string.h>

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

void read_torch(Template *template, Span span, const char *text)
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
