/* Loss:    metric_of_no_array
 * Summary: what is counted is no array of real numbers
 * Attr:    classes K >= 1 (main)
 * Target:  class K
 * Metric:  class t
 */
#include "../template.h"

void metric_of_no_array_forward(int N, int D, int K, const float x[N][D], const int32_t t[N], float loss[1])
{
    float sum = 0.0f;
    for (int n = 0; n < N; n++)
        sum += t[n] == K ? x[n][0] : 0.0f;
    loss[0] = sum;
}

void metric_of_no_array_backward(int N, int D, int K, float scale, const int32_t t[N], float dx[N][D])
{
    for (int n = 0; n < N; n++)
        for (int d = 0; d < D; d++)
            dx[n][d] = t[n] == K && d == 0 ? scale : 0.0f;
}
