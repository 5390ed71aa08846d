/* cut.c - the cheapest way to give each of several things one of two labels.
 *
 * It is the minimum cut of a network of pipes: from a source to each thing as wide as the second label costs, from each
 * thing to a sink as wide as the first one does, and between things as wide as their seam. What flow leaves reachable
 * from the sink's side has the second label. (Ford and Fulkerson 1956, with the shortest paths of Edmonds and Karp
 * 1972.) */
#include "cut.h"

typedef struct Pipe {
    int to;
    double room;
} Pipe; /* number i flows against number i ^ 1 */

typedef struct Pipes {
    int nodes, pipes;
    Pipe *pipe;
    int *first, *next; /* of the pipes that leave a node; -1: no more */
    int *by;           /* the pipe by which a node was reached; -1: it was not */
    int *queue;
} Pipes;

static void add_half(Pipes *all, int from, int to, double room)
{
    all->pipe = push_grow(all->pipe, all->pipes, sizeof(Pipe));
    all->next = push_grow(all->next, all->pipes, sizeof(int));
    all->pipe[all->pipes] = (Pipe){to, room};
    all->next[all->pipes] = all->first[from];
    all->first[from] = all->pipes++;
}

static void add_pipe(Pipes *all, int from, int to, double room, double back)
{
    add_half(all, from, to, room);
    add_half(all, to, from, back);
}

/* Sets `by` for all that is reached through pipes with room. */
static void spread(Pipes *all, int source)
{
    for (int i = 0; i < all->nodes; i++)
        all->by[i] = -1;
    int head = 0, tail = 0;
    all->queue[tail++] = source;
    while (head < tail) {
        int node = all->queue[head++];
        for (int p = all->first[node]; p >= 0; p = all->next[p]) {
            int to = all->pipe[p].to;
            if (all->pipe[p].room <= 0 || all->by[to] >= 0 || to == source)
                continue;
            all->by[to] = p;
            all->queue[tail++] = to;
        }
    }
}

static void push_flow(Pipes *all, int source, int sink)
{
    double flow = all->pipe[all->by[sink]].room;
    for (int node = sink; node != source; node = all->pipe[all->by[node] ^ 1].to)
        flow = all->pipe[all->by[node]].room < flow ? all->pipe[all->by[node]].room : flow;
    for (int node = sink; node != source; node = all->pipe[all->by[node] ^ 1].to) {
        all->pipe[all->by[node]].room -= flow;
        all->pipe[all->by[node] ^ 1].room += flow;
    }
}

/* Which nodes reach the sink through pipes with room. */
static bool *reaching(Pipes *all, int sink)
{
    bool *reaches = NEW_ARRAY(all->nodes, bool);
    int head = 0, tail = 0;
    all->queue[tail++] = sink;
    reaches[sink] = true;
    while (head < tail) {
        int node = all->queue[head++];
        for (int p = all->first[node]; p >= 0; p = all->next[p]) {
            int from = all->pipe[p].to;
            if (all->pipe[p ^ 1].room <= 0 || reaches[from])
                continue;
            reaches[from] = true;
            all->queue[tail++] = from;
        }
    }
    return reaches;
}

bool *cheapest_labels(int count, const double *first, const double *second, int seams, const Seam *seam)
{
    const int source = count, sink = count + 1, nodes = count + 2;
    Pipes all = {.nodes = nodes};
    all.first = NEW_ARRAY(nodes, int);
    all.by = NEW_ARRAY(nodes, int);
    all.queue = NEW_ARRAY(nodes, int);
    for (int i = 0; i < nodes; i++)
        all.first[i] = -1;
    for (int i = 0; i < count; i++) {
        /* What both labels cost need not flow. */
        double both = first[i] < second[i] ? first[i] : second[i];
        add_pipe(&all, source, i, second[i] - both, 0);
        add_pipe(&all, i, sink, first[i] - both, 0);
    }
    for (int i = 0; i < seams; i++)
        add_pipe(&all, seam[i].one, seam[i].other, seam[i].cost, seam[i].cost);
    for (spread(&all, source); all.by[sink] >= 0; spread(&all, source))
        push_flow(&all, source, sink);
    return reaching(&all, sink);
}
