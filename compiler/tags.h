/* tags.h - what a template's doc comment declares. */
#ifndef NNC_TAGS_H
#define NNC_TAGS_H

#include "nnc.h"

/* Reads each `Tag: text` line up to the first empty one; a line that is indented deeper continues. */
void read_tags(Template *template, bool summary_only);
/* The first line names what the file's place says: the page is about this template, not about the one it began as. */
void check_opening(const Template *template);
/* The parameter of that name in the first function that has it, or NULL. */
const Parameter *parameter_of(const Template *template, const char *name);
/* Torch: NAME, or NAME[...] = VARIABLE[...] (tag_torch.c). */
void read_torch(Template *template, Span span, const char *text);

#endif
