/* Layer:   relu
 * Summary: y = max(x, 0)
 * Any:     M
 *
 * Derivation.  The slope is 1 where x > 0 and 0 where x < 0.  At 0, where there is none, it is taken as 0.
 * Since y > 0 exactly where x > 0, the backward pass needs y only, and x may be overwritten.
 * A NaN passes: it is not < 0.
 */
#include "../template.h"

void relu_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m] < 0.0f ? 0.0f : x[n][m];
}

void relu_backward(int N, int M, const float y[N][M], const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = y[n][m] > 0.0f ? dy[n][m] : 0.0f;
}
