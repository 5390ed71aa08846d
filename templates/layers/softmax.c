/* Layer:   softmax
 * Summary: y_k = exp(x_k) / sum_j exp(x_j), over the last dimension
 * Any:     M
 * Scratch: top
 * Scratch: sum
 * Note:    Before a cross entropy, leave it out: softmax_cross_entropy reads logits.
 *
 * Derivation.  Leave out the indices n, m.  The largest x is subtracted first, which changes nothing but keeps the
 * exponentials from overflowing.  From dy_k/dx_j = y_k ([k = j] - y_j), with g for dL/dy,
 *     dL/dx_k = y_k (g_k - sum_j g_j y_j)
 */
#include "../template.h"

void softmax_forward(int N, int M, int K, const float x[N][M][K], float top[N][M], float sum[N][M], float y[N][M][K])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float best = x[n][m][0];
            for (int k = 1; k < K; k++)
                best = fmaxf(best, x[n][m][k]);
            top[n][m] = best;
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int k = 0; k < K; k++)
                y[n][m][k] = expf(x[n][m][k] - top[n][m]);

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float mass = 0.0f;
            for (int k = 0; k < K; k++)
                mass += y[n][m][k];
            sum[n][m] = mass;
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int k = 0; k < K; k++)
                y[n][m][k] = y[n][m][k] / sum[n][m];
}

void softmax_backward(int N, int M, int K, const float y[N][M][K], const float dy[N][M][K], float sum[N][M],
                      float dx[N][M][K])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float mean = 0.0f;
            for (int k = 0; k < K; k++)
                mean += dy[n][m][k] * y[n][m][k];
            sum[n][m] = mean;
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int k = 0; k < K; k++)
                dx[n][m][k] = y[n][m][k] * (dy[n][m][k] - sum[n][m]);
}
