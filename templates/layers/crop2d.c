/* Layer:   crop2d
 * Summary: an image without rows and columns at its border
 * Attr:    crop CT CB CL CR (main) -- rows and columns to be cut off
 * Require: CT + CB < H -- {CT} and {CB} rows are cut off, but the image has only {H}
 * Require: CL + CR < W -- {CL} and {CR} columns are cut off, but the image has only {W}
 * Size:    A = H - CT - CB
 * Size:    B = W - CL - CR
 * Note:    As Cropping2D in Keras.
 *
 * Derivation.  y_uv = x_rs with r = u + CT, s = v + CL.  What was cut off has no part in the output:
 *     dL/dx_rs = e_uv    with u = r - CT, v = s - CL where these lie inside the output, and 0 elsewhere
 */
#include "../template.h"

void crop2d_forward(int N, int H, int W, int C, int CT, int CL, int A, int B, const float x[N][H][W][C],
                    float y[N][A][B][C])
{
    for (int n = 0; n < N; n++)
        for (int u = 0; u < A; u++)
            for (int v = 0; v < B; v++)
                for (int c = 0; c < C; c++)
                    y[n][u][v][c] = x[n][u + CT][v + CL][c];
}

void crop2d_backward(int N, int H, int W, int C, int CT, int CL, int A, int B, const float dy[N][A][B][C],
                     float dx[N][H][W][C])
{
    for (int n = 0; n < N; n++)
        for (int r = 0; r < H; r++)
            for (int s = 0; s < W; s++)
                for (int c = 0; c < C; c++) {
                    int u = r - CT;
                    int v = s - CL;
                    float held = 0.0f;
                    if (0 <= u && u < A && 0 <= v && v < B)
                        held = dy[n][u][v][c];
                    dx[n][r][s][c] = held;
                }
}
