/* Initializer: uniform
 * Summary:     uniform from low (included) to high (excluded)
 * Attr:        low = 0
 * Attr:        high = 1
 * Note:        As PyTorch's uniform_. Keras's default is -0.05 to 0.05.
 */
#include "../template.h"

void uniform(int P, uint32_t key, float low, float high, float w[P])
{
    for (int p = 0; p < P; p++)
        w[p] = low + (high - low) * random_uniform(key, p);
}
