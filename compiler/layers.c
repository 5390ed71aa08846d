/* layers.c - `nnc layers`: what layers, losses, optimizers, ... there are, and the page of one. Nothing is written here
 * by hand: names, attributes, parameters and prose come from the templates. */
#include "pages.h"
#include "spec.h"

#include <string.h>

enum { INDENT = 2, TEXT_WIDTH = 116 };

/* ---- texts of declarations ---- */

typedef struct Sign {
    ExprKind kind;
    const char *text;
    int strength;
} Sign;

static const Sign *sign_of(const Expr *expr)
{
    static const Sign signs[] = {
#define X(name, text, strength) {EX_##name, text, strength},
        OPERATORS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (signs[i].kind == expr->kind)
            return &signs[i];
    return NULL;
}

static const char *size_text(const Expr *expr);

/* In parentheses if it binds less than what is around it. */
static const char *operand_text(const Expr *expr, int strength)
{
    const Sign *sign = sign_of(expr);
    return format(sign && sign->strength < strength ? "(%s)" : "%s", size_text(expr));
}

static const char *size_text(const Expr *expr)
{
    if (expr->kind == EX_INT)
        return format("%lld", expr->number);
    if (expr->kind == EX_NAME)
        return expr->symbol->name;
    const Sign *sign = sign_of(expr);
    if (!sign)
        return "?";
    return format("%s %s %s", operand_text(expr->args[0], sign->strength), sign->text,
                  operand_text(expr->args[1], sign->strength + 1));
}

static const char *shape_of_variable(const Template *template, const char *variable)
{
    Text text = {0};
    for (int k = 0; k < template->kernels; k++)
        for (int i = 0; i < template->kernel[k]->count; i++) {
            const Array *array = template->kernel[k]->parameters[i].array;
            if (!array || strcmp(array->name, variable) != 0)
                continue;
            for (int d = 0; d < array->rank; d++)
                text_add(&text, "[%s]", size_text(array->dims[d]));
            return text.bytes ? text.bytes : "";
        }
    return "";
}

static const char *type_text(const Attribute *attribute)
{
    Text text = {0};
    const char *number = attribute->type == ATTR_INT ? "whole number" : "number";
    switch (attribute->type) {
    case ATTR_INT:
    case ATTR_REAL:
        text_add(&text, "%s%s", number, attribute->variables == 2 ? ", or a pair" : "");
        if (attribute->variables > 2)
            text_add(&text, ", or a list of %d", attribute->variables);
        break;
    case ATTR_LIST:
        text_add(&text, "list of %snumbers", attribute->list_of_ints ? "whole " : "");
        break;
    case ATTR_PADDING:
        text_add(&text, "%swhole number, or a %s", takes_words(attribute) ? "valid, same, " : "",
                 attribute->variables == 2 ? "pair" : "list of 2 or 4");
        break;
    case ATTR_BOOL:
        text_add(&text, "true, false");
        break;
    case ATTR_WORD:
        for (int i = 0; i < attribute->words; i++)
            text_add(&text, "%s%s", i ? ", " : "", attribute->word_list[i]);
        break;
    }
    return text.bytes;
}

static const char *range_text(const Attribute *attribute)
{
    const char *low = "", *high = "";
    if (attribute->has_low)
        low = format("%s %g", attribute->low_open ? ">" : ">=", attribute->low);
    if (attribute->has_high)
        high = format("%s %g", attribute->high_open ? "<" : "<=", attribute->high);
    return format("%s%s%s", low, *low && *high ? ", " : "", high);
}

/* NULL: there is none. */
static const char *default_text(const Attribute *attribute)
{
    return attribute->word ? format(attribute->type == ATTR_LIST ? "%s each" : "%s", attribute->word) : NULL;
}

/* ---- an example that the reader accepts ---- */

static const char *example_value(const Attribute *attribute)
{
    double number = attribute->variables > 1 ? 3 : attribute->type == ATTR_REAL ? 0.1 : 16;
    if (attribute->has_low && number < attribute->low)
        number = attribute->low + attribute->low_open;
    if (attribute->has_high && number > attribute->high)
        number = attribute->high - attribute->high_open;
    switch (attribute->type) {
    case ATTR_INT:
    case ATTR_REAL:
        return format("%g", number);
    case ATTR_LIST:
        return attribute->list_of_ints ? "[4, 4]" : "[0.5, 1]";
    case ATTR_WORD:
        return attribute->words ? attribute->word_list[0] : "";
    case ATTR_PADDING:
        return takes_words(attribute) ? "same" : "1";
    case ATTR_BOOL:
        return "true";
    }
    return "";
}

/* How many values a layer reads at least. */
static int inputs_of(const Template *template)
{
    int inputs = 0;
    if (template->inputs != INPUTS_FIXED)
        return 2;
    for (int i = 0; template->kernels && i < template->kernel[0]->count; i++) {
        const Array *array = template->kernel[0]->parameters[i].array;
        inputs += array && array->name[0] == 'x' && strspn(array->name + 1, "0123456789") == strlen(array->name + 1);
    }
    return inputs;
}

/* What a loss must be told unless another one says it. */
static bool is_classes(const Template *template, const Attribute *attribute)
{
    return template->classes && strcmp(attribute->variable[0], template->classes) == 0;
}

static const char *example_line(Template *template)
{
    static const char *const places[CATEGORIES] = {
        "- ", "loss: ", "optimizer: ", "initializer: ", "learning_rate: ", "regularizer: ", "clip: "};
    const Attribute *attributes;
    int count = template_attributes(template, &attributes);
    bool graph = template->category == LAYER && inputs_of(template) > 1;
    Text text = {0};
    text_add(&text, "%s", graph ? "inputs: [left, right]" : "");
    for (int i = 0; i < count; i++)
        if (!attributes[i].optional || is_classes(template, &attributes[i]))
            text_add(&text, "%s%s: %s", text.length ? ", " : "", attributes[i].name, example_value(&attributes[i]));
    bool layer = template->category == LAYER;
    const char *place = places[template->category];
    if (!text.length)
        return format("%s%s", place, template->name);
    return format(layer ? "%s%s: {%s}" : "%s{%s: {%s}}", place, template->name, text.bytes);
}

/* ---- the table ---- */

static void print_attributes(FILE *stream, Template *template, int indent)
{
    const Attribute *attributes;
    int count = template_attributes(template, &attributes), column = indent;
    for (int i = 0; i < count; i++) {
        const char *value = default_text(&attributes[i]);
        const char *text = value                    ? format("%s = %s", attributes[i].name, value)
                           : attributes[i].optional ? format("%s (optional)", attributes[i].name)
                                                    : attributes[i].name;
        text = format("%s%s", text, i + 1 < count ? "," : "");
        bool wrap = i && column + (int)strlen(text) > TEXT_WIDTH;
        if (!i || wrap)
            fprintf(stream, "%s%*s", i ? "\n" : "", indent, "");
        else
            fputc(' ', stream);
        column = (!i || wrap ? indent : column + 1) + (int)strlen(text);
        fputs(text, stream);
    }
    if (count)
        fputc('\n', stream);
}

static void print_common(FILE *stream, Category category)
{
    const Keys *keys = &common_keys[category];
    if (!keys->count)
        return;
    fprintf(stream, "%*sand each:", INDENT, "");
    for (int i = 0; i < keys->count; i++)
        fprintf(stream, "%s %s", i ? "," : "", keys->key[i].name);
    fputc('\n', stream);
}

/* ---- built-in blocks ---- */

static const char *word_of_node(const Node *node)
{
    Text text = {0};
    if (node->kind != NODE_LIST)
        return node->kind == NODE_MAP ? "{...}" : node->text;
    for (int i = 0; i < node->count; i++)
        text_add(&text, "%s%s", i ? ", " : "", word_of_node(node->items[i]));
    return format("[%s]", text.bytes ? text.bytes : "");
}

static const char *default_of(const Block_parameter *parameter)
{
    return parameter->standard ? format("%s = %s", parameter->name, word_of_node(parameter->standard))
                               : parameter->name;
}

static void print_blocks(Library *library, FILE *stream, int width)
{
    const char **names;
    int count = block_names(library, &names);
    fprintf(stream, "\nblocks of layers\n");
    for (int i = 0; i < count; i++) {
        const Block *block = block_find(library, names[i]);
        if (!block)
            continue;
        fprintf(stream, "%*s%-*s  %s\n", INDENT, "", width, block->name, block->summary);
        fprintf(stream, "%*s", INDENT + width + 2, "");
        for (int p = 0; p < block->parameters; p++)
            fprintf(stream, "%s%s", default_of(&block->parameter[p]), p + 1 < block->parameters ? ", " : "");
        fputc('\n', stream);
    }
}

/* The file says it all. */
static void print_block_page(FILE *stream, const Block *block)
{
    fprintf(stream, "%s, block\n%s\n\n%s", block->name, block->summary, block->span.source->text);
}

static int print_table(Library *library, FILE *stream)
{
    int width = 0, before = library->report->errors;
    const char **names;
    for (int i = block_names(library, &names); i-- > 0;)
        width = (int)strlen(names[i]) > width ? (int)strlen(names[i]) : width;
    for (int category = 0; category < CATEGORIES; category++)
        for (int i = category_kinds(library, (Category)category, &names); i-- > 0;)
            width = (int)strlen(names[i]) > width ? (int)strlen(names[i]) : width;
    for (int category = 0; category < CATEGORIES; category++) {
        int count = category_kinds(library, (Category)category, &names);
        fprintf(stream, "%s%s\n", category ? "\n" : "", category_folders[category]);
        for (int i = 0; i < count; i++) {
            Template *template = library_find(library, (Category)category, names[i]);
            if (!template)
                continue;
            fprintf(stream, "%*s%-*s  %s\n", INDENT, "", width, names[i], template->summary);
            print_attributes(stream, template, INDENT + width + 2);
        }
        print_common(stream, (Category)category);
        if (category == LAYER)
            print_blocks(library, stream, width);
    }
    return library->report->errors > before;
}

/* ---- a page ---- */

/* Rows of cells in aligned columns; the last one runs on. */
enum { COLUMNS = 5 };
typedef const char *Row[COLUMNS];

static void print_rows(FILE *stream, const char *title, const Row *rows, int count)
{
    int width[COLUMNS] = {0};
    if (!count)
        return;
    for (int i = 0; i < count; i++)
        for (int c = 0; c < COLUMNS; c++)
            width[c] = (int)strlen(rows[i][c]) > width[c] ? (int)strlen(rows[i][c]) : width[c];
    fprintf(stream, "\n%s\n", title);
    for (int i = 0; i < count; i++) {
        Text line = {0};
        for (int c = 0; c < COLUMNS; c++)
            if (width[c])
                text_add(&line, "%*s%-*s", INDENT, "", width[c], rows[i][c]);
        while (line.length && line.bytes[line.length - 1] == ' ')
            line.bytes[--line.length] = '\0';
        fprintf(stream, "%s\n", line.bytes);
    }
}

static void print_attribute_rows(FILE *stream, Template *template)
{
    const Attribute *attributes;
    int count = template_attributes(template, &attributes);
    Row *rows = NEW_ARRAY(count, Row);
    for (int i = 0; i < count; i++) {
        const Attribute *attribute = &attributes[i];
        const char *value = default_text(attribute);
        const char *description = attribute->description ? attribute->description : "";
        rows[i][0] = attribute->name;
        rows[i][1] = type_text(attribute);
        rows[i][2] = range_text(attribute);
        rows[i][3] = value ? format("= %s", value) : attribute->optional ? "optional" : "required";
        rows[i][4] = attribute->main ? format("%s%s(main)", description, *description ? " " : "") : description;
    }
    print_rows(stream, "attributes", (const Row *)rows, count);
}

static void print_param_rows(FILE *stream, const Template *template)
{
    int count = template->params + template->states;
    Row *rows = NEW_ARRAY(count, Row);
    for (int i = 0; i < template->params; i++) {
        const ParamTag *param = &template->param[i];
        rows[i][0] = param->name;
        rows[i][1] = shape_of_variable(template, param->variable);
        rows[i][2] = param->initializer ? format("%s%s%s", param->initializer, param->initializer_value ? " " : "",
                                                 param->initializer_value ? param->initializer_value : "")
                                        : "the network's initializer";
        rows[i][3] = param->fan_in ? format("fan_in %s, fan_out %s", size_text(param->fan_in),
                                            param->fan_out ? size_text(param->fan_out) : "1")
                                   : "";
        rows[i][4] = param->option ? format("left out with %s: false", param->option) : "";
    }
    for (int i = 0; i < template->states; i++) {
        Row *row = &rows[template->params + i];
        (*row)[0] = template->state[i].variable;
        (*row)[1] = shape_of_variable(template, template->state[i].variable);
        (*row)[2] = format("%g", template->state[i].value);
        (*row)[3] = "kept, not trained";
        (*row)[4] = "";
    }
    print_rows(stream, "parameters and state", (const Row *)rows, count);
}

/* What stands behind the tags, without the stars. */
static void print_prose(FILE *stream, const Template *template)
{
    const char *at = strstr(template->page, "\n *\n");
    if (!at)
        return;
    for (at += 3; *at == '\n';) {
        const char *line = ++at;
        size_t length = strcspn(line, "\n");
        if (strstr(line, "*/") && strstr(line, "*/") < line + length)
            break;
        const char *text = line + strspn(line, " ");
        text += *text == '*';
        text += *text == ' ';
        int shown = text < line + length ? (int)(line + length - text) : 0;
        fprintf(stream, "%.*s\n", shown, text);
        at = line + length;
    }
}

static void print_page(FILE *stream, Template *template)
{
    fprintf(stream, "%s, %s\n%s\n", template->name, category_names[template->category], template->summary);
    if (!find_key_of(&common_keys[template->category], template->name))
        fprintf(stream, "\n    %s\n", example_line(template));
    print_attribute_rows(stream, template);
    print_param_rows(stream, template);
    for (int i = 0; i < template->note_count; i++)
        fprintf(stream, "%s  %s\n", i ? "" : "\nnotes\n", template->notes[i]);
    if (strstr(template->page, "\n *\n"))
        fputc('\n', stream);
    print_prose(stream, template);
}

static int refuse_name(Library *library, const char *name)
{
    const char **all = NULL, **names;
    int count = 0;
    for (int category = 0; category < CATEGORIES; category++) {
        int found = library_names(library, (Category)category, &names);
        for (int i = 0; i < found; i++)
            PUSH(all, count, names[i]);
    }
    for (int i = block_names(library, &names); i-- > 0;)
        PUSH(all, count, names[i]);
    const Span span = {.source = source_of_text("nnc layers", "", library->report)};
    const char *near = nearest(name, all, count);
    error_at(span, "there is no template called '%.60s'", name);
    if (near)
        hint(span, "did you mean '%s'?", near);
    else
        hint(span, "`nnc layers` lists them all");
    return 1;
}

int command_layers(Library *library, const char *name, FILE *stream)
{
    int before = library->report->errors, pages = 0;
    if (!name)
        return print_table(library, stream);
    for (int category = 0; category < CATEGORIES; category++) {
        Template *template = library_find(library, (Category)category, name);
        if (!template)
            continue;
        if (pages++)
            fputs("\n\n", stream);
        print_page(stream, template);
    }
    const Block *block = block_find(library, name);
    if (block && !pages++)
        print_block_page(stream, block);
    return pages ? library->report->errors > before : refuse_name(library, name);
}
