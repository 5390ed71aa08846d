/* Layer:   forward_without_y
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void forward_without_y_forward(int N, int M, const float x[N][M], float z[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            z[n][m] = x[n][m];
}
