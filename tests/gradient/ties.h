/* ties.h - the declared value of a gradient where there is no derivative: at the corners of relu, of hinge, ...; and
 * just beside them, where no random number comes. */
#ifndef NNC_TEST_TIES_H
#define NNC_TEST_TIES_H

#include "trial.h"

enum { TIE_SAMPLES_MAX = 8 };

/* A line of ties.txt: CATEGORY NAME {ATTRIBUTES} X TARGET -> SLOPE, for a single element X; the target may be left out.
 * For losses that compare samples: [X, ...] [TARGET, ...] -> [SLOPE, ...], for samples of one element each. */
typedef struct Tie {
    const char *line;
    const Template *template;
    Trial trial;
    int samples;
    double expected[TIE_SAMPLES_MAX];
} Tie;

/* The ties of the file. A line that cannot be read is reported and counted. */
int ties_read(Library *library, const char *path, Tie **ties, int *failed);
/* Runs the backward pass and compares its slope with the expected one. */
bool tie_holds(Tie *tie);

#endif
