/* Layer:   inference_backward_alone
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void inference_backward_alone_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m];
}

void inference_backward_alone_backward(int N, int M, const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = dy[n][m];
}

void inference_backward_alone_inference_backward(int N, int M, const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = dy[n][m];
}
