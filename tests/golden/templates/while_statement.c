/* Layer:   while_statement
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void while_statement_forward(int N, int M, const float x[N][M], float y[N][M])
{
    int n = 0;
    while (n < N)
        n += 1;
}
