/* Layer:   layer_norm
 * Summary: the last dimension, or the whole sample, is brought to mean 0 and variance 1, then scaled and shifted
 * Attr:    epsilon > 0 = 1e-5
 * Attr:    over {channels, sample} = channels -- what has one mean: the channels of each position, or all of a sample
 * Form:    sample over == sample
 * Any:     M
 * Param:   gamma gamma   ones
 * Param:   beta  beta    zeros
 * Torch:   gamma[c] = weight[c]
 * Torch:   beta[c] = bias[c]
 * Torch:   gamma[m][c] = weight[c][m]
 * Torch:   beta[m][c] = bias[c][m]
 * Scratch: mean_u
 * Scratch: mean_u_xhat
 * Scratch: part
 * Note:    As PyTorch's LayerNorm, which calls gamma weight and beta bias: `channels` is its normalized_shape of the
 *          last dimension, `sample` that of all dimensions, with a gamma for each element. Keras: epsilon 1e-3.
 *
 * Derivation.  Row by row (n, m), with mean() over the C values of the row and g for dL/dy:
 *     mu = mean(x),  var = mean((x - mu)^2),  r = 1 / sqrt(var + epsilon),  xhat = (x - mu) r
 *     y_c = gamma_c xhat_c + beta_c
 * Let u_c = gamma_c g_c be dL/dxhat.  As for batch_norm, through mu and r,
 *     dL/dx_c     = r (u_c - mean(u) - xhat_c mean(u xhat))
 *     dL/dgamma_c = sum_nm g_nmc xhat_nmc
 *     dL/dbeta_c  = sum_nm g_nmc
 * The last two are summed for each sample first, then over the samples.  Ba et al. 2016.
 *
 * In the form `sample` a row is all of a sample, mean() goes over m and c, and gamma and beta have an element for each
 * m and c.  Sums over a sample are made for each channel first, which has lanes, then over the channels.
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

void layer_norm_sample_forward(int N, int M, int C, float epsilon, const float x[N][M][C], const float gamma[M][C],
                               const float beta[M][C], float part[N][C], float y[N][M][C], float mean[N], float rstd[N])
{
    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += x[n][m][c];
            part[n][c] = sum;
        }

    for (int n = 0; n < N; n++) {
        float sum = 0.0f;
        for (int c = 0; c < C; c++)
            sum += part[n][c];
        mean[n] = sum / (float)(M * C);
    }

    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += (x[n][m][c] - mean[n]) * (x[n][m][c] - mean[n]);
            part[n][c] = sum;
        }

    for (int n = 0; n < N; n++) {
        float sum = 0.0f;
        for (int c = 0; c < C; c++)
            sum += part[n][c];
        rstd[n] = 1.0f / sqrtf(sum / (float)(M * C) + epsilon);
    }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][c] = (x[n][m][c] - mean[n]) * rstd[n] * gamma[m][c] + beta[m][c];
}

void layer_norm_sample_backward(int N, int M, int C, const float x[N][M][C], const float gamma[M][C],
                                const float mean[N], const float rstd[N], const float dy[N][M][C], float part[N][C],
                                float mean_u[N], float mean_u_xhat[N], float dx[N][M][C], float dgamma[M][C],
                                float dbeta[M][C])
{
    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += dy[n][m][c] * gamma[m][c];
            part[n][c] = sum;
        }

    for (int n = 0; n < N; n++) {
        float sum = 0.0f;
        for (int c = 0; c < C; c++)
            sum += part[n][c];
        mean_u[n] = sum / (float)(M * C);
    }

    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += dy[n][m][c] * gamma[m][c] * ((x[n][m][c] - mean[n]) * rstd[n]);
            part[n][c] = sum;
        }

    for (int n = 0; n < N; n++) {
        float sum = 0.0f;
        for (int c = 0; c < C; c++)
            sum += part[n][c];
        mean_u_xhat[n] = sum / (float)(M * C);
    }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++) {
                float xhat = (x[n][m][c] - mean[n]) * rstd[n];
                dx[n][m][c] = rstd[n] * (dy[n][m][c] * gamma[m][c] - mean_u[n] - xhat * mean_u_xhat[n]);
            }

    for (int m = 0; m < M; m++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int n = 0; n < N; n++)
                sum += dy[n][m][c] * ((x[n][m][c] - mean[n]) * rstd[n]);
            dgamma[m][c] = sum;
        }

    for (int m = 0; m < M; m++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int n = 0; n < N; n++)
                sum += dy[n][m][c];
            dbeta[m][c] = sum;
        }
}
