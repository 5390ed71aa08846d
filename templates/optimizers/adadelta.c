/* Optimizer: adadelta
 * Summary:   the gradient over the root of its mean square, times the root of the mean square of the steps so far
 * Attr:      rho >= 0 < 1 = 0.9
 * Attr:      epsilon > 0 = 1e-6
 * State:     s = 0
 * State:     u = 0
 * Note:      As PyTorch. The steps have a length of their own: `learning_rate: 1` is the paper's and PyTorch's.
 * Note:      Keras: rho 0.95, epsilon 1e-7.
 *
 * With d the step before the rate is applied,
 *     s <- rho s + (1 - rho) g^2
 *     d  = sqrt(u + epsilon) / sqrt(s + epsilon) g
 *     u <- rho u + (1 - rho) d^2,    w <- w - rate d
 * The quotient of the roots has the unit of w over that of g, so that the step has w's.  Zeiler 2012.
 */
#include "../template.h"

void adadelta_update(int P, float rate, float rho, float epsilon, const float g[P], float w[P], float s[P], float u[P])
{
    for (int p = 0; p < P; p++) {
        s[p] = rho * s[p] + (1.0f - rho) * g[p] * g[p];
        float step = sqrtf(u[p] + epsilon) / sqrtf(s[p] + epsilon) * g[p];
        u[p] = rho * u[p] + (1.0f - rho) * step * step;
        w[p] -= rate * step;
    }
}
