/* Layer:   prelu
 * Summary: y = x where x > 0, slope x elsewhere, with a slope for each channel that is trained
 * Param:   slope a   constant 0.25
 * Any:     M
 *
 * Derivation.  Write g for dL/dy.  y = x has the derivative 1 and does not depend on the slope; y = a_c x has the
 * derivative a_c, and x with respect to a_c.  At 0 both are taken from the lower branch.  So
 *     dL/dx_nmc = g_nmc             where x_nmc > 0,    a_c g_nmc elsewhere
 *     dL/da_c   = sum_nm g_nmc x_nmc    over those with x_nmc <= 0
 * He et al. 2015.
 */
#include "../template.h"

void prelu_forward(int N, int M, int C, const float x[N][M][C], const float a[C], float y[N][M][C])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][c] = x[n][m][c] > 0.0f ? x[n][m][c] : a[c] * x[n][m][c];
}

void prelu_backward(int N, int M, int C, const float x[N][M][C], const float a[C], const float dy[N][M][C],
                    float dx[N][M][C], float da[C])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                dx[n][m][c] = x[n][m][c] > 0.0f ? dy[n][m][c] : a[c] * dy[n][m][c];

    for (int c = 0; c < C; c++) {
        float sum = 0.0f;
        for (int n = 0; n < N; n++)
            for (int m = 0; m < M; m++)
                sum += x[n][m][c] > 0.0f ? 0.0f : dy[n][m][c] * x[n][m][c];
        da[c] = sum;
    }
}
