/* stripes.c - striped images as CIFAR-10's records, to standard output: the class is the direction of the stripes, one
 * of four; width, phase, colours and noise are random.
 *
 *     stripes COUNT SEED */
#include "nnc/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 32, CHANNELS = 3, DIRECTIONS = 4, PIXELS = SIDE * SIDE };

typedef struct Dice {
    uint32_t key, next;
} Dice;

static double draw(Dice *dice, double low, double high)
{
    return low + (high - low) * nnc_random_uniform(dice->key, dice->next++);
}

static void write_record(Dice *dice)
{
    const double pi = 3.14159265358979323846;
    unsigned char record[1 + CHANNELS * PIXELS];
    int direction = (int)draw(dice, 0, DIRECTIONS);
    double angle = pi * direction / DIRECTIONS, waves = draw(dice, 5, 8), phase = draw(dice, 0, 2 * pi);
    record[0] = (unsigned char)direction;
    for (int c = 0; c < CHANNELS; c++) {
        double middle = draw(dice, 90, 160), contrast = draw(dice, 30, 60);
        for (int i = 0; i < PIXELS; i++) {
            double along = (i % SIDE * cos(angle) + (double)(i / SIDE) * sin(angle)) / SIDE;
            double wave = sin(2 * pi * waves * along + phase);
            record[1 + c * PIXELS + i] = (unsigned char)(middle + contrast * wave + draw(dice, -25, 25));
        }
    }
    fwrite(record, 1, sizeof record, stdout);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    Dice dice = {.key = nnc_random_key(strtoull(argv[2], NULL, 10), 0, 0)};
    for (long i = strtol(argv[1], NULL, 10); i > 0; i--)
        write_record(&dice);
    return fflush(stdout) != 0;
}
