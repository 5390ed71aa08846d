/* template.h - one file of templates/. */
#ifndef NNC_TEMPLATE_H
#define NNC_TEMPLATE_H

#include "nnc.h"

/* Its tags, its functions, and its forms with the functions of each; what is wrong with it is reported. */
Template *read_template(Category category, const char *name, Source *source);

#endif
