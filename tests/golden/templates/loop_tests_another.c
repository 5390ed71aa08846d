/* Layer:   loop_tests_another
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void loop_tests_another_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; N > n; n++)
        y[n][0] = 1.0f;
}
