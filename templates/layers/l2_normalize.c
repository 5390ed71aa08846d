/* Layer:   l2_normalize
 * Summary: the last dimension is scaled to the length 1
 * Attr:    epsilon > 0 = 1e-12 -- a length below it counts as this
 * Any:     M
 * Scratch: part
 * Scratch: along
 * Note:    As PyTorch's F.normalize over the channels (p = 2, eps).
 * Note:    Keras's UnitNormalization (l2_normalize) takes epsilon for the squared length.
 *
 * Derivation.  Row by row (n, m), with g for dL/dy, r = sqrt(sum_c x_c^2) and s = max(r, epsilon):
 *     y_c = x_c / s
 * Where r > epsilon, dr/dx_c = x_c / r = y_c, so
 *     dL/dx_c = g_c / r - sum_j g_j x_j / r^2 y_c = (g_c - y_c sum_j g_j y_j) / r
 * which is at right angles to y.  Elsewhere s does not depend on x, and dL/dx_c = g_c / epsilon.  Sums over a row are
 * made as 16 interleaved ones, which have lanes, and which are then added in order.
 */
#include "../template.h"

void l2_normalize_forward(int N, int M, int C, float epsilon, const float x[N][M][C], float part[N][M][16],
                          float y[N][M][C], float length[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int j = 0; j < 16; j++) {
                float sum = 0.0f;
                for (int c = 0; c < C / 16; c++)
                    sum += x[n][m][16 * c + j] * x[n][m][16 * c + j];
                if (j < C % 16)
                    sum += x[n][m][C / 16 * 16 + j] * x[n][m][C / 16 * 16 + j];
                part[n][m][j] = sum;
            }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float sum = 0.0f;
            for (int j = 0; j < 16; j++)
                sum += part[n][m][j];
            length[n][m] = fmaxf(sqrtf(sum), epsilon);
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][c] = x[n][m][c] / length[n][m];
}

void l2_normalize_backward(int N, int M, int C, float epsilon, const float y[N][M][C], const float length[N][M],
                           const float dy[N][M][C], float part[N][M][16], float along[N][M], float dx[N][M][C])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int j = 0; j < 16; j++) {
                float sum = 0.0f;
                for (int c = 0; c < C / 16; c++)
                    sum += dy[n][m][16 * c + j] * y[n][m][16 * c + j];
                if (j < C % 16)
                    sum += dy[n][m][C / 16 * 16 + j] * y[n][m][C / 16 * 16 + j];
                part[n][m][j] = sum;
            }

    /* The part of the gradient that changes the length, and does not come through. */
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float sum = 0.0f;
            for (int j = 0; j < 16; j++)
                sum += part[n][m][j];
            along[n][m] = length[n][m] > epsilon ? sum : 0.0f;
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                dx[n][m][c] = (dy[n][m][c] - y[n][m][c] * along[n][m]) / length[n][m];
}
