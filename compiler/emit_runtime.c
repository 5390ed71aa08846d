/* emit_runtime.c - the runtime's headers: included, or with --standalone pasted in. */
#include "emit.h"
#include "embedded.h"

#include <string.h>

static const char *find_header(const char *name)
{
    const char *path = format("runtime/nnc/%s", name);
    for (int i = 0; i < embedded_file_count; i++)
        if (strcmp(embedded_files[i].path, path) == 0)
            return (const char *)embedded_files[i].text;
    return NULL;
}

/* The name in `#include "NAME"` or `#include <nnc/NAME>`, or NULL. */
static const char *included(const char *line)
{
    line += strspn(line, " ");
    if (*line != '#')
        return NULL;
    line++;
    line += strspn(line, " ");
    if (strncmp(line, "include ", 8) != 0)
        return NULL;
    line += 8;
    if (strncmp(line, "\"", 1) == 0)
        line++;
    else if (strncmp(line, "<nnc/", 5) == 0)
        line += 5;
    else
        return NULL;
    return format("%.*s", (int)strcspn(line, "\">"), line);
}

/* A header with what it includes in its place. Guards stay, so a header that is met twice is harmless; one that is
 * met twice on purpose (a body for two widths) is pasted twice. */
static void paste(Text *text, const char *name, int depth)
{
    const char *at = find_header(name);
    while (at && *at) {
        size_t length = strcspn(at, "\n");
        const char *line = format("%.*s", (int)length, at);
        const char *inner = included(line);
        if (inner && find_header(inner) && depth < 8)
            paste(text, inner, depth + 1);
        else
            text_add(text, "%s\n", line);
        at += length + (at[length] == '\n');
    }
}

void emit_runtime(Emitter *emitter)
{
    if (emitter->model->options->standalone)
        paste(emitter->text, "lanes.h", 0);
    else
        text_add(emitter->text, "#include <nnc/lanes.h>\n\n");
}
