/* Schedule: linear
 * Summary:  from start to end in `steps` steps, in a straight line; then end
 * Attr:     start > 0 (main)
 * Attr:     end >= 0 = 0
 * Attr:     steps >= 1
 * Note:     As PyTorch's LinearLR with start_factor 1 and end_factor end / start (total_iters), counted in steps.
 *
 *     rate = end + (start - end) (1 - step / steps)
 */
#include "../template.h"

void linear(int step, float start, float end, int steps, float rate[1])
{
    float left = (float)(step < steps ? steps - step : 0) / (float)steps;
    rate[0] = (start - end) * left + end;
}
