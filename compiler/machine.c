/* machine.c - the table of targets. */
#include "machine.h"

#include <string.h>

#define CORTEX_M(NUMBER, FLOAT) "-mcpu=cortex-m" NUMBER " -mthumb" FLOAT
#define HARD_FLOAT " -mfloat-abi=hard"

/* Every aarch64 has NEON. Engines of WebAssembly translate for x86, where 16 registers are all there are.
 *
 * A microcontroller's registers are of one number each. Without a floating-point unit every operation is a call, which
 * no register saves. */
static const Machine machines[] = {
    {"c", 0, 16, true, false, false, ""},
    {"sse", 16, 16, false, false, false, "-msse2"},
    {"avx2", 32, 16, true, false, false, "-mavx2 -mfma"},
    {"avx512", 64, 32, true, false, false, "-mavx512f -mavx512dq -mavx512vl -mavx512bw -mfma"},
    {"neon", 16, 32, true, false, false, ""},
    {"wasm", 16, 16, false, false, true, "-msimd128"},
    {"cortex-m0", 0, 0, false, true, false, CORTEX_M("0", "")},
    {"cortex-m3", 0, 0, false, true, false, CORTEX_M("3", "")},
    {"cortex-m4", 4, 32, true, true, false, CORTEX_M("4", HARD_FLOAT " -mfpu=fpv4-sp-d16")},
    {"cortex-m7", 4, 32, true, true, false, CORTEX_M("7", HARD_FLOAT " -mfpu=fpv5-d16")},
    {"cortex-m33", 4, 32, true, true, false, CORTEX_M("33", HARD_FLOAT " -mfpu=fpv5-sp-d16")},
    {"cortex-m55", 4, 32, true, true, false, CORTEX_M("55", HARD_FLOAT)},
    {"rv32imc", 0, 0, false, true, false, "-march=rv32imc -mabi=ilp32"},
    {"rv32imafc", 4, 32, true, true, false, "-march=rv32imafc -mabi=ilp32f"},
    {"avr", 0, 0, false, true, false, ""},
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

/* Every x86 with AVX2 has F16C, but compilers do not take the one for the other. */
const Machine *machine_with_halves(const Machine *machine)
{
    if (!strstr(machine->flags, "-mfma"))
        return machine;
    Machine *own = NEW(Machine);
    *own = *machine;
    own->flags = format("%s -mf16c", machine->flags);
    return own;
}

const Machine *machine_emulated(const Machine *machine)
{
    if (!machine->in_order)
        return NULL;
    Machine *own = NEW(Machine);
    *own = *machine;
    own->flags = native()->flags;
    return own;
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
