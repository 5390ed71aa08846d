/* Clip:    norm
 * Summary: the gradient of all parameters together is scaled down to the length `limit` if it is longer
 * Attr:    limit > 0 (main)
 * Scratch: part
 * Note:    As PyTorch's clip_grad_norm_: the factor is min(1, limit / (length + 1e-6)).
 *
 * norm_measure adds the squares of one tensor to `sum`, which starts at 0 and goes through all tensors; norm_step makes
 * the factor; norm_apply scales each tensor.  The squares are added as 16 interleaved sums, which have lanes, and which
 * are then added in order.  Pascanu et al. 2013.
 */
#include "../template.h"

void norm_measure(int P, const float g[P], float part[16], float sum[1])
{
    for (int j = 0; j < 16; j++) {
        float squares = 0.0f;
        for (int p = 0; p < P / 16; p++)
            squares += g[16 * p + j] * g[16 * p + j];
        if (j < P % 16)
            squares += g[P / 16 * 16 + j] * g[P / 16 * 16 + j];
        part[j] = squares;
    }

    float squares = 0.0f;
    for (int j = 0; j < 16; j++)
        squares += part[j];
    sum[0] += squares;
}

void norm_step(float limit, const float sum[1], float factor[1])
{
    float ratio = limit / (sqrtf(sum[0]) + (float)1e-6);
    factor[0] = ratio > 1.0f ? 1.0f : ratio;
}

void norm_apply(int P, const float factor[1], const float g[P], float h[P])
{
    for (int p = 0; p < P; p++)
        h[p] = factor[0] * g[p];
}
