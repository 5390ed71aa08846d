/* Initializer: orthogonal
 * Summary:     gain times a random matrix whose columns (or rows, if these are fewer) are orthonormal
 * Attr:        gain > 0 = 1
 * Any:         R
 * Note:        As PyTorch's orthogonal_ and Keras's Orthogonal: the last dimension against all others.
 *
 * Derivation.  The columns of a normally distributed matrix have directions that are independent and even on the
 * sphere; made orthonormal one after the other (Gram and Schmidt), with positive diagonal, they are evenly distributed
 * over all orthonormal sets (Mezzadri 2007).  Each column is cleared of the earlier ones twice: after one round, what
 * rounding leaves of them can be large beside a short rest, after two it cannot ("twice is enough", Kahan).  With more
 * columns than rows the same is done to the rows.  Saxe et al. 2014.
 */
#include "../template.h"

void orthogonal(int R, int O, uint32_t key, float gain, float w[R][O])
{
    for (int r = 0; r < R; r++)
        for (int o = 0; o < O; o++)
            w[r][o] = random_normal(key, r * O + o);

    if (O <= R)
        for (int o = 0; o < O; o++) {
            for (int round = 0; round < 2; round++)
                for (int i = 0; i < o; i++) {
                    float dot = 0.0f;
                    for (int r = 0; r < R; r++)
                        dot += w[r][i] * w[r][o];
                    for (int r = 0; r < R; r++)
                        w[r][o] -= dot * w[r][i];
                }
            float squares = 0.0f;
            for (int r = 0; r < R; r++)
                squares += w[r][o] * w[r][o];
            float length = sqrtf(squares);
            for (int r = 0; r < R; r++)
                w[r][o] = w[r][o] / length;
        }
    else
        for (int r = 0; r < R; r++) {
            for (int round = 0; round < 2; round++)
                for (int i = 0; i < r; i++) {
                    float dot = 0.0f;
                    for (int o = 0; o < O; o++)
                        dot += w[i][o] * w[r][o];
                    for (int o = 0; o < O; o++)
                        w[r][o] -= dot * w[i][o];
                }
            float squares = 0.0f;
            for (int o = 0; o < O; o++)
                squares += w[r][o] * w[r][o];
            float length = sqrtf(squares);
            for (int o = 0; o < O; o++)
                w[r][o] = w[r][o] / length;
        }

    for (int r = 0; r < R; r++)
        for (int o = 0; o < O; o++)
            w[r][o] = gain * w[r][o];
}
