/* Layer:   elu
 * Summary: y = x where x > 0, alpha (exp(x) - 1) elsewhere
 * Attr:    alpha >= 0 = 1 (main)
 * Any:     M
 *
 * Derivation.  Where x <= 0 the derivative is alpha exp(x) = y + alpha, so the backward pass needs y only: its sign is
 * that of x.  Clevert et al. 2016.
 */
#include "../template.h"

void elu_forward(int N, int M, float alpha, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m] > 0.0f ? x[n][m] : alpha * expm1f(x[n][m]);
}

void elu_backward(int N, int M, float alpha, const float y[N][M], const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = dy[n][m] * (y[n][m] > 0.0f ? 1.0f : y[n][m] + alpha);
}
