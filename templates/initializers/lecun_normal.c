/* Initializer: lecun_normal
 * Summary:     normal with standard deviation 1 / sqrt(fan_in): keeps the variance of values through selu layers
 * Note:        PyTorch has no such name; it is kaiming_normal_ with gain 1.
 * Note:        Keras's lecun_normal is cut off at 2 standard deviations, and widened for it.
 *
 * A sum of fan_in terms x w has then the variance of x.  LeCun et al. 1998; with selu Klambauer et al. 2017.
 */
#include "../template.h"

void lecun_normal(int P, uint32_t key, float fan_in, float w[P])
{
    float std = 1.0f / sqrtf(fan_in);
    for (int p = 0; p < P; p++)
        w[p] = std * random_normal(key, p);
}
