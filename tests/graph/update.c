/* update.c - trains blocks.yaml and blocks_fused.yaml side by side: the parameters are the same bits after
 * each step. */
#include "blocks.h"
#include "blocks_fused.h"

#include <stdio.h>
#include <string.h>

enum { STEPS = 8, INPUTS = BLOCKS_BATCH * BLOCKS_INPUT, WANTED = BLOCKS_BATCH * 3 * 4 * 4 };

static blocks_training separate;
static blocks_fused_training fused;

static float next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / 16777216.0f - 0.5f;
}

int main(void)
{
    uint32_t state = 1;
    static float input[INPUTS], wanted[WANTED];
    static unsigned char before[BLOCKS_PARAMETERS_BYTES];
    blocks_initialize(&separate, 3);
    blocks_fused_initialize(&fused, 3);
    for (int step = 0; step < STEPS; step++) {
        int32_t target[BLOCKS_BATCH];
        for (int i = 0; i < INPUTS; i++)
            input[i] = next(&state);
        for (int i = 0; i < WANTED; i++)
            wanted[i] = next(&state);
        for (int i = 0; i < BLOCKS_BATCH; i++)
            target[i] = (int32_t)(next(&state) * 4 + 2);
        memcpy(before, &separate.parameters, sizeof before);
        blocks_train(&separate, input, target, wanted);
        blocks_fused_train(&fused, input, target, wanted);
        int moved = memcmp(before, &separate.parameters, sizeof before) != 0;
        int same = memcmp(&separate.parameters, &fused.parameters, sizeof separate.parameters) == 0;
        if (!moved || !same)
            printf("step %d: %s\n", step, moved ? "the bits differ" : "nothing moves");
    }
    printf("%d steps\n", STEPS);
    return 0;
}
