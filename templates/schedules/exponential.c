/* Schedule: exponential
 * Summary:  the rate falls evenly by `factor` in `every` steps
 * Attr:     start > 0 (main)
 * Attr:     factor > 0
 * Attr:     every >= 1 = 1
 * Note:     As PyTorch's ExponentialLR (gamma) with every = 1, counted in steps of training, not in epochs.
 * Note:     As Keras's ExponentialDecay (decay_rate, decay_steps).
 *
 *     rate = start factor^(step / every), the quotient not rounded
 */
#include "../template.h"

void exponential(int step, float start, float factor, int every, float rate[1])
{
    rate[0] = start * powf(factor, (float)step / (float)every);
}
