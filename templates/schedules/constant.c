/* Schedule: constant
 * Summary:  the same rate at every step
 * Attr:     start > 0 (main)
 */
#include "../template.h"

void constant(int step, float start, float rate[1])
{
    rate[0] = start;
}
