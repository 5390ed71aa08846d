/* Initializer: kaiming_uniform
 * Summary:     uniform in +-gain sqrt(3 / fan), gain = sqrt(2 / (1 + slope^2)): keeps variance through relu layers
 * Attr:        slope = 0 -- the negative slope of the leaky_relu that follows (0: relu)
 * Attr:        mode {fan_in, fan_out} = fan_in -- which variance is kept: of the values, or of the gradients
 * Form:        fan_out mode == fan_out
 * Note:        As PyTorch's kaiming_uniform_. PyTorch's own layers use slope = sqrt(5), that is +-1 / sqrt(fan_in).
 * Note:        Keras calls it he_uniform, without slope and mode.
 *
 * Derivation.  A uniform number in +-a has variance a^2 / 3, so a = sqrt(3) gain / sqrt(fan) gives gain^2 / fan: what
 * He et al. 2015 ask for, since a rectifier halves the mean square of a symmetric value.
 */
#include "../template.h"

void kaiming_uniform(int P, uint32_t key, float fan_in, float slope, float w[P])
{
    float limit = sqrtf(6.0f / ((1.0f + slope * slope) * fan_in));
    for (int p = 0; p < P; p++)
        w[p] = limit * (2.0f * random_uniform(key, p) - 1.0f);
}

void kaiming_uniform_fan_out(int P, uint32_t key, float fan_out, float slope, float w[P])
{
    float limit = sqrtf(6.0f / ((1.0f + slope * slope) * fan_out));
    for (int p = 0; p < P; p++)
        w[p] = limit * (2.0f * random_uniform(key, p) - 1.0f);
}
