/* Layer:   cache_of_other_dimensions
 * Summary: the largest value of each channel over all positions: of a row, a map, or any other shape
 * Any:     M
 * Note:    Of equal values the first wins, as in PyTorch.
 * Note:    As AdaptiveMaxPool2d(1) in PyTorch and GlobalMaxPooling2D in Keras, without the dimensions of 1.
 *
 * Derivation.  `at` remembers the position of the maximum, which alone receives the gradient.
 */
#include "../template.h"

void cache_of_other_dimensions_forward(int N, int M, int C, const float x[N][M][C], float y[N][C], int at[1][C])
{
    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++) {
            float top = x[n][0][c];
            int place = 0;
            for (int m = 1; m < M; m++) {
                place = x[n][m][c] > top ? m : place;
                top = x[n][m][c] > top ? x[n][m][c] : top;
            }
            y[n][c] = top;
            at[n][c] = place;
        }
}

void cache_of_other_dimensions_backward(int N, int M, int C, const int at[N][C], const float dy[N][C], float dx[N][M][C])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                dx[n][m][c] = at[n][c] == m ? dy[n][c] : 0.0f;
}
