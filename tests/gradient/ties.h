/* ties.h - the declared value of a gradient where there is no derivative: at the corners of relu, of hinge, ...; and
 * just beside them, where no random number comes. */
#ifndef NNC_TEST_TIES_H
#define NNC_TEST_TIES_H

#include "trial.h"

/* A line of ties.txt: CATEGORY NAME {ATTRIBUTES} X [TARGET] -> SLOPE, for a single element X. */
typedef struct Tie {
    const char *line;
    const Template *template;
    Trial trial;
    double expected;
} Tie;

/* The ties of the file. A line that cannot be read is reported and counted. */
int ties_read(Library *library, const char *path, Tie **ties, int *failed);
/* Runs the backward pass and compares its slope with the expected one. */
bool tie_holds(Tie *tie);

#endif
