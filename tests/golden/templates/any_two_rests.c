/* Layer:   any_two_rests
 * Summary: a template that nnc refuses
 * Any:     P
 * Any:     M
 */
#include "../template.h"

void any_two_rests_forward(int N, int P, int M, const float x[N][P][M], float y[N][P][M])
{
    for (int n = 0; n < N; n++)
        for (int p = 0; p < P; p++)
            for (int m = 0; m < M; m++)
                y[n][p][m] = x[n][p][m];
}
