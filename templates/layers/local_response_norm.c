/* Layer:   local_response_norm
 * Summary: each channel is divided by a power of the mean square of its neighbours
 * Attr:    size R >= 1 (main) -- how many channels count as neighbours, the channel itself among them
 * Attr:    alpha >= 0 = 1e-4
 * Attr:    beta >= 0 = 0.75
 * Attr:    k > 0 = 1
 * Any:     M
 * Scratch: square
 * Scratch: factor
 * Scratch: ratio
 * Note:    As PyTorch's LocalResponseNorm: alpha is divided by `size`, at the first and last channels too; of an even
 *          size the larger half lies before the channel.
 * Note:    AlexNet's formula (Krizhevsky et al. 2012) does not divide: its n = 5, alpha = 1e-4, beta = 0.75, k = 2 is
 *          {size: 5, alpha: 5e-4, beta: 0.75, k: 2} here. TensorFlow's depth_radius r is the size 2 r + 1, and its
 *          alpha is not divided either; Caffe's is.
 *
 * Derivation.  At each position, with W(c) = {c - R / 2, ..., c + (R - 1) / 2} inside 0 ... C - 1, in whole numbers:
 *     s_c = k + alpha / R sum_{j in W(c)} x_j^2,    y_c = x_c s_c^-beta
 * With g for dL/dy: y_c depends on x_c directly, and through s_c on each x_j of its window, ds_c/dx_j = 2 alpha / R x_j:
 *     dL/dx_j = g_j s_j^-beta - 2 alpha beta / R x_j sum_{c: j in W(c)} g_c x_c s_c^-beta / s_c
 * where j is in W(c) for c from j - (R - 1) / 2 to j + R / 2.  What a window adds up stands between zeros, as many as
 * reach over the first and the last channel: then all windows are alike, and neighbouring ones have lanes.
 */
#include "../template.h"

void local_response_norm_forward(int N, int M, int C, int R, float alpha, float beta, float k, const float x[N][M][C],
                                 float square[N][M][C + R - 1], float y[N][M][C], float s[N][M][C])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                square[n][m][R / 2 + c] = x[n][m][c] * x[n][m][c];

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < R / 2; c++)
                square[n][m][c] = 0.0f;

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < (R - 1) / 2; c++)
                square[n][m][R / 2 + C + c] = 0.0f;

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++) {
                float sum = 0.0f;
                for (int i = 0; i < R; i++)
                    sum += square[n][m][c + i];
                s[n][m][c] = alpha / (float)R * sum + k;
            }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][c] = x[n][m][c] * powf(s[n][m][c], -beta);
}

void local_response_norm_backward(int N, int M, int C, int R, float alpha, float beta, const float x[N][M][C],
                                  const float s[N][M][C], const float dy[N][M][C], float factor[N][M][C],
                                  float ratio[N][M][C + R - 1], float dx[N][M][C])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                factor[n][m][c] = dy[n][m][c] * powf(s[n][m][c], -beta);

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                ratio[n][m][(R - 1) / 2 + c] = factor[n][m][c] * x[n][m][c] / s[n][m][c];

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < (R - 1) / 2; c++)
                ratio[n][m][c] = 0.0f;

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < R / 2; c++)
                ratio[n][m][(R - 1) / 2 + C + c] = 0.0f;

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++) {
                float sum = 0.0f;
                for (int i = 0; i < R; i++)
                    sum += ratio[n][m][c + i];
                dx[n][m][c] = factor[n][m][c] - 2.0f * alpha * beta / (float)R * x[n][m][c] * sum;
            }
}
