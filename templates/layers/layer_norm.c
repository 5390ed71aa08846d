/* Layer:   layer_norm
 * Summary: the last dimension is brought to mean 0 and variance 1, then scaled and shifted
 * Attr:    epsilon > 0 = 1e-5
 * Any:     M
 * Param:   gamma gamma   ones
 * Param:   beta  beta    zeros
 * Scratch: mean_u
 * Scratch: mean_u_xhat
 * Scratch: part
 * Note:    As PyTorch's LayerNorm over one dimension, which calls gamma weight and beta bias. Keras: epsilon 1e-3.
 *
 * Derivation.  Row by row (n, m), with mean() over the C values of the row and g for dL/dy:
 *     mu = mean(x),  var = mean((x - mu)^2),  r = 1 / sqrt(var + epsilon),  xhat = (x - mu) r
 *     y_c = gamma_c xhat_c + beta_c
 * Let u_c = gamma_c g_c be dL/dxhat.  As for batch_norm, through mu and r,
 *     dL/dx_c     = r (u_c - mean(u) - xhat_c mean(u xhat))
 *     dL/dgamma_c = sum_nm g_nmc xhat_nmc
 *     dL/dbeta_c  = sum_nm g_nmc
 * The last two are summed for each sample first, then over the samples.  Ba et al. 2016.
 */
#include "../template.h"

void layer_norm_forward(int N, int M, int C, float epsilon, const float x[N][M][C], const float gamma[C],
                        const float beta[C], float y[N][M][C], float mean[N][M], float rstd[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float sum = 0.0f;
            for (int c = 0; c < C; c++)
                sum += x[n][m][c];
            mean[n][m] = sum / (float)C;
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float sum = 0.0f;
            for (int c = 0; c < C; c++)
                sum += (x[n][m][c] - mean[n][m]) * (x[n][m][c] - mean[n][m]);
            rstd[n][m] = 1.0f / sqrtf(sum / (float)C + epsilon);
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][c] = (x[n][m][c] - mean[n][m]) * rstd[n][m] * gamma[c] + beta[c];
}

void layer_norm_backward(int N, int M, int C, const float x[N][M][C], const float gamma[C], const float mean[N][M],
                         const float rstd[N][M], const float dy[N][M][C], float mean_u[N][M], float mean_u_xhat[N][M],
                         float part[N][C], float dx[N][M][C], float dgamma[C], float dbeta[C])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float sum = 0.0f;
            for (int c = 0; c < C; c++)
                sum += dy[n][m][c] * gamma[c];
            mean_u[n][m] = sum / (float)C;
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float sum = 0.0f;
            for (int c = 0; c < C; c++)
                sum += dy[n][m][c] * gamma[c] * ((x[n][m][c] - mean[n][m]) * rstd[n][m]);
            mean_u_xhat[n][m] = sum / (float)C;
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++) {
                float xhat = (x[n][m][c] - mean[n][m]) * rstd[n][m];
                dx[n][m][c] = rstd[n][m] * (dy[n][m][c] * gamma[c] - mean_u[n][m] - xhat * mean_u_xhat[n][m]);
            }

    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += dy[n][m][c] * ((x[n][m][c] - mean[n][m]) * rstd[n][m]);
            part[n][c] = sum;
        }

    for (int c = 0; c < C; c++) {
        float sum = 0.0f;
        for (int n = 0; n < N; n++)
            sum += part[n][c];
        dgamma[c] = sum;
    }

    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += dy[n][m][c];
            part[n][c] = sum;
        }

    for (int c = 0; c < C; c++) {
        float sum = 0.0f;
        for (int n = 0; n < N; n++)
            sum += part[n][c];
        dbeta[c] = sum;
    }
}
