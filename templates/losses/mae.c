/* Loss:    mae
 * Summary: the mean absolute error, over all elements of the batch
 * Any:     M
 * Target:  vector
 * Metric:  none
 * Scratch: row
 * Note:    As PyTorch's L1Loss with reduction 'mean'.
 *
 * Derivation.  L = sum_nm |x_nm - t_nm| / (N M), so dL/dx_nm = sign(x_nm - t_nm) / (N M), with sign(0) = 0.
 */
#include "../template.h"

void mae_forward(int N, int M, const float x[N][M], const float t[N][M], float row[N], float loss[1])
{
    for (int n = 0; n < N; n++) {
        float sum = 0.0f;
        for (int m = 0; m < M; m++)
            sum += fabsf(x[n][m] - t[n][m]);
        row[n] = sum;
    }

    float sum = 0.0f;
    for (int n = 0; n < N; n++)
        sum += row[n];
    loss[0] = sum / (float)(N * M);
}

void mae_backward(int N, int M, float scale, const float x[N][M], const float t[N][M], float dx[N][M])
{
    float factor = scale / (float)(N * M);
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = x[n][m] > t[n][m] ? factor : x[n][m] < t[n][m] ? -factor : 0.0f;
}
