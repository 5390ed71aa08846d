/* Layer:   log_softmax
 * Summary: y_k = x_k - log(sum_j exp(x_j)), over the last dimension
 * Any:     M
 * Scratch: top
 * Scratch: sum
 *
 * Derivation.  Leave out the indices n, m.  The largest x is subtracted first, which changes nothing but keeps the
 * exponentials from overflowing.  From dy_k/dx_j = [k = j] - exp(y_j), with g for dL/dy,
 *     dL/dx_k = g_k - exp(y_k) sum_j g_j
 */
#include "../template.h"

void log_softmax_forward(int N, int M, int K, const float x[N][M][K], float top[N][M], float sum[N][M],
                         float y[N][M][K])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float best = x[n][m][0];
            for (int k = 1; k < K; k++)
                best = fmaxf(best, x[n][m][k]);
            top[n][m] = best;
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float mass = 0.0f;
            for (int k = 0; k < K; k++)
                mass += expf(x[n][m][k] - top[n][m]);
            sum[n][m] = logf(mass);
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int k = 0; k < K; k++)
                y[n][m][k] = x[n][m][k] - top[n][m] - sum[n][m];
}

void log_softmax_backward(int N, int M, int K, const float y[N][M][K], const float dy[N][M][K], float sum[N][M],
                          float dx[N][M][K])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float whole = 0.0f;
            for (int k = 0; k < K; k++)
                whole += dy[n][m][k];
            sum[n][m] = whole;
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int k = 0; k < K; k++)
                dx[n][m][k] = dy[n][m][k] - expf(y[n][m][k]) * sum[n][m];
}
