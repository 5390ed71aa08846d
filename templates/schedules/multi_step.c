/* Schedule: multi_step
 * Summary:  the rate is multiplied by `factor` at each of the given steps
 * Attr:     start > 0 (main)
 * Attr:     at >= 0 -- the list of steps
 * Attr:     factor > 0 = 0.1
 * Note:     As PyTorch's MultiStepLR (milestones, gamma), counted in steps of training, not in epochs.
 *
 *     rate = start factor^(how many of the given steps have been reached)
 */
#include "../template.h"

void multi_step(int step, float start, int L, const int at[L], float factor, float rate[1])
{
    int reached = 0;
    for (int i = 0; i < L; i++)
        reached += at[i] <= step ? 1 : 0;
    rate[0] = start * powf(factor, (float)reached);
}
