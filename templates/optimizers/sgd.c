/* Optimizer: sgd
 * Summary:   a step down the gradient: plain, with momentum, or with Nesterov's momentum
 * Attr:      momentum >= 0 < 1 = 0
 * Attr:      nesterov bool = false
 * Form:      nesterov nesterov == true
 * Form:      momentum momentum > 0
 * State:     v = 0
 * Note:      As PyTorch: v is a sum of gradients, and the present rate is applied to it.
 * Note:      In Keras v is a sum of steps, v = momentum v - rate g; the two differ as soon as the rate changes.
 *
 * Without momentum there is no state.  With it, v is the decaying sum of gradients (Polyak 1964)
 *     v <- momentum v + g,    w <- w - rate v
 * and Nesterov's form looks one step ahead (Nesterov 1983; in this form Sutskever et al. 2013):
 *     v <- momentum v + g,    w <- w - rate (g + momentum v)
 */
#include "../template.h"

void sgd_update(int P, float rate, const float g[P], float w[P])
{
    for (int p = 0; p < P; p++)
        w[p] -= rate * g[p];
}

void sgd_momentum_update(int P, float rate, float momentum, const float g[P], float w[P], float v[P])
{
    for (int p = 0; p < P; p++) {
        v[p] = momentum * v[p] + g[p];
        w[p] -= rate * v[p];
    }
}

void sgd_nesterov_update(int P, float rate, float momentum, const float g[P], float w[P], float v[P])
{
    for (int p = 0; p < P; p++) {
        v[p] = momentum * v[p] + g[p];
        w[p] -= rate * (momentum * v[p] + g[p]);
    }
}
