/* kernel_names.c - what the functions of kernels are called in the printed C: as the template's function, with a number
 * behind it from the second kernel of that name on. Predictions come first, so their names do not depend on what else
 * is printed. */
#include "kernel_names.h"

#include <string.h>

const PhaseKind printed_order[PHASES] = {PHASE_PREDICT, PHASE_PREDICT_BATCH, PHASE_GRADIENT,   PHASE_UPDATE,
                                         PHASE_TRAIN,   PHASE_PENALTY,       PHASE_INITIALIZE, PHASE_EVALUATE};

/* NAME itself, or NAME_ and a number. */
static bool is_numbered(const char *name, const char *base)
{
    size_t length = strlen(base);
    if (strncmp(name, base, length) != 0)
        return false;
    const char *rest = name + length;
    return !*rest || (*rest == '_' && rest[1 + strspn(rest + 1, "0123456789")] == '\0');
}

const char *kernel_name(Kernel_names *names, const Kernel *kernel)
{
    for (int i = 0; i < names->count; i++)
        if (names->kernel[i] == kernel)
            return names->name[i];
    int same_base = 0;
    for (int i = 0; i < names->count; i++)
        same_base += is_numbered(names->name[i], kernel->name);
    int count = names->count;
    PUSH(names->name, count, same_base ? format("%s_%d", kernel->name, same_base + 1) : kernel->name);
    PUSH(names->kernel, names->count, kernel);
    return names->name[count - 1];
}

Kernel_names kernel_names_of(const Model *model)
{
    Kernel_names names = {0};
    for (int p = 0; p < PHASES; p++) {
        const Phase *phase = model->phase[printed_order[p]];
        for (int i = 0; phase && i < phase->steps; i++)
            kernel_name(&names, phase->step[i]->kernel);
    }
    return names;
}
