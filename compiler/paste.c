/* paste.c - the runtime's headers as text that needs no other file (--standalone).
 *
 * A little preprocessor: it puts in what a header includes, decides conditions over macros whose numbers are known,
 * and applies the macros that give one text several names (float_names_body.h). What it does not know it leaves to
 * the C compiler. Then paragraphs - each top-level thing of the runtime is one - that nothing uses are left out. */
#include "paste.h"
#include "embedded.h"
#include "sizes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 8, CONDITIONS_MAX = 32 };

/* ---- the preprocessor ---- */

typedef struct Rename {
    const char *from, *to; /* to: NULL once it is undefined */
} Rename;

/* An #if that was decided here prints none of its lines; one that was not prints them all. */
typedef struct Condition {
    bool decided, taken, open; /* taken: a branch has been chosen; open: this is it */
} Condition;

typedef struct Preprocessor {
    Text *text;
    Application known;
    int renames;
    Rename *rename;
    int depth;
    Condition condition[CONDITIONS_MAX];
} Preprocessor;

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static const char *find_header(const char *name)
{
    const char *path = format("runtime/nnc/%s", name);
    for (int i = 0; i < embedded_file_count; i++)
        if (strcmp(embedded_files[i].path, path) == 0)
            return (const char *)embedded_files[i].text;
    return NULL;
}

static bool is_open(const Preprocessor *p)
{
    for (int i = 0; i < p->depth; i++)
        if (!p->condition[i].open)
            return false;
    return true;
}

/* No condition that the C compiler has to decide is open. */
static bool is_certain(const Preprocessor *p)
{
    for (int i = 0; i < p->depth; i++)
        if (!p->condition[i].decided)
            return false;
    return true;
}

/* True if every name in a condition is known; then *value is what it comes to. */
static bool decide(const Preprocessor *p, const char *condition, bool *value)
{
    for (const char *at = condition; *at;) {
        size_t length = 0;
        while (is_word(at[length]))
            length++;
        if (length && !isdigit((unsigned char)*at) && !binding_find(&p->known, format("%.*s", (int)length, at)))
            return false;
        at += length ? length : 1;
    }
    Report report = {.stream = stderr};
    Source source = {.name = "condition", .text = condition, .length = strlen(condition), .report = &report};
    long long number = 0;
    const Expr *expr = parse_expression((Span){&source, 1, 1, 1}, condition);
    *value = size_value(expr, &p->known, &number) && number;
    return report.errors == 0;
}

static const char *rename_of(const Preprocessor *p, const char *word, size_t length)
{
    for (int i = p->renames - 1; i >= 0; i--)
        if (strlen(p->rename[i].from) == length && strncmp(p->rename[i].from, word, length) == 0)
            return p->rename[i].to;
    return NULL;
}

static void add_line(Preprocessor *p, const char *line)
{
    for (const char *at = line; *at;) {
        size_t length = 0;
        while (is_word(at[length]))
            length++;
        const char *other = length ? rename_of(p, at, length) : NULL;
        if (!length)
            length = 1;
        if (other)
            text_add(p->text, "%s", other);
        else
            text_add(p->text, "%.*s", (int)length, at);
        at += length;
    }
    text_add(p->text, "\n");
}

static bool ends_in_h(const char *name)
{
    size_t length = strlen(name);
    return length > 2 && strcmp(name + length - 2, "_H") == 0;
}

/* `#define nnc_vexp nnc_expf`: one text under another name. `#define NNC_BODY_BYTES 4`: a number to know, and so is
 * `#define NNC_WIDTH NNC_LANES`. `#define NNC_LANES_H`: a guard. */
static bool take_define(Preprocessor *p, const char *rest)
{
    size_t length = 0;
    while (is_word(rest[length]))
        length++;
    const char *name = format("%.*s", (int)length, rest), *value = rest + length + strspn(rest + length, " ");
    if (ends_in_h(name)) {
        binding_add(&p->known, name, 1, (Span){0});
        return true;
    }
    if (strncmp(name, "nnc_", 4) == 0 && rest[length] != '(') {
        p->rename = push_grow(p->rename, p->renames, sizeof(Rename));
        p->rename[p->renames++] = (Rename){name, value};
        return true;
    }
    const Binding *other = binding_find(&p->known, value);
    if (other && is_certain(p))
        binding_add(&p->known, name, other->value, (Span){0});
    if (*value && strspn(value, "0123456789") == strlen(value) && is_certain(p))
        binding_add(&p->known, name, strtoll(value, NULL, 10), (Span){0});
    return false;
}

static bool take_undefine(Preprocessor *p, const char *name)
{
    for (int i = p->known.bindings - 1; i >= 0; i--)
        if (strcmp(p->known.binding[i].name, name) == 0) {
            p->known.binding[i] = p->known.binding[--p->known.bindings];
            break;
        }
    if (strncmp(name, "nnc_", 4) != 0)
        return false;
    p->rename = push_grow(p->rename, p->renames, sizeof(Rename));
    p->rename[p->renames++] = (Rename){name, NULL};
    return true;
}

static void open_condition(Preprocessor *p, const char *line, const char *rest)
{
    Condition *condition = &p->condition[p->depth];
    bool visible = is_open(p), value = false;
    *condition = (Condition){.decided = rest && decide(p, rest, &value)};
    condition->taken = condition->open = !condition->decided || value;
    if (visible && !condition->decided)
        add_line(p, line);
    if (p->depth < CONDITIONS_MAX - 1)
        p->depth++;
}

static void next_condition(Preprocessor *p, const char *line, const char *rest)
{
    Condition *condition = &p->condition[p->depth - 1];
    condition->open = false;
    p->depth--;
    bool visible = is_open(p), value = true;
    p->depth++;
    if (!condition->decided) {
        condition->open = true;
        if (visible)
            add_line(p, line);
        return;
    }
    if (rest && !decide(p, rest, &value))
        value = false;
    condition->open = !condition->taken && value;
    condition->taken |= condition->open;
}

static void close_condition(Preprocessor *p, const char *line)
{
    bool decided = p->condition[--p->depth].decided;
    if (!decided && is_open(p))
        add_line(p, line);
}

static void process(Preprocessor *p, const char *header, int depth);

/* The text behind `#WORD `, or NULL if the line is another directive. */
static const char *directive(const char *line, const char *word)
{
    if (*line != '#')
        return NULL;
    line += 1 + strspn(line + 1, " ");
    size_t length = strlen(word);
    if (strncmp(line, word, length) != 0 || is_word(line[length]))
        return NULL;
    return line + length + strspn(line + length, " ");
}

static void process_line(Preprocessor *p, const char *line, int depth)
{
    const char *rest;
    if ((rest = directive(line, "if")))
        open_condition(p, line, rest);
    else if ((rest = directive(line, "ifndef")) && ends_in_h(rest))
        open_condition(p, line, binding_find(&p->known, rest) ? "0" : "1"); /* a guard */
    else if (directive(line, "ifdef") || directive(line, "ifndef"))
        open_condition(p, line, NULL);
    else if ((rest = directive(line, "elif")))
        next_condition(p, line, rest);
    else if (directive(line, "else"))
        next_condition(p, line, NULL);
    else if (directive(line, "endif"))
        close_condition(p, line);
    else if (!is_open(p))
        return;
    else if ((rest = directive(line, "include")) && *rest == '"')
        process(p, find_header(format("%.*s", (int)strcspn(rest + 1, "\""), rest + 1)), depth + 1);
    else if ((rest = directive(line, "define")) && take_define(p, rest))
        return;
    else if ((rest = directive(line, "undef")) && take_undefine(p, rest))
        return;
    else
        add_line(p, line);
}

static void process(Preprocessor *p, const char *header, int depth)
{
    while (header && *header && depth < DEPTH_MAX) {
        size_t length = strcspn(header, "\n");
        process_line(p, format("%.*s", (int)length, header), depth);
        header += length + (header[length] == '\n');
    }
}

/* ---- leaving out ---- */

typedef struct Paragraph {
    const char *text;
    const char *name;      /* what it defines; NULL: it stays as long as what stands between its #if and #endif */
    const char *directive; /* the text behind the #; NULL: not one */
    bool needed;
} Paragraph;

static const char *word_before(const char *text, const char *at)
{
    while (at > text && !is_word(at[-1]))
        at--;
    const char *end = at;
    while (at > text && is_word(at[-1]))
        at--;
    return format("%.*s", (int)(end - at), at);
}

/* The function, the table or the struct that a paragraph defines, if it defines one and nothing else. */
static const char *defined_name(const char *text)
{
    const char *at = text;
    if (strncmp(at, "/*", 2) == 0) {
        at = strstr(at, "*/");
        at = at ? at + 2 + strspn(at + 2, " \n") : text;
    }
    if (strncmp(at, "NNC_FN", 6) == 0)
        return word_before(at, strchr(at + 6, '('));
    if (strncmp(at, "static const", 12) == 0)
        return word_before(at, at + strcspn(at, "[="));
    bool type = strncmp(at, "typedef struct", 14) == 0 || strncmp(at, "typedef union", 13) == 0;
    return type ? word_before(at, at + strlen(at)) : NULL;
}

static bool mentions_word(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
        if ((at == text || !is_word(at[-1])) && !is_word(at[length]))
            return true;
    return false;
}

static void add_paragraph(Paragraph **paragraphs, int *count, const char *from, const char *to)
{
    if (to <= from)
        return;
    const char *text = format("%.*s", (int)(to - from), from);
    Paragraph paragraph = {.text = text, .directive = *text == '#' ? text + 1 : NULL};
    const char *macro = directive(text, "define");
    if (macro)
        paragraph.name = format("%.*s", (int)strcspn(macro, " (\n"), macro);
    else if (!paragraph.directive)
        paragraph.name = defined_name(text);
    *paragraphs = push_grow(*paragraphs, *count, sizeof(Paragraph));
    (*paragraphs)[(*count)++] = paragraph;
}

/* A directive outside of braces is a paragraph of its own, with the lines that a backslash adds; the rest is cut at
 * empty lines outside of braces. */
static int cut_paragraphs(const char *text, Paragraph **paragraphs)
{
    int count = 0, braces = 0;
    const char *from = text;
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        const char *next = line + length + (line[length] == '\n');
        if (braces == 0 && *line == '#') {
            add_paragraph(paragraphs, &count, from, line);
            while (length && line[length - 1] == '\\' && line[length])
                length += 1 + strcspn(line + length + 1, "\n");
            next = line + length + (line[length] == '\n');
            add_paragraph(paragraphs, &count, line, next);
            from = next;
        } else if (braces == 0 && length == 0) {
            add_paragraph(paragraphs, &count, from, next);
            from = next;
        }
        for (const char *at = line; at < line + length && *line != '#'; at++)
            braces += (*at == '{') - (*at == '}');
        line = next;
    }
    add_paragraph(paragraphs, &count, from, from + strlen(from));
    return count;
}

/* A comment of a file's head says how the runtime's files fit together: in one text it would mislead. */
static bool is_file_comment(const Paragraph *paragraph)
{
    const char *end = strstr(paragraph->text, "*/");
    return !paragraph->name && strncmp(paragraph->text, "/*", 2) == 0 && end && strstr(paragraph->text, ".h - ") &&
           strstr(paragraph->text, ".h - ") < end;
}

/* The paragraph at which a macro ends: its #undef, or the end of all. */
static int end_of_macro(const Paragraph *paragraphs, int count, int macro)
{
    for (int i = macro + 1; i < count; i++) {
        const char *name = directive(paragraphs[i].text, "undef");
        if (name && strncmp(name, paragraphs[macro].name, strcspn(name, " \n")) == 0 &&
            strlen(paragraphs[macro].name) == strcspn(name, " \n"))
            return i;
    }
    return count;
}

static bool is_conditional(const Paragraph *paragraph)
{
    static const char *const words[] = {"if", "ifdef", "ifndef", "elif", "else", "endif"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (directive(paragraph->text, words[i]))
            return true;
    return false;
}

static bool used_by_needed(const Paragraph *paragraphs, int from, int to, int except, const char *name)
{
    for (int i = from; i < to; i++)
        if (i != except && paragraphs[i].needed && mentions_word(paragraphs[i].text, name))
            return true;
    return false;
}

static void mark_needed(Paragraph *paragraphs, int count, const char *code)
{
    for (int i = 0; i < count; i++) {
        Paragraph *paragraph = &paragraphs[i];
        bool definition = paragraph->name || directive(paragraph->text, "undef");
        paragraph->needed = !definition || (paragraph->name && mentions_word(code, paragraph->name));
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < count; i++) {
            if (paragraphs[i].needed || !paragraphs[i].name)
                continue;
            int end = paragraphs[i].directive ? end_of_macro(paragraphs, count, i) : count;
            if (!used_by_needed(paragraphs, paragraphs[i].directive ? i : 0, end, i, paragraphs[i].name))
                continue;
            paragraphs[i].needed = changed = true;
            if (end < count)
                paragraphs[end].needed = true;
        }
    }
}

/* Conditions with nothing between them go. */
static void drop_empty_conditions(Paragraph *paragraphs, int count)
{
    for (bool changed = true; changed;) {
        changed = false;
        int opened = -1;
        for (int i = 0; i < count; i++) {
            if (!paragraphs[i].needed)
                continue;
            bool opens = directive(paragraphs[i].text, "if") || directive(paragraphs[i].text, "ifdef") ||
                         directive(paragraphs[i].text, "ifndef");
            if (opens) {
                opened = i;
            } else if (opened >= 0 && directive(paragraphs[i].text, "endif")) {
                for (int k = opened; k <= i; k++)
                    paragraphs[k].needed = false;
                changed = true;
                opened = -1;
            } else if (!is_conditional(&paragraphs[i])) {
                opened = -1;
            }
        }
    }
}

void paste_header(Text *text, const char *name, const Application *known, const char *code)
{
    Text whole = {0};
    Preprocessor p = {.text = &whole};
    for (int i = 0; i < known->bindings; i++)
        binding_add(&p.known, known->binding[i].name, known->binding[i].value, (Span){0});
    process(&p, find_header(name), 0);
    Paragraph *paragraphs = NULL;
    int count = cut_paragraphs(whole.bytes, &paragraphs);
    mark_needed(paragraphs, count, code);
    drop_empty_conditions(paragraphs, count);
    for (int i = 0; i < count; i++) {
        if (!paragraphs[i].needed || is_file_comment(&paragraphs[i]))
            continue;
        const char *paragraph = paragraphs[i].text + strspn(paragraphs[i].text, "\n");
        text_add(text, "%s", paragraph);
    }
    text_add(text, "\n");
}
