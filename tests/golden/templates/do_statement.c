/* Layer:   do_statement
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void do_statement_forward(int N, int M, const float x[N][M], float y[N][M])
{
    do {} while (0);
}
