/* Layer:   upsample2d
 * Summary: an image whose rows and columns are several times as many
 * Attr:    scale_factor FH FW >= 1 = 2 (main)
 * Attr:    mode {nearest, bilinear} = nearest
 * Form:    bilinear mode == bilinear
 * Size:    A = H * FH
 * Size:    B = W * FW
 * Scratch: rows
 * Scratch: columns
 * Note:    As Upsample in PyTorch with align_corners false, and as UpSampling2D in Keras, where scale_factor is called
 *          size and mode interpolation.
 *
 * Derivation.  Nearest: each input is repeated,
 *     y_(r FH + p)(s FW + q) = x_rs,    dL/dx_rs = sum_pq e_(r FH + p)(s FW + q)
 * Bilinear: the centres of the FH outputs that belong to a row lie evenly within it, that of output u at
 *     t_u = (u + 1/2) / FH - 1/2 = (2 u + 1 - FH) / (2 FH)
 * rows from the first one's centre.  With i = floor(t_u) the row at or before it, and a = t_u - i, row i counts 1 - a
 * and row i + 1 counts a, likewise for columns with b; a row outside of the image is replaced by the one at the border.
 *     y_uv = (1 - a) ((1 - b) x_ij + b x_i(j+1)) + a ((1 - b) x_(i+1)j + b x_(i+1)(j+1))
 * Seen from row r, output u = r FH - FH / 2 + k with k < 2 FH is less than one row away, all others are not.  It lies
 *     d = (2 (k - FH / 2) + 1 - FH) / (2 FH)
 * behind r, so r counts 1 - |d| in it; but 1 beyond the centre of a row at the border, which stands for those outside.
 * These shares are rows[r][k], and columns[s][l] likewise:
 *     dL/dx_rs = sum_kl rows[r][k] columns[s][l] e_uv    over the u and v inside the output
 */
#include "../template.h"

void upsample2d_bilinear_forward(int N, int H, int W, int C, int FH, int FW, int A, int B, const float x[N][H][W][C],
                                 float y[N][A][B][C])
{
    for (int n = 0; n < N; n++)
        for (int u = 0; u < A; u++)
            for (int v = 0; v < B; v++)
                for (int c = 0; c < C; c++) {
                    int i = (2 * u + 1 + FH) / (2 * FH) - 1;
                    int j = (2 * v + 1 + FW) / (2 * FW) - 1;
                    float a = (float)(2 * u + 1 - FH - 2 * FH * i) / (float)(2 * FH);
                    float b = (float)(2 * v + 1 - FW - 2 * FW * j) / (float)(2 * FW);
                    int above = i < 0 ? 0 : i;
                    int below = i + 1 < H ? i + 1 : H - 1;
                    int left = j < 0 ? 0 : j;
                    int right = j + 1 < W ? j + 1 : W - 1;
                    y[n][u][v][c] = (1.0f - a) * ((1.0f - b) * x[n][above][left][c] + b * x[n][above][right][c]) +
                                    a * ((1.0f - b) * x[n][below][left][c] + b * x[n][below][right][c]);
                }
}

void upsample2d_bilinear_backward(int N, int H, int W, int C, int FH, int FW, int A, int B, const float dy[N][A][B][C],
                                  float rows[H][2 * FH], float columns[W][2 * FW], float dx[N][H][W][C])
{
    for (int r = 0; r < H; r++)
        for (int k = 0; k < 2 * FH; k++) {
            int d = 2 * (k - FH / 2) + 1 - FH;
            int away = d < 0 ? (r == 0 ? 0 : -d) : (r == H - 1 ? 0 : d);
            rows[r][k] = 1.0f - (float)away / (float)(2 * FH);
        }

    for (int s = 0; s < W; s++)
        for (int l = 0; l < 2 * FW; l++) {
            int d = 2 * (l - FW / 2) + 1 - FW;
            int away = d < 0 ? (s == 0 ? 0 : -d) : (s == W - 1 ? 0 : d);
            columns[s][l] = 1.0f - (float)away / (float)(2 * FW);
        }

    for (int n = 0; n < N; n++)
        for (int r = 0; r < H; r++)
            for (int s = 0; s < W; s++)
                for (int c = 0; c < C; c++) {
                    float sum = 0.0f;
                    for (int k = 0; k < 2 * FH; k++) {
                        int u = r * FH - FH / 2 + k;
                        if (0 <= u && u < A)
                            for (int l = 0; l < 2 * FW; l++) {
                                int v = s * FW - FW / 2 + l;
                                if (0 <= v && v < B)
                                    sum += rows[r][k] * columns[s][l] * dy[n][u][v][c];
                            }
                    }
                    dx[n][r][s][c] = sum;
                }
}

void upsample2d_forward(int N, int H, int W, int C, int FH, int FW, int A, int B, const float x[N][H][W][C],
                        float y[N][A][B][C])
{
    for (int n = 0; n < N; n++)
        for (int r = 0; r < H; r++)
            for (int p = 0; p < FH; p++)
                for (int s = 0; s < W; s++)
                    for (int q = 0; q < FW; q++)
                        for (int c = 0; c < C; c++)
                            y[n][r * FH + p][s * FW + q][c] = x[n][r][s][c];
}

void upsample2d_backward(int N, int H, int W, int C, int FH, int FW, int A, int B, const float dy[N][A][B][C],
                         float dx[N][H][W][C])
{
    for (int n = 0; n < N; n++)
        for (int r = 0; r < H; r++)
            for (int s = 0; s < W; s++)
                for (int c = 0; c < C; c++) {
                    float sum = 0.0f;
                    for (int p = 0; p < FH; p++)
                        for (int q = 0; q < FW; q++)
                            sum += dy[n][r * FH + p][s * FW + q][c];
                    dx[n][r][s][c] = sum;
                }
}
