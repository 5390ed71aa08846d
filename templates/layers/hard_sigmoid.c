/* Layer:   hard_sigmoid
 * Summary: y = x / 6 + 1/2, cut off at 0 and 1
 * Note:    As PyTorch and Keras 3. Keras 2 had the slope 0.2.
 * Any:     M
 *
 * Derivation.  The derivative is 1/6 where 0 < y < 1, that is between -3 and 3, and 0 elsewhere, also at the corners.
 */
#include "../template.h"

void hard_sigmoid_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m] <= -3.0f ? 0.0f : x[n][m] >= 3.0f ? 1.0f : x[n][m] / 6.0f + 0.5f;
}

void hard_sigmoid_backward(int N, int M, const float y[N][M], const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = 0.0f < y[n][m] && y[n][m] < 1.0f ? dy[n][m] / 6.0f : 0.0f;
}
