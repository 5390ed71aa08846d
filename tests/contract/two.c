/* two.c - two generated networks in one program: trained in turn, they end as each does alone. C99 and C++17. */
#include "left.h"
#include "right.h"

#include <stdio.h>
#include <string.h>

enum { STEPS = 50 };

static float inputs[8 * 6], values[5 * 3];
static int32_t classes[8];

static void draw(unsigned step)
{
    unsigned state = step * 2654435761u + 1u;
    for (int i = 0; i < 8 * 6; i++) {
        state = state * 1664525u + 1013904223u;
        inputs[i] = (float)(int)(state >> 20) / 2048.0f - 1.0f;
    }
    for (int i = 0; i < 8; i++)
        classes[i] = (int32_t)((state >> (2 * i)) & 3u);
    for (int i = 0; i < 5 * 3; i++)
        values[i] = inputs[2 * i];
}

static void train(left_training *left, right_training *right)
{
    if (left)
        left_initialize(left, 7);
    if (right)
        right_initialize(right, 7);
    for (unsigned step = 0; step < STEPS; step++) {
        draw(step);
        if (left)
            (void)left_train(left, inputs, classes);
        if (right)
            (void)right_train(right, inputs, values);
    }
}

static left_training left_alone, left_beside;
static right_training right_alone, right_beside;

int main(void)
{
    train(&left_alone, NULL);
    train(NULL, &right_alone);
    train(&left_beside, &right_beside);
    if (memcmp(&left_alone.parameters, &left_beside.parameters, sizeof left_alone.parameters) != 0)
        puts("left differs");
    else if (memcmp(&right_alone.parameters, &right_beside.parameters, sizeof right_alone.parameters) != 0)
        puts("right differs");
    else
        puts("same");
    return 0;
}
