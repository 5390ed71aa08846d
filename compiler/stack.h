/* stack.h - the most stack that a function takes, with all that it calls, from the compiler's own call graph. */
#ifndef NNC_STACK_H
#define NNC_STACK_H

#include "nnc.h"

/* A function of the graph that gcc's -fcallgraph-info=su writes. */
typedef struct Call_node {
    const char *title, *name; /* a static function's title has its file before it */
    long long bytes;          /* of its frame, the return address included; -1: of unknown size, it is elsewhere */
    bool dynamic;             /* the frame grows as it runs, by what nobody knows */
    int calls;
    int *call; /* numbers of nodes */
} Call_node;

typedef struct Call_graph {
    int nodes;
    Call_node *node;
} Call_graph;

/* The deepest chain of calls from a function, and why the stack may be deeper than that. */
typedef struct Depth {
    long long bytes;
    int chain; /* names of the deepest chain, the function itself first */
    const char **link;
    int unknown; /* functions of unknown size that may be called */
    const char **unknown_name;
    int recursive; /* functions that call themselves, by whatever way */
    const char **recursive_name;
    int dynamic; /* functions whose frames grow as they run */
    const char **dynamic_name;
} Depth;

/* Reads the text of a graph, in the language of VCG. False after a message. */
bool stack_parse(const char *text, Call_graph *graph);
/* The number of a function that other files can call, or -1. */
int stack_find(const Call_graph *graph, const char *title);
Depth stack_depth(const Call_graph *graph, int function);
/* Nothing makes it deeper than its bytes. */
bool stack_is_exact(const Depth *depth);

#endif
