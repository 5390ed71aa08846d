/* Layer:   max_pool2d
 * Summary: the largest value of each window, channel by channel
 * Attr:    kernel KH KW >= 1 (main)
 * Attr:    stride SH SW >= 1 = kernel
 * Attr:    padding PT PB PL PR = valid
 * Require: KH <= H + PT + PB && KW <= W + PL + PR -- a {KH} x {KW} window does not fit a {H} x {W} image
 * Require: PT < KH && PB < KH && PL < KW && PR < KW -- the padding must be smaller than the {KH} x {KW} window
 * Size:    A = (H + PT + PB - KH) / SH + 1
 * Size:    B = (W + PL + PR - KW) / SW + 1
 * Note:    What is padded never wins. Of equal values the first in reading order wins, as in PyTorch.
 * Note:    The padding `same` is TensorFlow's: an odd row or column goes to the bottom or right.
 *
 * Derivation.  Output (u, v) sees through its taps (k, l) the inputs r = u SH + k - PT, s = v SW + l - PL that lie
 * inside the image; the search starts at the first of them.  `at` remembers the place r W + s of the maximum, which
 * alone receives the gradient.  Windows may overlap: an input gathers from every output whose window holds it, for each
 * tap from the one with u SH = r + PT - k, what that output's `at` sends to it.
 */
#include "../template.h"

void max_pool2d_forward(int N, int H, int W, int C, int KH, int KW, int SH, int SW, int PT, int PL, int A, int B,
                        const float x[N][H][W][C], float y[N][A][B][C], int at[N][A][B][C])
{
    for (int n = 0; n < N; n++)
        for (int u = 0; u < A; u++)
            for (int v = 0; v < B; v++)
                for (int c = 0; c < C; c++) {
                    int first_row = u * SH < PT ? 0 : u * SH - PT;
                    int first_column = v * SW < PL ? 0 : v * SW - PL;
                    float top = x[n][first_row][first_column][c];
                    int place = first_row * W + first_column;
                    for (int k = 0; k < KH; k++) {
                        int r = u * SH + k - PT;
                        if (0 <= r && r < H)
                            for (int l = 0; l < KW; l++) {
                                int s = v * SW + l - PL;
                                if (0 <= s && s < W) {
                                    place = x[n][r][s][c] > top ? r * W + s : place;
                                    top = x[n][r][s][c] > top ? x[n][r][s][c] : top;
                                }
                            }
                    }
                    y[n][u][v][c] = top;
                    at[n][u][v][c] = place;
                }
}

void max_pool2d_backward(int N, int H, int W, int C, int KH, int KW, int SH, int SW, int PT, int PL, int A, int B,
                         const int at[N][A][B][C], const float dy[N][A][B][C], float dx[N][H][W][C])
{
    /* p = u SH and q = v SW place the output that sees (r, s) through tap (k, l). */
    for (int n = 0; n < N; n++)
        for (int r = 0; r < H; r++)
            for (int s = 0; s < W; s++)
                for (int c = 0; c < C; c++) {
                    float sum = 0.0f;
                    for (int k = 0; k < KH; k++) {
                        int p = r + PT - k;
                        if (p % SH == 0 && 0 <= p && p < A * SH)
                            for (int l = 0; l < KW; l++) {
                                int q = s + PL - l;
                                if (q % SW == 0 && 0 <= q && q < B * SW)
                                    sum += at[n][p / SH][q / SW][c] == r * W + s ? dy[n][p / SH][q / SW][c] : 0.0f;
                            }
                    }
                    dx[n][r][s][c] = sum;
                }
}
