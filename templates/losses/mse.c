/* Loss:    mse
 * Summary: the mean squared error, over all elements of the batch
 * Any:     M
 * Target:  vector
 * Metric:  none
 * Scratch: row
 * Note:    As PyTorch's MSELoss with reduction 'mean': the sum is divided by samples times outputs.
 *
 * Derivation.  L = sum_nm (x_nm - t_nm)^2 / (N M), so dL/dx_nm = 2 (x_nm - t_nm) / (N M).
 */
#include "../template.h"

void mse_forward(int N, int M, const float x[N][M], const float t[N][M], float row[N], float loss[1])
{
    for (int n = 0; n < N; n++) {
        float sum = 0.0f;
        for (int m = 0; m < M; m++)
            sum += (x[n][m] - t[n][m]) * (x[n][m] - t[n][m]);
        row[n] = sum;
    }

    float sum = 0.0f;
    for (int n = 0; n < N; n++)
        sum += row[n];
    loss[0] = sum / (float)(N * M);
}

void mse_backward(int N, int M, float scale, const float x[N][M], const float t[N][M], float dx[N][M])
{
    float factor = 2.0f * scale / (float)(N * M);
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = factor * (x[n][m] - t[n][m]);
}
