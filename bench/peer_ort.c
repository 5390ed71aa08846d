/* peer_ort.c - the time of a prediction by ONNX Runtime, through its C interface: one process of the benchmark.
 *
 *     peer_ort MODEL.onnx INPUT EXPECTED MILLISECONDS DIMENSION...
 *     peer_ort --version
 *
 * INPUT and EXPECTED are files of floats: one sample, of the given dimensions, and what the model answers to it.
 * Prints {"median_us": ..., "minimum_us": ...}. One thread, all optimisations of the graph; input and output are the
 * program's own memory, so that nothing is copied or allocated for them.
 *
 * npm's package has the library but not its header. So this file declares what it uses. The interface is a table of
 * functions, got by number of version; the table of version 1 (2019) is fixed for good: entries may only be appended to
 * it, as the header (onnxruntime_c_api.h) promises and an assertion in the library's own build ensures. A library
 * without that version answers NULL, and a wrong place would not give EXPECTED. */
#include "stopwatch.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct OrtStatus OrtStatus;
typedef struct OrtEnv OrtEnv;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtSession OrtSession;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtValue OrtValue;
typedef struct OrtRunOptions OrtRunOptions;

typedef void (*Entry)(void); /* of any type of function */
typedef struct OrtApiBase {
    const Entry *(*get_api)(uint32_t version);
    const char *(*version)(void);
} OrtApiBase;
extern const OrtApiBase *OrtGetApiBase(void);

/* What is used of the table of version 1: the places, and the functions that are there. */
enum {
    GET_ERROR_MESSAGE = 2,
    CREATE_ENV = 3,
    CREATE_SESSION = 7,
    RUN = 9,
    CREATE_SESSION_OPTIONS = 10,
    SET_GRAPH_OPTIMIZATION_LEVEL = 23,
    SET_INTRA_OP_THREADS = 24,
    SET_INTER_OP_THREADS = 25,
    CREATE_TENSOR_WITH_DATA = 49,
    CREATE_CPU_MEMORY_INFO = 69,
};
typedef const char *GetErrorMessage(const OrtStatus *status);
typedef OrtStatus *CreateEnv(int logging_level, const char *log_id, OrtEnv **environment);
typedef OrtStatus *CreateSession(const OrtEnv *environment, const char *path, const OrtSessionOptions *options,
                                 OrtSession **session);
typedef OrtStatus *Run(OrtSession *session, const OrtRunOptions *options, const char *const *input_names,
                       const OrtValue *const *inputs, size_t input_count, const char *const *output_names,
                       size_t output_count, OrtValue **outputs);
typedef OrtStatus *CreateSessionOptions(OrtSessionOptions **options);
typedef OrtStatus *SetNumber(OrtSessionOptions *options, int value);
typedef OrtStatus *CreateTensorWithData(const OrtMemoryInfo *memory, void *data, size_t bytes, const int64_t *shape,
                                        size_t rank, int type, OrtValue **value);
typedef OrtStatus *CreateCpuMemoryInfo(int allocator, int memory_type, OrtMemoryInfo **memory);

/* Values of the interface's enumerations. */
enum { LOG_ERRORS = 3, OPTIMIZE_ALL = 99, ARENA_ALLOCATOR = 1, MEMORY_DEFAULT = 0, TYPE_FLOAT = 1 };

enum { RANK_MAX = 8, OUTPUT_MAX = 4096 };

static const double tolerance = 1e-4; /* of the largest number that is expected */

typedef struct Model {
    Run *run;
    OrtSession *session;
    OrtValue *input, *output;
} Model;

static const Entry *table;

static void check(OrtStatus *status)
{
    if (!status)
        return;
    fprintf(stderr, "ONNX Runtime: %s\n", ((GetErrorMessage *)table[GET_ERROR_MESSAGE])(status));
    exit(1);
}

static OrtSession *open_session(const char *path)
{
    OrtEnv *environment;
    OrtSessionOptions *options;
    OrtSession *session;
    check(((CreateEnv *)table[CREATE_ENV])(LOG_ERRORS, "bench", &environment));
    check(((CreateSessionOptions *)table[CREATE_SESSION_OPTIONS])(&options));
    check(((SetNumber *)table[SET_INTRA_OP_THREADS])(options, 1));
    check(((SetNumber *)table[SET_INTER_OP_THREADS])(options, 1));
    check(((SetNumber *)table[SET_GRAPH_OPTIMIZATION_LEVEL])(options, OPTIMIZE_ALL));
    check(((CreateSession *)table[CREATE_SESSION])(environment, path, options, &session));
    return session;
}

static OrtMemoryInfo *ordinary_memory(void)
{
    OrtMemoryInfo *memory;
    check(((CreateCpuMemoryInfo *)table[CREATE_CPU_MEMORY_INFO])(ARENA_ALLOCATOR, MEMORY_DEFAULT, &memory));
    return memory;
}

static OrtValue *wrap(float *numbers, size_t count, const int64_t *shape, size_t rank)
{
    OrtValue *value;
    check(((CreateTensorWithData *)table[CREATE_TENSOR_WITH_DATA])(ordinary_memory(), numbers, count * sizeof *numbers,
                                                                   shape, rank, TYPE_FLOAT, &value));
    return value;
}

static void predict(void *context)
{
    static const char *const inputs[] = {"x"}, *const outputs[] = {"y"};
    Model *model = context;
    const OrtValue *input = model->input;
    check(model->run(model->session, NULL, inputs, &input, 1, outputs, 1, &model->output));
}

/* A whole file, or at most so many of its numbers; their number. */
static size_t read_floats(const char *path, float *numbers, size_t most)
{
    FILE *file = fopen(path, "rb");
    size_t count = file ? fread(numbers, sizeof *numbers, most, file) : 0;
    if (file)
        fclose(file);
    if (count == 0) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    return count;
}

/* The largest difference, relative to the largest number that is expected. */
static double error_of(const float *got, const float *expected, size_t count)
{
    double difference = 0, scale = 0;
    for (size_t i = 0; i < count; i++) {
        difference = fmax(difference, fabs((double)got[i] - (double)expected[i]));
        scale = fmax(scale, fabs((double)expected[i]));
        if (isnan(got[i]))
            return INFINITY;
    }
    return difference / scale;
}

static void open_table(void)
{
    const OrtApiBase *base = OrtGetApiBase();
    table = base->get_api(1);
    if (!table) {
        fprintf(stderr, "ONNX Runtime %s no longer has version 1 of its interface\n", base->version());
        exit(1);
    }
}

/* The shape of a batch of one sample, of the dimensions that are given; its elements. */
static size_t take_shape(int rank, char **words, int64_t *shape)
{
    size_t elements = 1;
    shape[0] = 1;
    for (int i = 0; i < rank; i++) {
        shape[1 + i] = atol(words[i]);
        elements *= (size_t)shape[1 + i];
    }
    return elements;
}

static int time_model(char **words, int rank)
{
    static float got[OUTPUT_MAX], expected[OUTPUT_MAX];
    int64_t shape[1 + RANK_MAX];
    size_t elements = take_shape(rank, words + 5, shape);
    float *input = aligned_alloc(64, (elements * sizeof *input + 64) / 64 * 64);
    if (!input || read_floats(words[2], input, elements) != elements)
        return 1;
    size_t outputs = read_floats(words[3], expected, OUTPUT_MAX);
    Model model = {.run = (Run *)table[RUN], .session = open_session(words[1])};
    model.input = wrap(input, elements, shape, (size_t)rank + 1);
    model.output = wrap(got, outputs, (const int64_t[]){1, (int64_t)outputs}, 2);
    Timing timing = stopwatch(&(Work){&model, predict, NULL}, atof(words[4]));
    double error = error_of(got, expected, outputs);
    if (!(error < tolerance)) {
        fprintf(stderr, "%s: ONNX Runtime's answer is %g from PyTorch's\n", words[1], error);
        return 1;
    }
    printf("{\"median_us\": %.4f, \"minimum_us\": %.4f}\n", timing.median_us, timing.minimum_us);
    return 0;
}

int main(int count, char **words)
{
    if (count == 2 && strcmp(words[1], "--version") == 0)
        return puts(OrtGetApiBase()->version()) == EOF;
    if (count < 6 || count > 5 + RANK_MAX)
        return 2;
    open_table();
    return time_model(words, count - 5);
}
