/* Layer:   loop_steps_by_name
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void loop_steps_by_name_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n += M)
        y[n][0] = 1.0f;
}
