/* Layer:   backward_reads_what_nothing_fills
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void backward_reads_what_nothing_fills_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m];
}

void backward_reads_what_nothing_fills_backward(int N, int M, const float cache[N][M], const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = dy[n][m] * cache[n][m];
}
