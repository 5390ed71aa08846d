/* Layer:   ternary_of_two_types
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void ternary_of_two_types_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = m > 1 ? 1.0f : 0;
}
