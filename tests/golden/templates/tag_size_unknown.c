/* Layer:   tag_size_unknown
 * Summary: a template that nnc refuses
 * Any:     M
 * Size:    A = B + 1
 */
#include "../template.h"

void tag_size_unknown_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m];
}
