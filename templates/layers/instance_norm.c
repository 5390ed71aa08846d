/* Layer:   instance_norm
 * Summary: each channel of a sample is brought to mean 0 and variance 1 over the positions
 * Attr:    epsilon > 0 = 1e-5
 * Attr:    affine bool = false -- true: a trained scale and shift for each channel
 * Form:    affine affine == true
 * Any:     M
 * Require: M > 1 -- a single position has no variance
 * Param:   gamma gamma   ones                Option: affine
 * Param:   beta  beta    zeros               Option: affine
 * Torch:   gamma[c] = weight[c]
 * Torch:   beta[c] = bias[c]
 * Scratch: part
 * Scratch: part_xhat
 * Scratch: mean_dy
 * Scratch: mean_dy_xhat
 * Note:    As PyTorch's InstanceNorm1d, 2d and 3d, which has no scale and shift either if left out; it calls gamma
 *          weight and beta bias. Prediction uses the sample's own statistics, as PyTorch without track_running_stats.
 *
 * Derivation.  For each channel of each sample, with mean() over the M positions and g for dL/dy:
 *     mu = mean(x),  var = mean((x - mu)^2),  r = 1 / sqrt(var + epsilon),  xhat = (x - mu) r
 *     y = xhat,  or  y = gamma xhat + beta
 * As for batch_norm, through mu and r, with u = g or u = gamma g for dL/dxhat,
 *     dL/dx       = r (u - mean(u) - xhat mean(u xhat))
 *     dL/dgamma_c = sum_nm g_nmc xhat_nmc
 *     dL/dbeta_c  = sum_nm g_nmc
 * The last two are summed for each sample first, then over the samples.  Ulyanov et al. 2016.
 */
#include "../template.h"

void instance_norm_forward(int N, int M, int C, float epsilon, const float x[N][M][C], float y[N][M][C],
                           float mean[N][C], float rstd[N][C])
{
    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += x[n][m][c];
            mean[n][c] = sum / (float)M;
        }

    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += (x[n][m][c] - mean[n][c]) * (x[n][m][c] - mean[n][c]);
            rstd[n][c] = 1.0f / sqrtf(sum / (float)M + epsilon);
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][c] = (x[n][m][c] - mean[n][c]) * rstd[n][c];
}

void instance_norm_backward(int N, int M, int C, const float x[N][M][C], const float mean[N][C], const float rstd[N][C],
                            const float dy[N][M][C], float mean_dy[N][C], float mean_dy_xhat[N][C], float dx[N][M][C])
{
    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += dy[n][m][c];
            mean_dy[n][c] = sum / (float)M;
        }

    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += dy[n][m][c] * ((x[n][m][c] - mean[n][c]) * rstd[n][c]);
            mean_dy_xhat[n][c] = sum / (float)M;
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++) {
                float xhat = (x[n][m][c] - mean[n][c]) * rstd[n][c];
                dx[n][m][c] = rstd[n][c] * (dy[n][m][c] - mean_dy[n][c] - xhat * mean_dy_xhat[n][c]);
            }
}

void instance_norm_affine_forward(int N, int M, int C, float epsilon, const float x[N][M][C], const float gamma[C],
                                  const float beta[C], float y[N][M][C], float mean[N][C], float rstd[N][C])
{
    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += x[n][m][c];
            mean[n][c] = sum / (float)M;
        }

    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += (x[n][m][c] - mean[n][c]) * (x[n][m][c] - mean[n][c]);
            rstd[n][c] = 1.0f / sqrtf(sum / (float)M + epsilon);
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][c] = (x[n][m][c] - mean[n][c]) * rstd[n][c] * gamma[c] + beta[c];
}

void instance_norm_affine_backward(int N, int M, int C, const float x[N][M][C], const float gamma[C],
                                   const float mean[N][C], const float rstd[N][C], const float dy[N][M][C],
                                   float part[N][C], float part_xhat[N][C], float dx[N][M][C], float dgamma[C],
                                   float dbeta[C])
{
    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += dy[n][m][c];
            part[n][c] = sum;
        }

    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += dy[n][m][c] * ((x[n][m][c] - mean[n][c]) * rstd[n][c]);
            part_xhat[n][c] = sum;
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++) {
                float xhat = (x[n][m][c] - mean[n][c]) * rstd[n][c];
                dx[n][m][c] =
                    gamma[c] * rstd[n][c] * (dy[n][m][c] - part[n][c] / (float)M - xhat * (part_xhat[n][c] / (float)M));
            }

    for (int c = 0; c < C; c++) {
        float sum = 0.0f;
        for (int n = 0; n < N; n++)
            sum += part_xhat[n][c];
        dgamma[c] = sum;
    }

    for (int c = 0; c < C; c++) {
        float sum = 0.0f;
        for (int n = 0; n < N; n++)
            sum += part[n][c];
        dbeta[c] = sum;
    }
}
