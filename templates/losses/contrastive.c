/* Loss:    contrastive
 * Summary: half the squared distance of pairs of one class, and half the square of what others lack to a margin
 * Attr:    classes int >= 1 (main) (optional) -- how many there are; left out, as many as another loss of this target has
 * Attr:    margin m > 0 = 1 -- the distance beyond which samples of two classes leave each other alone
 * Require: N > 1 -- a pair is of two samples, but the batch has {N}
 * Target:  class classes
 * Metric:  none
 * Scratch: row
 * Scratch: force
 * Note:    Reads an embedding. All N (N - 1) / 2 pairs of the batch count, and the loss is their mean.
 * Note:    Hadsell et al. sum over given pairs. No counterpart in PyTorch or Keras; pytorch-metric-learning's
 *          ContrastiveLoss has neither squares nor halves.
 *
 * Derivation.  With d_ij = |x_i - x_j| and P = N (N - 1) / 2 pairs
 *     L = 1 / P sum_(i<j) l_ij,    l_ij = d_ij^2 / 2 in one class,    max(0, m - d_ij)^2 / 2 in two
 * dl_ij/dx_i = f_ij (x_i - x_j), with f = 1 in one class, and f = -max(0, m - d) / d in two; where two samples of two
 * classes lie on one point they have no direction to leave each other, and f is 0.  f_ij = f_ji, so
 *     dL/dx_i = 1 / P sum_j f_ij (x_i - x_j)
 * Hadsell, Chopra and LeCun 2006.
 */
#include "../template.h"

void contrastive_forward(int N, int D, float m, const float x[N][D], const int32_t t[N], float row[N],
                         float distance[N][N], float loss[1])
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            float sum = 0.0f;
            for (int d = 0; d < D; d++)
                sum += (x[i][d] - x[j][d]) * (x[i][d] - x[j][d]);
            distance[i][j] = sqrtf(sum);
        }

    /* A pair once: i < j. */
    for (int i = 0; i < N; i++) {
        float sum = 0.0f;
        for (int j = i + 1; j < N; j++) {
            float lack = t[i] == t[j] ? distance[i][j] : fmaxf(0.0f, m - distance[i][j]);
            sum += lack * lack;
        }
        row[i] = sum;
    }

    float whole = 0.0f;
    for (int i = 0; i < N; i++)
        whole += row[i];
    loss[0] = whole / (float)(N * (N - 1));
}

void contrastive_backward(int N, int D, float m, float scale, const float x[N][D], const int32_t t[N],
                          const float distance[N][N], float force[N][N], float dx[N][D])
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            float away = distance[i][j] > 0.0f ? -fmaxf(0.0f, m - distance[i][j]) / distance[i][j] : 0.0f;
            force[i][j] = t[i] == t[j] ? 1.0f : away;
        }

    float factor = 2.0f * scale / (float)(N * (N - 1));
    for (int i = 0; i < N; i++)
        for (int d = 0; d < D; d++) {
            float sum = 0.0f;
            for (int j = 0; j < N; j++)
                sum += force[i][j] * (x[i][d] - x[j][d]);
            dx[i][d] = factor * sum;
        }
}
