/* identification.h - rank-1: how often the most similar of the enrolled people is the right one. */
#ifndef FACES_IDENTIFICATION_H
#define FACES_IDENTIFICATION_H

#include "context.h"

/* Photographs of people, one person behind the other, and how similar each is to each: the cosines of vectors. */
typedef struct Likenesses {
    size_t photographs, people;
    const size_t *first;     /* [people + 1]: those of person p are first[p] .. first[p + 1] - 1 */
    const float *similarity; /* [photographs][photographs] */
} Likenesses;

typedef struct Rank_one {
    double mean, best; /* compared with the mean of a person's vectors; with the most similar of them. NAN: no probes */
    size_t probes;     /* photographs that were to be recognised, over all rounds */
} Rank_one;

/* With `enrolled` photographs of each person. In round j those are number j, j + 1, ... of each person's, beginning
 * again behind the last one; all others of people who have more than `enrolled` are recognised. Each photograph is in
 * turn the first, in ROUNDS_UP_TO rounds at most; the rates are the means of the rounds'. People who have no more than
 * `enrolled` are enrolled with all they have. */
enum { ROUNDS_UP_TO = 100 };
Rank_one identification_rank_one(Context *context, const Likenesses *likenesses, size_t enrolled);

#endif
