/* Layer:   loop_over_data
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void loop_over_data_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < (int)x[0][0]; n++)
        y[n][0] = 1.0f;
}
