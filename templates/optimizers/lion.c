/* Optimizer: lion
 * Summary:   a step of the length `rate` for each parameter, along the sign of a mean gradient; decoupled weight decay
 * Attr:      beta1 >= 0 < 1 = 0.9
 * Attr:      beta2 >= 0 < 1 = 0.99
 * Attr:      weight_decay >= 0 = 0
 * State:     m = 0
 * Note:      As the paper's algorithm and Keras's Lion; PyTorch has none. Its rate is 3 to 10 times smaller than
 *            adam's, and its weight decay larger by as much.
 * Note:      The decay is rate times weight_decay, and every parameter decays, biases too, as in adamw.
 *
 *     c  = beta1 m + (1 - beta1) g
 *     w <- w (1 - rate weight_decay) - rate sign(c)
 *     m <- beta2 m + (1 - beta2) g
 * where sign(0) = 0.  The step looks at the present gradient more than the memory does.  Chen et al. 2023.
 */
#include "../template.h"

void lion_update(int P, float rate, float beta1, float beta2, float weight_decay, const float g[P], float w[P],
                 float m[P])
{
    float keep = 1.0f - rate * weight_decay;
    for (int p = 0; p < P; p++) {
        float mean = beta1 * m[p] + (1.0f - beta1) * g[p];
        w[p] *= keep;
        w[p] -= rate * (mean > 0.0f ? 1.0f : mean < 0.0f ? -1.0f : 0.0f);
        m[p] = beta2 * m[p] + (1.0f - beta2) * g[p];
    }
}
