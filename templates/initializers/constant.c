/* Initializer: constant
 * Summary:     every element is the given value
 * Attr:        value (main)
 */
#include "../template.h"

void constant(int P, float value, float w[P])
{
    for (int p = 0; p < P; p++)
        w[p] = value;
}
