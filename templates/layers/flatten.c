/* Layer:   flatten
 * Summary: all dimensions of a sample become one
 * Any:     M
 * View:    M
 *
 * y is x under the shape [M]: nnc moves nothing.  The nests say the same to whoever reads or tests the file.
 */
#include "../template.h"

void flatten_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m];
}

void flatten_backward(int N, int M, const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = dy[n][m];
}
