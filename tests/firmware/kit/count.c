/* count.c - a plugin for QEMU (its TCG plugins, version 1 of the interface) that counts instructions.
 *
 *     cc -shared -fPIC -O2 -o count.so count.c
 *     qemu-system-arm ... -plugin ./count.so -d plugin
 *
 * For each passage from board_count_begin to board_count_end it prints `region N instructions C`; at the end the
 * functions that took most, `function NAME instructions C`. The counts are exact: the same in every run. Debian has no
 * header of the interface, so what is used of it is declared here. */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;
enum { INLINE_ADD_U64 = 0, CALLBACK_NO_REGISTERS = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int, void *, uint64_t);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *), int, void *);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);
void qemu_plugin_outs(const char *);

int qemu_plugin_version = 1;
int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int count, char **words);

typedef struct Function {
    char *name;
    uint64_t all;    /* instructions in the whole run; the emulator adds */
    uint64_t before; /* when the region began */
    uint64_t inside; /* of that in regions */
    struct Function *next;
} Function;

enum { SHOWN = 24 };

static Function *functions;
static uint64_t executed, begun;
static int regions;

static Function *function_of(const char *name)
{
    for (Function *f = functions; f; f = f->next)
        if (strcmp(f->name, name) == 0)
            return f;
    Function *f = calloc(1, sizeof *f);
    if (!f)
        abort();
    *f = (Function){.name = strdup(name), .next = functions};
    return functions = f;
}

static void begin(unsigned processor, void *nothing)
{
    (void)processor;
    (void)nothing;
    begun = executed;
    for (Function *f = functions; f; f = f->next)
        f->before = f->all;
}

static void end(unsigned processor, void *nothing)
{
    (void)processor;
    (void)nothing;
    char line[64];
    snprintf(line, sizeof line, "region %d instructions %" PRIu64 "\n", regions++, executed - begun);
    qemu_plugin_outs(line);
    for (Function *f = functions; f; f = f->next)
        f->inside += f->all - f->before;
}

/* A function that is called is entered at the start of a block; both are too short for a second one. */
static void note_block(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    const size_t count = qemu_plugin_tb_n_insns(block);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        const char *symbol = qemu_plugin_insn_symbol(instruction);
        Function *function = function_of(symbol && *symbol ? symbol : "?");
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, INLINE_ADD_U64, &executed, 1);
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, INLINE_ADD_U64, &function->all, 1);
        if (i == 0 && strcmp(function->name, "board_count_begin") == 0)
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, begin, CALLBACK_NO_REGISTERS, NULL);
        if (i == 0 && strcmp(function->name, "board_count_end") == 0)
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, end, CALLBACK_NO_REGISTERS, NULL);
    }
}

static Function *largest(void)
{
    Function *most = functions;
    for (Function *f = functions; f; f = f->next)
        if (f->inside > most->inside)
            most = f;
    return most;
}

static void finish(qemu_plugin_id_t id, void *nothing)
{
    (void)id;
    (void)nothing;
    char line[256];
    for (int i = 0; i < SHOWN && functions; i++) {
        Function *function = largest();
        if (!function->inside)
            break;
        snprintf(line, sizeof line, "function %s instructions %" PRIu64 "\n", function->name, function->inside);
        qemu_plugin_outs(line);
        function->inside = 0;
    }
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int count, char **words)
{
    (void)info;
    (void)count;
    (void)words;
    qemu_plugin_register_vcpu_tb_trans_cb(id, note_block);
    qemu_plugin_register_atexit_cb(id, finish, NULL);
    return 0;
}
