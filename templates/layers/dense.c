/* Layer:   dense
 * Summary: y = x W + b, at each position
 * Attr:    units O >= 1 (main) -- the number of outputs
 * Param:   weight w   fan_in I, fan_out O
 * Param:   bias   b   zeros                  Option: bias
 * Torch:   w[i][o] = weight[o][i]
 * Any:     M
 * Note:    PyTorch (Linear) stores the weight as [O][I]; here and in Keras it is [I][O].
 * Note:    PyTorch draws weight and bias from +-1 / sqrt(I) unless told otherwise; here the bias starts at 0.
 *
 * Derivation.  Write g for dL/dy.  From y_nmo = sum_i x_nmi w_io + b_o,
 *     dL/dx_nmi = sum_o g_nmo w_io
 *     dL/dw_io  = sum_nm x_nmi g_nmo
 *     dL/db_o   = sum_nm g_nmo
 * which are the three nests of dense_backward, in that order: dx first, because it is the last reader of w.
 */
#include "../template.h"

void dense_forward(int N, int M, int I, int O, const float x[N][M][I], const float w[I][O], const float b[O],
                   float y[N][M][O])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int o = 0; o < O; o++) {
                float sum = 0.0f;
                for (int i = 0; i < I; i++)
                    sum += x[n][m][i] * w[i][o];
                y[n][m][o] = sum + b[o];
            }
}

void dense_backward(int N, int M, int I, int O, const float x[N][M][I], const float w[I][O], const float dy[N][M][O],
                    float dx[N][M][I], float dw[I][O], float db[O])
{
    /* The gradient of the input: each output hands its own back through its weight. */
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int i = 0; i < I; i++) {
                float sum = 0.0f;
                for (int o = 0; o < O; o++)
                    sum += dy[n][m][o] * w[i][o];
                dx[n][m][i] = sum;
            }

    /* The gradient of the weight: input times output gradient, over all samples and positions. */
    for (int i = 0; i < I; i++)
        for (int o = 0; o < O; o++) {
            float sum = 0.0f;
            for (int n = 0; n < N; n++)
                for (int m = 0; m < M; m++)
                    sum += x[n][m][i] * dy[n][m][o];
            dw[i][o] = sum;
        }

    /* The gradient of the bias. */
    for (int o = 0; o < O; o++) {
        float sum = 0.0f;
        for (int n = 0; n < N; n++)
            for (int m = 0; m < M; m++)
                sum += dy[n][m][o];
        db[o] = sum;
    }
}
