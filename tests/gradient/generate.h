/* generate.h - random small networks around one layer, loss or regularizer, from what its template declares. */
#ifndef NNC_TEST_GENERATE_H
#define NNC_TEST_GENERATE_H

#include "interpret.h"

typedef struct Random {
    uint64_t state;
} Random;

/* Below `limit`. */
int random_below(Random *random, int limit);
double random_real(Random *random, double low, double high);

typedef struct Sample_network {
    const char *text;     /* the spec */
    Model *model;         /* derived */
    const Choice *choice; /* of what is tested */
} Sample_network;

/* A network in which the template is used with random shapes and attributes, so that its function `backward` runs. Its
 * data and parameters are to be filled in. False if none is found in many tries. */
bool generate_network(Random *random, Library *library, Template *template, const Kernel *backward, const char *name,
                      Sample_network *sample);
/* The network of a given spec. */
bool generate_from(Library *library, Template *template, const char *text, Sample_network *sample);
/* Random data, parameters and states, nothing of it 0 or 1. */
void generate_data(Random *random, Interpreter *interpreter);
void generate_parameters(Random *random, Interpreter *interpreter);
/* All templates of a category, of the built-in ones and of the library's directory; helpers of the tests too. */
int generate_templates(Library *library, Category category, Template ***templates);
/* Whether the template is one of those names; without names all are. */
bool is_named(const Template *template, int names, char *const *name);
/* Templates that can be tested: with a backward function, or a gradient. */
extern const Category differentiable[3];
bool is_backward(const Kernel *kernel);

#endif
