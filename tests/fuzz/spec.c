/* spec.c - a network description of any bytes: the whole pipeline. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 1 << 16)
        return -1;
    Report report = {.stream = fuzz_nowhere()};
    Library library = {.report = &report};
    /* Texts may hold NULs, but a byte order mark is looked for before the length is known. */
    fuzz_compile((const char *)data, size - 1, &library, data[size - 1]);
    memory_free();
    return 0;
}
