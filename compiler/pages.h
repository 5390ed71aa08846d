/* pages.h - what nnc tells about its templates: tables, pages and the schema, all made from their declarations. */
#ifndef NNC_PAGES_H
#define NNC_PAGES_H

#include "nnc.h"

/* `nnc layers` (name NULL) and `nnc layers NAME`; returns the exit status. */
int command_layers(Library *library, const char *name, FILE *stream);
/* The JSON Schema (draft-07) of the spec language; returns the exit status. */
int command_schema(Library *library, FILE *stream);

#endif
