/* package_blanks.h - what a network puts in the blanks of a package's files. */
#ifndef NNC_PACKAGE_BLANKS_H
#define NNC_PACKAGE_BLANKS_H

#include "fill.h"

/* Of whom and of what release a package is. */
typedef struct Imprint {
    const char *release, *author, *url, *vendor; /* author, url: NULL if they are not given */
} Imprint;

/* All blanks but those that stand for whole files. */
Blanks package_blanks(const Model *model, const Imprint *imprint);

#endif
