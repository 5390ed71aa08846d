/* network.c - printed C under fixed names. build/facts.h is written by facts.sh, and includes what nnc printed. */
#include "network.h"

#include "facts.h"

const Network network = {
    .name = FACTS_NAME,
    .height = FACTS_HEIGHT,
    .width = FACTS_WIDTH,
    .channels = FACTS_CHANNELS,
    .size = FACTS_OUTPUT,
    .description = FACTS_DESCRIPTION,
    .weights = FACTS_WEIGHTS,
    .scale = FACTS_SCALE,
    .offset = FACTS_OFFSET,
    .mirrored = FACTS_MIRRORED,
    .scratch_bytes = sizeof(facts_inference),
};

void network_predict(void *scratch, const float *input, float *output)
{
    facts_predict(&facts_weights, scratch, input, output);
}
