/* arguments.h - what the command line says. */
#ifndef FACES_ARGUMENTS_H
#define FACES_ARGUMENTS_H

#include "options.h"

typedef struct Arguments {
    Options_words words;
    double threshold;     /* 0: the gallery's */
    double false_accepts; /* 0: 0.001 */
    const char *pairs, *people, *plot, *scores;
    bool times, help;
} Arguments;

#endif
