/* Layer:   softsign
 * Summary: y = x / (1 + |x|)
 * Any:     M
 *
 * Derivation.  y' = 1 / (1 + |x|)^2, and 1 / (1 + |x|) = 1 - |y|, so the backward pass needs y only.
 */
#include "../template.h"

void softsign_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m] / (1.0f + fabsf(x[n][m]));
}

void softsign_backward(int N, int M, const float y[N][M], const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = dy[n][m] * ((1.0f - fabsf(y[n][m])) * (1.0f - fabsf(y[n][m])));
}
