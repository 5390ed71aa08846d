/* Layer:   batch_norm
 * Summary: each channel is brought to mean 0 and variance 1 over the batch, then scaled and shifted
 * Attr:    epsilon > 0 = 1e-5
 * Attr:    momentum >= 0 <= 1 = 0.1 -- the share of the new statistics in the running ones
 * Any:     M
 * Require: N * M > 1
 * Param:   gamma gamma   ones
 * Param:   beta  beta    zeros
 * State:   running_mean = 0
 * State:   running_variance = 1
 * Torch:   gamma[c] = weight[c]
 * Torch:   beta[c] = bias[c]
 * Torch:   running_variance[c] = running_var[c]
 * Torch:   num_batches_tracked
 * Scratch: part
 * Scratch: variance
 * Scratch: part_xhat
 * Scratch: mean_dy
 * Scratch: mean_dy_xhat
 * Scratch: factor
 * Scratch: shift
 * Note:    As PyTorch's BatchNorm: the biased variance (divisor N M) normalises, the unbiased one is stored.
 * Note:    Keras: epsilon 1e-3; momentum 0.99 is the share of the old statistics; the biased variance is stored.
 * Note:    PyTorch calls gamma weight, and beta bias.
 * Note:    With `trainable: false` the running statistics normalise in training, too, and stay as they are: PyTorch's
 *          eval() and requires_grad_(False); Keras's trainable = False.
 *
 * Derivation.  Channel by channel, over the N M values x_nm of the channel, with g for dL/dy and mean() over n and m:
 *     mu = mean(x),  var = mean((x - mu)^2),  r = 1 / sqrt(var + epsilon),  xhat = (x - mu) r,  y = gamma xhat + beta
 *     dL/dbeta = sum g,    dL/dgamma = sum g xhat
 * Let u = gamma g be dL/dxhat.  xhat depends on x directly, through mu and through r; dvar/dx = 2 (x - mu) / (N M), as
 * the deviations add up to 0, and dr/dvar = -r^3 / 2.  Together
 *     dL/dx = r (u - mean(u) - xhat mean(u xhat)) = gamma r (g - mean(g) - xhat mean(g xhat))
 * The mean is taken before the squares: E[x^2] - mu^2 would cancel where the mean is large.  Every sum is made for each
 * sample first, then over the samples.  Ioffe and Szegedy 2015.
 *
 * Frozen, and in prediction, it is the line y = (gamma r) x + (beta - gamma r running_mean) with r from the running
 * variance: no element depends on another, and dL/dx = gamma r g.
 */
#include "../template.h"

void batch_norm_forward(int N, int M, int C, float epsilon, float momentum, const float x[N][M][C],
                        const float gamma[C], const float beta[C], const float running_mean[C],
                        const float running_variance[C], float part[N][C], float y[N][M][C], float mean[C],
                        float rstd[C], float variance[C], float running_mean_next[C], float running_variance_next[C])
{
    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += x[n][m][c];
            part[n][c] = sum;
        }

    for (int c = 0; c < C; c++) {
        float sum = 0.0f;
        for (int n = 0; n < N; n++)
            sum += part[n][c];
        mean[c] = sum / (float)(N * M);
    }

    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += (x[n][m][c] - mean[c]) * (x[n][m][c] - mean[c]);
            part[n][c] = sum;
        }

    /* The sum of the squared deviations. */
    for (int c = 0; c < C; c++) {
        float sum = 0.0f;
        for (int n = 0; n < N; n++)
            sum += part[n][c];
        variance[c] = sum;
    }

    for (int c = 0; c < C; c++)
        rstd[c] = 1.0f / sqrtf(variance[c] / (float)(N * M) + epsilon);

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][c] = (x[n][m][c] - mean[c]) * rstd[c] * gamma[c] + beta[c];

    for (int c = 0; c < C; c++)
        running_mean_next[c] = (1.0f - momentum) * running_mean[c] + momentum * mean[c];

    for (int c = 0; c < C; c++)
        running_variance_next[c] =
            (1.0f - momentum) * running_variance[c] + momentum * (variance[c] / (float)(N * M - 1));
}

void batch_norm_inference(int N, int M, int C, float epsilon, const float x[N][M][C], const float gamma[C],
                          const float beta[C], const float running_mean[C], const float running_variance[C],
                          float factor[C], float shift[C], float y[N][M][C])
{
    for (int c = 0; c < C; c++)
        factor[c] = gamma[c] / sqrtf(running_variance[c] + epsilon);

    for (int c = 0; c < C; c++)
        shift[c] = beta[c] - running_mean[c] * factor[c];

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][c] = x[n][m][c] * factor[c] + shift[c];
}

void batch_norm_inference_backward(int N, int M, int C, float epsilon, const float gamma[C],
                                   const float running_variance[C], const float dy[N][M][C], float factor[C],
                                   float dx[N][M][C])
{
    for (int c = 0; c < C; c++)
        factor[c] = gamma[c] / sqrtf(running_variance[c] + epsilon);

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                dx[n][m][c] = dy[n][m][c] * factor[c];
}

void batch_norm_backward(int N, int M, int C, const float x[N][M][C], const float gamma[C], const float mean[C],
                         const float rstd[C], const float dy[N][M][C], float part[N][C], float part_xhat[N][C],
                         float mean_dy[C], float mean_dy_xhat[C], float dx[N][M][C], float dgamma[C], float dbeta[C])
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
                sum += dy[n][m][c] * ((x[n][m][c] - mean[c]) * rstd[c]);
            part_xhat[n][c] = sum;
        }

    for (int c = 0; c < C; c++) {
        float sum = 0.0f;
        for (int n = 0; n < N; n++)
            sum += part[n][c];
        mean_dy[c] = sum / (float)(N * M);
    }

    for (int c = 0; c < C; c++) {
        float sum = 0.0f;
        for (int n = 0; n < N; n++)
            sum += part_xhat[n][c];
        mean_dy_xhat[c] = sum / (float)(N * M);
    }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++) {
                float xhat = (x[n][m][c] - mean[c]) * rstd[c];
                dx[n][m][c] = gamma[c] * rstd[c] * (dy[n][m][c] - mean_dy[c] - xhat * mean_dy_xhat[c]);
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
