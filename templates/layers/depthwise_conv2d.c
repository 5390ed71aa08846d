/* Layer:   depthwise_conv2d
 * Summary: a convolution of each channel by itself, channels last
 * Attr:    kernel KH KW >= 1 (main)
 * Attr:    multiplier Q >= 1 = 1 -- the channels of the output that each channel of the input makes
 * Attr:    stride SH SW >= 1 = 1
 * Attr:    padding PT PB PL PR = valid
 * Attr:    dilation DH DW >= 1 = 1
 * Require: DH * (KH - 1) < H + PT + PB -- a {KH} x {KW} kernel does not fit a {H} x {W} image
 * Require: DW * (KW - 1) < W + PL + PR -- a {KH} x {KW} kernel does not fit a {H} x {W} image
 * Size:    F = C * Q
 * Size:    A = (H + PT + PB - DH * (KH - 1) - 1) / SH + 1
 * Size:    B = (W + PL + PR - DW * (KW - 1) - 1) / SW + 1
 * Param:   weight w   fan_in KH * KW, fan_out KH * KW * F
 * Param:   bias   b   zeros                  Option: bias
 * Torch:   w[k][l][f] = weight[f][0][k][l]
 * Note:    Output c Q + m is the m-th of channel c, as in PyTorch's Conv2d with groups = C, and in Keras.
 * Note:    PyTorch stores the weight as [C Q][1][KH][KW], Keras as [KH][KW][C][Q]; here it is [KH][KW][C Q]. PyTorch's
 *          fans are those of conv2d with groups = C.
 * Note:    The padding `same` is TensorFlow's: an odd row or column goes to the bottom or right.
 *
 * Derivation.  Output (u, v) meets input (r, s) through tap (k, l) where
 *     r = u SH + k DH - PT,    s = v SW + l DW - PL;
 * what lies outside the image is 0.  With (cm) short for c Q + m,
 *     y_nuv(cm) = sum_kl x_nrsc w_kl(cm) + b_(cm)
 * Write e for dL/dy.  An input takes part in every output whose window holds it, and in all Q of its channel; tap
 * (k, l) leads to the output with u SH = r + PT - k DH, if that is a multiple of SH inside the output:
 *     dL/dx_nrsc    = sum_klm e_nuv(cm) w_kl(cm)      over the taps for which u and v exist
 *     dL/dw_kl(cm)  = sum_nuv x_nrsc e_nuv(cm)        over the outputs for which r and s lie inside
 *     dL/db_(cm)    = sum_nuv e_nuv(cm)
 */
#include "../template.h"

void depthwise_conv2d_forward(int N, int H, int W, int C, int Q, int F, int KH, int KW, int SH, int SW, int DH, int DW,
                              int PT, int PL, int A, int B, const float x[N][H][W][C], const float w[KH][KW][F],
                              const float b[F], float y[N][A][B][F])
{
    for (int n = 0; n < N; n++)
        for (int u = 0; u < A; u++)
            for (int v = 0; v < B; v++)
                for (int c = 0; c < C; c++)
                    for (int m = 0; m < Q; m++) {
                        float sum = 0.0f;
                        for (int k = 0; k < KH; k++) {
                            int r = u * SH + k * DH - PT;
                            if (0 <= r && r < H)
                                for (int l = 0; l < KW; l++) {
                                    int s = v * SW + l * DW - PL;
                                    if (0 <= s && s < W)
                                        sum += x[n][r][s][c] * w[k][l][c * Q + m];
                                }
                        }
                        y[n][u][v][c * Q + m] = sum + b[c * Q + m];
                    }
}

void depthwise_conv2d_backward(int N, int H, int W, int C, int Q, int F, int KH, int KW, int SH, int SW, int DH, int DW,
                               int PT, int PL, int A, int B, const float x[N][H][W][C], const float w[KH][KW][F],
                               const float dy[N][A][B][F], float dx[N][H][W][C], float dw[KH][KW][F], float db[F])
{
    /* The gradient of the input: p = u SH and q = v SW place the output that tap (k, l) reaches from (r, s). */
    for (int n = 0; n < N; n++)
        for (int r = 0; r < H; r++)
            for (int s = 0; s < W; s++)
                for (int c = 0; c < C; c++) {
                    float sum = 0.0f;
                    for (int k = 0; k < KH; k++) {
                        int p = r + PT - k * DH;
                        if (p % SH == 0 && 0 <= p && p < A * SH)
                            for (int l = 0; l < KW; l++) {
                                int q = s + PL - l * DW;
                                if (q % SW == 0 && 0 <= q && q < B * SW)
                                    for (int m = 0; m < Q; m++)
                                        sum += dy[n][p / SH][q / SW][c * Q + m] * w[k][l][c * Q + m];
                            }
                    }
                    dx[n][r][s][c] = sum;
                }

    /* The gradient of the weight: each tap correlates the image with the gradient of the output. */
    for (int k = 0; k < KH; k++)
        for (int l = 0; l < KW; l++)
            for (int c = 0; c < C; c++)
                for (int m = 0; m < Q; m++) {
                    float sum = 0.0f;
                    for (int n = 0; n < N; n++) {
                        float part = 0.0f;
                        for (int u = 0; u < A; u++) {
                            int r = u * SH + k * DH - PT;
                            if (0 <= r && r < H)
                                for (int v = 0; v < B; v++) {
                                    int s = v * SW + l * DW - PL;
                                    if (0 <= s && s < W)
                                        part += x[n][r][s][c] * dy[n][u][v][c * Q + m];
                                }
                        }
                        sum += part;
                    }
                    dw[k][l][c * Q + m] = sum;
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
