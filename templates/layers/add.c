/* Layer:   add
 * Summary: the sum of two or more tensors of one shape; or of a map and a value for each of its channels
 * Inputs:  fold
 * Any:     M
 * Form:    channels M > 1
 *
 * Derivation.  y = x1 + x2 hands its gradient to both.  In the form `channels`, x2 has only the last dimension of x1
 * and is added at every position m; it receives the sum over the positions:
 *     y_nmc = x1_nmc + x2_nc,    dL/dx2_nc = sum_m dL/dy_nmc
 * The form `pooled` is the same for an x2 that is a map of one position.
 */
#include "../template.h"

void add_forward(int N, int M, const float x1[N][M], const float x2[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x1[n][m] + x2[n][m];
}

void add_backward(int N, int M, const float dy[N][M], float dx1[N][M], float dx2[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx1[n][m] = dy[n][m];

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx2[n][m] = dy[n][m];
}

void add_channels_forward(int N, int M, int C, const float x1[N][M][C], const float x2[N][C], float y[N][M][C])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][c] = x1[n][m][c] + x2[n][c];
}

void add_channels_backward(int N, int M, int C, const float dy[N][M][C], float dx1[N][M][C], float dx2[N][C])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                dx1[n][m][c] = dy[n][m][c];

    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int m = 0; m < M; m++)
                sum += dy[n][m][c];
            dx2[n][c] = sum;
        }
}

void add_pooled_forward(int N, int H, int W, int C, const float x1[N][H][W][C], const float x2[N][1][1][C],
                        float y[N][H][W][C])
{
    for (int n = 0; n < N; n++)
        for (int h = 0; h < H; h++)
            for (int w = 0; w < W; w++)
                for (int c = 0; c < C; c++)
                    y[n][h][w][c] = x1[n][h][w][c] + x2[n][0][0][c];
}

void add_pooled_backward(int N, int H, int W, int C, const float dy[N][H][W][C], float dx1[N][H][W][C],
                         float dx2[N][1][1][C])
{
    for (int n = 0; n < N; n++)
        for (int h = 0; h < H; h++)
            for (int w = 0; w < W; w++)
                for (int c = 0; c < C; c++)
                    dx1[n][h][w][c] = dy[n][h][w][c];

    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float sum = 0.0f;
            for (int h = 0; h < H; h++)
                for (int w = 0; w < W; w++)
                    sum += dy[n][h][w][c];
            dx2[n][0][0][c] = sum;
        }
}
