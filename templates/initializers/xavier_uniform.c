/* Initializer: xavier_uniform
 * Summary:     uniform in +-gain sqrt(6 / (fan_in + fan_out)): keeps variance through linear and tanh layers
 * Attr:        gain > 0 = 1
 * Note:        As PyTorch's xavier_uniform_. Keras calls it glorot_uniform, without gain.
 *
 * Derivation.  To keep the variance of values, weights need the variance 1 / fan_in; to keep that of gradients,
 * 1 / fan_out.  Glorot and Bengio 2010 take 2 / (fan_in + fan_out); a uniform number in +-a has variance a^2 / 3.
 */
#include "../template.h"

void xavier_uniform(int P, uint32_t key, float fan_in, float fan_out, float gain, float w[P])
{
    float limit = gain * sqrtf(6.0f / (fan_in + fan_out));
    for (int p = 0; p < P; p++)
        w[p] = limit * (2.0f * random_uniform(key, p) - 1.0f);
}
