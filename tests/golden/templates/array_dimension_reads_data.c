/* Layer:   array_dimension_reads_data
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void array_dimension_reads_data_forward(int N, int M, const float x[N][M], float y[N][(int)x[0][0]])
{
    y[0][0] = 1.0f;
}
