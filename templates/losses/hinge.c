/* Loss:    hinge
 * Summary: the mean over all elements of max(0, 1 - t x), for targets -1 and +1
 * Any:     M
 * Target:  vector
 * Metric:  sign
 * Scratch: row
 * Note:    As Keras's Hinge. Not PyTorch's HingeEmbeddingLoss, which is x for t = 1, and max(0, 1 - x) for t = -1.
 *
 * Derivation.  Where t x < 1 the element's derivative is -t, elsewhere 0, also at t x = 1; L divides by N M.
 */
#include "../template.h"

void hinge_forward(int N, int M, const float x[N][M], const float t[N][M], float row[N], float loss[1])
{
    for (int n = 0; n < N; n++) {
        float sum = 0.0f;
        for (int m = 0; m < M; m++)
            sum += fmaxf(0.0f, 1.0f - t[n][m] * x[n][m]);
        row[n] = sum;
    }

    float sum = 0.0f;
    for (int n = 0; n < N; n++)
        sum += row[n];
    loss[0] = sum / (float)(N * M);
}

void hinge_backward(int N, int M, float scale, const float x[N][M], const float t[N][M], float dx[N][M])
{
    float factor = scale / (float)(N * M);
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = t[n][m] * x[n][m] < 1.0f ? -factor * t[n][m] : 0.0f;
}
