/* frames.c - what a machine might sound like, for the autoencoder: an IDX file of floats, [SAMPLES][640].
 *
 *     frames healthy|broken SAMPLES SEED > FILE
 *
 * A sample is five frames of 128 bands: the humps of four sources, each louder or softer, sliding a little in pitch,
 * and noise of deviation 0.1. A broken machine has a fifth source. */
#include "nnc/math.h"
#include "nnc/random.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 5, BANDS = 128, SOURCES = 5 };

static void put(uint32_t word)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        putchar((int)(word >> shift & 255));
}

static void put_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put(bits);
}

static double uniform(uint32_t key, uint32_t index, double low, double high)
{
    return low + (high - low) * nnc_random_uniform(key, index);
}

static void put_sample(uint32_t key, int sources)
{
    static const double place[SOURCES] = {15, 40, 70, 105, 87};
    double loud[SOURCES], slide[SOURCES];
    for (int s = 0; s < sources; s++) {
        loud[s] = uniform(key, (uint32_t)(2 * s), 0.5, 3.0);
        slide[s] = uniform(key, (uint32_t)(2 * s + 1), -4.0, 4.0);
    }
    for (int f = 0; f < FRAMES; f++)
        for (int b = 0; b < BANDS; b++) {
            double level = 0.1 * nnc_random_normal(key, (uint32_t)(100 + f * BANDS + b));
            for (int s = 0; s < sources; s++) {
                double apart = (b - place[s] - slide[s] * (f - 2) / 2) / 6;
                level += loud[s] * nnc_exp(-apart * apart);
            }
            put_float((float)level);
        }
}

int main(int count, char **words)
{
    bool broken = count == 4 && strcmp(words[1], "broken") == 0;
    if (count != 4 || (!broken && strcmp(words[1], "healthy") != 0)) {
        fprintf(stderr, "usage: frames healthy|broken SAMPLES SEED > FILE\n");
        return 2;
    }
    int samples = atoi(words[2]);
    put(0x00000D02); /* floats, two dimensions */
    put((uint32_t)samples);
    put(FRAMES * BANDS);
    for (int i = 0; i < samples; i++)
        put_sample(nnc_random_key((uint64_t)atoll(words[3]), (uint32_t)i, 0), broken ? SOURCES : SOURCES - 1);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
