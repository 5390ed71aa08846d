/* Schedule: cosine
 * Summary:  from start to end in `steps` steps along half a cosine wave; then end
 * Attr:     start > 0 (main)
 * Attr:     end >= 0 = 0
 * Attr:     steps >= 1
 * Note:     As PyTorch's CosineAnnealingLR (T_max, eta_min), counted in steps; but PyTorch's rises again after T_max.
 *
 *     rate = end + (start - end) (1 + cos(pi step / steps)) / 2
 * Loshchilov and Hutter 2017, without restarts.
 */
#include "../template.h"

void cosine(int step, float start, float end, int steps, float rate[1])
{
    float passed = (float)(step < steps ? step : steps) / (float)steps;
    rate[0] = 0.5f * (start - end) * (1.0f + cosf((float)3.14159265358979324 * passed)) + end;
}
