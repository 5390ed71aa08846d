/* Layer:   slice
 * Summary: a stretch of one axis: from start to before stop, each step-th element
 * Attr:    axis int >= -7 <= 7 = -1 -- 1 is the first behind the batch, -1 the last: the channels
 * Attr:    start int = 0 -- negative: counted from the end
 * Attr:    stop int = L -- negative: counted from the end; the length if left out
 * Attr:    step S >= 1 = 1
 * Require: axis != 0 -- axis 0 is the batch, which stays whole
 * Require: -rank(x) <= axis && axis <= rank(x) -- there is no axis {axis} in an input of {rank(x)} dimensions
 * Any:     P = axis < 0 ? rank(x) + axis : axis - 1
 * Any:     M
 * Require: -L <= start && start < L -- there is no element {start} on an axis of {L}
 * Require: -L <= stop && stop <= L -- there is no end {stop} on an axis of {L}
 * Require: (start < 0 ? start + L : start) < (stop < 0 ? stop + L : stop) -- nothing lies between start {start} and
 *          stop {stop} on an axis of {L}
 * Size:    FROM = start < 0 ? start + L : start
 * Size:    O = ((stop < 0 ? stop + L : stop) - FROM + S - 1) / S
 * Note:    As x[..., start:stop:step] in Python, but what lies outside of the axis is refused instead of cut off.
 * Note:    Axes count as in PyTorch and Keras, where the batch is axis 0.
 *
 * Derivation.  y_o = x_i with i = FROM + o S on the axis.  Each element of y has a place of its own in x, and gives its
 * gradient back there; the others get 0:
 *     dL/dx_i = e_o    if i - FROM = o S for an o of the output
 */
#include "../template.h"

void slice_forward(int N, int P, int L, int M, int S, int FROM, int O, const float x[N][P][L][M], float y[N][P][O][M])
{
    for (int n = 0; n < N; n++)
        for (int p = 0; p < P; p++)
            for (int o = 0; o < O; o++)
                for (int m = 0; m < M; m++)
                    y[n][p][o][m] = x[n][p][FROM + o * S][m];
}

void slice_backward(int N, int P, int L, int M, int S, int FROM, int O, const float dy[N][P][O][M],
                    float dx[N][P][L][M])
{
    for (int n = 0; n < N; n++)
        for (int p = 0; p < P; p++)
            for (int i = 0; i < L; i++)
                for (int m = 0; m < M; m++) {
                    float sum = 0.0f;
                    int o = i - FROM;
                    if (o % S == 0 && 0 <= o && o < O * S)
                        sum = dy[n][p][o / S][m];
                    dx[n][p][i][m] = sum;
                }
}
