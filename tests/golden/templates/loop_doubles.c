/* Layer:   loop_doubles
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void loop_doubles_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 1; n < N; n *= 2)
        y[n][0] = 1.0f;
}
