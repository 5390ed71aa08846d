/* Optimizer: adam
 * Summary:   steps of even length: the mean gradient over the root of the mean square, both decaying, both corrected
 * Attr:      beta1 >= 0 < 1 = 0.9
 * Attr:      beta2 >= 0 < 1 = 0.999
 * Attr:      epsilon > 0 = 1e-8
 * State:     m = 0
 * State:     v = 0
 * Note:      As PyTorch. Keras adds epsilon (1e-7) to the uncorrected root, which differs in the first steps.
 *
 * With m = beta1 m + (1 - beta1) g and v = beta2 v + (1 - beta2) g^2, both from 0, the weights of the past add up to
 * 1 - beta1^t and 1 - beta2^t after t steps; dividing by these removes the bias towards 0:
 *     w <- w - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
 * `correction`: 1 - beta1^t and 1 - beta2^t.  As -expm1(t log beta) neither needs a power that is kept, nor does rounding
 * take most of it away where beta^t is next to 1.  Kingma and Ba 2015.
 */
#include "../template.h"

void adam_step(int step, float beta1, float beta2, float correction[2])
{
    correction[0] = -expm1f(((float)step + 1.0f) * logf(beta1));
    correction[1] = -expm1f(((float)step + 1.0f) * logf(beta2));
}

void adam_update(int P, float rate, float beta1, float beta2, float epsilon, const float correction[2],
                 const float g[P], float w[P], float m[P], float v[P])
{
    float length = rate / correction[0];
    float root = 1.0f / sqrtf(correction[1]);
    for (int p = 0; p < P; p++) {
        m[p] = beta1 * m[p] + (1.0f - beta1) * g[p];
        v[p] = beta2 * v[p] + (1.0f - beta2) * g[p] * g[p];
        w[p] -= length * m[p] / (sqrtf(v[p]) * root + epsilon);
    }
}
