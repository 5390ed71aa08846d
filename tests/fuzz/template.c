/* template.c - a template file of any bytes: parsed, and, if the language allows it, compiled in a small network.
 *
 * The words `Layer: NAME` of its first line say what it is; it is given to the compiler through --templates, under the
 * name `fuzzed`. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *folder_of_templates(void)
{
    static char path[64];
    if (!*path) {
        snprintf(path, sizeof path, "templates-%ld", (long)getpid());
        mkdir(path, 0700);
        for (int i = 0; i < CATEGORIES; i++) {
            char name[128];
            snprintf(name, sizeof name, "%s/%s", path, category_folders[i]);
            mkdir(name, 0700);
        }
    }
    return path;
}

static Category category_of(const char *text)
{
    static const char *const words[CATEGORIES] = {"Layer",    "Loss",     "Optimizer", "Initializer",
                                                  "Schedule", "Regulari", "Clip"};
    for (int i = 0; i < CATEGORIES; i++)
        if (strncmp(text, "/* ", 3) == 0 && strncmp(text + 3, words[i], strlen(words[i])) == 0)
            return (Category)i;
    return LAYER;
}

static const char *spec_of(Category category, int variant)
{
    static const char *const layers[] = {"fuzzed", "fuzzed: 2", "fuzzed: {inputs: [a, a]}",
                                         "fuzzed: {kernel: 2, filters: 2}"};
    static const char *const keys[CATEGORIES] = {[LOSS] = "loss",
                                                 [OPTIMIZER] = "optimizer",
                                                 [INITIALIZER] = "initializer",
                                                 [SCHEDULE] = "learning_rate",
                                                 [REGULARIZER] = "regularizer",
                                                 [CLIP] = "clip"};
    bool layer = category == LAYER;
    const char *input = variant & 1 ? "[4, 4, 2]" : "[4]";
    return format("network: t\ninput: %s\nlayers:\n  - dense: {units: 3, name: a}\n  - %s\n  - dense: 2\n%s%s%s\n"
                  "train: {batch: 2}\n",
                  input, layer ? layers[variant / 2 % 4] : "relu", category == LOSS ? "" : "loss: mse\n",
                  layer ? "" : keys[category],
                  layer         ? ""
                  : variant & 2 ? ": {fuzzed: 0.5}"
                                : ": fuzzed");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1 << 15)
        return -1;
    char *text = allocate(size + 1);
    memcpy(text, data, size);
    Category category = category_of(text);
    const char *path = format("%s/%s/fuzzed.c", folder_of_templates(), category_folders[category]);
    FILE *file = fopen(path, "wb");
    if (!file)
        abort();
    fwrite(data, 1, size, file);
    fclose(file);
    /* Two of the ways to use it; which ones depends on the text. */
    int start = (int)(size % 4);
    for (int variant = start; variant < 8; variant += 4) {
        Report report = {.stream = fuzz_nowhere()};
        Library library = {.directory = folder_of_templates(), .report = &report};
        const char *spec = spec_of(category, variant);
        fuzz_compile(spec, strlen(spec), &library, (unsigned)variant);
    }
    unlink(path);
    memory_free();
    return 0;
}
