/* Layer:   parameter_is_pointer
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void parameter_is_pointer_forward(int N, int M, const float *x, float y[N][M])
{
    y[0][0] = 1.0f;
}
