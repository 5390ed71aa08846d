/* Layer:   subscript_too_many
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void subscript_too_many_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m][0];
}
