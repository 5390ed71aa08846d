/* machine.c - the table of targets. */
#include "machine.h"

#include <string.h>

/* Every aarch64 has NEON. Engines of WebAssembly translate for x86, where 16 registers are all there are. */
static const Machine machines[] = {
    {"c", 0, 16, true, ""},
    {"sse", 16, 16, false, "-msse2"},
    {"avx2", 32, 16, true, "-mavx2 -mfma"},
    {"avx512", 64, 32, true, "-mavx512f -mavx512dq -mavx512vl -mavx512bw -mfma"},
    {"neon", 16, 32, true, ""},
    {"wasm", 16, 16, false, "-msimd128"},
};

static const Machine *native(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw"))
        return machine_find("avx512");
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return machine_find("avx2");
    return machine_find("sse");
#elif defined(__aarch64__)
    return machine_find("neon");
#else
    return machine_find("c");
#endif
}

const Machine *machine_find(const char *name)
{
    if (strcmp(name, "native") == 0)
        return native();
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
        if (strcmp(machines[i].name, name) == 0)
            return &machines[i];
    return NULL;
}

bool machine_is_here(const Machine *machine)
{
#if defined(__x86_64__) || defined(__i386__)
    static const char *const here[] = {"c", "sse", "avx2", "avx512"};
#elif defined(__aarch64__)
    static const char *const here[] = {"c", "neon"};
#else
    static const char *const here[] = {"c"};
#endif
    for (size_t i = 0; i < sizeof here / sizeof *here; i++)
        if (strcmp(machine->name, here[i]) == 0)
            return true;
    return false;
}
