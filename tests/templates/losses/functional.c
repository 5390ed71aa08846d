/* Loss:    functional
 * Summary: a random linear functional: the sum over all elements of r x, with r between -1 and 1 from the key
 * Any:     M
 * Metric:  none
 * Scratch: row
 * Note:    For tests of layers: a plain sum would hide every gradient that adds up to 0, as behind a normalisation.
 *
 * Derivation.  L = sum_nm r_nm x_nm, so dL/dx_nm = r_nm.
 */
#include "../../../templates/template.h"

void functional_forward(int N, int M, uint32_t key, const float x[N][M], float row[N], float loss[1])
{
    for (int n = 0; n < N; n++) {
        float sum = 0.0f;
        for (int m = 0; m < M; m++)
            sum += (2.0f * random_uniform(key, n * M + m) - 1.0f) * x[n][m];
        row[n] = sum;
    }

    float sum = 0.0f;
    for (int n = 0; n < N; n++)
        sum += row[n];
    loss[0] = sum;
}

void functional_backward(int N, int M, float scale, uint32_t key, float dx[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++)
            dx[n][m] = scale * (2.0f * random_uniform(key, n * M + m) - 1.0f);
}
