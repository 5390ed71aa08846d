/* fill.h - texts with blanks. */
#ifndef NNC_FILL_H
#define NNC_FILL_H

#include "nnc.h"

typedef struct Blank {
    const char *name, *value; /* "" or NULL: it has none */
} Blank;

typedef struct Blanks {
    int count;
    Blank *blank;
} Blanks;

void blank_add(Blanks *blanks, const char *name, const char *value);
/* Adds a pattern with its blanks filled in: `@name@` becomes the value. A line that begins with `@?name@` stands there
 * only if there is a value, one with `@!name@` only if there is none. A blank that is alone in its line and whose value
 * is empty or whole lines brings no end of line of its own. What names no blank stays as it is. */
void fill(Text *text, const char *pattern, const Blanks *blanks);

#endif
