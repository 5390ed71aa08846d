/* Layer:   hard_swish
 * Summary: y = x hard_sigmoid(x): 0 below -3, x above 3, x (x + 3) / 6 between
 * Any:     M
 *
 * Derivation.  Between the corners (x^2 + 3 x)' / 6 = x / 3 + 1/2; below 0, above 1.  y is not monotone: x is needed.
 * Howard et al. 2019.
 */
#include "../template.h"

void hard_swish_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m] <= -3.0f ? 0.0f : x[n][m] >= 3.0f ? x[n][m] : x[n][m] * (x[n][m] + 3.0f) / 6.0f;
}

void hard_swish_backward(int N, int M, const float x[N][M], const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = x[n][m] <= -3.0f ? 0.0f : x[n][m] >= 3.0f ? dy[n][m] : dy[n][m] * (x[n][m] / 3.0f + 0.5f);
}
