/* Loss:    huber
 * Summary: half the squared error near the target, straight from distance delta on; the mean over all elements
 * Attr:    delta > 0 = 1 (main)
 * Any:     M
 * Target:  vector
 * Metric:  none
 * Scratch: row
 * Note:    As PyTorch's HuberLoss, and Keras's Huber. PyTorch's SmoothL1Loss with beta = delta is this, over delta.
 *
 * Derivation.  With d = x - t, an element's loss is d^2 / 2 where |d| < delta, and delta (|d| - delta / 2) elsewhere;
 * the two meet with equal value and slope.  Its derivative is d, cut off at +-delta; L divides by N M.  Huber 1964.
 */
#include "../template.h"

void huber_forward(int N, int M, float delta, const float x[N][M], const float t[N][M], float row[N], float loss[1])
{
    for (int n = 0; n < N; n++) {
        float sum = 0.0f;
        for (int m = 0; m < M; m++) {
            float d = fabsf(x[n][m] - t[n][m]);
            sum += d < delta ? 0.5f * d * d : delta * (d - 0.5f * delta);
        }
        row[n] = sum;
    }

    float sum = 0.0f;
    for (int n = 0; n < N; n++)
        sum += row[n];
    loss[0] = sum / (float)(N * M);
}

void huber_backward(int N, int M, float delta, float scale, const float x[N][M], const float t[N][M], float dx[N][M])
{
    float factor = scale / (float)(N * M);
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float d = x[n][m] - t[n][m];
            dx[n][m] = factor * (d <= -delta ? -delta : d >= delta ? delta : d);
        }
}
