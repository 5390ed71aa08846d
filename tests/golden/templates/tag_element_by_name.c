/* Layer:   tag_element_by_name
 * Summary: a template that nnc refuses
 * Attr:    axes list = 0
 * Size:    A = axes[M]
 * Any:     M
 */
#include "../template.h"

void tag_element_by_name_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m];
}
