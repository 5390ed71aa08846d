/* Initializer: lecun_uniform
 * Summary:     uniform in +-sqrt(3 / fan_in): keeps the variance of values through linear and selu layers
 * Note:        As Keras's lecun_uniform. PyTorch has no such name; it is kaiming_uniform_ with gain 1.
 *
 * Derivation.  A uniform number in +-a has variance a^2 / 3, here 1 / fan_in.  LeCun et al. 1998.
 */
#include "../template.h"

void lecun_uniform(int P, uint32_t key, float fan_in, float w[P])
{
    float limit = sqrtf(3.0f / fan_in);
    for (int p = 0; p < P; p++)
        w[p] = limit * (2.0f * random_uniform(key, p) - 1.0f);
}
