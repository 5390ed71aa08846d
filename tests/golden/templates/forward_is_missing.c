/* Layer:   forward_is_missing
 * Summary: only a backward function
 * Any:     M
 */
#include "../template.h"

void forward_is_missing_backward(int N, int M, const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = dy[n][m];
}
