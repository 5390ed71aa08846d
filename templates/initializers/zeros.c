/* Initializer: zeros
 * Summary:     every element is 0
 */
#include "../template.h"

void zeros(int P, float w[P])
{
    for (int p = 0; p < P; p++)
        w[p] = 0.0f;
}
