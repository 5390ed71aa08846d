/* Layer:   max_pool1d
 * Summary: the largest value of each window of a row, channel by channel
 * Attr:    kernel KW >= 1 (main)
 * Attr:    stride SW >= 1 = kernel
 * Attr:    padding PL PR = valid
 * Require: KW <= W + PL + PR -- a window of {KW} does not fit a row of {W}
 * Require: PL < KW && PR < KW -- the padding must be smaller than the window of {KW}
 * Size:    B = (W + PL + PR - KW) / SW + 1
 * Note:    What is padded never wins. Of equal values the first wins, as in PyTorch.
 * Note:    The padding `same` is TensorFlow's: an odd position goes to the end.
 *
 * Derivation.  Output v sees through its taps l the inputs s = v SW + l - PL that lie inside the row; the search starts
 * at the first of them.  `at` remembers the place s of the maximum, which alone receives the gradient.  Windows may
 * overlap: an input gathers from every output whose window holds it, for each tap from the one with v SW = s + PL - l,
 * what that output's `at` sends to it.
 */
#include "../template.h"

void max_pool1d_forward(int N, int W, int C, int KW, int SW, int PL, int B, const float x[N][W][C], float y[N][B][C],
                        int at[N][B][C])
{
    for (int n = 0; n < N; n++)
        for (int v = 0; v < B; v++)
            for (int c = 0; c < C; c++) {
                int first = v * SW < PL ? 0 : v * SW - PL;
                float top = x[n][first][c];
                int place = first;
                for (int l = 0; l < KW; l++) {
                    int s = v * SW + l - PL;
                    if (0 <= s && s < W) {
                        place = x[n][s][c] > top ? s : place;
                        top = x[n][s][c] > top ? x[n][s][c] : top;
                    }
                }
                y[n][v][c] = top;
                at[n][v][c] = place;
            }
}

void max_pool1d_backward(int N, int W, int C, int KW, int SW, int PL, int B, const int at[N][B][C],
                         const float dy[N][B][C], float dx[N][W][C])
{
    /* q = v SW places the output that sees s through tap l. */
    for (int n = 0; n < N; n++)
        for (int s = 0; s < W; s++)
            for (int c = 0; c < C; c++) {
                float sum = 0.0f;
                for (int l = 0; l < KW; l++) {
                    int q = s + PL - l;
                    if (q % SW == 0 && 0 <= q && q < B * SW)
                        sum += at[n][q / SW][c] == s ? dy[n][q / SW][c] : 0.0f;
                }
                dx[n][s][c] = sum;
            }
}
