/* printed.h - generated C against the interpreter, bit for bit, many networks to one run of the C compiler. */
#ifndef NNC_TEST_PRINTED_H
#define NNC_TEST_PRINTED_H

#include "nnc.h"

typedef struct Printed_group {
    const char *templates;
    int count; /* waiting */
    const char **name, **text;
    int networks, passed, failed;
} Printed_group;

/* The spec's network is called `name`. Compiles and compares when enough are waiting. */
void printed_add(Printed_group *group, const char *name, const char *text);
void printed_finish(Printed_group *group);

#endif
