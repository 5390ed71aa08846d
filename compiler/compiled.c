/* compiled.c - what the C compiler makes of a network, for `nnc report --cc`: bytes of each section, and the most stack
 * that each function of the header takes. What nobody knows (functions of the compiler's library, recursion, frames
 * that grow) is named, and turns a depth into "at least". */
#include "compiled.h"
#include "build.h"

#include <stdlib.h>
#include <string.h>

/* ---- measuring ---- */

/* A symbol that the object lacks and the graph does not have is called by nobody knows whom: so by everyone. */
static void add_strangers(const Compiled *compiled, const Call_graph *graph, Depth *depth)
{
    const Object *object = &compiled->object;
    for (int i = 0; i < object->undefined; i++)
        if (stack_find(graph, object->undefined_name[i]) < 0)
            PUSH(depth->unknown_name, depth->unknown, object->undefined_name[i]);
}

static void measure_functions(const Model *model, const Call_graph *graph, Compiled *compiled)
{
    static const char *const names[] = {"initialize", "train",   "gradient",     "update",
                                        "penalty",    "predict", "predict_batch"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        Compiled_function function = {.name = format("%s_%s", model->name, names[i])};
        int found = stack_find(graph, function.name);
        if (found < 0)
            continue;
        function.depth = stack_depth(graph, found);
        add_strangers(compiled, graph, &function.depth);
        PUSH(compiled->function, compiled->functions, function);
    }
}

bool compiled_measure(Model *model, Options *options, Compiled *compiled)
{
    const char *compiler = getenv("CC"), *graph_text = NULL;
    Call_graph graph;
    *compiled = (Compiled){.compiler = compiler && *compiler ? compiler : "cc"};
    if (!build_object(model, options, &compiled->object, &graph_text) || !stack_parse(graph_text, &graph))
        return false;
    measure_functions(model, &graph, compiled);
    if (compiled->functions == 0) {
        fprintf(stderr, "nnc: error: the C compiler's call graph has no function of '%s'\n", model->name);
        return false;
    }
    for (SectionKind kind = SECTION_CODE; kind <= SECTION_DATA; kind++)
        compiled->flash += object_bytes(&compiled->object, kind);
    return true;
}

/* ---- as a table ---- */

const char *grouped(long long number)
{
    const char *digits = format("%lld", number);
    size_t length = strlen(digits);
    Text text = {0};
    for (size_t i = 0; i < length; i++)
        text_add(&text, i && (length - i) % 3 == 0 ? ",%c" : "%c", digits[i]);
    return text.bytes;
}

static const char *joined(const char *const *names, int count, const char *between)
{
    Text text = {0};
    text_add(&text, "%s", "");
    for (int i = 0; i < count; i++)
        text_add(&text, "%s%s", i ? between : "", names[i]);
    return text.bytes;
}

static void print_sections(const Compiled *compiled)
{
    static const char *const kinds[] = {"code", "constants", "data", "zeros"};
    for (SectionKind kind = SECTION_CODE; kind <= SECTION_ZEROS; kind++) {
        long long bytes = object_bytes(&compiled->object, kind);
        if (kind <= SECTION_CONSTANTS || bytes)
            printf("%-28s%14s\n", kinds[kind], grouped(bytes));
        for (int i = 0; i < compiled->object.sections; i++) {
            const Section *section = &compiled->object.section[i];
            if (section->kind == kind)
                printf("  %-26s%14s\n", section->name, grouped(section->bytes));
        }
    }
}

static void print_reason(const char *words, const char *const *names, int count)
{
    if (count)
        printf("    %s: %s\n", words, joined(names, count, ", "));
}

static void print_depth(const Compiled_function *function)
{
    const Depth *depth = &function->depth;
    const char *bytes = grouped(depth->bytes);
    printf("%-28s%14s  %s\n", function->name, stack_is_exact(depth) ? bytes : format("at least %s", bytes),
           joined(depth->link, depth->chain, " > "));
    print_reason("of unknown size", depth->unknown_name, depth->unknown);
    print_reason("recursive", depth->recursive_name, depth->recursive);
    print_reason("with a frame that grows", depth->dynamic_name, depth->dynamic);
}

void compiled_print(const Compiled *compiled)
{
    printf("\ncompiled by %s\n", compiled->compiler);
    print_sections(compiled);
    printf("\n%-28s%14s  the deepest chain of calls\n", "stack", "bytes");
    for (int i = 0; i < compiled->functions; i++)
        print_depth(&compiled->function[i]);
    if (compiled->object.red_zone)
        printf("%-28s%14d  below the deepest frame may be written, too\n", "red zone", compiled->object.red_zone);
}

/* ---- as JSON ---- */

static json_t *names_json(const char *const *names, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_string(names[i]));
    return list;
}

static json_t *depth_json(const Depth *depth)
{
    return json_pack("{s:I, s:b, s:o, s:o, s:o, s:o}", "bytes", (json_int_t)depth->bytes, "exact",
                     stack_is_exact(depth), "chain", names_json(depth->link, depth->chain), "unknown",
                     names_json(depth->unknown_name, depth->unknown), "recursive",
                     names_json(depth->recursive_name, depth->recursive), "dynamic",
                     names_json(depth->dynamic_name, depth->dynamic));
}

json_t *compiled_json(const Compiled *compiled)
{
    const Object *object = &compiled->object;
    json_t *sections = json_object(), *stack = json_object();
    for (int i = 0; i < object->sections; i++)
        json_object_set_new(sections, object->section[i].name, json_integer(object->section[i].bytes));
    for (int i = 0; i < compiled->functions; i++)
        json_object_set_new(stack, compiled->function[i].name, depth_json(&compiled->function[i].depth));
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:i}", "compiler", compiled->compiler, "code",
                     (json_int_t)object_bytes(object, SECTION_CODE), "constants",
                     (json_int_t)object_bytes(object, SECTION_CONSTANTS), "data",
                     (json_int_t)object_bytes(object, SECTION_DATA), "zeros",
                     (json_int_t)object_bytes(object, SECTION_ZEROS), "sections", sections, "stack", stack, "red_zone",
                     object->red_zone);
}
