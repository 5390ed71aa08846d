/* constant.c - prediction with parameters that are part of the program: no file, no allocation, nothing to load.
 *
 *     nnc train net.yaml -o circle.safetensors
 *     nnc net.yaml --inference --weights circle.safetensors -o constant_net.c
 *     cc -O2 -I "$(nnc --print-include)" constant.c constant_net.c -o constant */
#include "constant_net.h"

#include <stdio.h>

int main(void)
{
    const float center[CIRCLE_INPUT] = {0.0f, 0.0f};
    float output[CIRCLE_OUTPUT];
    circle_inference scratch;
    circle_predict(&circle_weights, &scratch, center, output);
    printf("the center is inside with probability %.3f\n", (double)output[1]);
    return 0;
}
