/* Layer:   softplus
 * Summary: y = log(1 + exp(x)), a smooth relu
 * Note:    PyTorch's beta is 1 here; its threshold is not needed, as this form never overflows.
 * Any:     M
 *
 * Derivation.  log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)), whose exponential is at most 1.  The derivative is
 * sigmoid(x) = 1 - exp(-y), which needs y only; -expm1(-y) keeps its accuracy where y is small.
 */
#include "../template.h"

void softplus_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = fmaxf(x[n][m], 0.0f) + log1pf(expf(-fabsf(x[n][m])));
}

void softplus_backward(int N, int M, const float y[N][M], const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = dy[n][m] * -expm1f(-y[n][m]);
}
