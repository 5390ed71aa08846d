/* fill.c - texts with blanks. Values are not searched for blanks again: they are the user's. */
#include "fill.h"

#include <string.h>

void blank_add(Blanks *blanks, const char *name, const char *value)
{
    blanks->blank = push_grow(blanks->blank, blanks->count, sizeof *blanks->blank);
    blanks->blank[blanks->count++] = (Blank){name, value ? value : ""};
}

/* The blank whose name and closing @ stand here. */
static const Blank *blank_at(const char *at, const Blanks *blanks)
{
    for (int i = 0; i < blanks->count; i++) {
        size_t length = strlen(blanks->blank[i].name);
        if (strncmp(at, blanks->blank[i].name, length) == 0 && at[length] == '@')
            return &blanks->blank[i];
    }
    return NULL;
}

/* Past the conditions that a line begins with; NULL if one of them does not hold. */
static const char *past_conditions(const char *line, const Blanks *blanks)
{
    while (line[0] == '@' && (line[1] == '?' || line[1] == '!')) {
        const Blank *blank = blank_at(line + 2, blanks);
        if (!blank)
            break;
        if ((line[1] == '?') != (*blank->value != '\0'))
            return NULL;
        line += strlen(blank->name) + 3;
    }
    return line;
}

/* From `at` to the end of its line. */
static void fill_line(Text *text, const char *at, const char *end, const Blanks *blanks)
{
    const char *start = at;
    while (at < end) {
        const Blank *blank = *at == '@' ? blank_at(at + 1, blanks) : NULL;
        if (!blank) {
            text_add_bytes(text, at++, 1);
            continue;
        }
        size_t length = strlen(blank->value);
        text_add_bytes(text, blank->value, length);
        bool first = at == start;
        at += strlen(blank->name) + 2;
        if (first && at + 1 == end && *at == '\n' && (!length || blank->value[length - 1] == '\n'))
            return;
    }
}

void fill(Text *text, const char *pattern, const Blanks *blanks)
{
    for (const char *line = pattern; *line;) {
        size_t length = strcspn(line, "\n");
        const char *end = line + length + (line[length] == '\n'), *at = past_conditions(line, blanks);
        if (at)
            fill_line(text, at, end, blanks);
        line = end;
    }
}
