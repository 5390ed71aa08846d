/* confusion.h - prints which classes are taken for which. */
#ifndef NNC_TRAINER_CONFUSION_H
#define NNC_TRAINER_CONFUSION_H

#include "score.h"

#include <stdio.h>

/* The whole matrix for up to 20 classes, the most frequent confusions for more. names->count may be 0. */
void confusion_print(FILE *out, const Confusion *confusion, const Classes *names);

#endif
