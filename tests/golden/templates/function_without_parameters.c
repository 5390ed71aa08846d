/* Layer:   function_without_parameters
 * Summary: a template that nnc refuses
 * Any:     M
 */
#include "../template.h"

void function_without_parameters_forward()
{
    float a = 1.0f;
}
