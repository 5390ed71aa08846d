/* Layer:   concat
 * Summary: two or more tensors side by side along the last dimension
 * Inputs:  each
 * Any:     M
 * Size:    START = earlier(C)
 * Size:    O = total(C)
 *
 * The functions run once for each input: C is the last dimension of this one, START the sum of C over the inputs before
 * it, O the sum over all.
 *
 * Derivation.  Each input is copied to a place of its own, and gets back the gradient of that place.
 */
#include "../template.h"

void concat_forward(int N, int M, int C, int START, int O, const float x[N][M][C], float y[N][M][O])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][START + c] = x[n][m][c];
}

void concat_backward(int N, int M, int C, int START, int O, const float dy[N][M][O], float dx[N][M][C])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                dx[n][m][c] = dy[n][m][START + c];
}
