/* emit_checkpoint.c - what --checkpoint adds: NAME_save and NAME_restore, by which a device keeps its training in
 * flash. */
#include "emit.h"
#include "sizes.h"

enum { STEP_AND_SEED_BYTES = 3 * 4, CHECKPOINT_BYTES_MAX = 1 << 30 };

/* What gradient writes and update takes is of one step. */
static bool outlives_step(const State *state)
{
    return !state->next_of && !state->next_to;
}

long long checkpoint_bytes(const Emitter *emitter)
{
    const Model *model = emitter->model;
    long long reals = parameters_elements(model);
    for (int i = 0; i < model->states; i++)
        if (outlives_step(model->state[i]))
            reals += shape_elements(&model->state[i]->shape);
    return reals * (model->options->float64 ? 8 : 4) + STEP_AND_SEED_BYTES;
}

bool checkpoint_is_possible(const Emitter *emitter)
{
    if (checkpoint_bytes(emitter) <= CHECKPOINT_BYTES_MAX)
        return true;
    error_at(emitter->model->name_span, "--checkpoint is for at most %d bytes of state; this network has %lld",
             CHECKPOINT_BYTES_MAX, checkpoint_bytes(emitter));
    return false;
}

void emit_checkpoint_prototypes(const Emitter *emitter, Text *text)
{
    const char *name = emitter->name, *upper = emitter->upper;
    text_add(
        text,
        "/* Keeps what outlives a step in one of two slots of flash, of %s_CHECKPOINT_BYTES(unit) bytes each. Call "
        "it between\n * steps. NNC_FLASH_OK; NNC_FLASH_UNFIT, NNC_FLASH_FAILED: the checkpoint before this one "
        "holds. */\n",
        upper);
    text_add(text, "int %s_save(const %s_training *net, const nnc_flash *flash);\n\n", name, name);
    text_add(text, "/* Takes the newest whole checkpoint: training goes on from there, to the same bits. NNC_FLASH_OK; "
                   "NNC_FLASH_EMPTY,\n * NNC_FLASH_FOREIGN: net is unchanged; NNC_FLASH_FAILED: net is to be "
                   "initialized. */\n");
    text_add(text, "int %s_restore(%s_training *net, const nnc_flash *flash);\n\n", name, name);
}

/* A line `{offset, bytes},` for members of the training struct that follow each other. */
static int emit_range(const Emitter *emitter, const char *member, long long bytes)
{
    text_add(emitter->text, "    {offsetof(%s_training, %s), %lld},\n", emitter->name, member, bytes);
    return 1;
}

/* States of a step stand between those that outlive it: a range goes as far as none is in the way. */
static int emit_state_ranges(const Emitter *emitter)
{
    const Model *model = emitter->model;
    int ranges = 0;
    for (int i = 0, to; i < model->states; i = to) {
        long long reals = 0;
        for (to = i; to < model->states && outlives_step(model->state[to]); to++)
            reals += shape_elements(&model->state[to]->shape);
        if (to > i)
            ranges += emit_range(emitter, model->state[i]->c_name, reals * (model->options->float64 ? 8 : 4));
        else
            to++;
    }
    return ranges;
}

static void emit_function(const Emitter *emitter, const char *function, const char *constant)
{
    const char *name = emitter->name;
    text_add(emitter->text,
             "int %s_%s(%s%s_training *net, const nnc_flash *flash)\n{\n    return nnc_checkpoint_%s(&%s_checkpoint, "
             "net, flash);\n}\n\n",
             name, function, constant, name, function, name);
}

void emit_checkpoint(Emitter *emitter)
{
    const Model *model = emitter->model;
    const char *name = emitter->name;
    const unsigned long long hash = spec_hash(model);
    int ranges = 0;
    text_add(emitter->text, "/* What outlives a step, in the order of a checkpoint. */\n");
    text_add(emitter->text, "static const nnc_checkpoint_range %s_ranges[] = {\n", name);
    if (model->weights)
        ranges += emit_range(emitter, "parameters", parameters_bytes(model));
    ranges += emit_state_ranges(emitter);
    ranges += emit_range(emitter, "step", STEP_AND_SEED_BYTES);
    text_add(emitter->text, "};\n\nstatic const nnc_checkpoint %s_checkpoint = {{0x%08llxu, 0x%08llxu}, ", name,
             hash & 0xffffffffu, hash >> 32);
    text_add(emitter->text, "%d, %lld, %d, %s_ranges};\n\n", model->options->float64 ? 8 : 4, checkpoint_bytes(emitter),
             ranges, name);
    emit_function(emitter, "save", "const ");
    emit_function(emitter, "restore", "");
}
