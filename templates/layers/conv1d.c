/* Layer:   conv1d
 * Summary: a convolution along a row, channels last
 * Attr:    filters F >= 1 (main) -- the channels of the output
 * Attr:    kernel KW >= 1
 * Attr:    stride SW >= 1 = 1
 * Attr:    padding PL PR = valid
 * Attr:    dilation DW >= 1 = 1
 * Attr:    groups G >= 1 = 1 -- both channels and filters are cut into this many groups that do not see each other
 * Require: DW * (KW - 1) < W + PL + PR -- a kernel of {KW} does not fit a row of {W}
 * Require: C % G == 0 -- {C} channels cannot be cut into {G} groups
 * Require: F % G == 0 -- {F} filters cannot be cut into {G} groups
 * Size:    B = (W + PL + PR - DW * (KW - 1) - 1) / SW + 1
 * Param:   weight w   fan_in KW * (C / G), fan_out KW * F
 * Param:   bias   b   zeros                  Option: bias
 * Torch:   w[k][c][f] = weight[f][c][k]
 * Note:    The kernel is not flipped (a cross-correlation), as in PyTorch and Keras.
 * Note:    PyTorch stores the weight as [F][C / G][KW]; here and in Keras it is [KW][C / G][F].
 * Note:    The padding `same` is TensorFlow's: an odd position goes to the end.
 *
 * Derivation.  Output v meets input s through tap l where s = v SW + l DW - PL; what lies outside the row is 0.  With g
 * the group, C' = C / G channels and F' = F / G filters in it,
 *     y_nv(gf) = sum_lc x_ns(gc) w_lc(gf) + b_(gf)
 * where (gc) is short for g C' + c, and (gf) for g F' + f.  Write e for dL/dy.  An input takes part in every output
 * whose window holds it: for each tap in the one with v SW = s + PL - l DW, if that is a multiple of SW inside the
 * output.  So dx is a gather, too:
 *     dL/dx_ns(gc)  = sum_lf e_nv(gf) w_lc(gf)    over the taps for which v exists
 *     dL/dw_lc(gf)  = sum_nv x_ns(gc) e_nv(gf)    over the outputs for which s lies inside
 *     dL/db_(gf)    = sum_nv e_nv(gf)
 */
#include "../template.h"

void conv1d_forward(int N, int W, int C, int F, int KW, int SW, int DW, int PL, int G, int B, const float x[N][W][C],
                    const float w[KW][C / G][F], const float b[F], float y[N][B][F])
{
    for (int n = 0; n < N; n++)
        for (int v = 0; v < B; v++)
            for (int g = 0; g < G; g++)
                for (int f = 0; f < F / G; f++) {
                    float sum = 0.0f;
                    for (int l = 0; l < KW; l++) {
                        int s = v * SW + l * DW - PL;
                        if (0 <= s && s < W)
                            for (int c = 0; c < C / G; c++)
                                sum += x[n][s][g * (C / G) + c] * w[l][c][g * (F / G) + f];
                    }
                    y[n][v][g * (F / G) + f] = sum + b[g * (F / G) + f];
                }
}

void conv1d_backward(int N, int W, int C, int F, int KW, int SW, int DW, int PL, int G, int B, const float x[N][W][C],
                     const float w[KW][C / G][F], const float dy[N][B][F], float dx[N][W][C], float dw[KW][C / G][F],
                     float db[F])
{
    /* The gradient of the input: q = v SW places the output that tap l reaches from s. */
    for (int n = 0; n < N; n++)
        for (int s = 0; s < W; s++)
            for (int g = 0; g < G; g++)
                for (int c = 0; c < C / G; c++) {
                    float sum = 0.0f;
                    for (int l = 0; l < KW; l++) {
                        int q = s + PL - l * DW;
                        if (q % SW == 0 && 0 <= q && q < B * SW)
                            for (int f = 0; f < F / G; f++)
                                sum += dy[n][q / SW][g * (F / G) + f] * w[l][c][g * (F / G) + f];
                    }
                    dx[n][s][g * (C / G) + c] = sum;
                }

    /* The gradient of the weight: each tap correlates the row with the gradient of the output. */
    for (int l = 0; l < KW; l++)
        for (int c = 0; c < C / G; c++)
            for (int g = 0; g < G; g++)
                for (int f = 0; f < F / G; f++) {
                    float sum = 0.0f;
                    for (int n = 0; n < N; n++) {
                        float part = 0.0f;
                        for (int v = 0; v < B; v++) {
                            int s = v * SW + l * DW - PL;
                            if (0 <= s && s < W)
                                part += x[n][s][g * (C / G) + c] * dy[n][v][g * (F / G) + f];
                        }
                        sum += part;
                    }
                    dw[l][c][g * (F / G) + f] = sum;
                }

    /* The gradient of the bias. */
    for (int f = 0; f < F; f++) {
        float sum = 0.0f;
        for (int n = 0; n < N; n++) {
            float part = 0.0f;
            for (int v = 0; v < B; v++)
                part += dy[n][v][f];
            sum += part;
        }
        db[f] = sum;
    }
}
