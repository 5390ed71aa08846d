/* Layer:   prelu
 * Summary: y = x where x > 0, a trained slope times x elsewhere
 * Attr:    slopes {channels, one} = channels -- a slope for each channel, or one for all
 * Form:    one slopes == one
 * Any:     M
 * Param:   slope slope   constant 0.25
 * Torch:   slope[c] = weight[c]
 * Scratch: part
 * Scratch: channel
 * Note:    PyTorch's PReLU(num_parameters=C), which calls the slope weight; PReLU() is `slopes: one`.
 * Note:    Keras has a slope for each element, which starts at 0; with shared_axes over the positions it is as here.
 *
 * Derivation.  Write a for the slope, g for dL/dy.  The derivative by x is 1 where x > 0 and a elsewhere, at 0 too; and
 * y depends on the slope where x is not positive:
 *     dL/da_c = sum_nm [x_nmc <= 0] g_nmc x_nmc
 * which is summed for each sample first, then over the samples, and with one slope for all over the channels at last.
 * A trained slope may become negative, so the sign of y does not tell that of x.  He et al. 2015.
 */
#include "../template.h"

void prelu_forward(int N, int M, int C, const float x[N][M][C], const float slope[C], float y[N][M][C])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][c] = x[n][m][c] > 0.0f ? x[n][m][c] : slope[c] * x[n][m][c];
}

void prelu_backward(int N, int M, int C, const float x[N][M][C], const float slope[C], const float dy[N][M][C],
                    float part[N][C], float dx[N][M][C], float dslope[C])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                dx[n][m][c] = x[n][m][c] > 0.0f ? dy[n][m][c] : slope[c] * dy[n][m][c];

    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += dy[n][m][c] * (x[n][m][c] > 0.0f ? 0.0f : x[n][m][c]);
            part[n][c] = sum;
        }

    for (int c = 0; c < C; c++) {
        float sum = 0.0f;
        for (int n = 0; n < N; n++)
            sum += part[n][c];
        dslope[c] = sum;
    }
}

void prelu_one_forward(int N, int M, int C, const float x[N][M][C], const float slope[1], float y[N][M][C])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][c] = x[n][m][c] > 0.0f ? x[n][m][c] : slope[0] * x[n][m][c];
}

void prelu_one_backward(int N, int M, int C, const float x[N][M][C], const float slope[1], const float dy[N][M][C],
                        float part[N][C], float channel[C], float dx[N][M][C], float dslope[1])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                dx[n][m][c] = x[n][m][c] > 0.0f ? dy[n][m][c] : slope[0] * dy[n][m][c];

    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += dy[n][m][c] * (x[n][m][c] > 0.0f ? 0.0f : x[n][m][c]);
            part[n][c] = sum;
        }

    for (int c = 0; c < C; c++) {
        float sum = 0.0f;
        for (int n = 0; n < N; n++)
            sum += part[n][c];
        channel[c] = sum;
    }

    for (int a = 0; a < 1; a++) {
        float sum = 0.0f;
        for (int c = 0; c < C; c++)
            sum += channel[c];
        dslope[a] = sum;
    }
}
