/* Initializer: ones
 * Summary:     every element is 1
 */
#include "../template.h"

void ones(int P, float w[P])
{
    for (int p = 0; p < P; p++)
        w[p] = 1.0f;
}
