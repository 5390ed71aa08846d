/* Initializer: kaiming_normal
 * Summary:     normal, standard deviation gain / sqrt(fan), gain = sqrt(2 / (1 + slope^2)): for relu layers
 * Attr:        slope = 0 -- the negative slope of the leaky_relu that follows (0: relu)
 * Attr:        mode {fan_in, fan_out} = fan_in -- which variance is kept: of the values, or of the gradients
 * Form:        fan_out mode == fan_out
 * Note:        As PyTorch's kaiming_normal_.
 * Note:        Keras's he_normal is cut off at 2 standard deviations, and widened for it.
 *
 * Derivation.  The variance gain^2 / fan is what He et al. 2015 ask for, since a rectifier halves the mean square of a
 * symmetric value.
 */
#include "../template.h"

void kaiming_normal(int P, uint32_t key, float fan_in, float slope, float w[P])
{
    float std = sqrtf(2.0f / ((1.0f + slope * slope) * fan_in));
    for (int p = 0; p < P; p++)
        w[p] = std * random_normal(key, p);
}

void kaiming_normal_fan_out(int P, uint32_t key, float fan_out, float slope, float w[P])
{
    float std = sqrtf(2.0f / ((1.0f + slope * slope) * fan_out));
    for (int p = 0; p < P; p++)
        w[p] = std * random_normal(key, p);
}
