/* Layer:   string
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void string_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = "one";
}
