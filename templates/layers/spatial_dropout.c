/* Layer:     spatial_dropout
 * Summary:   each channel of a sample is dropped at all positions with probability `rate`, and the others scaled up
 * Attr:      rate >= 0 < 1 = 0.5 (main) -- the probability with which a channel becomes 0
 * Any:       M
 * Scratch:   factor
 * Inference: view
 * Note:      As PyTorch's Dropout1d, Dropout2d and Dropout3d, and Keras's SpatialDropout1D, 2D and 3D.
 *
 * Derivation.  y_nmc = x_nmc k_nc with k = 1 / (1 - rate) where the random number of sample and channel is at least
 * `rate`, and 0 elsewhere; so dL/dx = dL/dy k.  Neighbours of a map tell nearly the same, so that dropping single
 * elements takes little away.  The factors are not kept: random_uniform is a function of key and index, and the
 * backward pass makes them again.  In prediction y is x.  Tompson et al. 2015.
 */
#include "../template.h"

void spatial_dropout_forward(int N, int M, int C, float rate, uint32_t key, const float x[N][M][C], float factor[N][C],
                             float y[N][M][C])
{
    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++)
            factor[n][c] = random_uniform(key, n * C + c) >= rate ? 1.0f / (1.0f - rate) : 0.0f;

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][c] = x[n][m][c] * factor[n][c];
}

void spatial_dropout_inference(int N, int M, int C, const float x[N][M][C], float y[N][M][C])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][c] = x[n][m][c];
}

void spatial_dropout_backward(int N, int M, int C, float rate, uint32_t key, const float dy[N][M][C],
                              float factor[N][C], float dx[N][M][C])
{
    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++)
            factor[n][c] = random_uniform(key, n * C + c) >= rate ? 1.0f / (1.0f - rate) : 0.0f;

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                dx[n][m][c] = dy[n][m][c] * factor[n][c];
}
