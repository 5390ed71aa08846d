/* Layer:   tag_attribute_garbled
 * Summary: a template that nnc refuses
 * Any:     M
 * Attr:    width M >= 1 ???
 */
#include "../template.h"

void tag_attribute_garbled_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m];
}
