/* Layer:   sigmoid
 * Summary: y = 1 / (1 + exp(-x))
 * Any:     M
 *
 * Derivation.  dy/dx = exp(-x) / (1 + exp(-x))^2 = y (1 - y), which needs y only.  Where exp(-x) overflows, y is 0, as
 * it should be.
 */
#include "../template.h"

void sigmoid_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = 1.0f / (1.0f + expf(-x[n][m]));
}

void sigmoid_backward(int N, int M, const float y[N][M], const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = dy[n][m] * (y[n][m] * (1.0f - y[n][m]));
}
