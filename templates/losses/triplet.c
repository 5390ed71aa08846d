/* Loss:    triplet
 * Summary: the squared distance to a sample of the same class, less that to one of another class, over a margin
 * Attr:    classes int >= 1 (main) (optional) -- how many there are; left out, as many as another loss of this target has
 * Attr:    margin m > 0 = 0.2
 * Require: N > 2 -- a triplet is of three samples, but the batch has {N}
 * Target:  class classes
 * Metric:  none
 * Scratch: sign
 * Note:    Reads an embedding; FaceNet's has the length 1: put an l2_normalize before. The batch must hold classes twice.
 * Note:    The rule of TensorFlow Addons' TripletSemiHardLoss; PyTorch's TripletMarginLoss reads triplets made elsewhere,
 *          and does not square the distance.
 * Note:    Squared distances, and the mean over all triplets, also those within the margin. Without a triplet it is 0.
 *
 * Derivation.  With d_ij = |x_i - x_j|^2, each ordered pair (a, p) of one class, a != p, is an anchor and a positive,
 * and makes a triplet with one negative n of another class (FaceNet's semi-hard one):
 *     the nearest to a of those with d_an > d_ap;    if there is none, the one farthest from a
 * of equally near ones the first of the batch.  An anchor without any negative makes no triplet.  Over T triplets
 *     L = sum_(a,p) max(0, m + d_ap - d_an) / T
 * Let s_ij be what d_ij, seen from anchor i, counts in that sum: +1 where (i, j) is a pair whose triplet is above 0, -1
 * for each such triplet of i in which j is the negative.  From d(d_ij)/dx_i = 2 (x_i - x_j) and d_ij = d_ji
 *     dL/dx_i = 2 / T sum_j (s_ij + s_ji) (x_i - x_j)
 * Which sample is the negative is a choice, and has no derivative.  Schroff, Kalenichenko and Philbin 2015.
 */
#include "../template.h"

void triplet_forward(int N, int D, float m, const float x[N][D], const int32_t t[N], float distance[N][N],
                     int negative[N][N], float triplet[N][N], float excess[N][N], float count[1], float loss[1])
{
    for (int a = 0; a < N; a++)
        for (int b = 0; b < N; b++) {
            float sum = 0.0f;
            for (int d = 0; d < D; d++)
                sum += (x[a][d] - x[b][d]) * (x[a][d] - x[b][d]);
            distance[a][b] = sum;
        }

    /* Distances are never below 0: -1 stands for none. */
    for (int a = 0; a < N; a++)
        for (int p = 0; p < N; p++) {
            float least = -1.0f;
            float most = -1.0f;
            int nearest = 0;
            int farthest = 0;
            for (int n = 0; n < N; n++) {
                float other = t[n] == t[a] ? -1.0f : distance[a][n];
                nearest = other > distance[a][p] && (least < 0.0f || other < least) ? n : nearest;
                least = other > distance[a][p] && (least < 0.0f || other < least) ? other : least;
                farthest = other > most ? n : farthest;
                most = other > most ? other : most;
            }
            negative[a][p] = least < 0.0f ? farthest : nearest;
            triplet[a][p] = a != p && t[a] == t[p] && most >= 0.0f ? 1.0f : 0.0f;
            excess[a][p] = least < 0.0f ? m + distance[a][p] - most : m + distance[a][p] - least;
        }

    float all = 0.0f;
    for (int a = 0; a < N; a++)
        for (int p = 0; p < N; p++)
            all += triplet[a][p];
    count[0] = fmaxf(all, 1.0f);

    float whole = 0.0f;
    for (int a = 0; a < N; a++)
        for (int p = 0; p < N; p++)
            whole += triplet[a][p] * fmaxf(0.0f, excess[a][p]);
    loss[0] = whole / count[0];
}

void triplet_backward(int N, int D, float scale, const float x[N][D], const int negative[N][N],
                      const float triplet[N][N], const float excess[N][N], const float count[1], float sign[N][N],
                      float dx[N][D])
{
    for (int a = 0; a < N; a++)
        for (int j = 0; j < N; j++) {
            float sum = excess[a][j] > 0.0f ? triplet[a][j] : 0.0f;
            for (int p = 0; p < N; p++)
                sum -= negative[a][p] == j && excess[a][p] > 0.0f ? triplet[a][p] : 0.0f;
            sign[a][j] = sum;
        }

    float factor = 2.0f * scale / count[0];
    for (int i = 0; i < N; i++)
        for (int d = 0; d < D; d++) {
            float sum = 0.0f;
            for (int j = 0; j < N; j++)
                sum += (sign[i][j] + sign[j][i]) * (x[i][d] - x[j][d]);
            dx[i][d] = factor * sum;
        }
}
