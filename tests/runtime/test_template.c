/* test_template.c - a template compiles by itself, for float and, with -DNNC_TEMPLATE_DOUBLE, for double. */
#include "../../templates/template.h"

void sample_forward(int N, int M, float rate, uint32_t key, const float x[N][M], const int32_t t[N], float y[N][M]);

void sample_forward(int N, int M, float rate, uint32_t key, const float x[N][M], const int32_t t[N], float y[N][M])
{
    for (int n = 0; n < N; n++)
        for (int m = 0; m < M; m++) {
            float sum = expf(x[n][m]) + expm1f(x[n][m]) + logf(x[n][m]) + log1pf(x[n][m]) + tanhf(x[n][m]);
            sum += erff(x[n][m]) + sinf(x[n][m]) + cosf(x[n][m]) + sqrtf(x[n][m]) + powf(x[n][m], 3.0f);
            sum += fmaxf(fabsf(x[n][m]), 0.5f) * fminf(x[n][m], 1.0f) + floorf(x[n][m]);
            y[n][m] = random_uniform(key, n * M + m) < rate ? 0.0f : sum * (float)t[n] + random_normal(key, (int)rate);
        }
}

#undef float
#include <stdio.h>

int main(void)
{
#ifdef NNC_TEMPLATE_DOUBLE
    const double x[1][2] = {{0.25, 2.0}};
    double y[1][2];
#else
    const float x[1][2] = {{0.25f, 2.0f}};
    float y[1][2];
#endif
    const int32_t t[1] = {2};
    sample_forward(1, 2, 0, 1, x, t, y);
    const int good = sizeof y[0][0] * 2 == sizeof y[0] && (double)y[0][0] > 3.0 && (double)y[0][1] > 40.0;
    printf("%d passed, %d failed\n", good, !good);
    return !good;
}
