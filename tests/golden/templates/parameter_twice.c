/* Layer:   parameter_twice
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void parameter_twice_forward(int N, int N, const float x[N][N], float y[N][N])
{
    y[0][0] = 1.0f;
}
