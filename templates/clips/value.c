/* Clip:    value
 * Summary: each element of the gradient is cut off at +-limit
 * Attr:    limit > 0 (main)
 * Note:    As PyTorch's clip_grad_value_. A NaN stays a NaN, so that a training that diverges is seen.
 */
#include "../template.h"

void value_apply(int P, float limit, const float g[P], float h[P])
{
    for (int p = 0; p < P; p++)
        h[p] = g[p] < -limit ? -limit : g[p] > limit ? limit : g[p];
}
