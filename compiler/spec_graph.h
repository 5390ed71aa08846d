/* spec_graph.h - the graph while it is read: what the readers of layers, connections and names share. */
#ifndef NNC_SPEC_GRAPH_H
#define NNC_SPEC_GRAPH_H

#include "spec.h"

struct Item;

/* Where names are looked up: the network, or one use of a block. */
typedef struct Scope {
    const char *prefix, *path; /* before a name: residual_2_ in C, residual_2. in files */
    const struct Scope *outer; /* NULL: the network */
    const Block *block;
    int depth;
    Names kinds; /* how many there are of each */
    bool frozen;
    Choice *initializer;
    struct Item **input;      /* parallel to those of the block: what its use reads; after unrolling */
    const struct Scope *twin; /* whose parameters are shared */
} Scope;

typedef enum ItemKind { ITEM_INPUT, ITEM_LAYER, ITEM_OPEN, ITEM_CLOSE } ItemKind;

/* What is read one after the other: an input, a layer with its activation, the beginning and the end of a block. The
 * end has the block's name and value. */
typedef struct Item {
    ItemKind kind;
    const Node *node;
    const char *name; /* in C, whole */
    Span span;
    Layer *first, *value; /* the layer, and its activation or the layer again */
    Scope *scope;         /* in which it stands */
    Scope *inside;        /* of a block */
    bool again;           /* a repetition after the first: it reads the one before */
    bool read;            /* by another layer, a loss or the output */
} Item;

typedef struct Graph {
    Model *model;
    Scope *scope; /* the network */
    int items, layers;
    Item *item;
    Names orders;   /* of the items that have names, from 1 */
    Item *previous; /* what a layer without `input` reads; NULL: it must say */
    bool refused;   /* there is too much of it: the rest is not looked at */
} Graph;

/* ---- spec_connect.c ---- */

/* Of two items with one name the first is meant; that there are two is told later. */
void collect_item_names(Graph *graph);
/* The item of that name among the first `before`; NULL with a message, or if the name was refused. */
Item *look_up(Graph *graph, const Scope *scope, const Node *node, const char *key, int before);
/* What a block reads goes by the names of its definition; the network has none of these. */
int input_names(const Scope *scope, const char ***names);
bool is_input_of_block(const Scope *scope, const char *text, int *which);
/* Gives each layer its inputs, and the layer whose parameters it shares. */
void connect_items(Graph *graph);

/* ---- spec_names.c ---- */

/* No two things have one name in C. */
void check_collisions(const Graph *graph);
/* Names of inputs become macros in capitals. */
void check_capitals(const Model *model);

#endif
