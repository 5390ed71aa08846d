/* Loss:    cosface
 * Summary: softmax cross-entropy of scaled cosines to a direction of each class, the target's less a margin
 * Attr:    classes K >= 1 (main) (optional) -- how many there are; left out, as many as another loss of this target has
 * Attr:    scale s > 0 = 64 -- what the cosines are multiplied with; small networks and few classes want less, 16 or so
 * Attr:    margin m >= 0 < 2 = 0.35 -- how much nearer a sample must be to its own class than to the others
 * Attr:    epsilon > 0 = 1e-12 -- a length below it counts as this
 * Param:   weight w fan_in D, fan_out K
 * Torch:   w[d][k] = weight[k][d]
 * Target:  class K
 * Metric:  class cosine
 * Scratch: top
 * Scratch: sum
 * Scratch: row
 * Scratch: g
 * Scratch: h
 * Scratch: xhat
 * Scratch: along
 * Scratch: pull
 * Note:    Reads an embedding: the layer of classes is the loss's own, and its directions are no part of predict.
 * Note:    As CosFace's margin product of PyTorch code and pytorch-metric-learning's CosFaceLoss; no Keras counterpart.
 * Note:    Accuracy is counted by the cosines, without the margin.
 *
 * Derivation.  With xhat_n = x_n / r_n, r_n = max(|x_n|, epsilon), and what_k = w_k / v_k, v_k = max(|w_k|, epsilon), w_k
 * being column k of w,
 *     cosine_nk = sum_d xhat_nd what_dk,    z_nk = s (cosine_nk - m [k = t_n])
 * L is the mean over n of -log softmax(z_n) at t_n.  dL/dcosine_nk = G_nk = s (p_nk - [k = t_n]) / N, p = softmax(z),
 * for the margin is a constant.  dcosine/dx is what, less its part along xhat, over the length; and so for w:
 *     dL/dx_n = (sum_k G_nk what_k - xhat_n sum_k G_nk cosine_nk) / r_n
 *     dL/dw_k = (sum_n G_nk xhat_n - what_k sum_n G_nk cosine_nk) / v_k
 * Where a length is below epsilon it does not depend on the vector, and the second sum is absent.  Wang et al. 2018.
 */
#include "../template.h"

void cosface_forward(int N, int D, int K, float s, float m, float epsilon, const float x[N][D], const float w[D][K],
                     const int32_t t[N], float top[N], float sum[N], float row[N], float length[N], float size[K],
                     float cosine[N][K], float p[N][K], float loss[1])
{
    for (int n = 0; n < N; n++) {
        float square = 0.0f;
        for (int d = 0; d < D; d++)
            square += x[n][d] * x[n][d];
        length[n] = fmaxf(sqrtf(square), epsilon);
    }

    for (int k = 0; k < K; k++) {
        float square = 0.0f;
        for (int d = 0; d < D; d++)
            square += w[d][k] * w[d][k];
        size[k] = fmaxf(sqrtf(square), epsilon);
    }

    for (int n = 0; n < N; n++)
        for (int k = 0; k < K; k++) {
            float product = 0.0f;
            for (int d = 0; d < D; d++)
                product += x[n][d] * w[d][k];
            cosine[n][k] = product / (length[n] * size[k]);
        }

    /* The logits. */
    for (int n = 0; n < N; n++)
        for (int k = 0; k < K; k++)
            p[n][k] = s * (k == t[n] ? cosine[n][k] - m : cosine[n][k]);

    for (int n = 0; n < N; n++) {
        float best = p[n][0];
        for (int k = 1; k < K; k++)
            best = fmaxf(best, p[n][k]);
        top[n] = best;
    }

    /* -log softmax at the target, but for the log of the sum. */
    for (int n = 0; n < N; n++)
        row[n] = top[n] - p[n][t[n]];

    for (int n = 0; n < N; n++)
        for (int k = 0; k < K; k++)
            p[n][k] = expf(p[n][k] - top[n]);

    for (int n = 0; n < N; n++) {
        float mass = 0.0f;
        for (int k = 0; k < K; k++)
            mass += p[n][k];
        sum[n] = mass;
    }

    for (int n = 0; n < N; n++)
        for (int k = 0; k < K; k++)
            p[n][k] = p[n][k] / sum[n];

    float whole = 0.0f;
    for (int n = 0; n < N; n++)
        whole += logf(sum[n]) + row[n];
    loss[0] = whole / (float)N;
}

void cosface_backward(int N, int D, int K, float s, float epsilon, float scale, const float x[N][D],
                      const float w[D][K], const int32_t t[N], const float length[N], const float size[K],
                      const float cosine[N][K], const float p[N][K], float g[N][K], float h[N][K], float xhat[N][D],
                      float along[N], float pull[K], float dx[N][D], float dw[D][K])
{
    float factor = scale * s / (float)N;

    /* G, by the cosines. */
    for (int n = 0; n < N; n++)
        for (int k = 0; k < K; k++)
            g[n][k] = factor * (p[n][k] - (k == t[n] ? 1.0f : 0.0f));

    for (int n = 0; n < N; n++)
        for (int k = 0; k < K; k++)
            h[n][k] = g[n][k] / size[k];

    for (int n = 0; n < N; n++) {
        float part = 0.0f;
        for (int k = 0; k < K; k++)
            part += g[n][k] * cosine[n][k];
        along[n] = length[n] > epsilon ? part / length[n] : 0.0f;
    }

    for (int n = 0; n < N; n++)
        for (int d = 0; d < D; d++) {
            float part = 0.0f;
            for (int k = 0; k < K; k++)
                part += h[n][k] * w[d][k];
            dx[n][d] = (part - x[n][d] * along[n]) / length[n];
        }

    for (int n = 0; n < N; n++)
        for (int d = 0; d < D; d++)
            xhat[n][d] = x[n][d] / length[n];

    for (int k = 0; k < K; k++) {
        float part = 0.0f;
        for (int n = 0; n < N; n++)
            part += g[n][k] * cosine[n][k];
        pull[k] = size[k] > epsilon ? part / size[k] : 0.0f;
    }

    for (int d = 0; d < D; d++)
        for (int k = 0; k < K; k++) {
            float part = 0.0f;
            for (int n = 0; n < N; n++)
                part += xhat[n][d] * g[n][k];
            dw[d][k] = (part - w[d][k] * pull[k]) / size[k];
        }
}
