/* Layer:   name_twice
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void name_twice_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            { float a = 1.0f; float a = 2.0f; y[n][m] = a; }
}
