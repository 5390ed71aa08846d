/* train.c - `nnc train`, `nnc evaluate` and `nnc predict`: the network is printed for this machine, compiled, loaded,
 * and handed to the trainer. Ends with the exit status. */
#include "build.h"
#include "commands.h"
#include "machine.h"

#include "options.h"
#include "trainer.h"

#include <stdlib.h>
#include <string.h>

/* ---- the compiler's options among the words ---- */

typedef struct Words {
    int count;
    char **word; /* word[0] is the command */
} Words;

typedef struct Compiling {
    const char *target, *numerics, *dtype, *templates;
} Compiling;

static const Option compiler_table[] = {
    {"--target", NULL, OPTION_TEXT, offsetof(Compiling, target), SIZE_MAX, "T",
     "native (default), c, sse, avx2 or avx512"},
    {"--numerics", NULL, OPTION_TEXT, offsetof(Compiling, numerics), SIZE_MAX, "N",
     "fused (default), separate or fast"},
    {"--dtype", NULL, OPTION_TEXT, offsetof(Compiling, dtype), SIZE_MAX, "D", "float32 (default) or float64"},
    {"--templates", NULL, OPTION_TEXT, offsetof(Compiling, templates), SIZE_MAX, "DIR",
     "more templates, searched before the built-in ones"},
};
enum { COMPILER_ROWS = sizeof compiler_table / sizeof *compiler_table };

static int wrong_usage(const char *command, const char *message)
{
    fprintf(stderr, "nnc: error: %s\nnnc %s --help shows how it is used\n", message, command);
    return 2;
}

static bool is_compilers(const char *word)
{
    size_t length = strcspn(word, "=");
    for (int i = 0; i < COMPILER_ROWS; i++)
        if (strlen(compiler_table[i].name) == length && strncmp(compiler_table[i].name, word, length) == 0)
            return true;
    return false;
}

/* The compiler's options go to `ours`, all else to `theirs`, in the same order. After `--` there are no options. */
static void part_words(int count, char **words, Words *ours, Words *theirs)
{
    *ours = (Words){1, NEW_ARRAY(count + 1, char *)};
    *theirs = (Words){1, NEW_ARRAY(count + 1, char *)};
    ours->word[0] = theirs->word[0] = words[0];
    bool only_words = false;
    for (int i = 1; i < count; i++) {
        only_words = only_words || strcmp(words[i], "--") == 0;
        bool compilers = !only_words && is_compilers(words[i]);
        Words *side = compilers ? ours : theirs;
        side->word[side->count++] = words[i];
        if (compilers && !strchr(words[i], '=') && i + 1 < count)
            side->word[side->count++] = words[++i];
    }
}

static int index_of(const char *word, const char *const *list, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(word, list[i]) == 0)
            return i;
    return -1;
}

static int set_compiling(const char *command, const Compiling *given, Options *options)
{
    static const char *const numerics[] = {"fused", "separate", "fast"}, *const dtypes[] = {"float32", "float64"};
    int kind = index_of(given->numerics ? given->numerics : "fused", numerics, 3);
    int dtype = index_of(given->dtype ? given->dtype : "float32", dtypes, 2);
    options->machine = machine_find(given->target ? given->target : "native");
    if (!options->machine)
        return wrong_usage(command, format("'%s' is not a target: native, c, sse, avx2 or avx512", given->target));
    if (kind < 0)
        return wrong_usage(command,
                           format("'%s' is not a kind of numerics: fused, separate or fast", given->numerics));
    if (dtype < 0)
        return wrong_usage(command, format("'%s' is not a dtype: float32 or float64", given->dtype));
    options->numerics = (Numerics)kind;
    options->float64 = dtype == 1;
    options->templates = given->templates;
    if (options->numerics == NUMERICS_FUSED && !options->machine->fma)
        fprintf(stderr,
                "nnc: warning: target '%s' has no fused multiply-add: fused numerics will be slow on it "
                "(--numerics separate)\n",
                options->machine->name);
    return 0;
}

/* ---- what the three commands share ---- */

/* Takes the compiler's options out; the rest is in `theirs`. */
static int take_compiling(int count, char **words, Options *options, Words *theirs)
{
    Words ours;
    Compiling given = {0};
    Trainer_error error = {0};
    part_words(count, words, &ours, theirs);
    int status = options_parse(compiler_table, COMPILER_ROWS, ours.count, ours.word, &given, NULL, &error);
    return status ? wrong_usage(words[0], error.message) : set_compiling(words[0], &given, options);
}

static int print_usage(void (*usage)(FILE *))
{
    usage(stdout);
    printf("\nof the compiler:\n");
    options_print(stdout, compiler_table, COMPILER_ROWS);
    return 0;
}

/* 0 when the network is there, with its data section. */
static int build_for(const char *command, const char *spec, Options *options, Built *built)
{
    options->spec_path = spec;
    if (!build_network(options, built))
        return 1;
    if (built->model->data)
        return 0;
    error_at(built->model->name_span, "'%s' needs the samples, and this description has no section 'data'", command);
    hint(built->model->name_span,
         "for CSV files, for example: data: {format: csv, train: {file: train.csv}, test: {file: test.csv}}");
    return 1;
}

/* The trainer's message, if it left one. */
static int finish(int status, const Trainer_error *error)
{
    fflush(stdout);
    if (status == 1)
        fprintf(stderr, "%s\n", error->message);
    return status;
}

/* ---- commands ---- */

/* What the command line leaves open, the spec says. */
static void fill_in(Options_train *given, const Training *train)
{
    Train_options *options = &given->train;
    if (!options->epochs)
        options->epochs = train->epochs;
    if (!given->seed_given)
        options->seed = train->seed;
    if (!options->patience)
        options->patience = train->patience;
}

int command_train(int count, char **words)
{
    Options options = {0};
    Options_train given;
    Trainer_error error = {0};
    Words theirs;
    int status = take_compiling(count, words, &options, &theirs);
    if (status)
        return status;
    if (options_train(theirs.count, theirs.word, &given, &error))
        return wrong_usage(words[0], error.message);
    if (given.help)
        return print_usage(options_usage_train);
    Built built = {0};
    if (build_for(words[0], given.spec, &options, &built))
        return 1;
    fill_in(&given, &built.model->train);
    Train_result result;
    status = trainer_train(built.network, built.model->data, &given.train, &result, &error);
    return finish(status, &error);
}

int command_evaluate(int count, char **words)
{
    Options options = {0};
    Options_evaluate given;
    Trainer_error error = {0};
    Words theirs;
    int status = take_compiling(count, words, &options, &theirs);
    if (status)
        return status;
    if (options_evaluate(theirs.count, theirs.word, &given, &error))
        return wrong_usage(words[0], error.message);
    if (given.help)
        return print_usage(options_usage_evaluate);
    Built built = {0};
    if (build_for(words[0], given.spec, &options, &built))
        return 1;
    Train_score score;
    status = trainer_evaluate(built.network, built.model->data, &given.evaluate, &score, &error);
    return finish(status, &error);
}

int command_predict(int count, char **words)
{
    Options options = {0};
    Options_predict given;
    Trainer_error error = {0};
    Words theirs;
    int status = take_compiling(count, words, &options, &theirs);
    if (status)
        return status;
    if (options_predict(theirs.count, theirs.word, &given, &error))
        return wrong_usage(words[0], error.message);
    if (given.help)
        return print_usage(options_usage_predict);
    Built built = {0};
    if (build_for(words[0], given.spec, &options, &built))
        return 1;
    status = trainer_predict(built.network, built.model->data, &given.predict, &error);
    return finish(status, &error);
}
