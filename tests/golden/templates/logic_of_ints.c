/* Layer:   logic_of_ints
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void logic_of_ints_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            if (m && n) y[n][m] = 1.0f;
}
