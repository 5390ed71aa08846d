/* compiling.h - the compiler's own options on the command line of a command that builds or describes a network. */
#ifndef NNC_COMPILING_H
#define NNC_COMPILING_H

#include "nnc.h"

#include "options.h"

typedef struct Words {
    int count;
    char **word; /* word[0] is the command */
} Words;

/* A command's own options. */
typedef struct Option_table {
    size_t rows;
    const Option *option;
} Option_table;

/* Takes --target, --numerics, --dtype, --templates, --batch, --schedule and --threads out of the words; the others go
 * to `rest`. Returns 0, or 2 after a message. */
int compiling_take(int count, char **words, const char *default_target, Options *options, Words *rest);
/* The same, and a command's own options by its table; the words that are left go to `files`. */
int compiling_parse(Words given, const char *default_target, Option_table own, Options *options, void *request,
                    Options_words *files);
/* These options, for --help. */
void compiling_print(FILE *stream, const char *default_target);
/* The one word that is left when a command takes nothing but a spec, or NULL after a message. */
const char *compiling_spec(const char *command, const Options_words *words);
/* --predict-batch N, 0 if it is not given. False after a message. */
bool compiling_samples(const char *command, int samples, Options *options);
/* --weights-dtype of a command with a table of options, `name` NULL: it is not given; and, all others being known,
 * whether they go together. False after a message. */
bool compiling_weights(const char *command, const char *name, Options *options);
/* Prints what is wrong; returns 2. */
int wrong_usage(const char *command, const char *message);

#endif
