/* Layer:   parameter_is_double
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void parameter_is_double_forward(int N, double M, const float x[N][M], float y[N][M])
{
    y[0][0] = 1.0f;
}
