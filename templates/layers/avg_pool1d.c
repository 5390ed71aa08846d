/* Layer:   avg_pool1d
 * Summary: the mean of each window of a row, channel by channel
 * Attr:    kernel KW >= 1 (main)
 * Attr:    stride SW >= 1 = kernel
 * Attr:    padding PL PR = valid
 * Attr:    count_include_pad bool = true -- whether what is padded counts, as zeros
 * Form:    counted count_include_pad == true
 * Require: KW <= W + PL + PR -- a window of {KW} does not fit a row of {W}
 * Require: count_include_pad == 1 || (PL < KW && PR < KW) -- a window that lies in the padding has no mean: where
 *          padding does not count, it must be smaller than the window of {KW}
 * Size:    B = (W + PL + PR - KW) / SW + 1
 * Scratch: share
 * Note:    PyTorch counts the padding unless it is told otherwise, and so does nnc, under `same` too. TensorFlow and
 *          Keras never count it: there padding: same is {padding: same, count_include_pad: false} here.
 * Note:    The padding `same` is TensorFlow's: an odd position goes to the end.
 *
 * Derivation.  Output v sees through its taps l the inputs s = v SW + l - PL that lie inside the row.  Each of them has
 * the same share q_v in the mean: one of all taps, or one of those inside:
 *     y_nvc = sum_l x_nsc q_v
 * Windows may overlap: an input gathers from every output whose window holds it, for each tap from the one with
 * v SW = s + PL - l.  With e for dL/dy,
 *     dL/dx_nsc = sum_l e_nvc q_v     over the taps for which v exists
 */
#include "../template.h"

void avg_pool1d_counted_forward(int N, int W, int C, int KW, int SW, int PL, int B, const float x[N][W][C],
                                float y[N][B][C])
{
    for (int n = 0; n < N; n++)
        for (int v = 0; v < B; v++)
            for (int c = 0; c < C; c++) {
                float sum = 0.0f;
                for (int l = 0; l < KW; l++) {
                    int s = v * SW + l - PL;
                    if (0 <= s && s < W)
                        sum += x[n][s][c];
                }
                y[n][v][c] = sum / (float)KW;
            }
}

void avg_pool1d_counted_backward(int N, int W, int C, int KW, int SW, int PL, int B, const float dy[N][B][C],
                                 float dx[N][W][C])
{
    /* q = v SW places the output that sees s through tap l. */
    for (int n = 0; n < N; n++)
        for (int s = 0; s < W; s++)
            for (int c = 0; c < C; c++) {
                float sum = 0.0f;
                for (int l = 0; l < KW; l++) {
                    int q = s + PL - l;
                    if (q % SW == 0 && 0 <= q && q < B * SW)
                        sum += dy[n][q / SW][c];
                }
                dx[n][s][c] = sum / (float)KW;
            }
}

void avg_pool1d_forward(int N, int W, int C, int KW, int SW, int PL, int B, const float x[N][W][C], float share[B],
                        float y[N][B][C])
{
    /* One of the taps that lie inside. */
    for (int v = 0; v < B; v++) {
        float count = 0.0f;
        for (int l = 0; l < KW; l++) {
            int s = v * SW + l - PL;
            if (0 <= s && s < W)
                count += 1.0f;
        }
        share[v] = 1.0f / count;
    }

    for (int n = 0; n < N; n++)
        for (int v = 0; v < B; v++)
            for (int c = 0; c < C; c++) {
                float sum = 0.0f;
                for (int l = 0; l < KW; l++) {
                    int s = v * SW + l - PL;
                    if (0 <= s && s < W)
                        sum += x[n][s][c];
                }
                y[n][v][c] = sum * share[v];
            }
}

void avg_pool1d_backward(int N, int W, int C, int KW, int SW, int PL, int B, const float dy[N][B][C], float share[B],
                         float dx[N][W][C])
{
    /* One of the taps that lie inside. */
    for (int v = 0; v < B; v++) {
        float count = 0.0f;
        for (int l = 0; l < KW; l++) {
            int s = v * SW + l - PL;
            if (0 <= s && s < W)
                count += 1.0f;
        }
        share[v] = 1.0f / count;
    }

    /* q = v SW places the output that sees s through tap l. */
    for (int n = 0; n < N; n++)
        for (int s = 0; s < W; s++)
            for (int c = 0; c < C; c++) {
                float sum = 0.0f;
                for (int l = 0; l < KW; l++) {
                    int q = s + PL - l;
                    if (q % SW == 0 && 0 <= q && q < B * SW)
                        sum += dy[n][q / SW][c] * share[q / SW];
                }
                dx[n][s][c] = sum;
            }
}
