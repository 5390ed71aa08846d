/* schedule.c - a schedule file of any bytes, for a small network: read, and, if it is good, followed. */
#include "fuzz.h"

static const char spec[] = "network: net\ninput: [6, 6, 3]\nlayers:\n  - conv2d: {filters: 16, kernel: 3, padding: 1}\n"
                           "  - relu\n  - max_pool2d: 2\n  - dense: 20\n  - dense: 3\nloss: mse\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1 << 14)
        return -1;
    Report report = {.stream = fuzz_nowhere()};
    Library library = {.report = &report};
    fuzz_schedule(spec, format("%.*s", (int)size, (const char *)data), &library);
    memory_free();
    return 0;
}
