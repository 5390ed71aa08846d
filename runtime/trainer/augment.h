/* augment.h - the pictures of a training step, changed at random.
 *
 * What a network reads as [height, width, channels] or [height, width] is changed in its own numbers, in this order:
 *
 *     crop        a window whose sides are 1 - crop to 1 of height and width (one number for both), anywhere in the
 *                 picture, is stretched to the whole, bilinearly
 *     shift       by whole pixels, up to shift * height down or up and shift * width to either side, rounded; the
 *                 border is repeated
 *     mirror      left and right change places, in half of the pictures
 *     brightness  x = black + f (x - black), f from 1 - brightness to 1 + brightness; not above white, if that is known
 *     cutout      a square, its sides cutout times the shorter side (rounded), with its middle anywhere in the picture,
 *                 becomes 0; parts of it may lie outside
 *
 * All numbers are drawn evenly, from the seed, the place of the sample in the stream of batches, and the number of the
 * input: not from what was drawn before. So a run that is resumed, or has more threads, draws the same. */
#ifndef NNC_TRAINER_AUGMENT_H
#define NNC_TRAINER_AUGMENT_H

#include "context.h"
#include "data.h"
#include "nnc/network.h"

typedef struct Augment {
    Data_augment spec;
    double black, white; /* as the network reads them; white is INFINITY if nobody knows */
    uint64_t seed;
    double *from, *to; /* scratch: one sample's input */
} Augment;

/* NULL if nothing is asked for. Fails if no input is a picture, a target is one (it would have to change alike), or
 * what is asked for is less than a pixel. */
Augment *augment_open(Context *context, const Data_augment *spec, const nnc_network *network, double black,
                      double white, uint64_t seed);

/* Changes input `port` of the sample at `place` of the stream, in place; one that is no picture stays as it is. */
void augment_sample(const Augment *augment, const nnc_network *network, int port, uint64_t place, void *values);

#endif
