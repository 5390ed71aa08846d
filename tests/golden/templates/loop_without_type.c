/* Layer:   loop_without_type
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void loop_without_type_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (n = 0; n < N; n++)
        y[n][0] = 1.0f;
}
