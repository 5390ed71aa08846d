/* options.h - the command lines of train, evaluate and predict, by tables. */
#ifndef NNC_TRAINER_OPTIONS_H
#define NNC_TRAINER_OPTIONS_H

#include "trainer.h"

/* One option. `offset` is the member of the struct that is filled. */
typedef enum Option_kind {
    OPTION_TEXT,  /* const char * */
    OPTION_FLAG,  /* bool, set to true */
    OPTION_COUNT, /* int, 1 or more */
    OPTION_STEPS, /* uint64_t, 1 or more */
    OPTION_SEED,  /* uint64_t */
    OPTION_SHARE, /* double, above 0 and below 1 */
    OPTION_HELP   /* bool, as a flag */
} Option_kind;

typedef struct Option {
    const char *name;   /* "--epochs" */
    const char *letter; /* "-o", or NULL */
    Option_kind kind;
    size_t offset, given_offset; /* given_offset: of a bool that says so; SIZE_MAX: none */
    const char *argument;        /* "N", or NULL */
    const char *help;
} Option;

enum { OPTIONS_WORDS_MAX = 4096 };

/* The words that are no options: the spec, and files to predict. */
typedef struct Options_words {
    size_t count;
    const char *item[OPTIONS_WORDS_MAX];
} Options_words;

typedef struct Options_train {
    const char *spec;
    Train_options train; /* epochs 0: not given, take the spec's */
    bool seed_given;     /* else take the spec's */
    bool help;
} Options_train;

typedef struct Options_evaluate {
    const char *spec;
    Evaluate_options evaluate;
    bool help;
} Options_evaluate;

typedef struct Options_predict {
    const char *spec;
    Predict_options predict; /* inputs point into `words` */
    Options_words words;
    bool help;
} Options_predict;

/* argv[0] is the command ("train"). Options may stand anywhere; `--name=value` and `--name value` are the same; after
 * `--` all are words. Return 0; or 2 on wrong usage, with one line in error->message. With --help, 0 and help set:
 * print options_usage_... then. */
int options_train(int argc, char *const *argv, Options_train *options, Trainer_error *error);
int options_evaluate(int argc, char *const *argv, Options_evaluate *options, Trainer_error *error);
int options_predict(int argc, char *const *argv, Options_predict *options, Trainer_error *error);

void options_usage_train(FILE *stream);
void options_usage_evaluate(FILE *stream);
void options_usage_predict(FILE *stream);

/* The machinery, for a front that adds rows of its own: fills `target` by the table. */
int options_parse(const Option *table, size_t rows, int argc, char *const *argv, void *target, Options_words *words,
                  Trainer_error *error);
void options_print(FILE *stream, const Option *table, size_t rows);

#endif
