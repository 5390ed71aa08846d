/* doubled.c - the gradient of doubled.yaml: 2^30, exactly. */
#include "doubled.h"

#include <stdio.h>

int main(void)
{
    static doubled_training net;
    const float *gradient = (const float *)&net.gradients;
    const float one = 1.0f, zero = 0.0f;
    doubled_initialize(&net, 1);
    float loss = doubled_gradient(&net, &one, &zero);
    printf("loss = %.0f, dloss/dw = %.0f\n", (double)loss, (double)gradient[0]);
    return 0;
}
