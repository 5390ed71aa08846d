/* train.c - trains the network of net.yaml on points that it draws itself, tests it, and keeps the parameters.
 *
 *     nnc net.yaml -o circle.c
 *     cc -O2 -I "$(nnc --print-include)" train.c circle.c -o train
 *     ./train circle.parameters */
#include "circle.h"

#include <stdio.h>

enum { STEPS = 3000, TESTS = 10000 };

/* All that training needs, of a size known at compile time: CIRCLE_TRAINING_BYTES, here 5684. */
static circle_training net;

/* A random number in [-1, 1). */
static float draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / 8388608.0f - 1.0f;
}

/* A point of the square, and its class: 1 inside the circle, 0 outside. */
static int32_t draw_sample(uint32_t *state, float point[CIRCLE_INPUT])
{
    point[0] = draw(state);
    point[1] = draw(state);
    return point[0] * point[0] + point[1] * point[1] < 0.5f;
}

static float train(uint32_t *state)
{
    float input[CIRCLE_BATCH][CIRCLE_INPUT];
    int32_t target[CIRCLE_BATCH];
    for (int n = 0; n < CIRCLE_BATCH; n++)
        target[n] = draw_sample(state, input[n]);
    return circle_train(&net, &input[0][0], target);
}

static int count_right(uint32_t *state)
{
    circle_inference scratch;
    float input[CIRCLE_INPUT], output[CIRCLE_OUTPUT];
    int right = 0;
    for (int n = 0; n < TESTS; n++) {
        int32_t target = draw_sample(state, input);
        circle_predict(&net.parameters, &scratch, input, output);
        right += (output[1] > output[0]) == target;
    }
    return right;
}

static int keep(const char *path)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        return 1;
    int written = fwrite(&net.parameters, sizeof net.parameters, 1, file) == 1;
    return fclose(file) != 0 || !written;
}

int main(int count, char **words)
{
    uint32_t state = 1;
    circle_initialize(&net, 1);
    for (int step = 1; step <= STEPS; step++) {
        float loss = train(&state);
        if (step % 500 == 0)
            printf("step %4d  loss %.9g\n", step, (double)loss);
    }
    printf("%d of %d test points are right\n", count_right(&state), TESTS);
    if (count > 1 && keep(words[1])) {
        fprintf(stderr, "cannot write %s\n", words[1]);
        return 1;
    }
    return 0;
}
