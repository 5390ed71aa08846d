/* Layer:   writes_nothing
 * Summary: a loop that does not run
 * Any:     M
 */
#include "../template.h"

void writes_nothing_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 500; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m];
}

void writes_nothing_backward(int N, int M, const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = dy[n][m];
}
