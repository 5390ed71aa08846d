/* emit_runtime.c - the runtime's headers: included, or with --standalone pasted in. */
#include "emit.h"
#include "paste.h"
#include "sizes.h"

void emit_runtime(const Emitter *emitter, Text *text, const char *code)
{
    const Options *options = emitter->model->options;
    if (!options->standalone) {
        text_add(text, "#include <nnc/lanes.h>\n\n");
        return;
    }
    Application known = {0};
    binding_add(&known, "NNC_REAL_BYTES", options->float64 ? 8 : 4, (Span){0});
    binding_add(&known, "NNC_LANES", options->lanes, (Span){0});
    text_add(text, "\n");
    paste_header(text, "lanes.h", &known, code);
}
