/* Layer:   condition_is_assignment
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void condition_is_assignment_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            if (y[n][m] = 1.0f) y[n][m] = 2.0f;
}
