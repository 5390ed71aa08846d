/* Optimizer: rmsprop
 * Summary:   the gradient over the decaying root of its mean square, with momentum if asked for
 * Attr:      rho >= 0 < 1 = 0.99
 * Attr:      epsilon > 0 = 1e-8
 * Attr:      momentum >= 0 < 1 = 0
 * Form:      momentum momentum > 0
 * State:     s = 0
 * State:     v = 0
 * Note:      As PyTorch, which calls rho alpha: epsilon is added to the root, and the rate is applied to the momentum.
 * Note:      Keras: rho 0.9, epsilon 1e-7 added under the root, and the momentum holds steps with their rates.
 *
 *     s <- rho s + (1 - rho) g^2
 *     w <- w - rate g / (sqrt(s) + epsilon)
 * or with momentum
 *     v <- momentum v + g / (sqrt(s) + epsilon),    w <- w - rate v
 * Hinton, lecture 6e of Neural Networks for Machine Learning, 2012.
 */
#include "../template.h"

void rmsprop_update(int P, float rate, float rho, float epsilon, const float g[P], float w[P], float s[P])
{
    for (int p = 0; p < P; p++) {
        s[p] = rho * s[p] + (1.0f - rho) * g[p] * g[p];
        w[p] -= rate * g[p] / (sqrtf(s[p]) + epsilon);
    }
}

void rmsprop_momentum_update(int P, float rate, float rho, float epsilon, float momentum, const float g[P], float w[P],
                             float s[P], float v[P])
{
    for (int p = 0; p < P; p++) {
        s[p] = rho * s[p] + (1.0f - rho) * g[p] * g[p];
        v[p] = momentum * v[p] + g[p] / (sqrtf(s[p]) + epsilon);
        w[p] -= rate * v[p];
    }
}
