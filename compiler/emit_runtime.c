/* emit_runtime.c - the runtime's headers: included, or with --standalone pasted in. */
#include "emit.h"
#include "paste.h"
#include "sizes.h"

#include <string.h>

void emit_runtime(const Emitter *emitter, Text *text, const char *code)
{
    const Options *options = emitter->model->options;
    const char *header = options->half ? "half.h" : "lanes.h";
    if (!options->standalone) {
        text_add(text, "#include <nnc/%s>\n\n", header);
        return;
    }
    Application known = {0};
    binding_add(&known, "NNC_REAL_BYTES", options->float64 ? 8 : 4, (Span){0});
    binding_add(&known, "NNC_LANES", options->lanes, (Span){0});
    binding_add(&known, "NNC_EIGHT", strstr(code, "nnc8_") != NULL, (Span){0});
    text_add(text, "\n");
    paste_header(text, header, &known, code);
}

/* Pasted into several headers it may be met twice, and beside the file itself: so it keeps its guard. */
void emit_flash_interface(const Emitter *emitter, Text *text)
{
    if (!emitter->model->options->standalone) {
        text_add(text, "#include <nnc/flash.h>\n\n");
        return;
    }
    text_add(text, "#ifndef NNC_FLASH_H\n#define NNC_FLASH_H\n\n");
    paste_header(text, "flash.h", &(Application){0}, "nnc_flash NNC_FLASH_BYTES");
    text_add(text, "#endif\n\n");
}

void emit_flash_runtime(const Emitter *emitter, Text *text)
{
    if (!emitter->model->options->standalone) {
        text_add(text, "#include <nnc/checkpoint.h>\n\n");
        return;
    }
    Application known = {0};
    binding_add(&known, "NNC_FLASH_H", 1, (Span){0}); /* net.h has it */
    paste_header(text, "checkpoint.h", &known, "nnc_checkpoint nnc_checkpoint_save nnc_checkpoint_restore");
}
