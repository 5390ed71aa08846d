/* options.c - the command lines of train, evaluate and predict, by tables. */
#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { WRONG_USAGE = 2 };

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define TRAIN(member) offsetof(Options_train, member)
#define EVALUATE(member) offsetof(Options_evaluate, member)
#define PREDICT(member) offsetof(Options_predict, member)

static const Option train_table[] = {
    {"--data", NULL, OPTION_TEXT, TRAIN(train.data_directory), SIZE_MAX, "DIR",
     "where the files of the data: section are"},
    {"--output", "-o", OPTION_TEXT, TRAIN(train.weights), SIZE_MAX, "FILE", "write the weights, as safetensors"},
    {"--epochs", NULL, OPTION_COUNT, TRAIN(train.epochs), SIZE_MAX, "N", "instead of the spec's"},
    {"--seed", NULL, OPTION_SEED, TRAIN(train.seed), TRAIN(seed_given), "N", "instead of the spec's"},
    {"--seeds", NULL, OPTION_COUNT, TRAIN(train.seeds), SIZE_MAX, "N",
     "train with N seeds in turn; print mean, worst and best"},
    {"--validation", NULL, OPTION_SHARE, TRAIN(train.validation), SIZE_MAX, "SHARE",
     "hold out a share of the training samples"},
    {"--patience", NULL, OPTION_COUNT, TRAIN(train.patience), SIZE_MAX, "N",
     "stop after N epochs without a better validation (or test) loss"},
    {"--best", NULL, OPTION_FLAG, TRAIN(train.best), SIZE_MAX, NULL, "keep the best epoch's weights, not the last's"},
    {"--checkpoint", NULL, OPTION_TEXT, TRAIN(train.checkpoint), SIZE_MAX, "FILE",
     "save everything after each epoch, and when interrupted"},
    {"--checkpoint-every", NULL, OPTION_STEPS, TRAIN(train.checkpoint_every), SIZE_MAX, "STEPS",
     "save so often within an epoch too"},
    {"--resume", NULL, OPTION_FLAG, TRAIN(train.resume), SIZE_MAX, NULL, "go on from the checkpoint"},
    {"--history", NULL, OPTION_TEXT, TRAIN(train.history), SIZE_MAX, "FILE", "write a CSV line for each epoch"},
    {"--plot", NULL, OPTION_TEXT, TRAIN(train.plot), SIZE_MAX, "FILE",
     "draw loss and accuracy, and the plane of two inputs (.png or .svg, by gnuplot)"},
    {"--running-loss", NULL, OPTION_FLAG, TRAIN(train.running_loss), SIZE_MAX, NULL,
     "show the loss of the steps; do not evaluate the training set"},
    {"--strict-data", NULL, OPTION_FLAG, TRAIN(train.strict_data), SIZE_MAX, NULL,
     "a picture that cannot be read is an error, not left out"},
    {"--quiet", "-q", OPTION_FLAG, TRAIN(train.quiet), SIZE_MAX, NULL, "no progress, only the result"},
    {"--help", "-h", OPTION_HELP, TRAIN(help), SIZE_MAX, NULL, "this page"},
};

static const Option evaluate_table[] = {
    {"--data", NULL, OPTION_TEXT, EVALUATE(evaluate.data_directory), SIZE_MAX, "DIR",
     "where the files of the data: section are"},
    {"--weights", "-w", OPTION_TEXT, EVALUATE(evaluate.weights), SIZE_MAX, "FILE", "trained weights (safetensors)"},
    {"--strict-data", NULL, OPTION_FLAG, EVALUATE(evaluate.strict_data), SIZE_MAX, NULL,
     "a picture that cannot be read is an error, not left out"},
    {"--quiet", "-q", OPTION_FLAG, EVALUATE(evaluate.quiet), SIZE_MAX, NULL, "no confusion matrix"},
    {"--help", "-h", OPTION_HELP, EVALUATE(help), SIZE_MAX, NULL, "this page"},
};

static const Option predict_table[] = {
    {"--data", NULL, OPTION_TEXT, PREDICT(predict.data_directory), SIZE_MAX, "DIR", "where FILEs are"},
    {"--weights", "-w", OPTION_TEXT, PREDICT(predict.weights), SIZE_MAX, "FILE", "trained weights (safetensors)"},
    {"--output", "-o", OPTION_TEXT, PREDICT(predict.outputs), SIZE_MAX, "FILE", "write the answers there"},
    {"--numbers", NULL, OPTION_FLAG, PREDICT(predict.numbers), SIZE_MAX, NULL, "print outputs, not names of classes"},
    {"--help", "-h", OPTION_HELP, PREDICT(help), SIZE_MAX, NULL, "this page"},
};

static int fail(Trainer_error *error, const char *pattern, ...) __attribute__((format(printf, 2, 3)));

static int fail(Trainer_error *error, const char *pattern, ...)
{
    va_list arguments;
    va_start(arguments, pattern);
    vsnprintf(error->message, sizeof error->message, pattern, arguments);
    va_end(arguments);
    error->status = WRONG_USAGE;
    return WRONG_USAGE;
}

static bool whole_number(const char *text, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == 0 && errno == 0;
}

static int set_number(const Option *option, const char *value, void *member, Trainer_error *error)
{
    uint64_t number;
    if (!whole_number(value, &number))
        return fail(error, "%s takes a whole number, not \"%s\"", option->name, value);
    if (option->kind != OPTION_SEED && number == 0)
        return fail(error, "%s takes 1 or more", option->name);
    if (option->kind == OPTION_COUNT && number > INT32_MAX)
        return fail(error, "%s takes at most %d", option->name, INT32_MAX);
    if (option->kind == OPTION_COUNT)
        *(int *)member = (int)number;
    else
        *(uint64_t *)member = number;
    return 0;
}

static int set_share(const Option *option, const char *value, double *member, Trainer_error *error)
{
    char *end;
    double share = strtod(value, &end);
    if (end == value || *end != 0 || !(share > 0 && share < 1))
        return fail(error, "%s takes a share above 0 and below 1, not \"%s\"", option->name, value);
    *member = share;
    return 0;
}

static int set(const Option *option, const char *value, void *target, Trainer_error *error)
{
    void *member = (char *)target + option->offset;
    if (option->given_offset != SIZE_MAX)
        *(bool *)((char *)target + option->given_offset) = true;
    switch (option->kind) {
    case OPTION_TEXT:
        if (value[0] == 0)
            return fail(error, "%s takes a name, not nothing", option->name);
        *(const char **)member = value;
        return 0;
    case OPTION_FLAG:
    case OPTION_HELP:
        *(bool *)member = true;
        return 0;
    case OPTION_SHARE:
        return set_share(option, value, member, error);
    default:
        return set_number(option, value, member, error);
    }
}

static const Option *find(const Option *table, size_t rows, const char *word)
{
    size_t length = strcspn(word, "=");
    for (size_t i = 0; i < rows; i++) {
        if (strlen(table[i].name) == length && strncmp(table[i].name, word, length) == 0)
            return &table[i];
        if (table[i].letter != NULL && strcmp(table[i].letter, word) == 0)
            return &table[i];
    }
    return NULL;
}

static int add_word(Options_words *words, const char *word, Trainer_error *error)
{
    if (words->count == OPTIONS_WORDS_MAX)
        return fail(error, "more than %d files", OPTIONS_WORDS_MAX);
    words->item[words->count++] = word;
    return 0;
}

/* The option at argv[*at]; its value may be the next word. */
static int take_option(const Option *table, size_t rows, int argc, char *const *argv, int *at, void *target,
                       Trainer_error *error)
{
    const char *word = argv[*at], *equals = strchr(word, '=');
    const Option *option = find(table, rows, word);
    if (option == NULL)
        return fail(error, "unknown option %s", word);
    if (option->argument == NULL && equals != NULL)
        return fail(error, "%s takes no value", option->name);
    if (option->argument == NULL)
        return set(option, "", target, error);
    if (equals == NULL && *at + 1 == argc)
        return fail(error, "%s needs a value: %s", option->name, option->argument);
    return set(option, equals != NULL ? equals + 1 : argv[++*at], target, error);
}

int options_parse(const Option *table, size_t rows, int argc, char *const *argv, void *target, Options_words *words,
                  Trainer_error *error)
{
    bool only_words = false;
    for (int i = 1; i < argc; i++) {
        int status = 0;
        if (!only_words && strcmp(argv[i], "--") == 0)
            only_words = true;
        else if (only_words || argv[i][0] != '-' || argv[i][1] == 0)
            status = add_word(words, argv[i], error);
        else
            status = take_option(table, rows, argc, argv, &i, target, error);
        if (status != 0)
            return status;
    }
    return 0;
}

void options_print(FILE *stream, const Option *table, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s%s%s%s", table[i].letter != NULL ? table[i].letter : "",
                 table[i].letter != NULL ? ", " : "    ", table[i].name, table[i].argument != NULL ? " " : "",
                 table[i].argument != NULL ? table[i].argument : "");
        fprintf(stream, "  %-28s  %s\n", left, table[i].help);
    }
}

static int one_spec(const char *command, const Options_words *words, const char **spec, Trainer_error *error)
{
    if (words->count == 0)
        return fail(error, "%s needs a SPEC.yaml", command);
    if (words->count > 1)
        return fail(error, "%s takes one SPEC.yaml; \"%s\" is one word too many", command, words->item[1]);
    *spec = words->item[0];
    return 0;
}

int options_train(int argc, char *const *argv, Options_train *options, Trainer_error *error)
{
    Options_words words = {0};
    *options = (Options_train){.spec = NULL};
    int status = options_parse(train_table, ROWS(train_table), argc, argv, options, &words, error);
    if (status != 0 || options->help)
        return status;
    return one_spec("train", &words, &options->spec, error);
}

int options_evaluate(int argc, char *const *argv, Options_evaluate *options, Trainer_error *error)
{
    Options_words words = {0};
    *options = (Options_evaluate){.spec = NULL};
    int status = options_parse(evaluate_table, ROWS(evaluate_table), argc, argv, options, &words, error);
    if (status != 0 || options->help)
        return status;
    if (options->evaluate.weights == NULL)
        return fail(error, "evaluate needs --weights FILE");
    return one_spec("evaluate", &words, &options->spec, error);
}

int options_predict(int argc, char *const *argv, Options_predict *options, Trainer_error *error)
{
    *options = (Options_predict){.spec = NULL};
    int status = options_parse(predict_table, ROWS(predict_table), argc, argv, options, &options->words, error);
    if (status != 0 || options->help)
        return status;
    if (options->words.count == 0)
        return fail(error, "predict needs a SPEC.yaml");
    if (options->predict.weights == NULL)
        return fail(error, "predict needs --weights FILE");
    options->spec = options->words.item[0];
    options->predict.inputs = (Data_words){options->words.count - 1, options->words.item + 1};
    return 0;
}

void options_usage_train(FILE *stream)
{
    fprintf(stream, "usage: nnc train SPEC.yaml --data DIR -o W.safetensors [OPTION]...\n\n"
                    "Trains the network on the data that its data: section names.\n\n");
    options_print(stream, train_table, ROWS(train_table));
}

void options_usage_evaluate(FILE *stream)
{
    fprintf(stream, "usage: nnc evaluate SPEC.yaml --weights W.safetensors --data DIR [OPTION]...\n\n"
                    "Prints loss, accuracy and confusion matrix on the test set.\n\n");
    options_print(stream, evaluate_table, ROWS(evaluate_table));
}

void options_usage_predict(FILE *stream)
{
    fprintf(stream,
            "usage: nnc predict SPEC.yaml --weights W.safetensors [OPTION]... [FILE]...\n\n"
            "Prints a line for each sample of the FILEs: its class or outputs. Without a FILE, or for -, lines of\n"
            "comma-separated numbers are read from standard input.\n\n");
    options_print(stream, predict_table, ROWS(predict_table));
}
