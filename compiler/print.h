/* print.h - expressions, statements and kernels as C. */
#ifndef NNC_PRINT_H
#define NNC_PRINT_H

#include "nnc.h"

typedef struct Printer {
    Text *text;
    int indent;
    bool float64, branches;
    bool eight; /* vectors have eight lanes, those of other functions sixteen */
    bool team;  /* inside a loop that all threads run through */
    int names;
    struct Printed_name *name;
} Printer;

/* ` x[32][784]` with its type and const. */
void print_array(Text *text, const Array *array, bool float64);
/* The function's parameters, one a line; what is returned prints its body, where their names are known. */
Printer print_parameters(Text *signature, const Kernel *kernel, bool float64, bool branches);
void print_function_body(Printer *printer, Text *text, const Kernel *kernel);
/* Lines of C, each with its end; those beyond column 120 broken, but for comments and directives. */
void print_wrapped(Text *text, const char *lines);
/* The body alone, for --dump. */
void print_body(Text *text, const Kernel *kernel);

#endif
