/* Optimizer: adamw
 * Summary:   adam, with a weight decay that does not pass through the moments
 * Attr:      beta1 >= 0 < 1 = 0.9
 * Attr:      beta2 >= 0 < 1 = 0.999
 * Attr:      epsilon > 0 = 1e-8
 * Attr:      weight_decay >= 0 = 0.01
 * State:     m = 0
 * State:     v = 0
 * Note:      As PyTorch: the decay is rate times weight_decay, and every parameter decays, biases too.
 * Note:      Keras: weight_decay 0.004, and epsilon (1e-7) is added to the uncorrected root.
 *
 * Before adam's step, w shrinks by the factor 1 - rate weight_decay.  A penalty in the gradient would be divided by
 * sqrt(v) like the rest of it, and so hardly act where gradients are large.  Loshchilov and Hutter 2019; the rest is as
 * in adam.
 */
#include "../template.h"

void adamw_step(int step, float beta1, float beta2, float correction[2])
{
    correction[0] = -expm1f(((float)step + 1.0f) * logf(beta1));
    correction[1] = -expm1f(((float)step + 1.0f) * logf(beta2));
}

void adamw_update(int P, float rate, float beta1, float beta2, float epsilon, float weight_decay,
                  const float correction[2], const float g[P], float w[P], float m[P], float v[P])
{
    float keep = 1.0f - rate * weight_decay;
    float length = rate / correction[0];
    float root = 1.0f / sqrtf(correction[1]);
    for (int p = 0; p < P; p++) {
        m[p] = beta1 * m[p] + (1.0f - beta1) * g[p];
        v[p] = beta2 * v[p] + (1.0f - beta2) * g[p] * g[p];
        w[p] *= keep;
        w[p] -= length * m[p] / (sqrtf(v[p]) * root + epsilon);
    }
}
