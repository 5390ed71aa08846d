/* Layer:   conv2d
 * Summary: a convolution over rows and columns, channels last
 * Attr:    filters F >= 1 (main) -- the channels of the output
 * Attr:    kernel KH KW >= 1
 * Attr:    stride SH SW >= 1 = 1
 * Attr:    padding PT PB PL PR = valid
 * Attr:    dilation DH DW >= 1 = 1
 * Attr:    groups G >= 1 = 1 -- both channels and filters are cut into this many groups that do not see each other
 * Require: DH * (KH - 1) < H + PT + PB -- a {KH} x {KW} kernel does not fit a {H} x {W} image
 * Require: DW * (KW - 1) < W + PL + PR -- a {KH} x {KW} kernel does not fit a {H} x {W} image
 * Require: C % G == 0 -- {C} channels cannot be cut into {G} groups
 * Require: F % G == 0 -- {F} filters cannot be cut into {G} groups
 * Size:    A = (H + PT + PB - DH * (KH - 1) - 1) / SH + 1
 * Size:    B = (W + PL + PR - DW * (KW - 1) - 1) / SW + 1
 * Param:   weight w   fan_in KH * KW * (C / G), fan_out KH * KW * F
 * Param:   bias   b   zeros                  Option: bias
 * Torch:   w[k][l][c][f] = weight[f][c][k][l]
 * Note:    The kernel is not flipped (a cross-correlation), as in PyTorch and Keras.
 * Note:    PyTorch stores the weight as [F][C / G][KH][KW]; here and in Keras it is [KH][KW][C / G][F].
 * Note:    The padding `same` is TensorFlow's: an odd row or column goes to the bottom or right.
 *
 * Derivation.  Output (u, v) meets input (r, s) through tap (k, l) where
 *     r = u SH + k DH - PT,    s = v SW + l DW - PL;
 * what lies outside the image is 0.  With g the group, C' = C / G channels and F' = F / G filters in it,
 *     y_nuv(gf) = sum_klc x_nrs(gc) w_klc(gf) + b_(gf)
 * where (gc) is short for g C' + c, and (gf) for g F' + f.  Write e for dL/dy.  An input takes part in every output
 * whose window holds it: for each tap in the one with u SH = r + PT - k DH, if that is a multiple of SH inside the
 * output.  So dx is a gather, too:
 *     dL/dx_nrs(gc)  = sum_klf e_nuv(gf) w_klc(gf)    over the taps for which u and v exist
 *     dL/dw_klc(gf)  = sum_nuv x_nrs(gc) e_nuv(gf)    over the outputs for which r and s lie inside
 *     dL/db_(gf)     = sum_nuv e_nuv(gf)
 */
#include "../template.h"

void conv2d_forward(int N, int H, int W, int C, int F, int KH, int KW, int SH, int SW, int DH, int DW, int PT, int PL,
                    int G, int A, int B, const float x[N][H][W][C], const float w[KH][KW][C / G][F], const float b[F],
                    float y[N][A][B][F])
{
    for (int n = 0; n < N; n++)
        for (int u = 0; u < A; u++)
            for (int v = 0; v < B; v++)
                for (int g = 0; g < G; g++)
                    for (int f = 0; f < F / G; f++) {
                        float sum = 0.0f;
                        for (int k = 0; k < KH; k++) {
                            int r = u * SH + k * DH - PT;
                            if (0 <= r && r < H)
                                for (int l = 0; l < KW; l++) {
                                    int s = v * SW + l * DW - PL;
                                    if (0 <= s && s < W)
                                        for (int c = 0; c < C / G; c++)
                                            sum += x[n][r][s][g * (C / G) + c] * w[k][l][c][g * (F / G) + f];
                                }
                        }
                        y[n][u][v][g * (F / G) + f] = sum + b[g * (F / G) + f];
                    }
}

void conv2d_backward(int N, int H, int W, int C, int F, int KH, int KW, int SH, int SW, int DH, int DW, int PT, int PL,
                     int G, int A, int B, const float x[N][H][W][C], const float w[KH][KW][C / G][F],
                     const float dy[N][A][B][F], float dx[N][H][W][C], float dw[KH][KW][C / G][F], float db[F])
{
    /* The gradient of the input: p = u SH and q = v SW place the output that tap (k, l) reaches from (r, s). */
    for (int n = 0; n < N; n++)
        for (int r = 0; r < H; r++)
            for (int s = 0; s < W; s++)
                for (int g = 0; g < G; g++)
                    for (int c = 0; c < C / G; c++) {
                        float sum = 0.0f;
                        for (int k = 0; k < KH; k++) {
                            int p = r + PT - k * DH;
                            if (p % SH == 0 && 0 <= p && p < A * SH)
                                for (int l = 0; l < KW; l++) {
                                    int q = s + PL - l * DW;
                                    if (q % SW == 0 && 0 <= q && q < B * SW)
                                        for (int f = 0; f < F / G; f++)
                                            sum += dy[n][p / SH][q / SW][g * (F / G) + f] * w[k][l][c][g * (F / G) + f];
                                }
                        }
                        dx[n][r][s][g * (C / G) + c] = sum;
                    }

    /* The gradient of the weight: each tap correlates the image with the gradient of the output. */
    for (int k = 0; k < KH; k++)
        for (int l = 0; l < KW; l++)
            for (int c = 0; c < C / G; c++)
                for (int g = 0; g < G; g++)
                    for (int f = 0; f < F / G; f++) {
                        float sum = 0.0f;
                        for (int n = 0; n < N; n++) {
                            float part = 0.0f;
                            for (int u = 0; u < A; u++) {
                                int r = u * SH + k * DH - PT;
                                if (0 <= r && r < H)
                                    for (int v = 0; v < B; v++) {
                                        int s = v * SW + l * DW - PL;
                                        if (0 <= s && s < W)
                                            part += x[n][r][s][g * (C / G) + c] * dy[n][u][v][g * (F / G) + f];
                                    }
                            }
                            sum += part;
                        }
                        dw[k][l][c][g * (F / G) + f] = sum;
                    }

    /* The gradient of the bias. */
    for (int f = 0; f < F; f++) {
        float sum = 0.0f;
        for (int n = 0; n < N; n++) {
            float part = 0.0f;
            for (int u = 0; u < A; u++)
                for (int v = 0; v < B; v++)
                    part += dy[n][u][v][f];
            sum += part;
        }
        db[f] = sum;
    }
}
