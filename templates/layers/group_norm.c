/* Layer:   group_norm
 * Summary: in each sample, each group of channels is brought to mean 0 and variance 1, then scaled and shifted
 * Attr:    groups G >= 1 (main)
 * Attr:    epsilon > 0 = 1e-5
 * Any:     M
 * Require: C % G == 0 -- {C} channels cannot be cut into {G} groups
 * Param:   gamma gamma   ones
 * Param:   beta  beta    zeros
 * Torch:   gamma[c] = weight[c]
 * Torch:   beta[c] = bias[c]
 * Scratch: part
 * Scratch: part_xhat
 * Scratch: group
 * Scratch: mean_u
 * Scratch: mean_u_xhat
 * Note:    As PyTorch's GroupNorm, which calls gamma weight and beta bias.
 * Note:    Keras: 32 groups if left out, epsilon 1e-3.
 *
 * Derivation.  Sample by sample and group by group, with mean() over the M positions and the D = C / G channels of the
 * group, and with g for dL/dy:
 *     mu = mean(x),  var = mean((x - mu)^2),  r = 1 / sqrt(var + epsilon),  xhat = (x - mu) r
 *     y_mc = gamma_c xhat_mc + beta_c
 * Let u_mc = gamma_c g_mc be dL/dxhat.  As for batch_norm, through mu and r,
 *     dL/dx_mc    = r (u_mc - mean(u) - xhat_mc mean(u xhat))
 *     dL/dgamma_c = sum_nm g_nmc xhat_nmc
 *     dL/dbeta_c  = sum_nm g_nmc
 * Every sum is made for each channel of a sample first: these have lanes, and serve the means over a group, in which
 * gamma_c stands before the sum over m, as well as the sums over the samples.  Mean and r are kept for each channel, so
 * that the large nests know no groups.  Wu and He 2018.
 */
#include "../template.h"

void group_norm_forward(int N, int M, int C, int G, float epsilon, const float x[N][M][C], const float gamma[C],
                        const float beta[C], float part[N][C], float group[N][G], float y[N][M][C], float mean[N][C],
                        float rstd[N][C])
{
    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += x[n][m][c];
            part[n][c] = sum;
        }

    for (int n = 0; n < N; n++)
        for (int g = 0; g < G; g++) {
            float sum = 0.0f;
            for (int c = 0; c < C / G; c++)
                sum += part[n][g * (C / G) + c];
            group[n][g] = sum / (float)(M * (C / G));
        }

    for (int n = 0; n < N; n++)
        for (int g = 0; g < G; g++)
            for (int c = 0; c < C / G; c++)
                mean[n][g * (C / G) + c] = group[n][g];

    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += (x[n][m][c] - mean[n][c]) * (x[n][m][c] - mean[n][c]);
            part[n][c] = sum;
        }

    for (int n = 0; n < N; n++)
        for (int g = 0; g < G; g++) {
            float sum = 0.0f;
            for (int c = 0; c < C / G; c++)
                sum += part[n][g * (C / G) + c];
            group[n][g] = 1.0f / sqrtf(sum / (float)(M * (C / G)) + epsilon);
        }

    for (int n = 0; n < N; n++)
        for (int g = 0; g < G; g++)
            for (int c = 0; c < C / G; c++)
                rstd[n][g * (C / G) + c] = group[n][g];

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][c] = (x[n][m][c] - mean[n][c]) * rstd[n][c] * gamma[c] + beta[c];
}

void group_norm_backward(int N, int M, int C, int G, const float x[N][M][C], const float gamma[C],
                         const float mean[N][C], const float rstd[N][C], const float dy[N][M][C], float part[N][C],
                         float part_xhat[N][C], float group[N][G], float mean_u[N][C], float mean_u_xhat[N][C],
                         float dx[N][M][C], float dgamma[C], float dbeta[C])
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
        for (int g = 0; g < G; g++) {
            float sum = 0.0f;
            for (int c = 0; c < C / G; c++)
                sum += gamma[g * (C / G) + c] * part[n][g * (C / G) + c];
            group[n][g] = sum / (float)(M * (C / G));
        }

    for (int n = 0; n < N; n++)
        for (int g = 0; g < G; g++)
            for (int c = 0; c < C / G; c++)
                mean_u[n][g * (C / G) + c] = group[n][g];

    for (int n = 0; n < N; n++)
        for (int g = 0; g < G; g++) {
            float sum = 0.0f;
            for (int c = 0; c < C / G; c++)
                sum += gamma[g * (C / G) + c] * part_xhat[n][g * (C / G) + c];
            group[n][g] = sum / (float)(M * (C / G));
        }

    for (int n = 0; n < N; n++)
        for (int g = 0; g < G; g++)
            for (int c = 0; c < C / G; c++)
                mean_u_xhat[n][g * (C / G) + c] = group[n][g];

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++) {
                float xhat = (x[n][m][c] - mean[n][c]) * rstd[n][c];
                dx[n][m][c] = rstd[n][c] * (dy[n][m][c] * gamma[c] - mean_u[n][c] - xhat * mean_u_xhat[n][c]);
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
