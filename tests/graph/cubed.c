/* cubed.c - the gradient of cubed.yaml: exactly 12. */
#include "cubed.h"

#include <stdio.h>

int main(void)
{
    static cubed_training net;
    const float *gradient = (const float *)&net.gradients;
    const float one = 1.0f, zero = 0.0f;
    cubed_initialize(&net, 1);
    float loss = cubed_gradient(&net, &one, &zero);
    printf("loss = %.0f, dloss/dw = %.0f\n", (double)loss, (double)gradient[0]);
    return 0;
}
