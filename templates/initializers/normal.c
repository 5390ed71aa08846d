/* Initializer: normal
 * Summary:     normally distributed
 * Attr:        std >= 0 = 1 (main) -- the standard deviation
 * Attr:        mean = 0
 * Note:        As PyTorch's normal_. Keras's default is a standard deviation of 0.05.
 */
#include "../template.h"

void normal(int P, uint32_t key, float std, float mean, float w[P])
{
    for (int p = 0; p < P; p++)
        w[p] = mean + std * random_normal(key, p);
}
