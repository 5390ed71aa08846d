/* Initializer: xavier_normal
 * Summary:     normal with standard deviation gain sqrt(2 / (fan_in + fan_out)): keeps variance through linear layers
 * Attr:        gain > 0 = 1
 * Note:        As PyTorch's xavier_normal_.
 * Note:        Keras's glorot_normal is cut off at 2 standard deviations, and widened for it.
 *
 * Derivation.  See xavier_uniform: the same variance.  Glorot and Bengio 2010.
 */
#include "../template.h"

void xavier_normal(int P, uint32_t key, float fan_in, float fan_out, float gain, float w[P])
{
    float std = gain * sqrtf(2.0f / (fan_in + fan_out));
    for (int p = 0; p < P; p++)
        w[p] = std * random_normal(key, p);
}
