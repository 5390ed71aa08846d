/* Layer:   form_called_inference
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void form_called_inference_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m];
}

void form_called_inference_inference_forward(int N, int C, const float x[N][C], float y[N][C])
{
    for (int n = 0; n < N; n++)
        for (int c = 0; c < C; c++)
            y[n][c] = x[n][c];
}
