/* Layer:   global_avg_pool
 * Summary: the mean of each channel over all positions: of a row, a map, or any other shape
 * Any:     M
 * Note:    As AdaptiveAvgPool2d(1) in PyTorch and GlobalAveragePooling2D in Keras, without the dimensions of 1.
 *
 * Derivation.  y_nc = sum_m x_nmc / M, so dL/dx_nmc = dL/dy_nc / M.
 */
#include "../template.h"

void global_avg_pool_forward(int N, int M, int C, const float x[N][M][C], float y[N][C])
{
    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += x[n][m][c];
            y[n][c] = sum / (float)M;
        }
}

void global_avg_pool_backward(int N, int M, int C, const float dy[N][C], float dx[N][M][C])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                dx[n][m][c] = dy[n][c] / (float)M;
}
