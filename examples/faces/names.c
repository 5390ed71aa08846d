/* names.c - what a name may be, and how it is shown. */
#include "names.h"

#include "utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Reads one character at *at, which moves behind it; UINT32_MAX, and no move, for what is no UTF-8. */
static uint32_t character(const unsigned char **at)
{
    uint32_t code = UINT32_MAX;
    *at += utf8_character((const char *)*at, SIZE_MAX, &code);
    return code;
}

void name_check(Context *context, const char *name)
{
    if (*name == 0)
        context_fail(context, "error: a name is empty");
    if (strlen(name) > NAME_BYTES_MAX)
        context_fail(context, "error: a name has %zu bytes; at most %d are taken", strlen(name), NAME_BYTES_MAX);
    const unsigned char *at = (const unsigned char *)name;
    while (*at != 0) {
        if (character(&at) == UINT32_MAX)
            context_fail(context, "error: a name is no UTF-8: byte %zu is 0x%02x",
                         (size_t)(at - (const unsigned char *)name) + 1, *at);
    }
}

static bool is_unsafe(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200e && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

const char *name_shown(Context *context, const char *name)
{
    enum { LONGEST = 6 }; /* \u202e for the three bytes of U+202E, \x0a for one */
    char *shown = context_allocate(context, LONGEST * strlen(name) + 1, 1), *to = shown;
    const unsigned char *at = (const unsigned char *)name;
    while (*at != 0) {
        const unsigned char *from = at;
        uint32_t code = character(&at);
        if (code == UINT32_MAX)
            to += sprintf(to, "\\x%02x", *at++);
        else if (is_unsafe(code))
            to += sprintf(to, code < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)code);
        else if (code == '\\')
            to += sprintf(to, "\\\\");
        else
            to += sprintf(to, "%.*s", (int)(at - from), (const char *)from);
    }
    return shown;
}
