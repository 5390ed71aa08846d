/* Layer:   permute
 * Summary: the axes of a sample in another order
 * Attr:    axes list >= 1 (main) -- for each axis of the output the one of the input, counted from 1
 * Require: 2 <= rank(x) && rank(x) <= 4 -- 2, 3 or 4 dimensions can be permuted, not {rank(x)}
 * Require: length(axes) == rank(x) -- {length(axes)} axes are given for an input of {rank(x)} dimensions
 * Require: axes[0] <= rank(x) -- there is no axis {axes[0]} in an input of {rank(x)} dimensions
 * Require: axes[1] <= rank(x) -- there is no axis {axes[1]} in an input of {rank(x)} dimensions
 * Require: axes[2] <= rank(x) -- there is no axis {axes[2]} in an input of {rank(x)} dimensions
 * Require: axes[3] <= rank(x) -- there is no axis {axes[3]} in an input of {rank(x)} dimensions
 * Require: axes[0] != axes[1] -- axis {axes[0]} is given twice
 * Require: axes[0] != axes[2] -- axis {axes[0]} is given twice
 * Require: axes[0] != axes[3] -- axis {axes[0]} is given twice
 * Require: axes[1] != axes[2] -- axis {axes[1]} is given twice
 * Require: axes[1] != axes[3] -- axis {axes[1]} is given twice
 * Require: axes[2] != axes[3] -- axis {axes[2]} is given twice
 * Size:    A = axes[0] == 1 ? I : axes[0] == 2 ? J : axes[0] == 3 ? K : L
 * Size:    B = axes[1] == 1 ? I : axes[1] == 2 ? J : axes[1] == 3 ? K : L
 * Size:    C = axes[2] == 1 ? I : axes[2] == 2 ? J : axes[2] == 3 ? K : L
 * Size:    D = axes[3] == 1 ? I : axes[3] == 2 ? J : axes[3] == 3 ? K : L
 * Note:    Axes count as in PyTorch and Keras, where the batch is axis 0, which stays: PyTorch's permute(0, 3, 1, 2) is
 *          [3, 1, 2], and so is Keras' Permute((3, 1, 2)).
 *
 * Derivation.  y_abc = x_ijk, where the axis axes[0] of x has the subscript a, axes[1] has b, and so on.  Turned
 * around, a is the subscript of x at axes[0], b the one at axes[1]: what x_ijk gave to one element of y, it gets back
 * from there.
 */
#include "../template.h"

void permute_matrix_forward(int N, int I, int J, int A, int B, const int axes[2], const float x[N][I][J],
                            float y[N][A][B])
{
    for (int n = 0; n < N; n++)
        for (int a = 0; a < A; a++)
            for (int b = 0; b < B; b++) {
                int i = axes[0] == 1 ? a : b;
                int j = axes[0] == 2 ? a : b;
                y[n][a][b] = x[n][i][j];
            }
}

void permute_matrix_backward(int N, int I, int J, int A, int B, const int axes[2], const float dy[N][A][B],
                             float dx[N][I][J])
{
    for (int n = 0; n < N; n++)
        for (int i = 0; i < I; i++)
            for (int j = 0; j < J; j++) {
                int a = axes[0] == 1 ? i : j;
                int b = axes[1] == 1 ? i : j;
                dx[n][i][j] = dy[n][a][b];
            }
}

void permute_map_forward(int N, int I, int J, int K, int A, int B, int C, const int axes[3], const float x[N][I][J][K],
                         float y[N][A][B][C])
{
    for (int n = 0; n < N; n++)
        for (int a = 0; a < A; a++)
            for (int b = 0; b < B; b++)
                for (int c = 0; c < C; c++) {
                    int i = axes[0] == 1 ? a : axes[1] == 1 ? b : c;
                    int j = axes[0] == 2 ? a : axes[1] == 2 ? b : c;
                    int k = axes[0] == 3 ? a : axes[1] == 3 ? b : c;
                    y[n][a][b][c] = x[n][i][j][k];
                }
}

void permute_map_backward(int N, int I, int J, int K, int A, int B, int C, const int axes[3],
                          const float dy[N][A][B][C], float dx[N][I][J][K])
{
    for (int n = 0; n < N; n++)
        for (int i = 0; i < I; i++)
            for (int j = 0; j < J; j++)
                for (int k = 0; k < K; k++) {
                    int a = axes[0] == 1 ? i : axes[0] == 2 ? j : k;
                    int b = axes[1] == 1 ? i : axes[1] == 2 ? j : k;
                    int c = axes[2] == 1 ? i : axes[2] == 2 ? j : k;
                    dx[n][i][j][k] = dy[n][a][b][c];
                }
}

void permute_forward(int N, int I, int J, int K, int L, int A, int B, int C, int D, const int axes[4],
                     const float x[N][I][J][K][L], float y[N][A][B][C][D])
{
    for (int n = 0; n < N; n++)
        for (int a = 0; a < A; a++)
            for (int b = 0; b < B; b++)
                for (int c = 0; c < C; c++)
                    for (int d = 0; d < D; d++) {
                        int i = axes[0] == 1 ? a : axes[1] == 1 ? b : axes[2] == 1 ? c : d;
                        int j = axes[0] == 2 ? a : axes[1] == 2 ? b : axes[2] == 2 ? c : d;
                        int k = axes[0] == 3 ? a : axes[1] == 3 ? b : axes[2] == 3 ? c : d;
                        int l = axes[0] == 4 ? a : axes[1] == 4 ? b : axes[2] == 4 ? c : d;
                        y[n][a][b][c][d] = x[n][i][j][k][l];
                    }
}

void permute_backward(int N, int I, int J, int K, int L, int A, int B, int C, int D, const int axes[4],
                      const float dy[N][A][B][C][D], float dx[N][I][J][K][L])
{
    for (int n = 0; n < N; n++)
        for (int i = 0; i < I; i++)
            for (int j = 0; j < J; j++)
                for (int k = 0; k < K; k++)
                    for (int l = 0; l < L; l++) {
                        int a = axes[0] == 1 ? i : axes[0] == 2 ? j : axes[0] == 3 ? k : l;
                        int b = axes[1] == 1 ? i : axes[1] == 2 ? j : axes[1] == 3 ? k : l;
                        int c = axes[2] == 1 ? i : axes[2] == 2 ? j : axes[2] == 3 ? k : l;
                        int d = axes[3] == 1 ? i : axes[3] == 2 ? j : axes[3] == 3 ? k : l;
                        dx[n][i][j][k][l] = dy[n][a][b][c][d];
                    }
}
