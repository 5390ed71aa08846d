/* Layer:   number_too_large
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void number_too_large_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        y[n][0] = (float)99999999999999999999;
}
