/* Layer:     dropout
 * Summary:   each element is dropped with probability `rate`, and the others are scaled up to keep the mean
 * Attr:      rate >= 0 < 1 = 0.5 (main) -- the probability with which an element becomes 0
 * Any:       M
 * Inference: view
 *
 * Derivation.  y = x k with k = 1 / (1 - rate) where the random number is at least `rate`, and 0 elsewhere; so
 * dL/dx = dL/dy k.  No mask is stored: random_uniform is a function of key and index, and the backward pass calls it
 * again.  In prediction y is x.  Srivastava et al. 2014.
 */
#include "../template.h"

void dropout_forward(int N, int M, float rate, uint32_t key, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = random_uniform(key, n * M + m) >= rate ? x[n][m] * (1.0f / (1.0f - rate)) : 0.0f;
}

void dropout_inference(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = x[n][m];
}

void dropout_backward(int N, int M, float rate, uint32_t key, const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = random_uniform(key, n * M + m) >= rate ? dy[n][m] * (1.0f / (1.0f - rate)) : 0.0f;
}
