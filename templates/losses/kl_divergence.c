/* Loss:    kl_divergence
 * Summary: sum of t (log t - x) over a sample, x being log-probabilities; the mean over samples
 * Any:     M
 * Target:  vector
 * Metric:  none
 * Scratch: row
 * Note:    Reads log-probabilities: a log_softmax goes before this loss.
 * Note:    As PyTorch's KLDivLoss with reduction 'batchmean': the sum over all elements is divided by samples only.
 * Note:    Keras's KLDivergence reads probabilities instead.
 *
 * Derivation.  D(t || p) = sum_m t_m log(t_m / p_m) with x = log p; where t is 0 the term is 0, its limit.  The
 * derivative by x_nm is -t_nm; L divides by N.  Kullback and Leibler 1951.
 */
#include "../template.h"

void kl_divergence_forward(int N, int M, const float x[N][M], const float t[N][M], float row[N], float loss[1])
{
    for (int n = 0; n < N; n++) {
        float sum = 0.0f;
        for (int m = 0; m < M; m++)
            sum += t[n][m] > 0.0f ? t[n][m] * (logf(t[n][m]) - x[n][m]) : 0.0f;
        row[n] = sum;
    }

    float sum = 0.0f;
    for (int n = 0; n < N; n++)
        sum += row[n];
    loss[0] = sum / (float)N;
}

void kl_divergence_backward(int N, int M, float scale, const float t[N][M], float dx[N][M])
{
    float factor = scale / (float)N;
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = -factor * t[n][m];
}
