/* Layer:   array_dimension_is_float
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void array_dimension_is_float_forward(int N, int M, const float x[N][1.5f], float y[N][M])
{
    y[0][0] = 1.0f;
}
