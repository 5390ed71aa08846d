/* Schedule: one_cycle
 * Summary:  up to start in the first part of `steps` steps, then down to nearly nothing, along half cosine waves
 * Attr:     start > 0 (main) -- the highest rate
 * Attr:     steps >= 2
 * Attr:     pct_start >= 0 < 1 = 0.3 -- the share of the steps in which the rate rises
 * Attr:     div_factor > 0 = 25 -- the first rate is start / div_factor
 * Attr:     final_div_factor > 0 = 1e4 -- the last rate is the first one divided by this
 * Note:     As PyTorch's OneCycleLR (max_lr, total_steps) with the cosine of its default and two phases. Behind the
 *           last step the rate stays; PyTorch's refuses to go on.
 * Note:     The momentum is the optimizer's and stays as it is: PyTorch's cycles it, too (cycle_momentum), from 0.95
 *           down to 0.85 and back; OneCycleLR(..., cycle_momentum=False) is this schedule.
 *
 * With first = start / div_factor, last = first / final_div_factor and top = pct_start steps - 1, the rate goes from
 * one value a to another b as b + (a - b) (1 + cos(pi t)) / 2 while t goes from 0 to 1:
 *     from first to start  with  t = step / top                          while step < top
 *     from start to last   with  t = (step - top) / (steps - 1 - top)    from there on
 * Smith and Topin 2019.
 */
#include "../template.h"

void one_cycle(int step, float start, int steps, float pct_start, float div_factor, float final_div_factor,
               float rate[1])
{
    float first = start / div_factor;
    float last = first / final_div_factor;
    float top = pct_start * (float)steps - 1.0f;
    float at = (float)(step < steps ? step : steps - 1);
    float passed = at < top ? at / top : (at - top) / ((float)(steps - 1) - top);
    float wave = 0.5f * (1.0f + cosf((float)3.14159265358979324 * passed));
    rate[0] = at < top ? (first - start) * wave + start : (start - last) * wave + last;
}
