/* Regularizer: l2
 * Summary:     lambda / 2 times the sum of the squared weights
 * Attr:        lambda >= 0 (main)
 * Scratch:     part
 * Note:        The gradient is lambda w: this lambda is PyTorch's weight_decay (of sgd and adam).
 * Note:        Keras's l2 has no factor 1/2: its value is half of this lambda.
 *
 * Derivation.  d(lambda / 2 sum w^2)/dw = lambda w, which is added to the gradient g of the loss.  The sum is made as
 * 16 interleaved ones, which have lanes, and which are then added in order.
 */
#include "../template.h"

void l2_penalty(int P, float lambda, const float w[P], float part[16], float penalty[1])
{
    for (int j = 0; j < 16; j++) {
        float sum = 0.0f;
        for (int p = 0; p < P / 16; p++)
            sum += w[16 * p + j] * w[16 * p + j];
        if (j < P % 16)
            sum += w[P / 16 * 16 + j] * w[P / 16 * 16 + j];
        part[j] = sum;
    }

    float sum = 0.0f;
    for (int j = 0; j < 16; j++)
        sum += part[j];
    penalty[0] = 0.5f * lambda * sum;
}

void l2_gradient(int P, float lambda, const float w[P], const float g[P], float h[P])
{
    for (int p = 0; p < P; p++)
        h[p] = g[p] + lambda * w[p];
}
