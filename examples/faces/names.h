/* names.h - names of people: any text in UTF-8, which may hold quotes, line breaks and worse. */
#ifndef FACES_NAMES_H
#define FACES_NAMES_H

#include "context.h"

enum { NAME_BYTES_MAX = 1000 };

/* Fails if it is empty, longer than NAME_BYTES_MAX or no UTF-8. Names are compared byte by byte: one letter that can be
 * written in two ways (as one sign, or as a letter and an accent) makes two names. */
void name_check(Context *context, const char *name);

/* The name as it is safe to print on a line of a terminal: a backslash as two, control characters and those that turn
 * the direction of writing as \xNN or \uNNNN. Different names are shown differently. */
const char *name_shown(Context *context, const char *name);

#endif
