/* Layer:   parentheses_too_deep
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void parentheses_too_deep_forward(int N, int M, const float x[N][M], float y[N][M])
{
    y[0][0] = ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1.0f))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))));
}
