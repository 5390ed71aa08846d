/* Layer:   reshape
 * Summary: a sample of another shape with the same elements in the same order
 * Attr:    shape list >= 1 (main) -- the dimensions of a sample, without the batch
 * Any:     M
 * View:    shape
 *
 * y is x under the new shape, whose product is M: nnc moves nothing.  The nests say the same to whoever reads or tests
 * the file.
 */
#include "../template.h"

void reshape_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m];
}

void reshape_backward(int N, int M, const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = dy[n][m];
}
