/* Layer:   loop_runs_away
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void loop_runs_away_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n--)
        y[n][0] = 1.0f;
}
