/* Loss:    softmax_cross_entropy
 * Summary: the mean over samples and positions of -log softmax(z) at the target class
 * Attr:    label_smoothing smoothing >= 0 <= 1 = 0 -- the share of a target that is spread evenly over all classes
 * Attr:    class_weights class_weight >= 0 = 1 -- a list of one factor for each class
 * Any:     M
 * Form:    smoothed label_smoothing > 0
 * Form:    distribution
 * Target:  class
 * Metric:  class
 * Scratch: top
 * Scratch: sum
 * Scratch: row
 * Note:    Reads logits: no softmax before this loss (Keras: from_logits=True).
 * Note:    As PyTorch's CrossEntropyLoss: with classes as targets the weighted mean, sum of w l / sum of w, w being the
 * Note:    weight of the target's class; with distributions as targets the divisor is the number of rows.
 * Note:    Keras divides by the number of rows in both cases.
 *
 * Derivation.  Leave out the indices n, m of the row.  With lse = log sum_k exp(z_k) and p = softmax(z),
 *     -log p_k = lse - z_k,    d(lse)/dz_k = p_k
 * Let q_k >= 0 be the target with its weight: q_k = w_t [k = t] for a class t.  The row's loss is
 *     l = sum_k q_k (lse - z_k),    dl/dz_k = p_k sum_j q_j - q_k
 * and L is the sum of l over the rows, over the sum of their weights w_t.  Smoothing e over K classes gives
 *     q_k = w_k ((1 - e) [k = t] + e / K)        for classes
 *     q_k = w_k ((1 - e) t_k + e / K)            for distributions
 * Neither log p nor 1 / p is ever formed: with top = max z, exp(z - top) cannot overflow, and lse - z_k is
 * log(sum of exp(z - top)) - (z_k - top), in which nothing is lost when the loss is near 0.
 * Label smoothing: Szegedy et al. 2016.
 */
#include "../template.h"

void softmax_cross_entropy_forward(int N, int M, int K, const float z[N][M][K], const int32_t t[N][M],
                                   const float class_weight[K], float top[N][M], float sum[N][M], float row[N],
                                   float p[N][M][K], float total[1], float loss[1])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float best = z[n][m][0];
            for (int k = 1; k < K; k++)
                best = fmaxf(best, z[n][m][k]);
            top[n][m] = best;
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int k = 0; k < K; k++)
                p[n][m][k] = expf(z[n][m][k] - top[n][m]);

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float mass = 0.0f;
            for (int k = 0; k < K; k++)
                mass += p[n][m][k];
            sum[n][m] = mass;
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int k = 0; k < K; k++)
                p[n][m][k] = p[n][m][k] / sum[n][m];

    /* w_t (lse - z_t), summed over the positions of a sample. */
    for (int n = 0; n < N; n++) {
        float part = 0.0f;
        for (int m = 0; m < M; m++)
            part += class_weight[t[n][m]] * (logf(sum[n][m]) - (z[n][m][t[n][m]] - top[n][m]));
        row[n] = part;
    }

    float weight = 0.0f;
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            weight += class_weight[t[n][m]];
    total[0] = weight;

    float whole = 0.0f;
    for (int n = 0; n < N; n++)
        whole += row[n];
    loss[0] = whole / total[0];
}

void softmax_cross_entropy_backward(int N, int M, int K, float scale, const int32_t t[N][M],
                                    const float class_weight[K], const float p[N][M][K], const float total[1],
                                    float dz[N][M][K])
{
    float factor = scale / total[0];
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int k = 0; k < K; k++)
                dz[n][m][k] = factor * class_weight[t[n][m]] * (p[n][m][k] - (k == t[n][m] ? 1.0f : 0.0f));
}

void softmax_cross_entropy_smoothed_forward(int N, int M, int K, float smoothing, const float z[N][M][K],
                                            const int32_t t[N][M], const float class_weight[K], float top[N][M],
                                            float sum[N][M], float row[N], float p[N][M][K], float mass[N][M],
                                            float total[1], float loss[1])
{
    float even = smoothing / (float)K;
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float best = z[n][m][0];
            for (int k = 1; k < K; k++)
                best = fmaxf(best, z[n][m][k]);
            top[n][m] = best;
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int k = 0; k < K; k++)
                p[n][m][k] = expf(z[n][m][k] - top[n][m]);

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float part = 0.0f;
            for (int k = 0; k < K; k++)
                part += p[n][m][k];
            sum[n][m] = part;
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int k = 0; k < K; k++)
                p[n][m][k] = p[n][m][k] / sum[n][m];

    /* mass = sum_k q_k, of which dz needs the product with p. */
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float part = 0.0f;
            for (int k = 0; k < K; k++)
                part += class_weight[k];
            mass[n][m] = (1.0f - smoothing) * class_weight[t[n][m]] + even * part;
        }

    /* (1 - e) w_t (lse - z_t) + e / K sum_k w_k (lse - z_k), summed over the positions of a sample. */
    for (int n = 0; n < N; n++) {
        float part = 0.0f;
        for (int m = 0; m < M; m++) {
            float log_sum = logf(sum[n][m]);
            float others = 0.0f;
            for (int k = 0; k < K; k++)
                others += class_weight[k] * (log_sum - (z[n][m][k] - top[n][m]));
            part += (1.0f - smoothing) * class_weight[t[n][m]] * (log_sum - (z[n][m][t[n][m]] - top[n][m]));
            part += even * others;
        }
        row[n] = part;
    }

    float weight = 0.0f;
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            weight += class_weight[t[n][m]];
    total[0] = weight;

    float whole = 0.0f;
    for (int n = 0; n < N; n++)
        whole += row[n];
    loss[0] = whole / total[0];
}

void softmax_cross_entropy_smoothed_backward(int N, int M, int K, float smoothing, float scale, const int32_t t[N][M],
                                             const float class_weight[K], const float p[N][M][K],
                                             const float mass[N][M], const float total[1], float dz[N][M][K])
{
    float factor = scale / total[0];
    float even = smoothing / (float)K;
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int k = 0; k < K; k++) {
                float q = class_weight[k] * (k == t[n][m] ? 1.0f - smoothing + even : even);
                dz[n][m][k] = factor * (p[n][m][k] * mass[n][m] - q);
            }
}

void softmax_cross_entropy_distribution_forward(int N, int M, int K, float smoothing, const float z[N][M][K],
                                                const float t[N][M][K], const float class_weight[K], float top[N][M],
                                                float sum[N][M], float row[N], float p[N][M][K], float mass[N][M],
                                                float loss[1])
{
    float even = smoothing / (float)K;
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float best = z[n][m][0];
            for (int k = 1; k < K; k++)
                best = fmaxf(best, z[n][m][k]);
            top[n][m] = best;
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int k = 0; k < K; k++)
                p[n][m][k] = expf(z[n][m][k] - top[n][m]);

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float part = 0.0f;
            for (int k = 0; k < K; k++)
                part += p[n][m][k];
            sum[n][m] = part;
        }

    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int k = 0; k < K; k++)
                p[n][m][k] = p[n][m][k] / sum[n][m];

    /* mass = sum_k q_k, of which dz needs the product with p. */
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float part = 0.0f;
            for (int k = 0; k < K; k++)
                part += class_weight[k] * ((1.0f - smoothing) * t[n][m][k] + even);
            mass[n][m] = part;
        }

    /* sum_k q_k (lse - z_k), summed over the positions of a sample. */
    for (int n = 0; n < N; n++) {
        float part = 0.0f;
        for (int m = 0; m < M; m++) {
            float log_sum = logf(sum[n][m]);
            for (int k = 0; k < K; k++) {
                float q = class_weight[k] * ((1.0f - smoothing) * t[n][m][k] + even);
                part += q * (log_sum - (z[n][m][k] - top[n][m]));
            }
        }
        row[n] = part;
    }

    float whole = 0.0f;
    for (int n = 0; n < N; n++)
        whole += row[n];
    loss[0] = whole / (float)(N * M);
}

void softmax_cross_entropy_distribution_backward(int N, int M, int K, float smoothing, float scale,
                                                 const float t[N][M][K], const float class_weight[K],
                                                 const float p[N][M][K], const float mass[N][M], float dz[N][M][K])
{
    float factor = scale / (float)(N * M);
    float even = smoothing / (float)K;
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            for (int k = 0; k < K; k++) {
                float q = class_weight[k] * ((1.0f - smoothing) * t[n][m][k] + even);
                dz[n][m][k] = factor * (p[n][m][k] * mass[n][m] - q);
            }
}
