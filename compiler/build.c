/* build.c - compiles a spec with nnc and with $CC and loads what comes out. The files live in a folder of their own
 * that is gone again when the network is loaded. */
#include "build.h"
#include "commands.h"
#include "compile.h"
#include "embedded.h"
#include "emit.h"
#include "footprint.h"
#include "output.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *include_directory(void)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = 0;
    const char *tree = format("%s/../runtime", path);
    bool built = access(format("%s/nnc/lanes.h", tree), R_OK) == 0;
    char *real = realpath(built ? tree : format("%s/../include", path), NULL);
    const char *directory = format("%s", real ? real : "");
    free(real);
    return directory;
}

/* Words of a text at spaces: `ccache gcc` is two. */
static int cut(const char *text, const char **words, int count, int most)
{
    while (*text && count < most) {
        text += strspn(text, " ");
        size_t length = strcspn(text, " ");
        if (length)
            words[count++] = format("%.*s", (int)length, text);
        text += length;
    }
    return count;
}

static bool run(const char **words)
{
    pid_t child = fork();
    if (child == 0) {
        execvp(words[0], (char *const *)words);
        fprintf(stderr, "nnc: error: cannot run '%s': %s\n", words[0], strerror(errno));
        _exit(127);
    }
    int status = -1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* $CC, then what a network needs, then $CFLAGS, so that the user's word is the last: of two -O a compiler takes that.
 * Last of all what makes `output`, a file of the folder. */
static bool run_with(const char *needed, const char *last, const char *output, const char *folder,
                     const Options *options)
{
    const char *compiler = getenv("CC"), *flags = getenv("CFLAGS");
    const char *words[100];
    int count = cut(compiler && *compiler ? compiler : "cc", words, 0, 32);
    count = cut(needed, words, count, 40);
    count = cut(options->machine->flags, words, count, 50);
    count = cut(options->threads ? "-fopenmp" : "", words, count, 51);
    count = cut(flags ? flags : "", words, count, 90);
    count = cut(last, words, count, 94);
    words[count++] = format("-I%s", folder);
    words[count++] = "-o";
    words[count++] = format("%s/%s", folder, output);
    words[count++] = format("%s/net.c", folder);
    words[count] = NULL;
    return run(words);
}

static bool run_compiler(const char *folder, const Options *options)
{
    if (run_with("-std=c11 -O2 -fPIC -shared", "", "net.so", folder, options))
        return true;
    fprintf(stderr, "nnc: error: the C compiler failed (set CC to choose another one%s)\n",
            options->threads ? "; for --threads it needs OpenMP: gcc has it, clang with the package libomp-dev" : "");
    return false;
}

static void *load(const char *folder)
{
    void *library = dlopen(format("%s/net.so", folder), RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fprintf(stderr, "nnc: error: cannot load the compiled network: %s\n", dlerror());
    return library;
}

static bool describe(void *library, Built *built)
{
    const nnc_network *(*network)(void) = NULL;
    void *symbol = dlsym(library, format("%s_network", built->model->name));
    memcpy(&network, &symbol, sizeof network);
    built->network = network ? network() : NULL;
    built->branches = dlsym(library, format("%s_branches", built->model->name));
    built->loss_only = dlsym(library, format("%s_loss_only", built->model->name));
    built->tick = dlsym(library, format("%s_tick", built->model->name));
    built->tick_context = dlsym(library, format("%s_tick_context", built->model->name));
    return built->network != NULL;
}

/* How many threads OpenMP gives the loaded network. A compiler may pass over -fopenmp: false after a message then. */
static bool count_threads(void *library, Built *built)
{
    built->threads = 1;
    if (!built->model->shared_loops)
        return true;
    void *symbol = dlsym(library, "omp_get_max_threads");
    int (*most)(void) = NULL;
    memcpy(&most, &symbol, sizeof most);
    if (most)
        built->threads = most();
    else
        fprintf(stderr, "nnc: error: the C compiler makes no threads: --threads needs one that knows -fopenmp (set CC "
                        "to choose another one)\n");
    return most != NULL;
}

/* Where a header of the runtime goes in a folder: runtime/nnc/math.h to nnc/math.h. NULL for another file. */
static const char *runtime_place(const char *folder, const Embedded_file *file)
{
    bool header = strncmp(file->path, "runtime/", 8) == 0;
    return header ? format("%s/%s", folder, file->path + 8) : NULL;
}

/* The headers that are built in, so that nothing has to be installed or found. */
static bool write_runtime(const char *folder)
{
    bool good = mkdir(format("%s/nnc", folder), 0700) == 0;
    for (int i = 0; good && i < embedded_file_count; i++) {
        const char *place = runtime_place(folder, &embedded_files[i]);
        if (place)
            good = output_file(place, (const char *)embedded_files[i].text, embedded_files[i].length) == 0;
    }
    return good;
}

static void remove_folder(const char *folder)
{
    static const char *const files[] = {"net.c", "net.h", "net.so", "net.o", "net.ci"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(format("%s/%s", folder, files[i]));
    for (int i = 0; i < embedded_file_count; i++) {
        const char *place = runtime_place(folder, &embedded_files[i]);
        if (place)
            unlink(place);
    }
    rmdir(format("%s/nnc", folder));
    rmdir(folder);
}

/* NULL after a message. */
static const char *make_folder(void)
{
    const char *temporary = getenv("TMPDIR");
    char *folder = format("%s/nnc-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    if (mkdtemp(folder)) {
        if (write_runtime(folder))
            return folder;
        remove_folder(folder);
        return NULL;
    }
    fprintf(stderr, "nnc: error: cannot make a folder in '%s': %s\n", temporary ? temporary : "/tmp", strerror(errno));
    return NULL;
}

void *build_library(const char *source, const Options *options)
{
    const char *folder = make_folder();
    if (!folder)
        return NULL;
    bool good = output_file(format("%s/net.c", folder), source, strlen(source)) == 0 && run_compiler(folder, options);
    void *library = good ? load(folder) : NULL;
    remove_folder(folder);
    return library;
}

bool build_model(Options *options, Built *built)
{
    options->describe = true;
    finish_options(options);
    built->model = compile(options);
    if (!built->model)
        return false;
    if (!built->model->losses) {
        error_at(built->model->name_span, "this network has no loss: there is nothing to train or to measure");
        return false;
    }
    /* What `nnc check` compiles, in double and with a smaller batch, is not what the budgets are for. */
    return options->branches || within_budgets(built->model);
}

bool build_load(Options *options, Built *built)
{
    const char *folder = make_folder();
    if (!folder)
        return false;
    options->output = format("%s/net.c", folder);
    void *library = emit(built->model) == 0 && run_compiler(folder, options) ? load(folder) : NULL;
    remove_folder(folder);
    return library && count_threads(library, built) && describe(library, built);
}

/* Freestanding, for a compiler that has no C library, as those for microcontrollers: the network needs none. */
static bool compile_object(const char *folder, const Options *options)
{
    if (run_with("-std=c11 -O2 -ffreestanding", "-c -fno-lto -fcallgraph-info=su", "net.o", folder, options))
        return true;
    fprintf(stderr, "nnc: error: the C compiler failed: --cc needs -fcallgraph-info, which gcc has from version 10 on, "
                    "and clang has not (set CC to a gcc)\n");
    return false;
}

static bool read_object(const char *folder, Object *object, const char **graph)
{
    size_t length = 0;
    *graph = (const char *)object_file_bytes(format("%s/net.ci", folder), &length);
    if (*graph)
        return object_read(format("%s/net.o", folder), object);
    fprintf(stderr, "nnc: error: the C compiler wrote no call graph: --cc needs -fcallgraph-info, which gcc has from "
                    "version 10 on (set CC to a gcc)\n");
    return false;
}

bool build_object(Model *model, Options *options, Object *object, const char **graph)
{
    const char *folder = make_folder();
    if (!folder)
        return false;
    options->output = format("%s/net.c", folder);
    bool good = emit(model) == 0 && compile_object(folder, options) && read_object(folder, object, graph);
    remove_folder(folder);
    return good;
}

bool build_network(Options *options, Built *built)
{
    return build_model(options, built) && build_load(options, built);
}
