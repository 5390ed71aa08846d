/* Layer:   rescale
 * Summary: y = factor x
 * Attr:    factor = 1 (main)
 * Note:    A constant, not a parameter: what weighs a branch before a sum. Keras has it as Rescaling, PyTorch as a product.
 * Any:     M
 *
 * Derivation.  dL/dx = factor dL/dy: neither x nor y is needed.  Residuals scaled by 0.1 to 0.3 keep very deep
 * networks from dying early in training (Szegedy et al. 2016, arXiv 1602.07261, section 3.3).
 */
#include "../template.h"

void rescale_forward(int N, int M, float factor, const float x[N][M], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            y[n][m] = factor * x[n][m];
}

void rescale_backward(int N, int M, float factor, const float dy[N][M], float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = factor * dy[n][m];
}
