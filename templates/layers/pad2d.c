/* Layer:   pad2d
 * Summary: rows and columns of a value around an image
 * Attr:    padding PT PB PL PR (main)
 * Attr:    value = 0
 * Size:    A = PT + H + PB
 * Size:    B = PL + W + PR
 * Note:    PyTorch's pad and ZeroPad2d list left, right, top, bottom; here it is top, bottom, left, right.
 *
 * Derivation.  y_uv = x_rs with r = u - PT, s = v - PL where these lie inside the image, and the value elsewhere, which
 * depends on nothing:
 *     dL/dx_rs = e_uv    with u = r + PT, v = s + PL
 */
#include "../template.h"

void pad2d_forward(int N, int H, int W, int C, int PT, int PL, int A, int B, float value, const float x[N][H][W][C],
                   float y[N][A][B][C])
{
    for (int n = 0; n < N; n++)
        for (int u = 0; u < A; u++)
            for (int v = 0; v < B; v++)
                for (int c = 0; c < C; c++) {
                    int r = u - PT;
                    int s = v - PL;
                    float held = value;
                    if (0 <= r && r < H && 0 <= s && s < W)
                        held = x[n][r][s][c];
                    y[n][u][v][c] = held;
                }
}

void pad2d_backward(int N, int H, int W, int C, int PT, int PL, int A, int B, const float dy[N][A][B][C],
                    float dx[N][H][W][C])
{
    for (int n = 0; n < N; n++)
        for (int r = 0; r < H; r++)
            for (int s = 0; s < W; s++)
                for (int c = 0; c < C; c++)
                    dx[n][r][s][c] = dy[n][r + PT][s + PL][c];
}
