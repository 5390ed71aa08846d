/* embed.c - pictures as bytes from standard input, (byte - 127.5) / 128 to the network, its outputs as floats to
 * standard output; the least and the median milliseconds of a prediction to standard error. embed WEIGHTS.safetensors,
 * whose data are the parameters in order (as `nnc convert` writes them). */
#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static mobilefacenet_parameters parameters;
static mobilefacenet_inference scratch;

enum { PICTURES_MAX = 4096 };
static double milliseconds[PICTURES_MAX];

static int load(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, -(long)sizeof parameters, SEEK_END))
        return 1;
    return fread(&parameters, sizeof parameters, 1, file) != 1 || fclose(file);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec * 1e-6;
}

static int compare(const void *one, const void *other)
{
    const double *a = one, *b = other;
    return (*a > *b) - (*a < *b);
}

int main(int count, char **words)
{
    static unsigned char bytes[MOBILEFACENET_INPUT];
    static float input[MOBILEFACENET_INPUT], output[MOBILEFACENET_OUTPUT];
    int pictures = 0;
    if (count != 2 || load(words[1]))
        return 1;
    while (pictures < PICTURES_MAX && fread(bytes, sizeof bytes, 1, stdin) == 1) {
        for (int i = 0; i < MOBILEFACENET_INPUT; i++)
            input[i] = ((float)bytes[i] - 127.5f) / 128;
        double start = now();
        mobilefacenet_predict(&parameters, &scratch, input, output);
        milliseconds[pictures++] = now() - start;
        fwrite(output, sizeof output, 1, stdout);
    }
    qsort(milliseconds, (size_t)pictures, sizeof *milliseconds, compare);
    if (pictures)
        fprintf(stderr, "%d pictures, %.2f ms at best, median %.2f ms\n", pictures, milliseconds[0],
                milliseconds[pictures / 2]);
    return !pictures;
}
