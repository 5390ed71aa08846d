/* pairs.h - lists of pairs of photographs in the form of Labeled Faces in the Wild (pairs.txt):
 *
 *     10      300                      folds, and pairs of each kind in a fold; without folds: one
 *     NAME    1       4                of one person: NAME/NAME_0001.jpg and NAME/NAME_0004.jpg; so many, and then
 *     NAME    1       OTHER   2        of two people; so many; then the next fold
 */
#ifndef FACES_PAIRS_H
#define FACES_PAIRS_H

#include "context.h"

typedef struct Pair {
    size_t one, other; /* photographs */
    int fold;          /* from 0 */
    bool same;
} Pair;

typedef struct Pairs {
    int folds;
    size_t count, photographs;
    Pair *pair;              /* [count], in the order of the file */
    const char **photograph; /* [photographs], sorted: NAME/NAME_0001 */
} Pairs;

/* Fails at the line that is not as above. */
Pairs pairs_read(Context *context, const char *path);

/* What a folder holds of the list: the folds of which every photograph is there (.jpg, .jpeg, .png, .bmp, .pgm or
 * .ppm), numbered anew, and paths instead of names. Fails if there is no such fold. */
typedef struct Pairs_held {
    Pairs pairs;
    const int *fold;     /* [pairs.folds]: the number of each in the file, from 1 */
    const char *missing; /* a photograph that is not there; NULL if all are */
} Pairs_held;
Pairs_held pairs_hold(Context *context, const Pairs *pairs, const char *directory);

#endif
