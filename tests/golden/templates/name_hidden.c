/* Layer:   name_hidden
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void name_hidden_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            { float m = x[n][m]; y[n][m] = m; }
}
