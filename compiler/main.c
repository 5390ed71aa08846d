/* main.c - the command line of nnc. */
#include "commands.h"
#include "compile.h"
#include "conflicts.h"
#include "half.h"
#include "machine.h"
#include "pages.h"

#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "nnc SPEC.yaml -o net.c           writes net.c and net.h\n"
    "    --target T                   c (default), native, sse, avx2, avx512, neon, wasm; of microcontrollers "
    "cortex-m0,\n"
    "                                 cortex-m3, cortex-m4, cortex-m7, cortex-m33, cortex-m55, rv32imc, rv32imafc, "
    "avr\n"
    "    --numerics N                 fused (default), separate, fast\n"
    "    --dtype D                    float32 (default), float64\n"
    "    --inference                  only the predict function\n"
    "    --predict-batch N            adds a prediction of N samples at once\n"
    "    --weights W.safetensors      trained parameters become a const struct\n"
    "    --weights-dtype D            float32 (default), float16: of the layers' weights in that struct, with "
    "--inference\n"
    "    --const-frozen               those of frozen layers are constants in training, too\n"
    "    --incbin                     the assembler takes them out of W.safetensors itself\n"
    "    --standalone                 the runtime headers are pasted in\n"
    "    --describe                   adds NAME_network(), for programs that load networks\n"
    "    --checkpoint                 adds NAME_save() and NAME_restore(), for training that outlives a loss of power\n"
    "    -MF net.d                    a dependency file for make, ninja and CMake\n"
    "    --templates DIR              more templates, searched before the built-in ones\n"
    "    --dump PASS                  the program after infer, derive, bind, copies, split, fuse, masks, recompute, "
    "layout, schedule or plan\n"
    "    --threads                    large loops are shared by threads (OpenMP: -fopenmp, OMP_NUM_THREADS)\n"
    "    --batch N                    samples of a training step, instead of the spec's\n"
    "    --schedule FILE              tiles that 'nnc tune' found, instead of those of the estimate\n"
    "    --lanes N                    1, 2, 4, 8 or 16 lanes instead of the target's\n"
    "nnc check SPEC.yaml              proves the gradients, and the bits for a target\n"
    "    --all                        every element of every tensor, not a sample of the large ones\n"
    "    --only WHAT                  gradients or bits\n"
    "    --seed N                     other data and parameters\n"
    "nnc report SPEC.yaml             layers, shapes, parameters, multiply-adds, memory\n"
    "nnc graph SPEC.yaml -o net.svg   the network drawn, with the shapes on its edges\n"
    "nnc package SPEC.yaml --for KIND -o DIR   a folder for Arduino, PlatformIO, ESP-IDF, Zephyr, CMake, Meson, ...\n"
    "nnc train SPEC.yaml --data DIR -o W.safetensors\n"
    "nnc evaluate SPEC.yaml --weights W.safetensors --data DIR\n"
    "nnc predict SPEC.yaml --weights W.safetensors\n"
    "nnc convert SPEC.yaml IN.safetensors --from torch | --to torch -o OUT.safetensors\n"
    "nnc bench SPEC.yaml              time of a training step and of a prediction\n"
    "nnc tune SPEC.yaml -o FILE       measures the best tiles of each kernel, for --schedule FILE\n"
    "nnc layers [NAME]                what layers, losses, optimizers, ... exist; the page of one\n"
    "nnc schema                       the JSON Schema of the spec language\n"
    "nnc --version | --help | --print-include\n";

/* ---- options of the compiler itself ---- */

typedef struct Arguments {
    int count, at;
    char **word;
    bool wrong;
} Arguments;

static int wrong_usage(Arguments *arguments, const char *message, const char *word)
{
    fprintf(stderr, "nnc: error: ");
    fprintf(stderr, message, word);
    fprintf(stderr, "\nnnc --help shows how it is used\n");
    arguments->wrong = true;
    return 2;
}

/* The word after an option. */
static const char *value_of(Arguments *arguments)
{
    const char *option = arguments->word[arguments->at];
    if (arguments->at + 1 < arguments->count)
        return arguments->word[++arguments->at];
    wrong_usage(arguments, "'%s' needs a value", option);
    return "";
}

static void set_target(Arguments *arguments, Options *options)
{
    const char *name = value_of(arguments);
    options->machine = machine_find(name);
    if (!options->machine && !arguments->wrong)
        wrong_usage(arguments, "'%s' is not a target: " MACHINE_NAMES, name);
}

static void set_numerics(Arguments *arguments, Options *options)
{
    static const char *const names[] = {"fused", "separate", "fast"};
    const char *name = value_of(arguments);
    for (int i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0) {
            options->numerics = (Numerics)i;
            return;
        }
    if (!arguments->wrong)
        wrong_usage(arguments, "'%s' is not a kind of numerics: fused, separate or fast", name);
}

static void set_dtype(Arguments *arguments, Options *options)
{
    const char *name = value_of(arguments);
    options->float64 = strcmp(name, "float64") == 0;
    if (!options->float64 && strcmp(name, "float32") && !arguments->wrong)
        wrong_usage(arguments, "'%s' is not a dtype: float32 or float64", name);
}

static void set_weights_dtype(Arguments *arguments, Options *options)
{
    const char *name = value_of(arguments);
    if (!weights_dtype_read(name, options) && !arguments->wrong)
        wrong_usage(arguments, WEIGHTS_DTYPE_UNKNOWN, name);
}

static void set_lanes(Arguments *arguments, Options *options)
{
    const char *text = value_of(arguments);
    options->lanes = atoi(text);
    options->lanes_asked = true;
    if (options->lanes < 1 || options->lanes > 16 || (options->lanes & (options->lanes - 1)))
        wrong_usage(arguments, "'%s' is not a number of lanes: 1, 2, 4, 8 or 16", text);
}

static int samples_of(Arguments *arguments)
{
    const char *text = value_of(arguments);
    size_t digits = strspn(text, "0123456789");
    int samples = digits && digits < 6 && !text[digits] ? atoi(text) : 0;
    if ((samples < 1 || samples > BATCH_MAX) && !arguments->wrong)
        wrong_usage(arguments, "'%s' is not a number of samples: 1 to 65536", text);
    return samples;
}

static void set_dump(Arguments *arguments, Options *options)
{
    static const char *const passes[] = {"infer", "derive",    "bind",   "copies",   "split", "fuse",
                                         "masks", "recompute", "layout", "schedule", "plan"};
    options->dump = value_of(arguments);
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++)
        if (strcmp(options->dump, passes[i]) == 0)
            return;
    if (!arguments->wrong)
        wrong_usage(
            arguments,
            "'%s' is not a pass: infer, derive, bind, copies, split, fuse, masks, recompute, layout, schedule or plan",
            options->dump);
}

static void set_output(Arguments *arguments, Options *options)
{
    const char *path = value_of(arguments);
    if (options->output && !arguments->wrong)
        wrong_usage(arguments, "a second output, '%s'", path);
    options->output = path;
}

static void set_spec(Arguments *arguments, Options *options, const char *path)
{
    if (options->spec_path)
        wrong_usage(arguments, "a second spec, '%s'", path);
    options->spec_path = path;
}

static bool set_flag(Options *options, const char *word)
{
    if (strcmp(word, "--inference") == 0)
        options->inference = true;
    else if (strcmp(word, "--standalone") == 0)
        options->standalone = true;
    else if (strcmp(word, "--describe") == 0)
        options->describe = true;
    else if (strcmp(word, "--checkpoint") == 0)
        options->checkpoint = true;
    else if (strcmp(word, "--incbin") == 0)
        options->incbin = true;
    else if (strcmp(word, "--const-frozen") == 0)
        options->const_frozen = true;
    else if (strcmp(word, "--threads") == 0)
        options->threads = true;
    else
        return false;
    return true;
}

static void read_word(Arguments *arguments, Options *options)
{
    const char *word = arguments->word[arguments->at];
    if (set_flag(options, word))
        return;
    if (strcmp(word, "-o") == 0)
        set_output(arguments, options);
    else if (strcmp(word, "-MF") == 0)
        options->depfile = value_of(arguments);
    else if (strcmp(word, "--target") == 0)
        set_target(arguments, options);
    else if (strcmp(word, "--numerics") == 0)
        set_numerics(arguments, options);
    else if (strcmp(word, "--dtype") == 0)
        set_dtype(arguments, options);
    else if (strcmp(word, "--weights") == 0)
        options->weights = value_of(arguments);
    else if (strcmp(word, "--weights-dtype") == 0)
        set_weights_dtype(arguments, options);
    else if (strcmp(word, "--templates") == 0)
        options->templates = value_of(arguments);
    else if (strcmp(word, "--schedule") == 0)
        options->schedule = value_of(arguments);
    else if (strcmp(word, "--lanes") == 0)
        set_lanes(arguments, options);
    else if (strcmp(word, "--batch") == 0)
        options->batch = samples_of(arguments);
    else if (strcmp(word, "--predict-batch") == 0)
        options->predict_batch = samples_of(arguments);
    else if (strcmp(word, "--dump") == 0)
        set_dump(arguments, options);
    else if (strncmp(word, "--threads=", 10) == 0)
        wrong_usage(arguments, "'%s': how many is said where the program runs, by OMP_NUM_THREADS", word);
    else if (word[0] == '-' && word[1])
        wrong_usage(arguments, "'%s' is not an option", word);
    else
        set_spec(arguments, options, word);
}

void finish_options(Options *options)
{
    if (!options->machine)
        options->machine = machine_find("c");
    if (options->half)
        options->machine = machine_with_halves(options->machine);
    if (!options->lanes) {
        int bytes = options->float64 ? 8 : 4, vector_bytes = options->machine->vector_bytes;
        options->lanes = vector_bytes > bytes ? vector_bytes / bytes : 1;
    }
}

static int command_compile(int count, char **words)
{
    Options options = {0};
    Arguments arguments = {.count = count, .word = words};
    for (arguments.at = 1; arguments.at < count && !arguments.wrong; arguments.at++)
        read_word(&arguments, &options);
    if (arguments.wrong)
        return 2;
    if (!options.spec_path)
        return wrong_usage(&arguments, "%s", "no spec is given");
    if (!options.output && !options.dump)
        return wrong_usage(&arguments, "%s", "no output is given: -o net.c");
    if (options.depfile && (!options.output || strcmp(options.output, "-") == 0))
        return wrong_usage(&arguments, "%s", "-MF needs an output that is a file: -o net.c");
    const char *conflict = options_conflict(&options);
    if (conflict)
        return wrong_usage(&arguments, "%s", conflict);
    finish_options(&options);
    if (options.numerics == NUMERICS_FUSED && !options.machine->fma)
        fprintf(stderr,
                "nnc: warning: target '%s' has no fused multiply-add: fused numerics will be slow on it (--numerics "
                "separate)\n",
                options.machine->name);
    return compile_and_emit(&options);
}

/* ---- commands ---- */

typedef struct Command {
    const char *name;
    int (*run)(int count, char **words); /* words[0] is the command's name */
} Command;

static int print_usage(int count, char **words)
{
    (void)count;
    (void)words;
    fputs(usage, stdout);
    return 0;
}

static int print_version(int count, char **words)
{
    (void)count;
    (void)words;
    puts("nnc " NNC_VERSION);
    return 0;
}

static int print_include(int count, char **words)
{
    (void)count;
    (void)words;
    puts(include_directory());
    return 0;
}

/* `layers [NAME]` and `schema`, both with --templates DIR. */
static int command_pages(int count, char **words)
{
    Options options = {0};
    Arguments arguments = {.count = count, .word = words};
    for (arguments.at = 1; arguments.at < count && !arguments.wrong; arguments.at++)
        read_word(&arguments, &options);
    if (arguments.wrong)
        return 2;
    Report *report = NEW(Report);
    report->stream = stderr;
    Library library = {.directory = options.templates, .report = report};
    if (strcmp(words[0], "schema") == 0)
        return command_schema(&library, stdout);
    return command_layers(&library, options.spec_path, stdout);
}

static const Command commands[] = {
    {"check", command_check},       {"train", command_train},
    {"evaluate", command_evaluate}, {"predict", command_predict},
    {"report", command_report},     {"bench", command_bench},
    {"convert", command_convert},   {"graph", command_graph},
    {"tune", command_tune},         {"package", command_package},
    {"layers", command_pages},      {"schema", command_pages},
    {"--help", print_usage},        {"-h", print_usage},
    {"--version", print_version},   {"--print-include", print_include},
};

int main(int count, char **words)
{
    if (count < 2) {
        fputs(usage, stderr);
        return 2;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(words[1], commands[i].name) == 0)
            return commands[i].run(count - 1, words + 1);
    return command_compile(count, words);
}
