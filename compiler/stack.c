/* stack.c - the call graph of -fcallgraph-info=su, and the deepest chain in it. A node is a line
 *
 *     node: { title: "net.c:leaf" label: "leaf\nnet.c:2:5\n56 bytes (static)" }
 *
 * without bytes where the function stands elsewhere; an edge is `edge: { sourcename: "a" targetname: "b" ...`. */
#include "stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

/* The text in quotes after `key: ` on the line, or NULL. */
static const char *value_of(const char *line, const char *end, const char *key)
{
    const char *pattern = format("%s: \"", key);
    const char *at = strstr(line, pattern);
    if (!at || at >= end)
        return NULL;
    at += strlen(pattern);
    const char *close = memchr(at, '"', (size_t)(end - at));
    return close ? format("%.*s", (int)(close - at), at) : NULL;
}

int stack_find(const Call_graph *graph, const char *title)
{
    for (int i = 0; i < graph->nodes; i++)
        if (strcmp(graph->node[i].title, title) == 0)
            return i;
    return -1;
}

/* The first node for a title has its size; an edge may name one that there is none for. */
static int node_for(Call_graph *graph, const char *title)
{
    int found = stack_find(graph, title);
    if (found >= 0)
        return found;
    const char *colon = strrchr(title, ':');
    Call_node node = {.title = title, .name = colon ? colon + 1 : title, .bytes = -1};
    if (strcmp(title, "__indirect_call") == 0)
        node.name = "a call through a pointer";
    PUSH(graph->node, graph->nodes, node);
    return graph->nodes - 1;
}

/* The label ends in `56 bytes (static)`, `(dynamic)` or `(dynamic,bounded)`. */
static void read_node(Call_graph *graph, const char *title, const char *label)
{
    int number = node_for(graph, title); /* which may move the nodes */
    Call_node *node = &graph->node[number];
    const char *size = NULL;
    for (const char *at = label; (at = strstr(at, "\\n")) != NULL; at += 2)
        if (strstr(at, " bytes ("))
            size = at + 2;
    if (!size)
        return;
    node->bytes = strtoll(size, NULL, 10);
    node->dynamic = strstr(size, "(dynamic)") != NULL;
}

static void read_edge(Call_graph *graph, const char *source, const char *target)
{
    int from = node_for(graph, source), to = node_for(graph, target);
    Call_node *node = &graph->node[from];
    for (int i = 0; i < node->calls; i++)
        if (node->call[i] == to)
            return;
    PUSH(node->call, node->calls, to);
}

bool stack_parse(const char *text, Call_graph *graph)
{
    *graph = (Call_graph){0};
    for (const char *line = text; *line;) {
        const char *end = line + strcspn(line, "\n");
        const char *title = value_of(line, end, "title"), *label = value_of(line, end, "label");
        const char *source = value_of(line, end, "sourcename"), *target = value_of(line, end, "targetname");
        if (strncmp(line, "node:", 5) == 0 && title && label)
            read_node(graph, title, label);
        else if (strncmp(line, "edge:", 5) == 0 && source && target)
            read_edge(graph, source, target);
        line = *end ? end + 1 : end;
    }
    if (graph->nodes == 0)
        fprintf(stderr, "nnc: error: the C compiler's call graph names no function\n");
    return graph->nodes > 0;
}

/* ---- the deepest chain ---- */

typedef enum Visit { UNSEEN, OPEN, DONE } Visit;

/* A walk from one function: what is known of each node. */
typedef struct Walk {
    const Call_graph *graph;
    Visit *visit;
    long long *bytes;
    int *deepest; /* the call that is deepest, or -1 */
    Depth *depth;
} Walk;

static void add_name(const char ***names, int *count, const char *name)
{
    for (int i = 0; i < *count; i++)
        if (strcmp((*names)[i], name) == 0)
            return;
    PUSH(*names, *count, name);
}

static void note_node(Depth *depth, const Call_node *node)
{
    if (node->bytes < 0)
        add_name(&depth->unknown_name, &depth->unknown, node->name);
    if (node->dynamic)
        add_name(&depth->dynamic_name, &depth->dynamic, node->name);
}

/* A call of a function that is still open closes a circle: counted as nothing, but named. */
static void walk(Walk *w, int number)
{
    const Call_node *node = &w->graph->node[number];
    w->visit[number] = OPEN;
    w->deepest[number] = -1;
    note_node(w->depth, node);
    long long most = 0;
    for (int i = 0; i < node->calls; i++) {
        int called = node->call[i];
        if (w->visit[called] == OPEN) {
            add_name(&w->depth->recursive_name, &w->depth->recursive, w->graph->node[called].name);
            continue;
        }
        if (w->visit[called] == UNSEEN)
            walk(w, called);
        if (w->bytes[called] <= most && w->deepest[number] >= 0)
            continue;
        most = w->bytes[called];
        w->deepest[number] = called;
    }
    w->bytes[number] = most + (node->bytes > 0 ? node->bytes : 0);
    w->visit[number] = DONE;
}

Depth stack_depth(const Call_graph *graph, int function)
{
    Depth depth = {0};
    Walk w = {graph, NEW_ARRAY(graph->nodes, Visit), NEW_ARRAY(graph->nodes, long long), NEW_ARRAY(graph->nodes, int),
              &depth};
    walk(&w, function);
    depth.bytes = w.bytes[function];
    for (int at = function; at >= 0; at = w.deepest[at])
        if (graph->node[at].bytes >= 0)
            PUSH(depth.link, depth.chain, graph->node[at].name);
    return depth;
}

bool stack_is_exact(const Depth *depth)
{
    return !depth->unknown && !depth->recursive && !depth->dynamic;
}
