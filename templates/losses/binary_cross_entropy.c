/* Loss:    binary_cross_entropy
 * Summary: the mean over all elements of -t log s - (1 - t) log(1 - s), s = sigmoid(z)
 * Any:     M
 * Target:  vector
 * Metric:  binary
 * Scratch: row
 * Note:    Reads logits: no sigmoid before this loss. As PyTorch's BCEWithLogitsLoss (Keras: from_logits=True).
 * Note:    Targets lie in [0, 1]; each output is a yes-or-no question of its own.
 *
 * Derivation.  -log s = log(1 + exp(-z)) and -log(1 - s) = z + log(1 + exp(-z)), so an element's loss is
 *     (1 - t) z + log(1 + exp(-z)) = max(z, 0) - t z + log(1 + exp(-|z|))
 * of which the right-hand side never overflows.  Its derivative is s - t; L divides by N M.
 */
#include "../template.h"

void binary_cross_entropy_forward(int N, int M, const float z[N][M], const float t[N][M], float row[N], float loss[1])
{
    for (int n = 0; n < N; n++) {
        float sum = 0.0f;
        for (int m = 0; m < M; m++)
            sum += fmaxf(z[n][m], 0.0f) - t[n][m] * z[n][m] + log1pf(expf(-fabsf(z[n][m])));
        row[n] = sum;
    }

    float sum = 0.0f;
    for (int n = 0; n < N; n++)
        sum += row[n];
    loss[0] = sum / (float)(N * M);
}

void binary_cross_entropy_backward(int N, int M, float scale, const float z[N][M], const float t[N][M], float dz[N][M])
{
    float factor = scale / (float)(N * M);
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dz[n][m] = factor * (1.0f / (1.0f + expf(-z[n][m])) - t[n][m]);
}
