/* Initializer: truncated_normal
 * Summary:     normally distributed, but never further from the mean than `cut` standard deviations
 * Attr:        std >= 0 = 1 (main) -- the standard deviation before the cut
 * Attr:        mean = 0
 * Attr:        cut >= 1 = 3 -- in standard deviations
 * Note:        PyTorch's trunc_normal_ takes the bounds a, b as absolute values, -2 and 2 unless told otherwise.
 * Note:        Keras's TruncatedNormal cuts at 2 standard deviations. Neither corrects the deviation for the cut.
 *
 * A number that falls outside is drawn again, up to 16 times in all.  Even at cut = 1 only one in 10^8 is still outside
 * then, at the default of 3 one in 10^41; it is put on the bound.
 */
#include "../template.h"

void truncated_normal(int P, uint32_t key, float std, float mean, float cut, float w[P])
{
    for (int p = 0; p < P; p++) {
        float z = random_normal(key, p);
        for (int i = 1; i < 16; i++)
            if (fabsf(z) > cut)
                z = random_normal(key, i * P + p);
        w[p] = mean + std * fmaxf(-cut, fminf(z, cut));
    }
}
