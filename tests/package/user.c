/* user.c - a program that uses the network `small` of a package: it learns one batch, or predicts with what it was
 * given. It ends with 0 if what comes out are two probabilities. */
#include "small.h"

#ifdef SMALL_BATCH
static small_training net;
#define PARAMETERS net.parameters
#else
#define PARAMETERS small_weights
#endif

int main(void)
{
    static small_inference scratch;
    static const float input[4] = {0.5f, -1.0f, 2.0f, 0.25f};
    float output[SMALL_OUTPUT];
#ifdef SMALL_BATCH
    static const int32_t target[2] = {0, 1};
    small_initialize(&net, 1);
    if (!(small_train(&net, input, target) > 0.0f))
        return 1;
#endif
    small_predict(&PARAMETERS, &scratch, input, output);
    float sum = output[0] + output[1];
    return sum > 0.999f && sum < 1.001f ? 0 : 2;
}
