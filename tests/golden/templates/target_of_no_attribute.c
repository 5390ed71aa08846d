/* Loss:    target_of_no_attribute
 * Summary: the number of classes is the size of nothing that a description gives
 * Attr:    classes K >= 1 (main)
 * Target:  class D
 */
#include "../template.h"

void target_of_no_attribute_forward(int N, int D, int K, const float x[N][D], const int32_t t[N], float loss[1])
{
    float sum = 0.0f;
    for (int n = 0; n < N; n++)
        sum += t[n] == K ? x[n][0] : 0.0f;
    loss[0] = sum;
}

void target_of_no_attribute_backward(int N, int D, int K, float scale, const int32_t t[N], float dx[N][D])
{
    for (int n = 0; n < N; n++)
        for (int d = 0; d < D; d++)
            dx[n][d] = t[n] == K && d == 0 ? scale : 0.0f;
}
