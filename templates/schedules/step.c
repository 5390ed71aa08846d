/* Schedule: step
 * Summary:  the rate is multiplied by `factor` every `every` steps
 * Attr:     start > 0 (main)
 * Attr:     every >= 1
 * Attr:     factor > 0 = 0.1
 * Note:     As PyTorch's StepLR (step_size, gamma), counted in steps of training, not in epochs.
 *
 *     rate = start factor^floor(step / every)
 */
#include "../template.h"

void step(int step, float start, int every, float factor, float rate[1])
{
    rate[0] = start * powf(factor, (float)(step / every));
}
