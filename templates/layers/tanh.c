/* Layer:   tanh
 * Summary: y = tanh(x)
 * Any:     M
 *
 * Derivation.  tanh' = 1 - tanh^2, so dL/dx = dL/dy (1 - y^2), which needs y only.
 */
#include "../template.h"

void tanh_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = tanhf(x[n][m]);
}

void tanh_backward(int N, int M, const float y[N][M], const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = dy[n][m] * (1.0f - y[n][m] * y[n][m]);
}
