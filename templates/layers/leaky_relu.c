/* Layer:   leaky_relu
 * Summary: y = x where x > 0, slope x elsewhere
 * Attr:    slope >= 0 = 0.01 (main)
 * Note:    As PyTorch, where the slope is called negative_slope. Keras has 0.3 as default, and called it alpha.
 * Any:     M
 *
 * Derivation.  The derivative is 1 where x > 0 and `slope` elsewhere, at 0 too.  As the slope is not negative, y > 0
 * exactly where x > 0, and the backward pass needs y only.  Maas et al. 2013.
 */
#include "../template.h"

void leaky_relu_forward(int N, int M, float slope, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m] > 0.0f ? x[n][m] : slope * x[n][m];
}

void leaky_relu_backward(int N, int M, float slope, const float y[N][M], const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = y[n][m] > 0.0f ? dy[n][m] : slope * dy[n][m];
}
