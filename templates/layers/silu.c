/* Layer:   silu
 * Summary: y = x sigmoid(x), also called swish
 * Any:     M
 *
 * Derivation.  With s = sigmoid(x), s' = s (1 - s), so y' = s + x s (1 - s) = s (1 + x (1 - s)).  y is not monotone:
 * x is needed.  Hendrycks and Gimpel 2016; Ramachandran et al. 2017.
 */
#include "../template.h"

void silu_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m] / (1.0f + expf(-x[n][m]));
}

void silu_backward(int N, int M, const float x[N][M], const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float s = 1.0f / (1.0f + expf(-x[n][m]));
            dx[n][m] = dy[n][m] * (s * (1.0f + x[n][m] * (1.0f - s)));
        }
}
