/* Schedule: warm_up
 * Summary:  the rate of any schedule grows linearly to its full height in the first `warm_up` steps
 * Attr:     warm_up steps >= 1
 * Note:     Not a schedule by itself: every schedule takes the attribute warm_up, and this is applied after it.
 * Note:     The schedule itself counts from the first step, warm-up included.
 *
 *     rate <- rate (step + 1) / warm_up   while step + 1 < warm_up
 */
#include "../template.h"

void warm_up(int step, int steps, float rate[1])
{
    if (step + 1 < steps)
        rate[0] *= (float)(step + 1) / (float)steps;
}
