/* paste.h - the runtime's headers as text that needs no other file. */
#ifndef NNC_PASTE_H
#define NNC_PASTE_H

#include "nnc.h"

/* A header of the runtime with all that it includes, of which only what `code` uses is left. `known` are macros with
 * numbers: what depends on them alone is decided here. */
void paste_header(Text *text, const char *name, const Application *known, const char *code);

#endif
