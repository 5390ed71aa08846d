/* Layer:   torch_of_bad_expression
 * Summary: y = x times a weight for each channel
 * Any:     M
 * Param:   scale s   ones
 * Torch:   s[c] = weight[c +]
 */
#include "../template.h"

void torch_of_bad_expression_forward(int N, int M, int C, const float x[N][M][C], const float s[C], float y[N][M][C])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int c = 0; c < C; c++)
                y[n][m][c] = x[n][m][c] * s[c];
}
