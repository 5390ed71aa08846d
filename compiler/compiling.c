/* compiling.c - the compiler's own options on the command line of a command that builds or describes a network. */
#include "compiling.h"
#include "conflicts.h"
#include "half.h"
#include "machine.h"

#include <stdlib.h>
#include <string.h>

typedef struct Compiling {
    const char *target, *numerics, *dtype, *templates, *schedule;
    int batch;
    bool threads;
} Compiling;

static const Option compiler_table[] = {
    {"--target", NULL, OPTION_TEXT, offsetof(Compiling, target), SIZE_MAX, "T",
     "c, native, sse, avx2, avx512, neon, wasm, or a microcontroller's (nnc --help lists them)"},
    {"--numerics", NULL, OPTION_TEXT, offsetof(Compiling, numerics), SIZE_MAX, "N",
     "fused (default), separate or fast"},
    {"--dtype", NULL, OPTION_TEXT, offsetof(Compiling, dtype), SIZE_MAX, "D", "float32 (default) or float64"},
    {"--templates", NULL, OPTION_TEXT, offsetof(Compiling, templates), SIZE_MAX, "DIR",
     "more templates, searched before the built-in ones"},
    {"--batch", NULL, OPTION_COUNT, offsetof(Compiling, batch), SIZE_MAX, "N",
     "samples of a training step, instead of the spec's"},
    {"--schedule", NULL, OPTION_TEXT, offsetof(Compiling, schedule), SIZE_MAX, "FILE",
     "tiles that 'nnc tune' found, instead of those of the estimate"},
    {"--threads", NULL, OPTION_FLAG, offsetof(Compiling, threads), SIZE_MAX, NULL,
     "large loops are shared by OMP_NUM_THREADS threads, by OpenMP"},
};
enum { COMPILER_ROWS = sizeof compiler_table / sizeof *compiler_table };

int wrong_usage(const char *command, const char *message)
{
    fprintf(stderr, "nnc: error: %s\nnnc %s --help shows how it is used\n", message, command);
    return 2;
}

/* NULL: another option, or none. */
static const Option *compilers_option(const char *word)
{
    size_t length = strcspn(word, "=");
    for (int i = 0; i < COMPILER_ROWS; i++)
        if (strlen(compiler_table[i].name) == length && strncmp(compiler_table[i].name, word, length) == 0)
            return &compiler_table[i];
    return NULL;
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
        const Option *option = only_words ? NULL : compilers_option(words[i]);
        Words *side = option ? ours : theirs;
        side->word[side->count++] = words[i];
        if (option && option->argument && !strchr(words[i], '=') && i + 1 < count)
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

/* A command whose target is this machine, if none is given, runs what it has compiled. */
static bool runs_here(const char *default_target)
{
    return strcmp(default_target, "native") == 0;
}

static int set_compiling(const char *command, const Compiling *given, const char *default_target, Options *options)
{
    static const char *const numerics[] = {"fused", "separate", "fast"}, *const dtypes[] = {"float32", "float64"};
    int kind = index_of(given->numerics ? given->numerics : "fused", numerics, 3);
    int dtype = index_of(given->dtype ? given->dtype : "float32", dtypes, 2);
    options->machine = machine_find(given->target ? given->target : default_target);
    if (!options->machine)
        return wrong_usage(command, format("'%s' is not a target: " MACHINE_NAMES, given->target));
    if (runs_here(default_target) && !machine_is_here(options->machine)) {
        const Machine *emulated = options->emulated ? machine_emulated(options->machine) : NULL;
        if (!emulated)
            return wrong_usage(command, format(MACHINE_ELSEWHERE, options->machine->name));
        options->machine = emulated;
    }
    if (kind < 0)
        return wrong_usage(command, format("'%s' is not a kind of numerics: fused, separate or fast", given->numerics));
    if (dtype < 0)
        return wrong_usage(command, format("'%s' is not a dtype: float32 or float64", given->dtype));
    options->numerics = (Numerics)kind;
    options->float64 = dtype == 1;
    options->templates = given->templates;
    options->schedule = given->schedule;
    if (given->batch > BATCH_MAX)
        return wrong_usage(command, format("a batch of %d is too large: %d at most", given->batch, BATCH_MAX));
    options->batch = given->batch;
    options->threads = given->threads;
    if (options->numerics == NUMERICS_FUSED && !options->machine->fma)
        fprintf(stderr,
                "nnc: warning: target '%s' has no fused multiply-add: fused numerics will be slow on it "
                "(--numerics separate)\n",
                options->machine->name);
    return 0;
}

int compiling_take(int count, char **words, const char *default_target, Options *options, Words *rest)
{
    Words ours;
    Compiling given = {0};
    Trainer_error error = {0};
    part_words(count, words, &ours, rest);
    int status = options_parse(compiler_table, COMPILER_ROWS, ours.count, ours.word, &given, NULL, &error);
    return status ? wrong_usage(words[0], error.message) : set_compiling(words[0], &given, default_target, options);
}

int compiling_parse(Words given, const char *default_target, Option_table own, Options *options, void *request,
                    Options_words *files)
{
    Words rest;
    Trainer_error error = {0};
    int status = compiling_take(given.count, given.word, default_target, options, &rest);
    if (status)
        return status;
    status = options_parse(own.option, own.rows, rest.count, rest.word, request, files, &error);
    return status ? wrong_usage(given.word[0], error.message) : 0;
}

bool compiling_samples(const char *command, int samples, Options *options)
{
    options->predict_batch = samples;
    if (samples > BATCH_MAX)
        wrong_usage(command, format("a prediction of %d samples is too large: %d at most", samples, BATCH_MAX));
    return samples <= BATCH_MAX;
}

bool compiling_weights(const char *command, const char *name, Options *options)
{
    if (name && !weights_dtype_read(name, options)) {
        wrong_usage(command, format(WEIGHTS_DTYPE_UNKNOWN, name));
        return false;
    }
    const char *conflict = options_conflict(options);
    if (conflict)
        wrong_usage(command, conflict);
    return !conflict;
}

void compiling_print(FILE *stream, const char *default_target)
{
    fprintf(stream, "\nof the compiler (the target is %s if left out):\n", default_target);
    options_print(stream, compiler_table, COMPILER_ROWS);
}

const char *compiling_spec(const char *command, const Options_words *words)
{
    if (words->count == 1)
        return words->item[0];
    wrong_usage(command, words->count
                             ? format("%s takes one SPEC.yaml; '%s' is one word too many", command, words->item[1])
                             : format("%s needs a SPEC.yaml", command));
    return NULL;
}
