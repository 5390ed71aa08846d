/* Loss:    center
 * Summary: half the mean squared distance of each sample from the center of its class
 * Attr:    classes K >= 1 (main) (optional) -- how many there are; left out, as many as another loss of this target has
 * Attr:    alpha > 0 <= 1 = 0.5 -- how far a center moves towards its samples in a step
 * State:   c = 0
 * Target:  class K
 * Metric:  none
 * Scratch: row
 * Note:    Goes with a loss that keeps the classes apart: alone it brings everything to one point.
 * Note:    Wen et al. 2016 sum over the batch; here it is the mean, so that the batch size leaves the weight alone.
 * Note:    The lambda of the paper is the `weight` of the description.
 * Note:    The centers start at 0. They are state of training, kept in checkpoints, but no part of the weights.
 *
 * Derivation.  L = sum_n |x_n - c_t(n)|^2 / (2 N), so dL/dx_n = (x_n - c_t(n)) / N.  The centers follow no gradient;
 * each moves by a share of the mean difference to its samples, damped where they are few:
 *     c_k <- c_k - alpha sum_n [t(n) = k] (c_k - x_n) / (1 + sum_n [t(n) = k])
 * It moves after the step: the loss measures from where it was.  Wen, Zhang, Li and Qiao 2016.
 */
#include "../template.h"

void center_forward(int N, int D, int K, float alpha, const float x[N][D], const int32_t t[N], const float c[K][D],
                    float row[N], float c_next[K][D], float loss[1])
{
    for (int n = 0; n < N; n++) {
        float sum = 0.0f;
        for (int d = 0; d < D; d++)
            sum += (x[n][d] - c[t[n]][d]) * (x[n][d] - c[t[n]][d]);
        row[n] = sum;
    }

    float sum = 0.0f;
    for (int n = 0; n < N; n++)
        sum += row[n];
    loss[0] = 0.5f * sum / (float)N;

    for (int k = 0; k < K; k++)
        for (int d = 0; d < D; d++) {
            float away = 0.0f;
            float count = 1.0f;
            for (int n = 0; n < N; n++) {
                away += t[n] == k ? c[k][d] - x[n][d] : 0.0f;
                count += t[n] == k ? 1.0f : 0.0f;
            }
            c_next[k][d] = c[k][d] - alpha * away / count;
        }
}

void center_backward(int N, int D, int K, float scale, const float x[N][D], const int32_t t[N], const float c[K][D],
                     float dx[N][D])
{
    float factor = scale / (float)N;
    for (int n = 0; n < N; n++)
        for (int d = 0; d < D; d++)
            dx[n][d] = factor * (x[n][d] - c[t[n]][d]);
}
