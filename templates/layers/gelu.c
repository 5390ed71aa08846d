/* Layer:   gelu
 * Summary: y = x Phi(x), Phi being the distribution function of the normal distribution
 * Attr:    approximate {none, tanh} = none -- exact by erf, or by tanh
 * Any:     M
 * Form:    tanh approximate == tanh
 *
 * Derivation.  Phi(x) = (1 + erf(x / sqrt(2))) / 2 has the derivative phi(x) = exp(-x^2 / 2) / sqrt(2 pi), so
 *     y' = Phi(x) + x phi(x)
 * The form `tanh` is y = x (1 + v) / 2 with v = tanh(u), u = sqrt(2 / pi) (x + 0.044715 x^3), so
 *     y' = (1 + v) / 2 + x (1 - v^2) u' / 2,    u' = sqrt(2 / pi) (1 + 3 * 0.044715 x^2)
 * y is not monotone: x is needed.  Hendrycks and Gimpel 2016.
 * sqrt(1 / 2) = 0.70710678..., 1 / sqrt(2 pi) = 0.39894228..., sqrt(2 / pi) = 0.79788456...
 */
#include "../template.h"

void gelu_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = 0.5f * x[n][m] * (1.0f + erff((float)0.70710678118654752 * x[n][m]));
}

void gelu_backward(int N, int M, const float x[N][M], const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float below = 0.5f * (1.0f + erff((float)0.70710678118654752 * x[n][m]));
            float density = (float)0.39894228040143268 * expf(-0.5f * x[n][m] * x[n][m]);
            dx[n][m] = dy[n][m] * (below + x[n][m] * density);
        }
}

void gelu_tanh_forward(int N, int M, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float u = (float)0.79788456080286536 * (x[n][m] + (float)0.044715 * (x[n][m] * x[n][m] * x[n][m]));
            y[n][m] = 0.5f * x[n][m] * (1.0f + tanhf(u));
        }
}

void gelu_tanh_backward(int N, int M, const float x[N][M], const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float u = (float)0.79788456080286536 * (x[n][m] + (float)0.044715 * (x[n][m] * x[n][m] * x[n][m]));
            float slope = (float)0.79788456080286536 * (1.0f + (float)0.134145 * (x[n][m] * x[n][m]));
            float v = tanhf(u);
            dx[n][m] = dy[n][m] * (0.5f * (1.0f + v) + 0.5f * x[n][m] * ((1.0f - v * v) * slope));
        }
}
