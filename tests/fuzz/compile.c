/* compile.c - one description through the whole compiler. */
#include "compile.h"
#include "fuzz.h"
#include "machine.h"

#include <string.h>

FILE *fuzz_nowhere(void)
{
    static FILE *stream;
    if (!stream)
        stream = fopen("/dev/null", "w");
    return stream;
}

/* From a byte: 36 is prime to the numbers by which the flags are chosen, so that all go together. */
static Options options_of(unsigned choice)
{
    static const char *const machines[] = {"c", "avx512", "avx2", "sse", "neon", "wasm"};
    Options options = {.spec_path = "fuzz.yaml", .output = "/dev/null"};
    options.machine = machine_find(machines[choice % 6]);
    options.numerics = choice / 6 % 3;
    options.float64 = choice / 18 % 2;
    options.inference = choice % 5 == 4;
    options.describe = choice % 7 < 3;
    options.checkpoint = choice % 19 < 5;
    options.standalone = choice % 11 < 5;
    options.predict_batch = choice % 13 < 4 ? 3 : 0;
    options.threads = choice % 17 < 4;
    int bytes = options.float64 ? 8 : 4;
    options.lanes = options.machine->vector_bytes ? options.machine->vector_bytes / bytes : 1;
    return options;
}

static void run(const char *spec, size_t length, Library *library, Options *options)
{
    char *text = allocate(length + 1);
    memcpy(text, spec, length);
    Source *source = source_of_text("fuzz.yaml", text, library->report);
    source->length = length - (size_t)(source->text - text);
    Model *model = spec_read(source, options, library);
    if (model && !library->report->errors && run_passes(model))
        emit(model);
}

void fuzz_compile(const char *spec, size_t length, Library *library, unsigned choice)
{
    Options options = options_of(choice);
    run(spec, length, library, &options);
}

void fuzz_schedule(const char *spec, const char *schedule, Library *library)
{
    Options options = {.spec_path = "fuzz.yaml", .output = "/dev/null", .lanes = 16, .schedule_text = schedule};
    options.machine = machine_find("avx512");
    run(spec, strlen(spec), library, &options);
}
