/* Layer:   function_of_another_name
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void function_of_another_name_forwards(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m];
}
