/* Layer:   conv2d_transpose
 * Summary: what carries a convolution's gradient back to its image, as a layer: it makes images larger, channels last
 * Attr:    filters F >= 1 (main) -- the channels of the output
 * Attr:    kernel KH KW >= 1
 * Attr:    stride SH SW >= 1 = 1
 * Attr:    padding PT PB PL PR = 0 -- rows and columns that are cut off the output
 * Attr:    output_padding OH OW int >= 0 = 0 -- rows and columns that are added at the bottom and right
 * Attr:    dilation DH DW >= 1 = 1
 * Attr:    groups G >= 1 = 1 -- both channels and filters are cut into this many groups that do not see each other
 * Require: OH < SH || OH < DH -- the output_padding {OH} must be smaller than the stride or the dilation
 * Require: OW < SW || OW < DW -- the output_padding {OW} must be smaller than the stride or the dilation
 * Require: (H - 1) * SH + DH * (KH - 1) + OH + 1 > PT + PB -- the padding leaves no row of the output
 * Require: (W - 1) * SW + DW * (KW - 1) + OW + 1 > PL + PR -- the padding leaves no column of the output
 * Require: C % G == 0 -- {C} channels cannot be cut into {G} groups
 * Require: F % G == 0 -- {F} filters cannot be cut into {G} groups
 * Size:    A = (H - 1) * SH - PT - PB + DH * (KH - 1) + OH + 1
 * Size:    B = (W - 1) * SW - PL - PR + DW * (KW - 1) + OW + 1
 * Param:   weight w   fan_in KH * KW * (F / G), fan_out KH * KW * C
 * Param:   bias   b   zeros                  Option: bias
 * Torch:   w[k][l][c][f] = weight[f / (F / G) * (C / G) + c][f % (F / G)][k][l]
 * Note:    As PyTorch's ConvTranspose2d. Keras' padding same cuts off kernel - stride rows and columns in all, of which
 *          an odd one at the bottom or right; its valid is 0 where the kernel is at least the stride.
 * Note:    PyTorch stores the weight as [C][F / G][KH][KW], Keras as [KH][KW][F][C]; here it is [KH][KW][C / G][F].
 *          The fans are PyTorch's and Keras', who read that shape as a convolution's.
 *
 * Derivation.  Input (r, s) puts its value through tap (k, l), weighted, onto output (u, v) where
 *     u = r SH + k DH - PT,    v = s SW + l DW - PL;
 * what falls outside the output is cut off.  Seen from the output, tap (k, l) comes from the input with
 * r SH = u + PT - k DH, if that is a multiple of SH inside the image; so forward is a gather.  With g the group,
 * C' = C / G channels and F' = F / G filters in it,
 *     y_nuv(gf) = sum_klc x_nrs(gc) w_klc(gf) + b_(gf)    over the taps for which r and s exist
 * where (gc) is short for g C' + c, and (gf) for g F' + f.  With e for dL/dy,
 *     dL/dx_nrs(gc)  = sum_klf e_nuv(gf) w_klc(gf)    over the taps for which u and v lie inside
 *     dL/dw_klc(gf)  = sum_nrs x_nrs(gc) e_nuv(gf)    over the inputs for which u and v lie inside
 *     dL/db_(gf)     = sum_nuv e_nuv(gf)
 */
#include "../template.h"

void conv2d_transpose_forward(int N, int H, int W, int C, int F, int KH, int KW, int SH, int SW, int DH, int DW, int PT,
                              int PL, int G, int A, int B, const float x[N][H][W][C], const float w[KH][KW][C / G][F],
                              const float b[F], float y[N][A][B][F])
{
    /* p = r SH and q = s SW place the input that reaches (u, v) through tap (k, l). */
    for (int n = 0; n < N; n++)
        for (int u = 0; u < A; u++)
            for (int v = 0; v < B; v++)
                for (int g = 0; g < G; g++)
                    for (int f = 0; f < F / G; f++) {
                        float sum = 0.0f;
                        for (int k = 0; k < KH; k++) {
                            int p = u + PT - k * DH;
                            if (p % SH == 0 && 0 <= p && p < H * SH)
                                for (int l = 0; l < KW; l++) {
                                    int q = v + PL - l * DW;
                                    if (q % SW == 0 && 0 <= q && q < W * SW)
                                        for (int c = 0; c < C / G; c++)
                                            sum += x[n][p / SH][q / SW][g * (C / G) + c] * w[k][l][c][g * (F / G) + f];
                                }
                        }
                        y[n][u][v][g * (F / G) + f] = sum + b[g * (F / G) + f];
                    }
}

void conv2d_transpose_backward(int N, int H, int W, int C, int F, int KH, int KW, int SH, int SW, int DH, int DW,
                               int PT, int PL, int G, int A, int B, const float x[N][H][W][C],
                               const float w[KH][KW][C / G][F], const float dy[N][A][B][F], float dx[N][H][W][C],
                               float dw[KH][KW][C / G][F], float db[F])
{
    /* The gradient of the input: a convolution of the gradient of the output. */
    for (int n = 0; n < N; n++)
        for (int r = 0; r < H; r++)
            for (int s = 0; s < W; s++)
                for (int g = 0; g < G; g++)
                    for (int c = 0; c < C / G; c++) {
                        float sum = 0.0f;
                        for (int k = 0; k < KH; k++) {
                            int u = r * SH + k * DH - PT;
                            if (0 <= u && u < A)
                                for (int l = 0; l < KW; l++) {
                                    int v = s * SW + l * DW - PL;
                                    if (0 <= v && v < B)
                                        for (int f = 0; f < F / G; f++)
                                            sum += dy[n][u][v][g * (F / G) + f] * w[k][l][c][g * (F / G) + f];
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
                            for (int r = 0; r < H; r++) {
                                int u = r * SH + k * DH - PT;
                                if (0 <= u && u < A)
                                    for (int s = 0; s < W; s++) {
                                        int v = s * SW + l * DW - PL;
                                        if (0 <= v && v < B)
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
