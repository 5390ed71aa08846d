/* predict.c - reads the parameters that train.c kept, and answers for each point of standard input.
 *
 *     nnc net.yaml -o circle.c
 *     cc -O2 -I "$(nnc --print-include)" predict.c circle.c -o predict
 *     echo 0.1 0.2 | ./predict circle.parameters */
#include "circle.h"

#include <stdio.h>

static circle_parameters parameters;
static circle_inference scratch;

static int load(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return 1;
    int whole = fread(&parameters, sizeof parameters, 1, file) == 1;
    fclose(file);
    return !whole;
}

int main(int count, char **words)
{
    if (count != 2 || load(words[1])) {
        fprintf(stderr, "usage: predict PARAMETERS, a file that train wrote\n");
        return 1;
    }
    float point[CIRCLE_INPUT], output[CIRCLE_OUTPUT];
    while (scanf("%f %f", &point[0], &point[1]) == 2) {
        circle_predict(&parameters, &scratch, point, output);
        printf("%g %g is %s with probability %.3f\n", (double)point[0], (double)point[1],
               output[1] > output[0] ? "inside" : "outside", (double)(output[1] > output[0] ? output[1] : output[0]));
    }
    return 0;
}
