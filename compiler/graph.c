/* graph.c - `nnc graph`: the network drawn. The graph is written in Graphviz's language; its program dot lays it out
 * and draws it, in the format that the output's name ends with. */
#include "commands.h"
#include "compile.h"
#include "compiling.h"
#include "output.h"
#include "sizes.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- in Graphviz's language ---- */

/* [28, 28, 6] as 28 x 28 x 6, with the sign of multiplication. */
static const char *product_text(const Shape *shape)
{
    Text text = {0};
    for (int i = 0; i < shape->rank; i++)
        text_add(&text, "%s%d", i ? " \303\227 " : "", shape->dims[i]);
    return shape->rank ? text.bytes : "1";
}

/* A list of equal numbers is one: a square kernel, padding on all sides. */
static void add_value(Text *text, const Attribute *attribute, const Value *value)
{
    bool equal = value->count > 0;
    for (int i = 1; i < value->count; i++)
        equal = equal && value->numbers[i] == value->numbers[0];
    text_add(text, "%s%s ", text->length ? ", " : "", attribute->name);
    if (value->word) {
        text_add(text, "%s", value->word);
        return;
    }
    for (int i = 0; i < (equal ? 1 : value->count); i++)
        text_add(text, "%s%.6g", i ? " " : "", value->numbers[i]);
}

/* What the spec says of a layer or a loss: "filters 6, kernel 5". */
static const char *attributes_text(const Choice *choice)
{
    enum { LIST_MOST = 4 };
    Text text = {0};
    for (int i = 0; i < choice->template->attributes; i++)
        if (choice->values[i].given && choice->values[i].count <= LIST_MOST)
            add_value(&text, &choice->template->attribute[i], &choice->values[i]);
    return text.length ? text.bytes : NULL;
}

static const char *parameters_text(const Layer *layer)
{
    long long trained = 0, kept = 0;
    if (layer->share)
        return format("as %s", layer->share->name);
    for (int i = 0; i < layer->weights; i++)
        *(layer->weight[i]->statistic ? &kept : &trained) += shape_elements(&layer->weight[i]->shape);
    if (!trained && !kept)
        return NULL;
    return format("%lld parameters%s%s", trained, kept ? format(", %lld statistics", kept) : "",
                  layer->frozen ? ", frozen" : "");
}

static void add_node(Text *text, const char *id, const char *title, const char *const *lines, int count,
                     const char *style)
{
    text_add(text, "    \"%s\" [label=<<b>%s</b>", id, title);
    for (int i = 0; i < count; i++)
        if (lines[i])
            text_add(text, "<br/><font point-size=\"10\">%s</font>", lines[i]);
    text_add(text, ">%s];\n", style);
}

static void add_layer(Text *text, const Model *model, const Layer *layer)
{
    const char *attributes = attributes_text(layer->choice), *kind = layer->choice->template->name;
    const char *lines[] = {attributes ? format("%s: %s", kind, attributes) : kind, parameters_text(layer)};
    const char *fill = layer->weights ? (layer->frozen ? ", fillcolor=\"#e4e4e4\"" : ", fillcolor=\"#dbe9f6\"") : "";
    add_node(text, layer->name, layer->name, lines, 2,
             format("%s%s", fill, layer == model->output ? ", penwidth=2" : ""));
    for (int i = 0; i < layer->inputs; i++)
        text_add(text, "    \"%s\" -> \"%s\" [label=\" %s\"];\n", layer->input[i]->name, layer->name,
                 product_text(&layer->input[i]->shape));
    if (layer->share)
        text_add(text, "    \"%s\" -> \"%s\" [style=dashed, constraint=false, arrowhead=none];\n", layer->share->name,
                 layer->name);
}

static void add_loss(Text *text, const Loss *loss)
{
    /* No layer has a space in its name. */
    const char *attributes = attributes_text(loss->choice);
    long long parameters = 0;
    for (int i = 0; i < loss->weights; i++)
        parameters += shape_elements(&loss->weight[i]->shape);
    const char *lines[] = {attributes, loss->factor == 1 ? NULL : format("weight %s", format("%.6g", loss->factor)),
                           parameters ? format("%lld parameters", parameters) : NULL};
    add_node(text, format("loss %s", loss->name), loss->choice->template->name, lines, 3,
             ", shape=ellipse, fillcolor=\"#fbe5d6\"");
    text_add(text, "    \"%s\" -> \"loss %s\" [label=\" %s\"];\n", loss->input->name, loss->name,
             product_text(&loss->input->shape));
    if (loss->target->input) {
        text_add(text, "    \"%s\" -> \"loss %s\" [style=dashed, constraint=false];\n", loss->target->input->name,
                 loss->name);
        return;
    }
    text_add(text, "    \"target %s\" [label=<%s>, shape=plain];\n    \"target %s\" -> \"loss %s\";\n",
             loss->target->name, loss->target->name, loss->target->name, loss->name);
}

static const char *graph_text(const Model *model)
{
    Text text = {0};
    text_add(&text, "digraph \"%s\" {\n", model->name);
    text_add(&text, "    graph [fontname=\"Helvetica\", label=\"%s\", labelloc=t, ranksep=0.35];\n", model->name);
    text_add(&text, "    node [fontname=\"Helvetica\", fontsize=12, shape=box, style=\"filled,rounded\", "
                    "fillcolor=white, margin=\"0.15,0.06\"];\n");
    text_add(&text, "    edge [fontname=\"Helvetica\", fontsize=10, arrowsize=0.7];\n");
    for (int i = 0; i < model->inputs; i++)
        add_node(&text, model->input[i]->name, model->input[i]->name, NULL, 0, ", shape=plain");
    for (int i = 0; i < model->layers; i++)
        add_layer(&text, model, model->layer[i]);
    for (int i = 0; i < model->losses; i++)
        add_loss(&text, model->loss[i]);
    text_add(&text, "}\n");
    return text.bytes;
}

/* ---- drawn by dot ---- */

/* Runs dot from one file into another; false after a message. */
static bool run_dot(const char *as, FILE *from, FILE *to)
{
    char *const words[] = {"dot", format("-T%s", as), NULL};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, fileno(from), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, fileno(to), STDOUT_FILENO);
    pid_t child;
    int error = posix_spawnp(&child, words[0], &files, NULL, words, environ), status = 0;
    posix_spawn_file_actions_destroy(&files);
    if (error == ENOENT) {
        fprintf(stderr, "nnc: error: Graphviz's program dot is not installed (Debian: apt-get install graphviz); -o "
                        "net.dot writes what it would draw\n");
        return false;
    }
    if (error || waitpid(child, &status, 0) != child || status != 0) {
        fprintf(stderr, "nnc: error: dot failed%s%s\n", error ? ": " : "", error ? strerror(error) : "");
        return false;
    }
    return true;
}

static bool read_back(FILE *file, Text *text)
{
    char part[4096];
    size_t length;
    rewind(file);
    while ((length = fread(part, 1, sizeof part, file)) > 0)
        text_add_bytes(text, part, length);
    return !ferror(file);
}

static int draw(const char *graph, const char *as, const char *path)
{
    Text picture = {0};
    FILE *from = tmpfile(), *to = tmpfile();
    bool good = from && to && fputs(graph, from) >= 0 && fflush(from) == 0;
    if (good)
        rewind(from);
    else
        fprintf(stderr, "nnc: error: cannot make a temporary file: %s\n", strerror(errno));
    good = good && run_dot(as, from, to) && read_back(to, &picture);
    if (from)
        fclose(from);
    if (to)
        fclose(to);
    return good ? output_file(path, picture.bytes, picture.length) : 1;
}

/* ---- the command ---- */

typedef struct Request {
    bool help;
    const char *output;
} Request;

static const Option table[] = {
    {"--output", "-o", OPTION_TEXT, offsetof(Request, output), SIZE_MAX, "FILE",
     ".svg, .png or .pdf by Graphviz; .dot or - (the default) for its input"},
    {"--help", "-h", OPTION_HELP, offsetof(Request, help), SIZE_MAX, NULL, "this page"},
};
enum { ROWS = sizeof table / sizeof *table };

static int print_help(void)
{
    printf("nnc graph SPEC.yaml -o net.svg   the network drawn, with the shapes on its edges\n\n");
    options_print(stdout, table, ROWS);
    compiling_print(stdout, "c");
    return 0;
}

static int write_graph(const char *command, const char *graph, const char *path)
{
    static const char *const drawn[] = {"svg", "png", "pdf"};
    const char *dot = strrchr(path, '.');
    if (strcmp(path, "-") == 0) {
        Text text = {0};
        text_add_bytes(&text, graph, strlen(graph));
        return output_stdout(&text);
    }
    for (size_t i = 0; dot && i < sizeof drawn / sizeof *drawn; i++)
        if (strcmp(dot + 1, drawn[i]) == 0)
            return draw(graph, drawn[i], path);
    if (dot && (strcmp(dot, ".dot") == 0 || strcmp(dot, ".gv") == 0))
        return output_file(path, graph, strlen(graph));
    return wrong_usage(command, format("'%s' ends with none of .svg, .png, .pdf, .dot and .gv", path));
}

int command_graph(int count, char **words)
{
    Options options = {0};
    Request request = {0};
    Options_words specs = {0};
    int status = compiling_parse((Words){count, words}, "c", (Option_table){ROWS, table}, &options, &request, &specs);
    if (status || request.help)
        return status ? status : print_help();
    options.spec_path = compiling_spec(words[0], &specs);
    if (!options.spec_path)
        return 2;
    finish_options(&options);
    const Model *model = compile(&options);
    return model ? write_graph(words[0], graph_text(model), request.output ? request.output : "-") : 1;
}
