/* Optimizer: adagrad
 * Summary:   the gradient over the root of the sum of all its squares so far
 * Attr:      epsilon > 0 = 1e-10
 * State:     s = 0
 * Note:      As PyTorch: the sum starts at 0, and epsilon is added to the root.
 * Note:      Keras: the sum starts at 0.1, and epsilon (1e-7) is added under the root.
 *
 *     s <- s + g^2,    w <- w - rate g / (sqrt(s) + epsilon)
 * Rare inputs keep a large rate, frequent ones lose theirs.  Duchi, Hazan and Singer 2011.
 */
#include "../template.h"

void adagrad_update(int P, float rate, float epsilon, const float g[P], float w[P], float s[P])
{
    for (int p = 0; p < P; p++) {
        s[p] += g[p] * g[p];
        w[p] -= rate * g[p] / (sqrtf(s[p]) + epsilon);
    }
}
