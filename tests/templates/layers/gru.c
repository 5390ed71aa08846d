/* Layer:   gru
 * Summary: a gated recurrent unit over T steps in time, `reset after`
 * Attr:    units H >= 1 (main)
 * Param:   weight           w    fan_in I, fan_out 3 * H
 * Param:   recurrent_weight u    fan_in H, fan_out 3 * H
 * Param:   bias             b    zeros
 * Param:   recurrent_bias   bu   zeros
 * Scratch: a
 * Scratch: c
 * Scratch: dh
 * Scratch: carry
 * Scratch: da
 * Scratch: dc
 * Note:    As PyTorch's GRU, cuDNN's, and Keras's with reset_after; gates in the order r, z, n (Keras: z, r, n).
 *
 * Derivation.  With h_0 = 0, sigma the logistic function, and the three thirds of a and c for the gates r, z, n:
 *     a_t = x_t W + b,    c_t = h_t-1 U + bu
 *     r = sigma(a_r + c_r),    z = sigma(a_z + c_z),    n = tanh(a_n + r q)  with q = c_n
 *     h_t = (1 - z) n + z h_t-1,    y_t = h_t
 * The loop over time carries h.  Backward in time, let dh be the whole dL/dh_t: that of y_t plus what step t + 1 hands
 * back; and let dr, dz, dn be the gradients of what goes into the three gates.  Then
 *     dn = dh (1 - z) (1 - n^2),    dz = dh (h_t-1 - n) z (1 - z),    dr = dn q r (1 - r)
 *     da = [dr, dz, dn],    dc = [dr, dz, dn r]
 *     dh handed to step t - 1 = dh z + dc U^T
 * and after the loop, over all samples and steps at once,
 *     dx = da W^T,    dW = sum x^T da,    dU = sum h_t-1^T dc,    db = sum da,    dbu = sum dc
 * Cho et al. 2014.
 */
#include "../../../templates/template.h"

void gru_forward(int N, int T, int I, int H, const float x[N][T][I], const float w[I][3 * H], const float u[H][3 * H],
                 const float b[3 * H], const float bu[3 * H], float a[N][T][3 * H], float c[N][3 * H], float y[N][T][H],
                 float r[N][T][H], float z[N][T][H], float n[N][T][H], float q[N][T][H])
{
    for (int s = 0; s < N; s++)
        for (int t = 0; t < T; t++)
            for (int j = 0; j < 3 * H; j++) {
                float sum = 0.0f;
                for (int i = 0; i < I; i++)
                    sum += x[s][t][i] * w[i][j];
                a[s][t][j] = sum + b[j];
            }

    for (int t = 0; t < T; t++) {
        for (int s = 0; s < N; s++)
            for (int j = 0; j < 3 * H; j++) {
                float sum = 0.0f;
                if (t > 0)
                    for (int h = 0; h < H; h++)
                        sum += y[s][t - 1][h] * u[h][j];
                c[s][j] = sum + bu[j];
            }

        for (int s = 0; s < N; s++)
            for (int h = 0; h < H; h++)
                r[s][t][h] = 1.0f / (1.0f + expf(-(a[s][t][h] + c[s][h])));

        for (int s = 0; s < N; s++)
            for (int h = 0; h < H; h++)
                z[s][t][h] = 1.0f / (1.0f + expf(-(a[s][t][H + h] + c[s][H + h])));

        for (int s = 0; s < N; s++)
            for (int h = 0; h < H; h++)
                q[s][t][h] = c[s][2 * H + h];

        for (int s = 0; s < N; s++)
            for (int h = 0; h < H; h++)
                n[s][t][h] = tanhf(a[s][t][2 * H + h] + r[s][t][h] * q[s][t][h]);

        for (int s = 0; s < N; s++)
            for (int h = 0; h < H; h++) {
                float last = 0.0f;
                if (t > 0)
                    last = y[s][t - 1][h];
                y[s][t][h] = (1.0f - z[s][t][h]) * n[s][t][h] + z[s][t][h] * last;
            }
    }
}

void gru_backward(int N, int T, int I, int H, const float x[N][T][I], const float w[I][3 * H], const float u[H][3 * H],
                  const float y[N][T][H], const float r[N][T][H], const float z[N][T][H], const float n[N][T][H],
                  const float q[N][T][H], const float dy[N][T][H], float dh[N][H], float carry[N][H],
                  float da[N][T][3 * H], float dc[N][T][3 * H], float dx[N][T][I], float dw[I][3 * H],
                  float du[H][3 * H], float db[3 * H], float dbu[3 * H])
{
    for (int s = 0; s < N; s++)
        for (int h = 0; h < H; h++)
            carry[s][h] = 0.0f;

    for (int t = T - 1; t >= 0; t--) {
        for (int s = 0; s < N; s++)
            for (int h = 0; h < H; h++)
                dh[s][h] = dy[s][t][h] + carry[s][h];

        for (int s = 0; s < N; s++)
            for (int h = 0; h < H; h++)
                da[s][t][2 * H + h] = dh[s][h] * (1.0f - z[s][t][h]) * (1.0f - n[s][t][h] * n[s][t][h]);

        for (int s = 0; s < N; s++)
            for (int h = 0; h < H; h++) {
                float last = 0.0f;
                if (t > 0)
                    last = y[s][t - 1][h];
                da[s][t][H + h] = dh[s][h] * (last - n[s][t][h]) * (z[s][t][h] * (1.0f - z[s][t][h]));
            }

        for (int s = 0; s < N; s++)
            for (int h = 0; h < H; h++)
                da[s][t][h] = da[s][t][2 * H + h] * q[s][t][h] * (r[s][t][h] * (1.0f - r[s][t][h]));

        for (int s = 0; s < N; s++)
            for (int j = 0; j < 2 * H; j++)
                dc[s][t][j] = da[s][t][j];

        for (int s = 0; s < N; s++)
            for (int h = 0; h < H; h++)
                dc[s][t][2 * H + h] = da[s][t][2 * H + h] * r[s][t][h];

        for (int s = 0; s < N; s++)
            for (int h = 0; h < H; h++) {
                float sum = 0.0f;
                for (int j = 0; j < 3 * H; j++)
                    sum += dc[s][t][j] * u[h][j];
                carry[s][h] = sum + dh[s][h] * z[s][t][h];
            }
    }

    for (int s = 0; s < N; s++)
        for (int t = 0; t < T; t++)
            for (int i = 0; i < I; i++) {
                float sum = 0.0f;
                for (int j = 0; j < 3 * H; j++)
                    sum += da[s][t][j] * w[i][j];
                dx[s][t][i] = sum;
            }

    for (int i = 0; i < I; i++)
        for (int j = 0; j < 3 * H; j++) {
            float sum = 0.0f;
            for (int s = 0; s < N; s++)
                for (int t = 0; t < T; t++)
                    sum += x[s][t][i] * da[s][t][j];
            dw[i][j] = sum;
        }

    for (int h = 0; h < H; h++)
        for (int j = 0; j < 3 * H; j++) {
            float sum = 0.0f;
            for (int s = 0; s < N; s++)
                for (int t = 1; t < T; t++)
                    sum += y[s][t - 1][h] * dc[s][t][j];
            du[h][j] = sum;
        }

    for (int j = 0; j < 3 * H; j++) {
        float sum = 0.0f;
        for (int s = 0; s < N; s++)
            for (int t = 0; t < T; t++)
                sum += da[s][t][j];
        db[j] = sum;
    }

    for (int j = 0; j < 3 * H; j++) {
        float sum = 0.0f;
        for (int s = 0; s < N; s++)
            for (int t = 0; t < T; t++)
                sum += dc[s][t][j];
        dbu[j] = sum;
    }
}
