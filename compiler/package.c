/* package.c - `nnc package`: a network as a folder that another build system takes as it is.
 *
 * A build system is a folder packages/KIND of this project, which is built into the program: each of its files FILE.in
 * becomes FILE of the package, with the blanks in its path and in its text filled in. No kind is known here by name. */
#include "commands.h"
#include "compile.h"
#include "compiling.h"
#include "embedded.h"
#include "emit.h"
#include "folder.h"
#include "footprint.h"
#include "package_blanks.h"
#include "zip.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define FOLDER "packages/"
#define EXTENSION ".in"
/* A file of this text becomes the archive of all the others. */
#define ARCHIVE "@archive@\n"

/* ---- the kinds that there are ---- */

typedef struct Kinds {
    int count;
    const char **name;
} Kinds;

/* "arduino" of packages/arduino/README.md.in; NULL of what is no kind's. */
static const char *kind_of(const char *path)
{
    const char *inside = strncmp(path, FOLDER, strlen(FOLDER)) == 0 ? path + strlen(FOLDER) : "";
    const char *slash = strchr(inside, '/');
    return slash ? format("%.*s", (int)(slash - inside), inside) : NULL;
}

/* The files are sorted, so those of a kind stand together. */
static Kinds all_kinds(void)
{
    Kinds kinds = {0};
    for (int i = 0; i < embedded_file_count; i++) {
        const char *kind = kind_of(embedded_files[i].path);
        if (kind && (!kinds.count || strcmp(kinds.name[kinds.count - 1], kind) != 0))
            PUSH(kinds.name, kinds.count, kind);
    }
    return kinds;
}

/* "arduino, cmake or make" */
static const char *kinds_text(const Kinds *kinds)
{
    Text text = {0};
    for (int i = 0; i < kinds->count; i++)
        text_add(&text, "%s%s", !i ? "" : i + 1 == kinds->count ? " or " : ", ", kinds->name[i]);
    return text.bytes;
}

/* False, after a message. */
static bool misused(const char *command, const char *message)
{
    wrong_usage(command, message);
    return false;
}

static bool kind_is_known(const char *command, const char *kind)
{
    const Kinds kinds = all_kinds();
    for (int i = 0; i < kinds.count; i++)
        if (strcmp(kinds.name[i], kind) == 0)
            return true;
    const char *near = nearest(kind, kinds.name, kinds.count);
    return misused(command, format("'%s' is not a kind of package: %s%s", kind, kinds_text(&kinds),
                                   near ? format("; did you mean '%s'?", near) : ""));
}

/* ---- its files ---- */

static const char *embedded_text(const char *path)
{
    for (int i = 0; i < embedded_file_count; i++)
        if (strcmp(embedded_files[i].path, path) == 0)
            return (const char *)embedded_files[i].text;
    return "";
}

static Text filled(const char *pattern, const Blanks *blanks)
{
    Text text = {0};
    fill(&text, pattern, blanks);
    return text;
}

/* What the files of several kinds have in common is a text of its own, in the order in which one needs the other. */
static void add_shared_texts(Blanks *blanks)
{
    static const char *const names[] = {"variables", "program", "about"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        blank_add(blanks, names[i], filled(embedded_text(format(FOLDER "%s" EXTENSION, names[i])), blanks).bytes);
}

typedef struct Files {
    int count;
    Output *file;
} Files;

static void add_file(Files *files, const char *path, const Text *text)
{
    files->file = push_grow(files->file, files->count, sizeof *files->file);
    files->file[files->count++] = (Output){path, text->bytes ? text->bytes : "", text->length};
}

/* The archive comes last: it holds the others. */
static Files files_of(const char *kind, const Blanks *blanks)
{
    Files files = {0};
    const char *archive = NULL, *folder = format(FOLDER "%s/", kind);
    for (int i = 0; i < embedded_file_count; i++) {
        const Embedded_file *file = &embedded_files[i];
        if (strncmp(file->path, folder, strlen(folder)) != 0)
            continue;
        const char *inside = file->path + strlen(folder);
        const char *path = filled(format("%.*s", (int)(strlen(inside) - strlen(EXTENSION)), inside), blanks).bytes;
        if (strcmp((const char *)file->text, ARCHIVE) == 0) {
            archive = path;
            continue;
        }
        const Text text = filled((const char *)file->text, blanks);
        add_file(&files, path, &text);
    }
    Text whole = {0};
    if (archive) {
        zip_add(&whole, files.file, files.count);
        add_file(&files, archive, &whole);
    }
    return files;
}

/* ---- what the user says ---- */

typedef struct Request {
    const char *kind, *output, *weights, *weights_dtype;
    Imprint imprint;
    int predict_batch;
    bool inference, const_frozen, checkpoint, force, help;
} Request;

static const Option table[] = {
    {"--for", NULL, OPTION_TEXT, offsetof(Request, kind), SIZE_MAX, "KIND", "the build system"},
    {"--output", "-o", OPTION_TEXT, offsetof(Request, output), SIZE_MAX, "DIR", "the folder to write"},
    {"--inference", NULL, OPTION_FLAG, offsetof(Request, inference), SIZE_MAX, NULL, "only the predict function"},
    {"--weights", NULL, OPTION_TEXT, offsetof(Request, weights), SIZE_MAX, "FILE",
     "trained parameters become a const struct"},
    {"--weights-dtype", NULL, OPTION_TEXT, offsetof(Request, weights_dtype), SIZE_MAX, "D",
     "float32 (default) or float16: of the layers' weights among them, with --inference"},
    {"--const-frozen", NULL, OPTION_FLAG, offsetof(Request, const_frozen), SIZE_MAX, NULL,
     "those of frozen layers are constants in training, too"},
    {"--checkpoint", NULL, OPTION_FLAG, offsetof(Request, checkpoint), SIZE_MAX, NULL,
     "adds NAME_save and NAME_restore, which keep training in flash"},
    {"--predict-batch", NULL, OPTION_COUNT, offsetof(Request, predict_batch), SIZE_MAX, "N",
     "adds a prediction of N samples at once"},
    {"--release", NULL, OPTION_TEXT, offsetof(Request, imprint.release), SIZE_MAX, "X.Y.Z",
     "the package's own version; 1.0.0 if left out"},
    {"--author", NULL, OPTION_TEXT, offsetof(Request, imprint.author), SIZE_MAX, "TEXT",
     "whose it is: 'Jane Doe <jane@example.com>'"},
    {"--url", NULL, OPTION_TEXT, offsetof(Request, imprint.url), SIZE_MAX, "URL", "its home page"},
    {"--vendor", NULL, OPTION_TEXT, offsetof(Request, imprint.vendor), SIZE_MAX, "WORD",
     "of a CMSIS pack, whose name it begins; 'local' if left out"},
    {"--force", NULL, OPTION_FLAG, offsetof(Request, force), SIZE_MAX, NULL,
     "overwrites what others have written or changed"},
    {"--help", "-h", OPTION_HELP, offsetof(Request, help), SIZE_MAX, NULL, "this page"},
};
enum { ROWS = sizeof table / sizeof *table };

static int print_help(void)
{
    const Kinds kinds = all_kinds();
    printf("nnc package SPEC.yaml --for KIND -o DIR   the network as a folder that a build system takes as it is\n\n"
           "KIND is %s.\n\n",
           kinds_text(&kinds));
    options_print(stdout, table, ROWS);
    compiling_print(stdout, "c");
    return 0;
}

/* Three numbers, as all of the build systems want them. */
static bool is_release(const char *text)
{
    enum { DIGITS_MAX = 5 };
    for (int i = 0; i < 3; i++) {
        size_t digits = strspn(text, "0123456789");
        if (!digits || digits > DIGITS_MAX || (digits > 1 && *text == '0') || text[digits] != (i < 2 ? '.' : '\0'))
            return false;
        text += digits + (i < 2);
    }
    return true;
}

/* It stands between quotation marks in JSON and YAML, and in a line of its own elsewhere. */
static bool is_author(const char *text)
{
    for (const char *c = text; *c; c++)
        if (iscntrl((unsigned char)*c) || *c == '"' || *c == '\\')
            return false;
    return *text && *text != ' ';
}

static bool is_made_of(const char *text, const char *more)
{
    for (const char *c = text; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr(more, *c))
            return false;
    return *text != '\0';
}

/* As PACK.xsd has it: CvendorType. */
static bool is_vendor(const char *text)
{
    return strlen(text) >= 2 && strlen(text) <= 32 && *text != '-' && is_made_of(text, "-");
}

static bool is_url(const char *text)
{
    bool web = strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
    return web && is_made_of(text, "-._~:/?#@%+=,");
}

static bool imprint_is_good(const char *command, Imprint *imprint)
{
    imprint->release = imprint->release ? imprint->release : "1.0.0";
    imprint->vendor = imprint->vendor ? imprint->vendor : "local";
    const char *wrong = NULL;
    if (!is_release(imprint->release))
        wrong = format("'%s' is not a release: three numbers, like 1.0.0", imprint->release);
    else if (imprint->author && !is_author(imprint->author))
        wrong = "an author has a name, without quotation marks and backslashes";
    else if (imprint->url && !is_url(imprint->url))
        wrong = format("'%s' is not a URL that begins with https:// or http://", imprint->url);
    else if (!is_vendor(imprint->vendor))
        wrong = format("'%s' is not a vendor: 2 to 32 letters, digits and -", imprint->vendor);
    return !wrong || misused(command, wrong);
}

static bool request_is_good(const char *command, Request *request, Options *options)
{
    const Kinds kinds = all_kinds();
    if (!request->kind)
        return misused(command, format("package needs --for KIND: %s", kinds_text(&kinds)));
    if (!kind_is_known(command, request->kind) || !imprint_is_good(command, &request->imprint))
        return false;
    if (!request->output || !*request->output || strcmp(request->output, "-") == 0)
        return misused(command, "package needs a folder to write: -o DIR");
    return compiling_samples(command, request->predict_batch, options);
}

/* ---- the command ---- */

/* A header of this name would hide another one from whoever has the package's folder on its path. Not all file systems
 * tell capitals from small letters. */
static bool hides_header(const char *name)
{
    static const char *const headers[] = {
        "arduino", "assert",   "complex", "ctype",  "errno",   "fenv",   "inttypes", "iso646", "limits",  "locale",
        "malloc",  "math",     "memory",  "setjmp", "signal",  "stdarg", "stdbool",  "stddef", "stdint",  "stdio",
        "stdlib",  "string",   "strings", "tgmath", "threads", "time",   "uchar",    "unistd", "version", "wchar",
        "wctype",  "features", "alloca",  "ar",     "dirent",  "elf",    "sched",    "search", "stdalign"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (strcasecmp(name, headers[i]) == 0)
            return true;
    return false;
}

static bool name_is_good(const Model *model)
{
    if (!hides_header(model->name))
        return true;
    error_at(model->name_span, "a package of '%s' would hide the C compiler's own header %s.h", model->name,
             model->name);
    hint(model->name_span, "another name, such as my_%s", model->name);
    return false;
}

/* What is read is not overwritten, also with --force. */
static bool spares_inputs(const Options *options, const char *folder, const Files *files)
{
    const char *inputs[] = {options->spec_path, options->weights, options->schedule};
    for (int i = 0; i < files->count; i++)
        for (int k = 0; k < 3; k++) {
            const char *path = format("%s/%s", folder, files->file[i].path);
            if (!inputs[k] || !output_is_file(path, inputs[k]))
                continue;
            fprintf(stderr, "nnc: error: the package's '%s' would overwrite the input '%s'\n", path, inputs[k]);
            return false;
        }
    return true;
}

static int write_package(const Model *model, const Request *request)
{
    Blanks blanks = package_blanks(model, &request->imprint);
    Text header = {0}, source = {0};
    if (!name_is_good(model) || !emit_texts(model, format("%s.h", model->name), &header, &source))
        return 1;
    blank_add(&blanks, "header", header.bytes);
    blank_add(&blanks, "source", source.bytes);
    blank_add(&blanks, "licence", embedded_text("LICENSE-RUNTIME"));
    add_shared_texts(&blanks);
    const Files files = files_of(request->kind, &blanks);
    if (!spares_inputs(model->options, request->output, &files))
        return 1;
    const char *title = format("%s of %s", request->kind, model->name);
    return folder_write(request->output, title, files.file, files.count, request->force);
}

int command_package(int count, char **words)
{
    Options options = {.standalone = true};
    Request request = {0};
    Options_words specs = {0};
    int status = compiling_parse((Words){count, words}, "c", (Option_table){ROWS, table}, &options, &request, &specs);
    if (status || request.help)
        return status ? status : print_help();
    options.spec_path = compiling_spec(words[0], &specs);
    if (!options.spec_path || !request_is_good(words[0], &request, &options))
        return 2;
    options.inference = request.inference;
    options.const_frozen = request.const_frozen;
    options.checkpoint = request.checkpoint;
    options.weights = request.weights;
    if (!compiling_weights(words[0], request.weights_dtype, &options))
        return 2;
    finish_options(&options);
    const Model *model = compile(&options);
    return model && within_budgets(model) ? write_package(model, &request) : 1;
}
