/* Layer:   no_functions
 * Summary: nothing but a comment
 */
#include "../template.h"
