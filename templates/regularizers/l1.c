/* Regularizer: l1
 * Summary:     lambda times the sum of the absolute weights
 * Attr:        lambda >= 0 (main)
 * Scratch:     part
 *
 * Derivation.  d(lambda sum |w|)/dw = lambda sign(w) with sign(0) = 0, which is added to the gradient g of the loss.
 * The sum is made as 16 interleaved ones, which have lanes, and which are then added in order.
 */
#include "../template.h"

void l1_penalty(int P, float lambda, const float w[P], float part[16], float penalty[1])
{
    for (int j = 0; j < 16; j++) {
        float sum = 0.0f;
        for (int p = 0; p < P / 16; p++)
            sum += fabsf(w[16 * p + j]);
        if (j < P % 16)
            sum += fabsf(w[P / 16 * 16 + j]);
        part[j] = sum;
    }

    float sum = 0.0f;
    for (int j = 0; j < 16; j++)
        sum += part[j];
    penalty[0] = lambda * sum;
}

void l1_gradient(int P, float lambda, const float w[P], const float g[P], float h[P])
{
    for (int p = 0; p < P; p++)
        h[p] = g[p] + (w[p] > 0.0f ? lambda : w[p] < 0.0f ? -lambda : 0.0f);
}
