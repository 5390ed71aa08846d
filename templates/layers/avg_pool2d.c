/* Layer:   avg_pool2d
 * Summary: the mean of each window, channel by channel
 * Attr:    kernel KH KW >= 1 (main)
 * Attr:    stride SH SW >= 1 = kernel
 * Attr:    padding PT PB PL PR = valid
 * Attr:    count_include_pad bool = true -- whether what is padded counts, as zeros
 * Form:    counted count_include_pad == true
 * Require: KH <= H + PT + PB && KW <= W + PL + PR -- a {KH} x {KW} window does not fit a {H} x {W} image
 * Require: count_include_pad == 1 || (PT < KH && PB < KH && PL < KW && PR < KW) -- a window that lies in the padding
 *          has no mean: where padding does not count, it must be smaller than the {KH} x {KW} window
 * Size:    A = (H + PT + PB - KH) / SH + 1
 * Size:    B = (W + PL + PR - KW) / SW + 1
 * Scratch: share
 * Note:    PyTorch counts the padding unless it is told otherwise, and so does nnc, under `same` too. TensorFlow and
 *          Keras never count it: there padding: same is {padding: same, count_include_pad: false} here.
 * Note:    The padding `same` is TensorFlow's: an odd row or column goes to the bottom or right.
 *
 * Derivation.  Output (u, v) sees through its taps (k, l) the inputs r = u SH + k - PT, s = v SW + l - PL that lie
 * inside the image.  Each of them has the same share q_uv in the mean: one of all taps, or one of those inside:
 *     y_nuvc = sum_kl x_nrsc q_uv
 * Windows may overlap: an input gathers from every output whose window holds it, for each tap from the one with
 * u SH = r + PT - k and v SW = s + PL - l.  With e for dL/dy,
 *     dL/dx_nrsc = sum_kl e_nuvc q_uv     over the taps for which u and v exist
 */
#include "../template.h"

void avg_pool2d_counted_forward(int N, int H, int W, int C, int KH, int KW, int SH, int SW, int PT, int PL, int A,
                                int B, const float x[N][H][W][C], float y[N][A][B][C])
{
    for (int n = 0; n < N; n++)
        for (int u = 0; u < A; u++)
            for (int v = 0; v < B; v++)
                for (int c = 0; c < C; c++) {
                    float sum = 0.0f;
                    for (int k = 0; k < KH; k++) {
                        int r = u * SH + k - PT;
                        if (0 <= r && r < H)
                            for (int l = 0; l < KW; l++) {
                                int s = v * SW + l - PL;
                                if (0 <= s && s < W)
                                    sum += x[n][r][s][c];
                            }
                    }
                    y[n][u][v][c] = sum / (float)(KH * KW);
                }
}

void avg_pool2d_counted_backward(int N, int H, int W, int C, int KH, int KW, int SH, int SW, int PT, int PL, int A,
                                 int B, const float dy[N][A][B][C], float dx[N][H][W][C])
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
                                    sum += dy[n][p / SH][q / SW][c];
                            }
                    }
                    dx[n][r][s][c] = sum / (float)(KH * KW);
                }
}

void avg_pool2d_forward(int N, int H, int W, int C, int KH, int KW, int SH, int SW, int PT, int PL, int A, int B,
                        const float x[N][H][W][C], float share[A][B], float y[N][A][B][C])
{
    /* One of the taps that lie inside. */
    for (int u = 0; u < A; u++)
        for (int v = 0; v < B; v++) {
            float count = 0.0f;
            for (int k = 0; k < KH; k++) {
                int r = u * SH + k - PT;
                if (0 <= r && r < H)
                    for (int l = 0; l < KW; l++) {
                        int s = v * SW + l - PL;
                        if (0 <= s && s < W)
                            count += 1.0f;
                    }
            }
            share[u][v] = 1.0f / count;
        }

    for (int n = 0; n < N; n++)
        for (int u = 0; u < A; u++)
            for (int v = 0; v < B; v++)
                for (int c = 0; c < C; c++) {
                    float sum = 0.0f;
                    for (int k = 0; k < KH; k++) {
                        int r = u * SH + k - PT;
                        if (0 <= r && r < H)
                            for (int l = 0; l < KW; l++) {
                                int s = v * SW + l - PL;
                                if (0 <= s && s < W)
                                    sum += x[n][r][s][c];
                            }
                    }
                    y[n][u][v][c] = sum * share[u][v];
                }
}

void avg_pool2d_backward(int N, int H, int W, int C, int KH, int KW, int SH, int SW, int PT, int PL, int A, int B,
                         const float dy[N][A][B][C], float share[A][B], float dx[N][H][W][C])
{
    /* One of the taps that lie inside. */
    for (int u = 0; u < A; u++)
        for (int v = 0; v < B; v++) {
            float count = 0.0f;
            for (int k = 0; k < KH; k++) {
                int r = u * SH + k - PT;
                if (0 <= r && r < H)
                    for (int l = 0; l < KW; l++) {
                        int s = v * SW + l - PL;
                        if (0 <= s && s < W)
                            count += 1.0f;
                    }
            }
            share[u][v] = 1.0f / count;
        }

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
                                    sum += dy[n][p / SH][q / SW][c] * share[p / SH][q / SW];
                            }
                    }
                    dx[n][r][s][c] = sum;
                }
}
