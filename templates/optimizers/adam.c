/* Optimizer: adam
 * Summary:   steps of even length: the mean gradient over the root of the mean square, both decaying, both corrected
 * Attr:      beta1 >= 0 < 1 = 0.9
 * Attr:      beta2 >= 0 < 1 = 0.999
 * Attr:      epsilon > 0 = 1e-8
 * State:     m = 0
 * State:     v = 0
 * State:     power = 1
 * State:     rest = 0
 * Note:      As PyTorch. Keras adds epsilon (1e-7) to the uncorrected root, which differs in the first steps.
 *
 * With m = beta1 m + (1 - beta1) g and v = beta2 v + (1 - beta2) g^2, both from 0, the weights of the past add up to
 * 1 - beta1^t and 1 - beta2^t after t steps; dividing by these removes the bias towards 0:
 *     w <- w - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
 * `power` holds beta1^t and beta2^t, kept up by adam_step, and `rest` what their products lost to rounding (where a
 * product is fused into its difference from the rounded one): next to 1, where 1 - beta2^t takes most of it away, that
 * loss would be up to 1.4e-5 of it in float, and is 1.2e-7.  Kingma and Ba 2015.
 */
#include "../template.h"

void adam_step(float beta1, float beta2, float power[2], float rest[2])
{
    float first = power[0] * beta1;
    rest[0] = rest[0] * beta1 + (power[0] * beta1 - first);
    power[0] = first;

    float second = power[1] * beta2;
    rest[1] = rest[1] * beta2 + (power[1] * beta2 - second);
    power[1] = second;
}

void adam_update(int P, float rate, float beta1, float beta2, float epsilon, const float power[2], const float rest[2],
                 const float g[P], float w[P], float m[P], float v[P])
{
    float length = rate / (1.0f - power[0] - rest[0]);
    float root = 1.0f / sqrtf(1.0f - power[1] - rest[1]);
    for (int p = 0; p < P; p++) {
        m[p] = beta1 * m[p] + (1.0f - beta1) * g[p];
        v[p] = beta2 * v[p] + (1.0f - beta2) * g[p] * g[p];
        w[p] -= length * m[p] / (sqrtf(v[p]) * root + epsilon);
    }
}
