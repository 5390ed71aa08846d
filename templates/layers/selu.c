/* Layer:   selu
 * Summary: y = lambda x where x > 0, lambda alpha (exp(x) - 1) elsewhere
 * Note:    Goes with lecun_normal; the constants are those of PyTorch and Keras.
 * Any:     M
 *
 * Derivation.  With lambda = 1.0507009873554805 and alpha = 1.6732632423543772, mean 0 and variance 1 are a stable
 * fixed point from layer to layer (Klambauer et al. 2017).  Where x <= 0 the derivative is lambda alpha exp(x), which
 * is y + lambda alpha, so the backward pass needs y only.  lambda alpha = 1.7580993408473766.
 */
#include "../template.h"

void selu_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] =
                x[n][m] > 0.0f ? (float)1.0507009873554805 * x[n][m] : (float)1.7580993408473766 * expm1f(x[n][m]);
}

void selu_backward(int N, int M, const float y[N][M], const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = dy[n][m] * (y[n][m] > 0.0f ? (float)1.0507009873554805 : y[n][m] + (float)1.7580993408473766);
}
