/* Schedule: polynomial
 * Summary:  from start to end in `steps` steps along a power of the steps that are left; then end
 * Attr:     start > 0 (main)
 * Attr:     end >= 0 = 0
 * Attr:     steps >= 1
 * Attr:     power > 0 = 1
 * Note:     As PyTorch's PolynomialLR (total_iters, power), whose end is 0, counted in steps of training.
 * Note:     As Keras's PolynomialDecay, whose end is 1e-4 unless told otherwise.
 *
 *     rate = end + (start - end) (1 - step / steps)^power
 */
#include "../template.h"

void polynomial(int step, float start, float end, int steps, float power, float rate[1])
{
    float left = (float)(step < steps ? steps - step : 0) / (float)steps;
    rate[0] = (start - end) * powf(left, power) + end;
}
