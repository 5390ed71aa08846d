/* lives.h - when the tensors of the arena live, and who may take whose place. */
#ifndef NNC_LIVES_H
#define NNC_LIVES_H

#include "nnc.h"

/* A place in the arena is its own to have. */
bool in_arena(const Tensor *tensor);
/* Sets born, dies, from and until of all tensors of the arena. */
void find_lives(Phase *phase);
/* Sets the heirs of all of them. Needs kernels before their nests are cut into tiles. */
void find_heirs(Phase *phase);
/* One nest of a step touches both, always at the same element, so that the one may die for the other there. */
bool may_inherit_at(const Step *step, int nest, const Tensor *dying, const Tensor *born);

/* Asked of very many pairs. */
static inline bool is_heir(const Tensor *dying, const Tensor *born)
{
    bool heir = false;
    for (int i = 0; i < dying->heirs && !heir; i++)
        heir = dying->heir[i] == born;
    return heir;
}

static inline bool lives_overlap(const Tensor *a, const Tensor *b)
{
    return a->from <= b->until && b->from <= a->until;
}

/* Of tensors that have their places. */
static inline bool places_overlap(const Tensor *a, const Tensor *b)
{
    return a->type == b->type && a->offset < b->offset + b->elements && b->offset < a->offset + a->elements;
}

/* Elements in whole vectors of so many. */
static inline long long rounded_up(long long elements, int alignment)
{
    return (elements + alignment - 1) / alignment * alignment;
}

/* The elements that are alive while each nest of a phase runs: no place for them all is smaller. What takes the place
 * of another counts once. */
typedef struct Profile {
    int times; /* nests of the phase */
    long long *reals, *ints;
    int *step; /* which each nest belongs to */
    int tensors;
    Tensor **tensor; /* those of the arena, by birth */
    int *first;      /* [times + 1]: where in `tensor` those begin that are born then */
} Profile;

/* Each tensor as so many whole vectors. */
Profile profile_of(const Phase *phase, int alignment);

#endif
